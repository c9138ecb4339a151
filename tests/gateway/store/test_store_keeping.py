"""Summaries, removal and copies: the same from both stores, on the real InfluxDB; and what is each one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from store_rows import EVERYTHING, TOKEN, columns, row

from gateway.bench.influx_proxy import InfluxProxy
from gateway.store import influxdb_keeping
from gateway.store.duckdb import DuckDBStore
from gateway.store.duckdb_keeping import DuckDBKeeping, compact
from gateway.store.influxdb import InfluxStore
from gateway.store.influxdb_apart import InfluxKeepingApart, Target
from gateway.store.influxdb_keeping import InfluxKeeping
from gateway.store.readings import Query, Reading, Store, StoreUnavailable
from gateway.store.summaries import HOUR_MS, PLACE_FILES, Keeping, Series, Summary

BEGIN = 1_763_899_200_000  # an hour of UTC
MINUTE = 60_000
ON_OFF = frozenset({"contact", "motion"})
ALL = Series(0, 4_000_000_000_000)


def keeping_of(store: Store) -> Keeping:
    if isinstance(store, DuckDBStore):
        return DuckDBKeeping(store, on_off=ON_OFF)
    assert isinstance(store, InfluxStore)
    return InfluxKeeping(store, on_off=ON_OFF)


def an_hour() -> list[Reading]:
    """A door opened and closed, a temperature with awkward fractions, a text, a fall, a facility's counter; late ones too."""
    return [
        row(BEGIN + 10 * MINUTE, seq=1, value=1.0),
        row(BEGIN + 20 * MINUTE, seq=2, value=0.0),
        row(BEGIN + 25 * MINUTE, seq=3, value=1.0, quality="late"),
        *(row(BEGIN + n * MINUTE, seq=n, metric="temperature", value=20 + 0.1 * n) for n in range(10)),
        row(BEGIN + 5, seq=4, metric="fw", value=0.0, text="1.4.2"),
        row(BEGIN + HOUR_MS - 1, seq=5, metric="event.fall", value=0.9, text="e1"),
        row(BEGIN + MINUTE, seq=6, metric="occupancy", value=12.0, place="F01", home=False),
        row(BEGIN + HOUR_MS, seq=7, metric="motion", value=1.0),
    ]


def test_an_hour_is_summarised_to_the_last_digit(store: Store) -> None:
    keeping = keeping_of(store)
    store.write(columns(an_hour()), cursor=1)
    assert keeping.hours_stored() == {(True, BEGIN), (True, BEGIN + HOUR_MS), (False, BEGIN)}
    keeping.summarise_hour(BEGIN, home=True)
    found = sorted(keeping.kept("1h", ALL), key=lambda one: one.metric)
    assert found == sorted(
        keeping.fresh(Series(BEGIN, BEGIN + HOUR_MS, place="H0001")), key=lambda one: one.metric
    )
    contact, fall, temperature = found  # and neither the text nor the facility's
    assert contact == Summary(
        "door-1", "H0001", True, "contact", BEGIN, 3, 0.0, 1.0, 2 / 3, 2.0, 1.0, BEGIN + 10 * MINUTE, BEGIN + 25 * MINUTE,
        10 * MINUTE, 15 * MINUTE,
    )  # fmt: skip
    assert (fall.metric, fall.count, fall.last) == ("event.fall", 1, 0.9)
    assert (temperature.count, temperature.sum, temperature.on_ms) == (10, 204.5, None)
    assert (temperature.min, temperature.max, temperature.mean) == (20.0, 20.9, 20.45)


def test_late_readings_change_the_hour_and_writing_it_again_changes_nothing_else(store: Store) -> None:
    keeping = keeping_of(store)
    store.write(columns(an_hour()), cursor=1)
    for home in (True, False):
        keeping.summarise_hour(BEGIN, home=home)
    before = set(keeping.kept("1h", ALL))
    store.write(columns([row(BEGIN + 40 * MINUTE, seq=9, value=0.0)]), cursor=2)
    keeping.summarise_hour(BEGIN, home=True)
    keeping.summarise_hour(BEGIN, home=True)
    after = set(keeping.kept("1h", ALL))
    assert {one.metric for one in before ^ after} == {"contact"}
    assert len(after) == len(before) == 4


