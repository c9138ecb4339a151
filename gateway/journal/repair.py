"""What of a damaged journal is lost, exactly; and a new journal of what can be read, the damaged one set aside.

Rows are looked for by position. Behind a place that cannot be read the search goes on in leaps, then backwards from what it
found, so that one bad page costs its own rows and no others.
"""

# ruff: noqa: S608 -- only names of tables and columns that stand here are put into statements

from __future__ import annotations

import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.journal.mark import Mark, mark_of
from gateway.journal.quarantine import prepare
from gateway.journal.shape import EVENTS_PER_ROW_MAX, SHAPE, VERSION, JournalError
from gateway.journal.thinning import note, noted

COLUMNS = "first, count, at, body, checksum, nameless"
SIDE_TABLES = ("world", "quarantine")


@dataclass(frozen=True, slots=True)
class Lost:
    """Events that cannot be read: ``first`` to ``last``; hub times (ms) of the rows around them, 0 for none."""

    first: int
    last: int
    after: int
    before: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What a journal holds: events behind ``begins`` (the rest is thinned out) to ``position``, less what is ``lost``.

    ``notes`` says what else is wrong, in words. Whole is what has neither.
    """

    begins: int
    position: int
    events: int
    lost: tuple[Lost, ...]
    notes: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.lost and not self.notes


Row = tuple[int, int, int, bytes, int, bytes | None]


def examine(path: Path, *, known_to: int = 0) -> Findings:
    """Read it all, also while a hub runs. ``known_to``: the furthest position that any consumer has seen.

    Raises ``JournalError`` when there is none, or one of another version.
    """
    with closing(_open(path)) as journal:
        return _read(path, journal, known_to, into=None)


def repair(path: Path, *, known_to: int, name: str) -> tuple[Findings, Path]:
    """Make a new journal of what can be read, with positions that go on behind all that was ever given.

    The damaged one stays beside it under ``name``. Needs room for both, and no hub at work on it. Raises ``JournalError``,
    ``OSError`` or ``sqlite3.Error`` when that cannot be; then the journal is as it was.
    """
    fresh, aside = path.with_suffix(".repaired"), path.with_name(name)
    for leftover in (fresh, _log_of(fresh)):
        leftover.unlink(missing_ok=True)
    with closing(_open(path)) as journal, closing(sqlite3.connect(fresh, isolation_level=None)) as into:
        into.execute("PRAGMA auto_vacuum=INCREMENTAL")
        into.executescript(SHAPE)
        prepare(into)
        into.execute("INSERT INTO about VALUES ('version', ?)", (VERSION,))
        into.execute("BEGIN IMMEDIATE")
        findings = _read(path, journal, known_to, into=into)
        into.execute("COMMIT")
    _sync(fresh)
    os.link(path, aside)
    if _log_of(path).exists():  # it must not be taken for the new file's
        shutil.copy(_log_of(path), _log_of(aside))
        _log_of(path).unlink()
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    fresh.replace(path)
    _sync(path.parent)
    return findings, aside


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _open(path: Path) -> sqlite3.Connection:
    """The journal as it is; an empty one where nothing at all of it can be read."""
    if not path.exists():
        raise JournalError(f"{path}: there is no journal")
    journal = sqlite3.connect(path, isolation_level=None)
    try:
        journal.execute("PRAGMA query_only=ON")
        row = journal.execute("SELECT value FROM about WHERE name = 'version'").fetchone()
        noted(journal, "begins")
    except sqlite3.DatabaseError:
        row = None
    if row is None:
        journal.close()
        journal = sqlite3.connect(":memory:", isolation_level=None)
        journal.executescript(SHAPE)
    elif row[0] != VERSION:
        journal.close()
        raise JournalError(f"{path}: journal version {row[0]}, this hub reads {VERSION}")
    return journal


def _read(
    path: Path, journal: sqlite3.Connection, known_to: int, into: sqlite3.Connection | None
) -> Findings:
    begins, marked, marked_at = noted(journal, "begins"), *_marked(path)
    jumps = _jumps(journal)
    lost: list[Lost] = []
    last, last_at, events = begins, 0, 0
    for row in _rows(journal, begins):
        first, count, at = row[:3]
        lost += _between(last + 1, first - 1, last_at, at, jumps)
        last, last_at, events = first + count - 1, at, events + count
        if into is not None:
            into.execute("INSERT INTO batch VALUES (?,?,?,?,?,?)", row)
    position = max(last, noted(journal, "position"), marked, known_to)
    lost += _between(last + 1, position, last_at, 0, jumps)
    notes = [*_copy_side_tables(journal, into), *([] if into is not None else _notes_of_sqlite(journal))]
    if into is not None:
        jumps += [(one.first, one.last) for one in lost]
        note(into, "begins", begins)
        note(into, "position", position)
        note(into, "last_at", max(last_at, noted(journal, "last_at"), marked_at))
        for first, end in jumps:
            note(into, f"lost {first}", end)
    return Findings(begins, position, events, tuple(lost), tuple(notes))


def _marked(path: Path) -> tuple[int, int]:
    if not mark_of(path).exists():
        return 0, 0
    with closing(Mark(mark_of(path))) as mark:
        return mark.read()


def _jumps(journal: sqlite3.Connection) -> list[tuple[int, int]]:
    """What an earlier repair left out: that is known, and no damage any more."""
    rows = journal.execute("SELECT name, value FROM about WHERE name LIKE 'lost %'").fetchall()
    return [(int(name.removeprefix("lost ")), int(value)) for name, value in rows]


def _between(first: int, last: int, after: int, before: int, jumps: list[tuple[int, int]]) -> Iterator[Lost]:
    """What is missing of ``first`` to ``last`` and was not given up before."""
    for start, end in sorted(jumps):
        if first <= start and end <= last:
            if start > first:
                yield Lost(first, start - 1, after, before)
            first = end + 1
    if first <= last:
        yield Lost(first, last, after, before)


def _rows(journal: sqlite3.Connection, begins: int) -> Iterator[Row]:
    """All rows that can be read and are what was written, in order."""
    behind = begins
    while True:
        try:
            for row in journal.execute(
                f"SELECT {COLUMNS} FROM batch WHERE first > ? ORDER BY first", (behind,)
            ):
                behind = row[0]
                if _is_sound(row):
                    yield row
        except sqlite3.DatabaseError:
            found = _leap(journal, behind)
            if not found:
                return
            yield from found
            behind = found[-1][0]
        else:
            return


def _leap(journal: sqlite3.Connection, behind: int) -> list[Row]:
    """The rows behind a place that cannot be read, up to where the search leapt to; none when nothing follows."""
    leap = 1
    while leap < EVENTS_PER_ROW_MAX << 40:
        try:
            row = journal.execute(
                f"SELECT {COLUMNS} FROM batch WHERE first > ? ORDER BY first LIMIT 1", (behind + leap,)
            ).fetchone()
        except sqlite3.DatabaseError:
            leap *= 2
            continue
        if row is None:
            return _backwards(journal, behind, 1 << 62)
        return [*_backwards(journal, behind, row[0]), *([row] if _is_sound(row) else [])]
    return []


def _backwards(journal: sqlite3.Connection, behind: int, before: int) -> list[Row]:
    found: list[Row] = []
    backwards = f"SELECT {COLUMNS} FROM batch WHERE first > ? AND first < ? ORDER BY first DESC"
    with suppress(sqlite3.DatabaseError):  # that is the place
        for row in journal.execute(backwards, (behind, before)):
            found.append(row)  # noqa: PERF402 what came before the error is kept
    return [row for row in reversed(found) if _is_sound(row)]


def _is_sound(row: Row) -> bool:
    first, count, at, body, checksum, _ = row
    return all(type(number) is int for number in (first, count, at)) and zlib.crc32(body) == checksum


def _copy_side_tables(journal: sqlite3.Connection, into: sqlite3.Connection | None) -> list[str]:
    notes = []
    for table in SIDE_TABLES:
        key = "version" if table == "world" else "id"
        behind: int = 0
        try:
            rows = journal.execute(f"SELECT * FROM {table} WHERE {key} > ? ORDER BY {key}", (behind,))
            names = ", ".join(column[0] for column in rows.description)
            for row in rows:
                behind = row[0]
                if into is not None:
                    into.execute(f"INSERT INTO {table} ({names}) VALUES ({','.join('?' * len(row))})", row)
        except sqlite3.DatabaseError as error:
            notes.append(f"{table}: nothing behind entry {behind} can be read ({error})")
    return notes


def _notes_of_sqlite(journal: sqlite3.Connection) -> list[str]:
    try:
        found = [row[0] for row in journal.execute("PRAGMA quick_check(5)")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [text for text in found if text != "ok"]
