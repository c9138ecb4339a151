"""A life of a store: summaries, archive and retention on hub time; nothing leaves before it is kept elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from gateway.archive import Archive
from gateway.export.slices import Wanted, write_slice
from gateway.kept_store import KeptStore
from gateway.store.dead_letters import DeadLetters
from gateway.store.duckdb import DuckDBStore
from gateway.store.duckdb_keeping import DuckDBKeeping
from gateway.store.keeping_book import KeepingBook
from gateway.store.readings import Query, Readings, StoreUnavailable
from gateway.store.summaries import Series, Summary, day_of
from gateway.store_keeper import Bounds, StoreKeeper
from gateway.summed import summed

ZONE = ZoneInfo("Asia/Shanghai")
HOUR, DAY = 3_600_000, 86_400_000
BEGIN, _ = day_of(1_763_900_000_000, ZONE)
BOUNDS = Bounds(
    raw_homes_days=5, raw_places_days=33, hourly_days=36, daily_days=38, archive_homes=False, archive_places=True,
    archive_days=39,
)  # fmt: skip
EVER = Series(0, 4_000_000_000_000)


class Life:
    """A store in keeping, with hub time and the wall's monotonic clock in hand."""

    def __init__(self, folder: Path, bounds: Bounds = BOUNDS) -> None:
        self.now, self.wall, self.count = BEGIN, 0.0, 0
        self.inner = DuckDBStore(folder / "readings.duckdb")
        self.book = KeepingBook(folder / "book.sqlite", monotonic=lambda: self.wall)
        self.dead = DeadLetters(folder / "dead.sqlite")
        for own in (self.book, self.dead):
            own._database.execute("PRAGMA synchronous=OFF")  # no power cut comes in these tests
        self.keeping = DuckDBKeeping(self.inner, on_off=frozenset({"motion"}))
        self.archive = Archive(folder / "archive", ZONE)
        self.keeper = StoreKeeper(
            self.keeping, self.book, self.archive, bounds=bounds, zone=ZONE, newest_ms=lambda: self.now
        )
        self.store = KeptStore(self.inner, dead=self.dead, book=self.book, now_ms=lambda: self.now)

    def close(self) -> None:
        self.inner.close()
        self.book.close()
        self.dead.close()

    def say(self, *times: int) -> None:
        """A home and a facility say something at each of these times."""
        given = []
        for at in times:
            self.count += 1
            for device, place, home in (("m", "H1", True), ("c", "F1", False)):
                given.append(
                    (device, place, home, "motion", at * 1_000_000 + self.count, float(self.count % 2), None, "good", "b",
                     self.count, self.now)
                )  # fmt: skip
        self.store.write(Readings(*map(list, zip(*given, strict=True))), cursor=self.count)

    def keep(self) -> None:
        """Let it do all there is to do."""
        self.wall += 60.0
        while self.keeper.step():
            pass

    def live_days(self, days: int, per_day: int = 2) -> None:
        for _ in range(days):
            day = self.now
            for part in range(per_day):
                self.now = day + part * DAY // per_day + HOUR
                self.say(self.now)
            self.now = day + DAY
            self.keep()

    def days_of(self, found: list[Summary], *, home: bool) -> list[int]:
        return sorted({(one.begin_ms - BEGIN) // DAY for one in found if one.home is home})

    def raw_days(self, *, home: bool) -> list[int]:
        rows = self.inner.read(Query(0, 4_000_000_000_000, home=home, limit=1_000_000))
        return sorted({(row.observed_at - BEGIN) // DAY for row in rows})


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    with closing(Life(tmp_path)) as life:
        yield life


def test_each_class_of_data_stays_as_long_as_it_was_asked_to(life: Life, tmp_path: Path) -> None:
    life.live_days(4)
    life.now += 31 * DAY
    life.live_days(5)
    # day 40 begins: 5 days of homes and no archive of them, 33 of facilities, 36 of hours, 38 of days, 39 of the archive
    assert life.raw_days(home=True) == [35, 36, 37, 38, 39]
    assert life.raw_days(home=False) == [35, 36, 37, 38, 39]
    hours, days = life.keeping.kept("1h", EVER), life.keeping.kept("1d", EVER)
    assert life.days_of(hours, home=True) == [35, 36, 37, 38, 39]
    assert life.days_of(days, home=False) == [
        2,
        3,
        35,
        36,
        37,
        38,
    ]  # the last is summed up when it is surely over
    assert all(one.count == 2 for one in days)
    names = sorted(file.name for file in (tmp_path / "archive").glob("*/*"))
    assert names == [f"places-2025-11-{day}.parquet" for day in (24, 25, 26)]
    # store and archive together: every reading once
    file, found = tmp_path / "slice.parquet", {}
    for day in (0, 1, 2, 3, 4, 34, 35, 39):
        begin = BEGIN + day * DAY
        wanted = Wanted(begin, begin + DAY, place="F1")
        write_slice(wanted, file, copies=life.inner, archive=life.archive, book=life.book)
        with duckdb.connect() as any_tool:
            row = any_tool.execute("SELECT count(*) FROM read_parquet($1)", [str(file)]).fetchone()
        found[day] = row[0] if row else 0
    assert {day: count for day, count in found.items() if count} == dict.fromkeys([1, 2, 3, 35, 39], 2)


def test_an_hour_waits_until_it_is_over_and_left_alone(life: Life) -> None:
    life.keep()
    life.say(life.now)
    life.now += HOUR
    assert not life.keeper.step()
    life.now += 3 * 60_000
    assert not life.keeper.step()  # just written to
    life.wall += 31
    assert life.keeper.step()
    assert [one.count for one in life.keeping.kept("1h", EVER)] == [1]


def test_late_readings_change_hour_and_day_and_a_steady_trickle_does_not_put_it_off_for_ever(
    life: Life,
) -> None:
    life.live_days(2, per_day=1)
    for _ in range(20):
        life.say(BEGIN + 2 * HOUR)
        life.wall += 29.0
        life.keeper.step()
    life.keep()
    day = Series(BEGIN, BEGIN + DAY, device="m")
    assert [one.count for one in life.keeping.kept("1h", day)] == [1, 20]
    assert [one.count for one in life.keeping.kept("1d", day)] == [21]


def test_what_is_due_is_answered_from_the_readings_themselves(life: Life) -> None:
    life.live_days(3)
    life.say(BEGIN + HOUR, life.now, life.now + HOUR)
    asked = Series(BEGIN, life.now + DAY, device="m", metric="motion")
    hours = summed(life.keeping, life.book, asked, "1h", ZONE)
    days = summed(life.keeping, life.book, asked, "1d", ZONE)
    assert [one.count for one in hours] == [2, 1, 1, 1, 1, 1, 1, 1]
    assert [((one.begin_ms - BEGIN) // DAY, one.count) for one in days] == [(0, 3), (1, 2), (2, 2), (3, 2)]
    life.now += DAY
    life.keep()
    assert summed(life.keeping, life.book, asked, "1h", ZONE) == hours
    assert summed(life.keeping, life.book, asked, "1d", ZONE) == days


def test_nothing_leaves_that_could_not_be_archived(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise StoreUnavailable("the disk is full")

    life.live_days(3, per_day=1)
    life.now += 31 * DAY
    with monkeypatch.context() as patch:
        patch.setattr(life.keeping, "copy_class", full)
        with pytest.raises(StoreUnavailable, match="full"):
            life.keep()
    assert life.raw_days(home=False)[0] == 0
    life.keep()
    assert life.raw_days(home=False)[0] == 1


def test_nothing_leaves_that_is_not_summarised(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    life.live_days(4, per_day=1)
    with monkeypatch.context() as patch:
        patch.setattr(life.keeper, "_hour", lambda: False)
        life.say(BEGIN + 5 * HOUR)  # it is due now
        life.live_days(3, per_day=1)
        assert life.raw_days(home=True)[0] == 0
    life.live_days(1, per_day=1)
    assert life.raw_days(home=True)[0] == 3
    assert [one.count for one in life.keeping.kept("1d", Series(BEGIN, BEGIN + DAY, device="m"))] == [2]


def test_a_summary_stands_when_a_reading_comes_after_its_day_has_left(life: Life) -> None:
    life.live_days(7, per_day=1)
    life.say(BEGIN + HOUR)
    life.keep()
    assert [one.count for one in life.keeping.kept("1d", Series(BEGIN, BEGIN + DAY, device="m"))] == [1]
    assert life.book.hours_due() == []


def test_a_store_that_was_there_before_is_summarised_as_well(tmp_path: Path) -> None:
    with closing(Life(tmp_path)) as life:
        life.say(BEGIN + HOUR, BEGIN + 30 * HOUR)
    for file in tmp_path.glob("book.sqlite*"):
        file.unlink()
    with closing(Life(tmp_path)) as life:
        life.now = BEGIN + 5 * DAY
        life.keeper.step()
        life.keep()
        assert [one.count for one in life.keeping.kept("1h", Series(0, life.now, device="m"))] == [1, 1]


def test_for_ever_is_for_ever(tmp_path: Path) -> None:
    bounds = replace(BOUNDS, raw_homes_days=0, raw_places_days=0, hourly_days=0, daily_days=0)
    with closing(Life(tmp_path, bounds)) as life:
        life.live_days(3, per_day=1)
        life.now += 10_000 * DAY
        life.keep()
        assert life.raw_days(home=True) == [0, 1, 2]


def test_an_archived_day_is_whole_or_not_there_and_never_written_twice(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", ZONE)

    def parquet(rows: int, said: int) -> Callable[[Path], int]:
        def copy(file: Path) -> int:
            with duckdb.connect() as scratch:
                scratch.execute(f"COPY (FROM range({rows})) TO '{file}' (FORMAT parquet)")
            return said

        return copy

    with pytest.raises(StoreUnavailable, match="holds 3 rows, 4 were written"):
        archive.write(BEGIN, home=True, copy=parquet(3, 4))
    assert list(archive.days(0, 1 << 50)) == []
    archive.write(BEGIN, home=True, copy=parquet(3, 3))
    archive.write(BEGIN, home=True, copy=parquet(9, 9))
    archive.write(BEGIN + DAY, home=False, copy=parquet(0, 0))
    (day,) = archive.days(0, 1 << 50)
    assert (day.home, day.begin_ms, day.end_ms) == (True, BEGIN, BEGIN + DAY)
    assert day.file == tmp_path / "archive" / "2025-11" / "homes-2025-11-23.parquet"
    assert day.file.stat().st_mode & 0o077 == 0
    assert list(archive.days(BEGIN + DAY, 1 << 50)) == list(archive.days(0, BEGIN)) == []
    archive.forget(BEGIN + 11 * DAY, 11)
    assert day.file.exists()
    archive.forget(BEGIN + 12 * DAY, 11)
    assert not day.file.exists()
