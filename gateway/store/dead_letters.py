"""Rows that a store refuses, with the reason, in a SQLite file of their own: kept before the store's cursor moves past them."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from gateway.store.readings import Reading, Readings

ROWS_MAX = 100_000  # 40 MB; beyond that the oldest go
KEPT_MS_MAX = (
    2_678_400_000  # 31 days: no raw reading is kept for less, so a row tried again still finds its hour there
)
REASON_CHARS_MAX = 400
ID_MAX = 2**63 - 1  # SQLite's integers

SHAPE = """
CREATE TABLE IF NOT EXISTS dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, reason TEXT NOT NULL, row TEXT NOT NULL UNIQUE
);
"""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A row that was refused at ``at`` (hub time, epoch ms), and why."""

    id: int
    at: int
    reason: str
    reading: Reading


class DeadLetters:
    """One file, any thread. ``refused`` and ``dropped`` (for want of room or by age) count since the start.

    Raises ``sqlite3.Error`` when the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(SHAPE)
        self.refused = 0
        self.dropped = 0
        self.waiting = self._count()  # how many lie there

    def keep(self, rows: Readings, refused: dict[int, str], *, at: int) -> None:
        """Keep those rows (index, reason); durable when it returns. The same row again is kept once."""
        found = [
            (at, refused[number][:REASON_CHARS_MAX], _text(reading))
            for number, reading in enumerate(rows)
            if number in refused
        ]
        with self._lock, self._transaction():
            before = self._count()
            self._database.executemany(
                "INSERT INTO dead_letter (at, reason, row) VALUES (?, ?, ?) "
                "ON CONFLICT (row) DO UPDATE SET reason = excluded.reason",
                found,
            )
            self.refused += self._count() - before
            self._bound(at)

    def newest(self, limit: int, *, before: int | None = None) -> list[DeadLetter]:
        """The newest first, of those with an id below ``before``."""
        query = "SELECT id, at, reason, row FROM dead_letter WHERE id < ? ORDER BY id DESC LIMIT ?"
        return self._read(query, ID_MAX if before is None else before, limit)

    def oldest(self, limit: int, *, after: int = 0) -> list[DeadLetter]:
        """The oldest first, of those with an id above ``after``."""
        return self._read(
            "SELECT id, at, reason, row FROM dead_letter WHERE id > ? ORDER BY id LIMIT ?", after, limit
        )

    def forget(self, ids: Container[int] | None = None) -> int:
        """Drop those (None: all); how many."""
        with self._lock, self._transaction():
            there = [each for (each,) in self._database.execute("SELECT id FROM dead_letter")]
            gone = [(each,) for each in there if ids is None or each in ids]
            self._database.executemany("DELETE FROM dead_letter WHERE id = ?", gone)
            self.waiting = len(there) - len(gone)
        return len(gone)

    def erase_place(self, place: str) -> int:
        """Drop the rows of a place, overwriting them; how many."""
        with self._lock:
            self._database.execute("PRAGMA secure_delete=ON")
            try:
                with self._transaction():
                    done = self._database.execute(
                        "DELETE FROM dead_letter WHERE instr(row, ?)", [f'"place": {json.dumps(place)},']
                    )
                    self.waiting = self._count()
            finally:
                self._database.execute("PRAGMA secure_delete=OFF")
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return done.rowcount

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _bound(self, now_ms: int) -> None:
        """Let go of what is too old or too much, within the transaction."""
        before = self._count()
        self._database.execute("DELETE FROM dead_letter WHERE at < ?", [now_ms - KEPT_MS_MAX])
        self._database.execute(
            "DELETE FROM dead_letter WHERE id <= (SELECT id FROM dead_letter ORDER BY id DESC LIMIT 1 OFFSET ?)",
            [ROWS_MAX],
        )
        self.waiting = self._count()
        self.dropped += before - self.waiting

    def _transaction(self) -> _Transaction:
        return _Transaction(self._database)

    def _count(self) -> int:
        (count,) = self._database.execute("SELECT count(*) FROM dead_letter").fetchone()
        return int(count)

    def _read(self, question: str, *values: int) -> list[DeadLetter]:
        with self._lock:
            rows = self._database.execute(question, values).fetchall()
        return [DeadLetter(id_, at, reason, Reading(**json.loads(row))) for id_, at, reason, row in rows]


class _Transaction:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self._database.execute("COMMIT")
        elif self._database.in_transaction:  # a full disk rolls back by itself
            self._database.execute("ROLLBACK")


def as_readings(letters: Sequence[DeadLetter]) -> Readings:
    """Their rows as columns."""
    return Readings(*([getattr(letter.reading, c.name) for letter in letters] for c in fields(Readings)))


def _text(reading: Reading) -> str:
    """JSON in ASCII: it holds what SQLite would not take, such as NaN, half a surrogate pair, or 2^64."""
    return json.dumps(asdict(reading), default=lambda number: number.item())  # numpy's own numbers
