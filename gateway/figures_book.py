"""Which days of facilities' figures are to be made, and how far those of stations have come: a small SQLite file of its own.

A day is *due* from before its hour's summary counts as written until its figures are; so a kill at any moment leaves it due.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

SHAPE = """
CREATE TABLE IF NOT EXISTS due_day (begin_ms INTEGER PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reached (name TEXT PRIMARY KEY, time_ms INTEGER NOT NULL) WITHOUT ROWID;
"""


class FiguresBook:
    """One file, any thread. Raises ``sqlite3.Error`` when the disk refuses."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(SHAPE)
        self._told = 0  # how often: a day has the number of the last time
        self._due = {begin: 0 for (begin,) in self._database.execute("SELECT begin_ms FROM due_day")}
        self._reached: dict[str, int] = dict(self._database.execute("SELECT name, time_ms FROM reached"))

    def note(self, days: Iterable[int]) -> None:
        """Those days are due; durable when it returns. It costs a commit only where one was not yet."""
        with self._lock:
            given = set(days)
            new = [(day,) for day in sorted(given - self._due.keys())]
            if new:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany("INSERT OR IGNORE INTO due_day VALUES (?)", new)
                self._database.execute("COMMIT")
            self._told += 1
            self._due |= dict.fromkeys(given, self._told)

    def due(self) -> dict[int, int]:
        """The days that are due, oldest first, each with a number to give to ``done``."""
        with self._lock:
            return dict(sorted(self._due.items()))

    def done(self, days: Mapping[int, int]) -> None:
        """Their figures are written; a day that was noted meanwhile stays due."""
        with self._lock:
            over = [day for day, number in days.items() if self._due.get(day) == number]
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("DELETE FROM due_day WHERE begin_ms = ?", [(day,) for day in over])
            self._database.execute("COMMIT")
            for day in over:
                del self._due[day]

    def reached(self, name: str) -> int | None:
        """How far that work has come, in epoch ms or a count."""
        with self._lock:
            return self._reached.get(name)

    def reach(self, name: str, value: int) -> None:
        """It has come so far; durable when it returns."""
        with self._lock:
            if self._reached.get(name) != value:
                self._database.execute("INSERT OR REPLACE INTO reached VALUES (?, ?)", [name, value])
                self._reached[name] = value

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()