def test_a_gap_has_no_summary_and_a_day_is_made_of_its_hours(store: Store) -> None:
    keeping = keeping_of(store)
    later = [row(BEGIN + 5 * HOUR_MS + n * MINUTE, seq=n, value=float(n % 2)) for n in range(4)]
    store.write(columns([*an_hour(), *later]), cursor=1)
    for hour in range(7):
        keeping.summarise_hour(BEGIN + hour * HOUR_MS, home=True)
    contact = Series(0, 4_000_000_000_000, device="door-1", place="H0001", metric="contact")
    assert sorted(one.begin_ms for one in keeping.kept("1h", contact)) == [BEGIN, BEGIN + 5 * HOUR_MS]
    keeping.summarise_day(BEGIN, BEGIN + 24 * HOUR_MS, home=True)
    (day,) = keeping.kept("1d", contact)
    assert (day.begin_ms, day.count, day.sum, day.last, day.on_ms, day.known_ms) == (
        BEGIN, 7, 4.0, 1.0, 11 * MINUTE, 18 * MINUTE,
    )  # fmt: skip
    assert day.last_at == BEGIN + 5 * HOUR_MS + 3 * MINUTE


def test_each_class_of_data_is_forgotten_alone(store: Store) -> None:
    keeping = keeping_of(store)
    store.write(columns(an_hour()), cursor=1)
    for home in (True, False):
        for begin in (BEGIN, BEGIN + HOUR_MS):
            keeping.summarise_hour(begin, home=home)
        keeping.summarise_day(BEGIN, BEGIN + 24 * HOUR_MS, home=home)
    keeping.forget("raw", BEGIN + HOUR_MS, home=True)
    keeping.tidy()
    assert {(one.home, one.metric) for one in store.read(EVERYTHING)} == {
        (True, "motion"),
        (False, "occupancy"),
    }
    keeping.forget("1h", BEGIN + HOUR_MS, home=False)
    assert {one.metric for one in keeping.kept("1h", ALL)} == {
        "contact",
        "event.fall",
        "temperature",
        "motion",
    }
    keeping.forget("1d", BEGIN + HOUR_MS, home=True)
    assert [one.metric for one in keeping.kept("1d", ALL)] == ["occupancy"]
    assert store.cursor() == 1


