"""Thinning: in small steps, only behind every consumer, and positions never start again."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.journal import thinning
from gateway.journal.journal import Entry, Journal, Refused
from gateway.journal.thinning import Keep
from rules.events import AnyEvent, Telemetry, Tick, WorldChanged
from rules.world import Definition

MUCH = 1 << 50
NOTHING = Keep(since=1 << 60, bytes_max=MUCH)  # everything is too old


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.sqlite")
    journal._writer.execute("PRAGMA synchronous=OFF")
    yield journal
    journal.close()


def ticks(first: int, count: int) -> list[AnyEvent]:
    return [Tick(at) for at in range(first, first + count)]


def world(version: int) -> Definition:
    return Definition(version, "Asia/Shanghai", (), (), ())


def kept(journal: Journal) -> list[int]:
    return [position for position, _ in journal.read(0)]


def thin_all(journal: Journal, keep: Keep, *, behind: int) -> int:
    thinned = 0
    while step := journal.thin(keep, behind=behind):
        thinned += step
    return thinned


def test_what_is_old_goes_as_far_as_every_consumer_has_it(journal: Journal) -> None:
    for first in range(1, 50, 7):
        journal.append(Entry(ticks(first, 7)))
    assert journal.thin(Keep(since=29, bytes_max=MUCH), behind=20) == 14, "a row is whole or not at all"
    assert kept(journal) == list(range(15, 50))
    assert journal.thin(Keep(since=29, bytes_max=MUCH), behind=49) == 14
    assert kept(journal) == list(range(29, 50)), "what is young enough stays"
    assert journal.begins == 28


def test_nothing_goes_that_one_consumer_has_not(journal: Journal) -> None:
    journal.append(Entry(ticks(1, 7)))
    journal.append(Entry(ticks(8, 7)))
    for behind in range(7):
        assert journal.thin(NOTHING, behind=behind) == 0
    assert journal.thin(NOTHING, behind=7) == 7


def test_positions_and_time_go_on_over_a_start_when_everything_went(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(Journal(path)) as journal:
        for first in range(1, 50, 7):
            journal.append(Entry(ticks(first, 7)))
        assert thin_all(journal, NOTHING, behind=49) == 42, "the newest row always stays"
    with closing(sqlite3.connect(path)) as other:  # whatever took the last row as well
        other.execute("DELETE FROM batch")
        thinning.note(other, "begins", 49)
        thinning.note(other, "last_at", 49)
        other.commit()
    with closing(Journal(path)) as journal:
        assert (journal.begins, journal.position, journal.last_at) == (49, 49, 49)
        assert journal.append(Entry(ticks(50, 2))) == 51
        assert list(journal.read(0)) == [(50, Tick(50)), (51, Tick(51))]


def test_by_size_the_oldest_goes_until_it_fits(journal: Journal) -> None:
    for first in range(1, 20_001, 100):
        journal.append(
            Entry([Telemetry(n, f"d{n}", n, 0, "b", n, {"m": n / 3}) for n in range(first, first + 100)])
        )
    limit = journal.used_bytes() // 2
    assert thin_all(journal, Keep(since=0, bytes_max=limit), behind=20_000) > 5_000
    assert 0.8 * limit < journal.used_bytes() <= limit
    assert kept(journal) == list(range(journal.begins + 1, 20_001))


def test_a_step_is_small(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "ROWS_MAX", 3)
    for first in range(1, 50, 7):
        journal.append(Entry(ticks(first, 7)))
    assert [journal.thin(NOTHING, behind=49) for _ in range(3)] == [21, 21, 0]
    monkeypatch.setattr(thinning, "BYTES_MAX", 1)
    journal.append(Entry(ticks(50, 7)))
    journal.append(Entry(ticks(57, 7)))
    assert [journal.thin(NOTHING, behind=63) for _ in range(3)] == [7, 7, 0]


def test_the_worlds_that_what_is_left_was_judged_in_stay(journal: Journal) -> None:
    for version in range(1, 5):
        journal.append(
            Entry([WorldChanged(version, version, (), ()), *ticks(version, 4)], world=world(version))
        )
        journal.append(Entry(ticks(version, 5)))
    assert journal.thin(NOTHING, behind=15) == 15, "half of what was judged in the second world"
    in_force = journal.world_at(journal.begins)
    assert in_force is not None
    assert in_force.version == 2
    assert {version for (version,) in journal._writer.execute("SELECT version FROM world")} == {2, 3, 4}
    thin_all(journal, NOTHING, behind=40)
    newest = journal.newest_world()
    assert newest is not None
    assert newest.version == 4


def test_worlds_of_a_journal_that_did_not_note_where_they_began(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(Journal(path)) as journal:
        for version in (1, 2):
            journal.append(Entry([WorldChanged(version, version, (), ())], world=world(version)))
    with closing(sqlite3.connect(path)) as other:
        other.executescript("ALTER TABLE world DROP COLUMN first")
    with closing(Journal(path)) as journal:
        journal.append(Entry(ticks(3, 4)))
        journal.append(Entry(ticks(7, 4)))
        thin_all(journal, NOTHING, behind=10)
        assert journal.world(1)
        in_force = journal.world_at(journal.begins)
        assert in_force is not None
        assert in_force.version == 2
        journal.append(Entry([WorldChanged(11, 3, (), ())], world=world(3)))
        journal.append(Entry(ticks(12, 4)))
        thin_all(journal, NOTHING, behind=15)
        assert [version for (version,) in journal._writer.execute("SELECT version FROM world")] == [3]


def test_the_quarantine_has_bounds_of_its_own(journal: Journal) -> None:
    for at in range(1, 41):
        journal.append(Entry(refused=[Refused(at, "t", b"x" * 1_000, 1_000, "r", "d", repaired=at % 2 == 0)]))
    assert journal.thin_quarantine(Keep(since=11, bytes_max=MUCH)) == 10
    assert journal.thin_quarantine(Keep(since=0, bytes_max=12_000)) == 20
    assert [row["at"] for row in journal.quarantine(100)] == list(range(40, 30, -1))
    assert journal.thin_quarantine(Keep(since=0, bytes_max=12_000)) == 0


def test_room_is_given_back_to_the_disk(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "FREE_PAGES_KEPT", 8)
    for first in range(1, 20_001, 1_000):
        journal.append(
            Entry([Telemetry(n, f"d{n}", n, 0, "b", n, {"m": n / 3}) for n in range(first, first + 1_000)])
        )
    (before,) = journal._writer.execute("PRAGMA page_count").fetchone()
    thin_all(journal, NOTHING, behind=20_000)
    while journal.give_back():
        pass
    (after,) = journal._writer.execute("PRAGMA page_count").fetchone()
    assert after < before / 5
    assert kept(journal) == list(range(19_001, 20_001))


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_thinned_in_between_the_rest_is_what_was_written(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 seeded on purpose
    path, written, begins = tmp_path / "journal.sqlite", 0, 0
    for _ in range(3):
        with closing(Journal(path)) as journal:
            journal._writer.execute("PRAGMA synchronous=OFF")
            assert (journal.position, journal.begins) == (written, begins)
            for _ in range(dice.randint(1, 15)):
                count = dice.randint(1, 40)
                journal.append(Entry(ticks(written + 1, count)))
                written += count
                behind = dice.randint(0, written)
                journal.thin(
                    Keep(since=dice.randint(0, written), bytes_max=dice.choice((1, MUCH))), behind=behind
                )
                assert begins <= journal.begins <= max(begins, behind)
                begins = journal.begins
                assert kept(journal) == list(range(begins + 1, written + 1))
                after = dice.randint(0, written)
                assert [at for at, _ in journal.read(after)] == list(
                    range(max(begins, after) + 1, written + 1)
                )
