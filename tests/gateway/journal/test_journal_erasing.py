"""Blanking: a home's events become nobody's, at the same position and time; nothing else changes."""

from __future__ import annotations

import random
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.journal.erasing import Gone, blank, blank_rows
from gateway.journal.journal import Entry, Journal, Refused
from gateway.journal.shape import SHAPE
from rules.events import AnyEvent, Command, Occurrence, Status, Telemetry, Tick

NOTE = "明月老师自己按的"
GONE = Gone("H1", frozenset({"h1-door", "h1_p%"}), frozenset({"h1-door", "h1_p%", "a1"}))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


def events(at: int) -> list[AnyEvent]:
    return [
        Telemetry(at, "h1-door", at, 0, "b", at, {"contact": 1.0}),
        Telemetry(at, "h2-door", at, 0, "b", at, {"contact": 1.0}),
        Occurrence(at, "h1_p%", at, 0, "b", at, "e", "fall", {}),
        Status(at, "h1-door", at, 0, True, "gw", {}),
        Command(at, "c1", "close", "a1", "李敏", {"note": NOTE}, "H1"),
        Command(at, "c2", "silence", "", "李敏", {"device": "h1-door"}),
        Command(at, "c3", "close", "a2", "李敏", {"note": "H10"}, "H10"),
        Tick(at),
    ]


def blanked(journal: Journal, behind: int) -> int:
    steps, after = 0, 0
    while (found := journal.blank(GONE, after=after, behind=behind)) is not None:
        after, steps = found, steps + 1
    return steps


def test_what_is_of_the_home_is_nobodys_and_all_else_stays(journal: Journal, tmp_path: Path) -> None:
    for at in range(1, 4):
        journal.append(Entry(events=events(at)))
    end = journal.position
    blanked(journal, end)
    read = list(journal.read(0))
    assert [position for position, _ in read] == list(range(1, end + 1))
    for at in range(1, 4):
        was, now = events(at), [event for _, event in read if event.at == at]
        assert now == [was[n] if n in (1, 6, 7) else blank(at) for n in range(8)]
    while journal.give_all_back():
        pass
    for file in tmp_path.iterdir():
        assert NOTE.encode() not in file.read_bytes()
        assert b"h1-door" not in file.read_bytes()
    journal.append(Entry(events=[Tick(9)]))
    again = Journal(tmp_path / "journal.sqlite")  # checksums hold
    assert again.position == end + 1
    again.close()


def test_only_rows_behind_every_consumer_are_written_anew_and_twice_is_once(journal: Journal) -> None:
    first = journal.append(Entry(events=events(1)))
    journal.append(Entry(events=events(2)))
    blanked(journal, first + 3)  # amid the second row: it waits
    assert [event for _, event in journal.read(first)] == events(2)
    assert NOTE not in repr(list(journal.read(0, limit=first)))
    before = journal._writer.total_changes
    blanked(journal, first)
    assert journal._writer.total_changes == before


def test_a_step_is_bounded_and_a_damaged_row_is_left_to_repair(journal: Journal) -> None:
    for at in range(120):
        journal.append(Entry(events=events(at)))
    journal._writer.execute("UPDATE batch SET checksum = 0 WHERE first = 1")
    body = journal._writer.execute("SELECT body FROM batch WHERE first = 1").fetchone()
    assert blanked(journal, journal.position) >= 3
    assert journal._writer.execute("SELECT body FROM batch WHERE first = 1").fetchone() == body
    assert all(GONE.is_about(event) is False for _, event in journal.read(8))


def test_what_its_devices_sent_and_nobody_could_read_goes_and_only_theirs(
    journal: Journal, tmp_path: Path
) -> None:
    for device in ("h1-door", "h1_p%", "h1xp9", "h2-door"):
        for number in range(210 if device == "h1-door" else 1):
            refused = Refused(1, f"care/v1/x/{device}/telemetry", f"{device}!{number}".encode(), 2, "bad", "")
            journal.append(Entry(refused=[refused]))
    assert journal.drop_messages(GONE.devices) == 211
    assert {row["topic"] for row in journal.quarantine(500)} == {
        "care/v1/x/h1xp9/telemetry", "care/v1/x/h2-door/telemetry",
    }  # fmt: skip
    while journal.give_all_back():
        pass
    assert all(b"h1-door!" not in file.read_bytes() for file in tmp_path.iterdir())


@given(seed=st.integers(0, 1 << 30), behind=st.integers(0, 60))
def test_positions_times_and_everybody_elses_events_stay(seed: int, behind: int) -> None:
    chance = random.Random(seed)  # noqa: S311 a mixture
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(SHAPE)
    written: list[list[AnyEvent]] = []
    first = 1
    for at in range(12):
        batch = chance.sample(events(at), chance.randint(1, 6))
        body = msgspec.msgpack.encode(batch)
        row = (first, len(batch), at, body, zlib.crc32(body), None)
        connection.execute("INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?)", row)
        written.append(batch)
        first += len(batch)
    after: int | None = 0
    while after is not None:
        after = blank_rows(connection, GONE, after=after, behind=behind)
    begins = 1
    for (count, body, checksum), was in zip(
        connection.execute("SELECT count, body, checksum FROM batch ORDER BY first"), written, strict=True
    ):
        now = msgspec.msgpack.decode(body, type=list[AnyEvent])
        reached = begins + len(was) - 1 <= behind
        assert (count, checksum) == (len(was), zlib.crc32(body))
        assert now == [blank(e.at) if reached and GONE.is_about(e) else e for e in was]
        begins += len(was)
    connection.close()