def test_a_copy_holds_the_readings_of_its_class_in_plain_columns(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(influxdb_keeping, "ROWS_MAX", 6)  # so that slices are halved
    store.write(columns(an_hour()), cursor=1)
    file = tmp_path / "it's.parquet"
    assert keeping_of(store).copy_class(BEGIN, BEGIN + HOUR_MS, file, home=True) == 15
    with duckdb.connect() as any_tool:
        kinds = any_tool.execute(
            "SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(?))", [str(file)]
        )
        assert dict(kinds.fetchall()) == {
            "device": "VARCHAR", "place": "VARCHAR", "home": "BOOLEAN", "metric": "VARCHAR", "time_ns": "BIGINT",
            "value": "DOUBLE", "text": "VARCHAR", "quality": "VARCHAR", "boot": "VARCHAR", "seq": "BIGINT",
            "received_at": "BIGINT",
        }  # fmt: skip
        rows = any_tool.execute("FROM read_parquet(?)", [str(file)]).fetchall()
    wanted = [one for one in an_hour() if one.home and one.observed_at < BEGIN + HOUR_MS]
    assert sorted((Reading(*each) for each in rows), key=str) == sorted(wanted, key=str)
    assert keeping_of(store).copy_class(0, HOUR_MS, tmp_path / "none.parquet", home=True) == 0
    assert [each.name for each in tmp_path.glob("*.parts")] == []


def test_a_place_is_copied_alone_and_erased_alone(store: Store, tmp_path: Path) -> None:
    keeping = keeping_of(store)
    other = [row(BEGIN + 30 * MINUTE, seq=40, place="H0002", device="door-2")]
    store.write(columns([*an_hour(), *other]), cursor=1)
    for home in (True, False):
        keeping.summarise_hour(BEGIN, home=home)
        keeping.summarise_day(BEGIN, BEGIN + 24 * HOUR_MS, home=home)
    theirs = (
        store.read(Query(0, ALL.to_ms, place="H0002")),
        keeping.kept("1h", Series(0, ALL.to_ms, place="H0002")),
    )
    mine = len(store.read(Query(0, ALL.to_ms, place="H0001")))
    keeping.copy_place("H0001", tmp_path)
    counts = [
        duckdb.read_parquet(str(tmp_path / name))
        .aggregate("count(*), count(DISTINCT place), min(place)")
        .fetchall()
        for name in PLACE_FILES
    ]
    assert counts == [[(mine, 1, "H0001")], [(3, 1, "H0001")], [(3, 1, "H0001")]]
    keeping.copy_place("H0009", tmp_path)  # nothing is a file as well
    assert [len(duckdb.read_parquet(str(tmp_path / name)).fetchall()) for name in PLACE_FILES] == [0, 0, 0]
    keeping.erase_place("H0001")
    keeping.erase_place("H0001")
    assert store.read(Query(0, ALL.to_ms, place="H0001")) == []
    assert keeping.kept("1h", Series(0, ALL.to_ms, place="H0001")) == []
    assert keeping.kept("1d", Series(0, ALL.to_ms, place="H0001")) == []
    assert theirs[0]
    assert theirs == (
        store.read(Query(0, ALL.to_ms, place="H0002")), keeping.kept("1h", Series(0, ALL.to_ms, place="H0002")),
    )  # fmt: skip
    assert len(store.read(Query(0, ALL.to_ms, place="F01"))) == 1


def test_rows_are_written_again_beside_the_cursor_and_once(open_store: Callable[[], Store]) -> None:
    store = open_store()
    store.write(columns([row(seq=1)]), cursor=5)
    for _ in range(2):
        store.write_again(columns([row(seq=2), row(seq=3)]))
    assert store.cursor() == 5
    assert [one.seq for one in store.read(EVERYTHING)] == [1, 2, 3]


def test_influxdb_s_work_is_done_in_a_process_of_its_own(influx_v2: InfluxProxy, tmp_path: Path) -> None:
    store = InfluxStore(url=influx_v2.url, org="carehub", token=TOKEN, cursor_file=tmp_path / "cursor")
    store.write(columns(an_hour()), cursor=1)
    apart = InfluxKeepingApart(store, Target(influx_v2.url, "carehub", TOKEN), on_off=ON_OFF)
    apart.summarise_hour(BEGIN, home=True)
    assert {one.metric for one in apart.kept("1h", ALL)} == {"contact", "event.fall", "temperature"}
    apart.copy_place("H0001", tmp_path)
    assert (
        len(duckdb.read_parquet(str(tmp_path / PLACE_FILES[0])).fetchall()) == len(an_hour()) - 1
    )  # no facility's
    wrong = InfluxKeepingApart(store, Target(influx_v2.url, "carehub", "wrong"), on_off=ON_OFF)
    with pytest.raises(StoreUnavailable, match="401"):
        wrong.summarise_hour(BEGIN, home=True)
    store.close()


def test_a_store_is_compacted_while_nobody_has_it_open(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    store = DuckDBStore(path)
    keeping = DuckDBKeeping(store, on_off=ON_OFF)
    store.write(columns([row()]), cursor=4)
    with store.work("filling") as connection:
        connection.execute(
            "INSERT INTO reading SELECT 'd' || n % 50, 'H1', true, 'temperature', ($1 + n * 72) * 1000000, hash(n) % 1000, "
            "NULL, 'good', 'b', n, n FROM range(200000) t(n)",
            [BEGIN],
        )
    keeping.forget("raw", BEGIN + 3 * HOUR_MS, home=True)
    keeping.summarise_hour(BEGIN + 3 * HOUR_MS, home=True)
    keeping.tidy()
    store.close()
    before, after = compact(path)
    assert after < before * 0.7
    again = DuckDBStore(path)
    assert again.cursor() == 4
    assert len(again.read(EVERYTHING)) == 50_000
    assert len(DuckDBKeeping(again).kept("1h", ALL)) == 50
    again.write(columns([row(seq=8)]), cursor=5)
    again.close()
    (tmp_path / "none.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreUnavailable, match="cannot be compacted"):
        compact(tmp_path / "none.duckdb")
    assert not list(tmp_path.glob("*.new"))


def test_work_goes_on_beside_the_writer(tmp_path: Path) -> None:
    """A row that is written while its hour is summarised is in the store, and in the next summary."""
    store = DuckDBStore(tmp_path / "readings.duckdb")
    keeping = DuckDBKeeping(store)
    store.write(columns([row(BEGIN, seq=1)]), cursor=1)
    with store.work("holding") as connection:
        connection.execute("BEGIN")
        connection.execute("DELETE FROM reading WHERE time_ns < 5")
        connection.execute("SELECT count(*) FROM reading").fetchall()
        store.write(columns([row(BEGIN + 1, seq=2)]), cursor=2)
        connection.execute("COMMIT")
    keeping.summarise_hour(BEGIN, home=True)
    assert [one.count for one in keeping.kept("1h", ALL)] == [2]
    assert len(store.read(Query(0, 1 << 50))) == 2
    store.close()
