"""The journal: positions, reading from anywhere, nothing of what failed, and a clear word about damage."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from gateway.journal import journal as journal_module
from gateway.journal.journal import Entry, Journal, JournalError, Refused
from gateway.journal.shape import EVENTS_PER_ROW_MAX
from rules.events import (
    AnyEvent,
    ClockStepped,
    Command,
    FeedLost,
    Occurrence,
    Resumed,
    Status,
    Telemetry,
    Tick,
    WorldChanged,
)
from rules.world import Definition, Device, Place

WORLD = Definition(
    1, "Asia/Shanghai", (Place("H1", "home"),), (Device("d", "s", "H1", "sos", "床头", 60),), ()
)
EVERY_KIND: list[AnyEvent] = [
    Telemetry(1, "d", 1, 0, "b", 1, {"motion": 1.0, "state": "门"}),
    Occurrence(2, "d", 1, 1, "", 0, "e1", "fall", {"confidence": 0.5}),
    Status(3, "d", 3, 3, False, "gw", {"fw": "1"}),
    Tick(4),
    FeedLost(5, 4),
    Resumed(6, 4, kept=True),
    ClockStepped(7, -5),
    WorldChanged(8, 1, ("fall",), ("d",)),
    Command(9, "c", "accept", "a", "李敏", {"note": "好"}),
]


T = 1_772_413_200_000
AS_WRITTEN: list[
    tuple[AnyEvent, bool | None]
] = [  # of the golden files; and whether it has a time of its own
    (Telemetry(T, "H0001-pir", T - 40, 0, "b007", 7, {"motion": 1.0, "fw": "1.4.2"}), True),
    (Telemetry(T, "H0001-door", T, 0, "", 0, {"contact": 0.0}), False),
    (
        Occurrence(T + 1, "H0001-pendant", T - 3_600_000, 1, "b007", 8, "f-1", "fall", {"confidence": 0.93}),
        True,
    ),
    (Status(T + 2, "GW-01", T + 2, 0, False, "", {}), False),
    (Status(T + 2, "H0001-pir", T - 9, 3, True, "GW-01", {"rssi": -60.0}), True),
    (Tick(T + 3), None),
    (FeedLost(T + 4, T), None),
    (Resumed(T + 5, T, kept=True), None),
    (ClockStepped(T + 6, -5_000), None),
    (WorldChanged(T + 7, 2, ("fall", "fall@H1"), ("gone",)), None),
    (Command(T + 8, "c1", "accept", "a1", "李敏", {"note": "好"}, "H0001"), None),
]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


def ticks(first: int, count: int) -> list[AnyEvent]:
    return [Tick(at) for at in range(first, first + count)]


def test_every_kind_of_event_comes_back_as_it_was(journal: Journal) -> None:
    assert (journal.position, journal.last_at) == (0, 0)
    assert journal.append(Entry(list(EVERY_KIND))) == len(EVERY_KIND)
    assert list(journal.read(0)) == list(enumerate(EVERY_KIND, 1))
    assert journal.last_at == 9


@pytest.mark.parametrize("golden", ["without_own_time", "with_own_time"])
def test_events_as_they_were_once_written_are_read_as_what_they_were(golden: str) -> None:
    """What a journal of an earlier hub holds; a file is added for each new shape, and none is changed."""
    path = Path(__file__).parents[2] / "golden" / "journal" / f"{golden}.hex"
    rows = [bytes.fromhex(row) for row in path.read_text(encoding="ascii").split()]
    decoder = msgspec.msgpack.Decoder(AnyEvent)
    assert [decoder.decode(row) for row in rows] == [
        msgspec.structs.replace(event, own_time=own_time and golden == "with_own_time")
        if own_time is not None
        else event
        for event, own_time in AS_WRITTEN
    ]


def test_positions_count_on_over_commits_and_restarts(tmp_path: Path) -> None:
    for n in range(3):
        with closing(Journal(tmp_path / "journal.sqlite")) as journal:
            assert (journal.position, journal.last_at) == (n * 5, n * 5)
            journal.append(Entry(ticks(n * 5 + 1, 5)))
            journal.append(Entry(refused=[Refused(7, "t", b"x", 1, "bad_json", "…")]))
            assert journal.position == n * 5 + 5
            assert journal.refused_count() == n + 1


def test_reading_from_anywhere_gives_exactly_what_is_behind(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "EVENTS_PER_ROW_MAX", 4)
    for size in (1, 4, 9, 3, 8, 2):
        journal.append(Entry(ticks(journal.position + 1, size)))
    whole = [(at, Tick(at)) for at in range(1, 28)]
    for after in range(30):
        assert list(journal.read(after)) == whole[after:]
        assert list(journal.read(after, limit=3)) == whole[after : after + 3]


def test_a_batch_larger_than_a_row_is_one_commit_in_several_rows(journal: Journal) -> None:
    count = EVENTS_PER_ROW_MAX * 2 + 7
    journal.append(Entry(ticks(1, count), nameless=[(1, 2)]))
    with closing(sqlite3.connect(journal.path)) as other:
        rows = other.execute("SELECT first, count, nameless NOT NULL FROM batch ORDER BY first").fetchall()
    assert rows == [
        (1, EVENTS_PER_ROW_MAX, 1),
        (EVENTS_PER_ROW_MAX + 1, EVENTS_PER_ROW_MAX, 0),
        (EVENTS_PER_ROW_MAX * 2 + 1, 7, 0),
    ]
    assert [position for position, _ in journal.read(EVENTS_PER_ROW_MAX - 1, limit=3)] == [
        EVENTS_PER_ROW_MAX,
        EVENTS_PER_ROW_MAX + 1,
        EVENTS_PER_ROW_MAX + 2,
    ]


def test_of_an_entry_that_failed_nothing_stays_and_the_next_one_takes_its_place(journal: Journal) -> None:
    journal.append(Entry(ticks(1, 2)))
    bad = Refused(7, "t", b"x", 1, "r", {"not": "text"})  # type: ignore[arg-type]  # SQLite refuses it, last of all
    with pytest.raises(sqlite3.Error):
        journal.append(Entry(ticks(3, 2), refused=[bad], world=WORLD))
    assert journal.position == 2
    assert journal.newest_world() is None
    assert journal.append(Entry(ticks(3, 1))) == 3
    assert [event.at for _, event in journal.read(0)] == [1, 2, 3]
    assert journal.refused_count() == 0


def test_a_disk_that_is_full_leaves_the_journal_as_it_was(journal: Journal) -> None:
    journal.append(Entry(ticks(1, 2)))
    (pages,) = journal._writer.execute("PRAGMA page_count").fetchone()
    journal._writer.execute(f"PRAGMA max_page_count={pages}")
    big: list[AnyEvent] = [Telemetry(3, "d", 3, 0, "b", n, {"m": float(n)}) for n in range(4_000)]
    with pytest.raises(sqlite3.OperationalError, match="full"):
        journal.append(Entry(big))
    assert [event.at for _, event in journal.read(0)] == [1, 2]
    journal._writer.execute("PRAGMA max_page_count=1073741823")
    assert journal.append(Entry(big)) == 4_002


def test_worlds_are_kept_by_version(journal: Journal) -> None:
    journal.append(Entry([WorldChanged(1, 1, (), ())], world=WORLD))
    assert journal.world(1) == WORLD == journal.newest_world()
    with pytest.raises(JournalError, match="world 2 is missing"):
        journal.world(2)


def test_the_nameless_come_back_newest_last(journal: Journal) -> None:
    for n in range(1, 6):
        journal.append(Entry(ticks(n, 1), nameless=[(n, 10 * n), (n, 10 * n + 1)] if n != 3 else []))
    assert journal.nameless(3) == [(4, 41), (5, 50), (5, 51)]
    assert journal.nameless(99) == [(n, 10 * n + i) for n in (1, 2, 4, 5) for i in (0, 1)]


def test_quarantine_gives_the_newest_first(journal: Journal) -> None:
    refused = [Refused(n, f"t{n}", bytes([n]), n, "r", "d", repaired=n == 2) for n in (1, 2, 3)]
    journal.append(Entry(refused=refused))
    rows = journal.quarantine(2)
    assert [(row["topic"], row["payload"], row["repaired"]) for row in rows] == [
        ("t3", b"\3", 0),
        ("t2", b"\2", 1),
    ]
    assert journal.refused_count() == 2


def test_damage_is_named_with_the_events_that_are_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "TAIL_ROWS", 1)  # what is further back is found when it is read
    path = tmp_path / "journal.sqlite"
    with closing(Journal(path)) as journal:
        journal.append(Entry(ticks(1, 3)))
        journal.append(Entry(ticks(4, 3)))
        journal.append(Entry(ticks(7, 3)))
    with closing(sqlite3.connect(path)) as other:
        other.execute(
            "UPDATE batch SET body = CAST(x'93' || substr(body, 2) || x'00' AS BLOB) WHERE first = 4"
        )
        other.commit()
    with closing(Journal(path)) as journal:
        read = journal.read(0)
        assert [next(read)[0] for _ in range(3)] == [1, 2, 3]
        with pytest.raises(JournalError, match="events 4 to 6 are damaged"):
            next(read)
        assert [position for position, _ in journal.read(6)] == [7, 8, 9]


def test_a_page_that_is_garbage_is_named_by_where_reading_ended(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(Journal(path)) as journal:
        for n in range(200):
            journal.append(Entry(ticks(n * 30 + 1, 30)))
        journal._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pages = bytearray(path.read_bytes())
    middle = len(pages) // 2 // 4096 * 4096
    pages[middle : middle + 4096] = b"\xee" * 4096
    path.write_bytes(pages)
    with (
        closing(Journal(path)) as journal,
        pytest.raises(JournalError, match=r"(unreadable behind event|events) \d+"),
    ):
        list(journal.read(0))


@pytest.mark.parametrize(
    "content", [b"this is no database, whatever it is called" * 50, b"SQLite format 3\0" + b"\xff" * 4_080]
)
def test_a_file_that_is_no_journal_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"journal\.sqlite: not a usable journal"):
        Journal(path)
    assert path.read_bytes() == content, "it is left as it was"


def test_a_journal_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    Journal(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE about SET value = '99'")
        other.commit()
    with pytest.raises(JournalError, match="journal version 99, this hub reads 1"):
        Journal(path)


def test_readers_in_other_threads_follow_while_the_writer_writes(journal: Journal) -> None:
    total, seen, failures = 300, [[], [], []], []  # type: ignore[var-annotated]

    def follow(into: list[int]) -> None:
        try:
            while len(into) < total:
                into += [event.at for _, event in journal.read(len(into), limit=50)]
        except Exception as error:  # noqa: BLE001 told by the test
            failures.append(error)

    threads = [threading.Thread(target=follow, args=(into,)) for into in seen]
    for thread in threads:
        thread.start()
    while journal.position < total:
        journal.append(Entry(ticks(journal.position + 1, 6)))
    for thread in threads:
        thread.join(20)
    assert failures == []
    for into in seen:
        assert into[:total] == list(range(1, total + 1))
        assert all(later == earlier + 1 for earlier, later in pairwise(into))


def test_a_reader_in_the_middle_sees_its_moment_and_holds_nobody_up(journal: Journal) -> None:
    journal.append(Entry(ticks(1, 4)))
    read = journal.read(0)
    next(read)
    journal.append(Entry(ticks(5, 4)))
    assert [event.at for _, event in read] == [2, 3, 4]
    assert journal.position == 8
