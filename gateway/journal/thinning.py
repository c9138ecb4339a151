"""Makes room in the journal: its oldest rows, the worlds that nothing names any more, what is old in quarantine.

Every function does a bounded step in the transaction of its caller, so that the line never waits long for one. What is deleted
lies behind every consumer's cursor (the caller says how far that is), and the newest row always stays. Where the journal
begins is noted in the transaction that deletes: positions never start again, and a reader knows what it cannot have.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

ROWS_MAX = 500  # rows deleted in a step
BYTES_MAX = 4_000_000  # and bytes: what a step may hold the line up for is some milliseconds
FREE_PAGES_KEPT = 4_096  # 16 MB of free pages stay in the file, to be used again
VACUUM_PAGES = 512  # pages given back to the disk in a step


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """What is kept: nothing from before ``since`` (hub time, ms), and no more than ``bytes_max``."""

    since: int
    bytes_max: int


def used_bytes(connection: sqlite3.Connection) -> int:
    """How much of the file is used, quarantine and worlds included."""
    (pages,), (free,), (size,) = (
        connection.execute(f"PRAGMA {name}").fetchone()
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def thin_events(connection: sqlite3.Connection, keep: Keep, *, behind: int) -> int:
    """Delete some of the oldest rows that end at ``behind`` or before and need not be kept; how many events they held."""
    rows = connection.execute(
        "SELECT first, count, at, length(body) FROM batch WHERE first <= ? AND first < (SELECT max(first) FROM batch) "
        "ORDER BY first LIMIT ?",
        (behind, ROWS_MAX),
    ).fetchall()
    too_much = used_bytes(connection) - keep.bytes_max
    last, begins, events, size = 0, 0, 0, 0
    for first, count, at, length in rows:
        if (
            first + count - 1 > behind
            or size >= BYTES_MAX
            or (
                at >= keep.since
                and 2 * size >= too_much  # a row takes more room than its body: come near in steps
            )
        ):
            break
        last, begins = first, first + count - 1
        events, size = events + count, size + length
    if not events:
        return 0
    connection.execute("DELETE FROM batch WHERE first <= ?", (last,))
    note(connection, "begins", begins)
    _forget_worlds(connection, begins)
    return events


def _forget_worlds(connection: sqlite3.Connection, begins: int) -> None:
    """The world in force where the journal begins stays, and every later one."""
    connection.execute(
        "DELETE FROM world WHERE version < (SELECT max(version) FROM world WHERE first <= ?)", (begins,)
    )


def thin_quarantine(connection: sqlite3.Connection, keep: Keep, *, held_bytes: int) -> int:
    """Delete some of the oldest refused messages and notes of repair; ``held_bytes`` is what they come to now."""
    rows = connection.execute(
        "SELECT id, at, length(payload) FROM quarantine ORDER BY id LIMIT ?", (ROWS_MAX,)
    ).fetchall()
    last, found, size = 0, 0, 0
    for number, at, length in rows:
        if size >= BYTES_MAX or (at >= keep.since and size >= held_bytes - keep.bytes_max):
            break
        last, found, size = number, found + 1, size + length + ENTRY_BYTES
    if found:
        connection.execute("DELETE FROM quarantine WHERE id <= ?", (last,))
    return found


ENTRY_BYTES = 200  # what a refused message takes beside its payload: topic, reason, detail


def quarantine_bytes(connection: sqlite3.Connection) -> int:
    """What the quarantine comes to, about."""
    count, size = connection.execute("SELECT count(*), total(length(payload)) FROM quarantine").fetchone()
    return int(size + count * ENTRY_BYTES)


def give_back(connection: sqlite3.Connection, *, kept: int | None = None) -> bool:
    """Give some free pages back to the disk, outside of a transaction; whether there are more than shall be ``kept``.

    Only a journal that was made so can (``auto_vacuum``); in an older one free pages are used again.
    """
    (mode,) = connection.execute("PRAGMA auto_vacuum").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    if mode != INCREMENTAL or free <= (FREE_PAGES_KEPT if kept is None else kept):
        return False
    connection.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()
    return True


INCREMENTAL = 2


def note(connection: sqlite3.Connection, name: str, value: int) -> None:
    """Write a number about the journal."""
    connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, str(value)))


def noted(connection: sqlite3.Connection, name: str) -> int:
    """A number about the journal, 0 where none was written."""
    row = connection.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0
