"""The audit on the disk: one SQLite file of its own, so that neither waits for the alarm path nor lets that wait."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from gateway.accounts.who import EVERYTHING, Reach
from gateway.audit.chain import NO_SEAL, Entry, first_broken, seal

SHOWN_MAX = 200
DAY_MS = 86_400_000
COLUMNS = tuple(field.name for field in fields(Entry))
_TEXT = ("who", "what", "place", "subject", "reason")
SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
  number INTEGER PRIMARY KEY, "at" INTEGER NOT NULL, who TEXT NOT NULL, who_id INTEGER NOT NULL, kind TEXT NOT NULL,
  what TEXT NOT NULL, method TEXT NOT NULL, place TEXT NOT NULL, subject TEXT NOT NULL, path TEXT NOT NULL,
  status INTEGER NOT NULL, reason TEXT NOT NULL, via TEXT NOT NULL, seal BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS floor (only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL, seal BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS entry_at ON entry ("at");
CREATE INDEX IF NOT EXISTS entry_place ON entry (place, "at");
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which entries: those that fit everything given, of ``begin`` ≤ time < ``end``, with a number below ``before``.

    ``reasons``: whether ``words`` are looked for in reasons as well, which name residents.
    """

    who: str = ""
    place: str = ""
    words: str = ""
    begin: int = 0
    end: int = 1 << 62
    before: int | None = None
    reach: Reach = EVERYTHING
    reasons: bool = True


@dataclass(frozen=True, slots=True)
class Numbered:
    """An entry with its number."""

    number: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry's number and seal (hex): noted elsewhere, it proves later that nothing before it was altered."""

    number: int
    seal: str


class BrokenChainError(Exception):
    """An entry was altered or taken out: the first of them is ``number``."""

    def __init__(self, number: int) -> None:
        super().__init__(f"the audit was altered from entry {number} on")
        self.number = number


@dataclass(frozen=True, slots=True)
class Checked:
    """Up to which entry the chain was found whole; or from which on it is ``broken``. 0 while nothing was checked."""

    number: int = 0
    broken: int | None = None


class Trail:
    """Writes and reads the audit; from any thread, one at a time. ``checked`` is what the last look at the chain came to."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self.checked = Checked()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(SCHEMA)
        path.chmod(0o600)

    def write(self, entry: Entry) -> int:
        """Seal and keep an entry; durable when it returns. Raises ``sqlite3.Error`` where that cannot be."""
        with self._lock, self._transaction():
            number, before = self._head()
            number += 1
            marks = ", ".join("?" * (len(COLUMNS) + 2))
            values = (number, *astuple(entry), seal(before, number, entry))
            self._connection.execute(f"INSERT INTO entry VALUES ({marks})", values)  # noqa: S608 question marks
            return number

    def read(self, asked: Asked, limit: int = SHOWN_MAX) -> list[Numbered]:
        """The newest entries that are asked for."""
        which, values = _which(asked)
        query = f"SELECT * FROM entry WHERE {which} ORDER BY number DESC LIMIT ?"  # noqa: S608 our own columns
        with self._lock:
            rows = self._connection.execute(query, (*values, limit)).fetchall()
        return [Numbered(row[0], _entry(row)) for row in rows]

    def head(self) -> Head:
        """The last entry's number and seal; 0 and '' of an audit in which nothing stands."""
        with self._lock:
            number, sealed = self._head()
        return Head(number, sealed.hex())

    def check(self, after: Head | None = None, most: int = 500) -> Head | None:
        """Check the next entries ``after`` that one, or from the beginning; gives the last that was checked, None at the end.

        Raises ``BrokenChainError`` with the number of the first that was altered or taken out.
        """
        with self._lock:
            floor = self._floor()
            begin = (after.number, bytes.fromhex(after.seal)) if after and after.number >= floor[0] else floor
            rows = self._connection.execute(
                "SELECT * FROM entry WHERE number > ? ORDER BY number LIMIT ?", (begin[0], most)
            ).fetchall()
        entries = [(row[0], _entry(row), row[-1]) for row in rows]
        broken = first_broken(begin[1], begin[0], entries)
        if broken is not None:
            raise BrokenChainError(broken)
        return Head(rows[-1][0], rows[-1][-1].hex()) if rows else None

    def first_broken(self) -> int | None:
        """The number of the first entry that was altered or taken out; None where the chain holds. Takes 10 s a million."""
        checked: Head | None = None
        try:
            while (found := self.check(checked)) is not None:
                checked = found
        except BrokenChainError as broken:
            return broken.number
        return None

    def holds(self, head: Head) -> bool:
        """Whether an entry with that number and seal still stands, or was let go for its age."""
        with self._lock:
            row = self._connection.execute(
                "SELECT seal FROM entry WHERE number = ?", (head.number,)
            ).fetchone()
            return row[0].hex() == head.seal if row else head.number <= self._floor()[0]

    def forget(self, before_ms: int) -> int:
        """Let go what is older than that, from the beginning on; how many. The chain holds from there on."""
        with self._lock:
            first_kept = self._connection.execute(
                'SELECT min(number) FROM entry WHERE "at" >= ?', (before_ms,)
            ).fetchone()[0]
            last = (first_kept or self._head()[0] + 1) - 1
            row = self._connection.execute("SELECT seal FROM entry WHERE number = ?", (last,)).fetchone()
            if row is None:
                return 0
            with self._transaction():
                self._connection.execute("INSERT OR REPLACE INTO floor VALUES (1, ?, ?)", (last, row[0]))
                return self._connection.execute("DELETE FROM entry WHERE number <= ?", (last,)).rowcount

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Alone, also among processes: the command line notes what it does while the hub is at work."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _head(self) -> tuple[int, bytes]:
        row = self._connection.execute(
            "SELECT number, seal FROM entry ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return (row[0], row[1]) if row else self._floor()

    def _floor(self) -> tuple[int, bytes]:
        row = self._connection.execute("SELECT number, seal FROM floor").fetchone()
        return (row[0], row[1]) if row else (0, NO_SEAL)


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(**dict(zip(COLUMNS, row[1:-1], strict=True)))


def _which(asked: Asked) -> tuple[str, list[Any]]:
    """The condition, its words all our own, and the values for it."""
    which: list[str] = ['"at" >= ? AND "at" < ?']
    values: list[Any] = [asked.begin, asked.end]
    given: list[tuple[str, Any]] = [
        ("who = ?", asked.who),
        ("place = ?", asked.place),
        ("number < ?", asked.before),
    ]
    for condition, value in given:
        if value:
            which.append(condition)
            values.append(value)
    columns = [name for name in _TEXT if asked.reasons or name != "reason"]
    for word in asked.words.split()[:5]:
        which.append(f"({' OR '.join(f'instr({name}, ?) > 0' for name in columns)})")
        values += [word] * len(columns)
    if not asked.reach.everything:
        parts = ["path = ? OR substr(path, 1, ?) = ?"] * len(asked.reach.paths) or ["0"]
        which.append(f"({' OR '.join(parts)})")
        for part in asked.reach.paths:
            values += [part, len(part) + 1, part + "/"]
    return " AND ".join(which), values
