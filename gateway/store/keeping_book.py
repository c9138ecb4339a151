"""What is still to be summarised, and how far archive and retention have come: a small SQLite file of its own.

An hour is *due* from before a row of it is written until its summary has been written after that row. So a kill at any moment
leaves it due, and late readings make their hour due again. A row costs a commit here only when its hour was not due yet.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

Key: TypeAlias = tuple[bool, int]  # of homes or not, the beginning in epoch ms
Due: TypeAlias = Literal["hour", "day"]

SHAPE = """
CREATE TABLE IF NOT EXISTS due (
    span TEXT NOT NULL, home INTEGER NOT NULL, begin_ms INTEGER NOT NULL, PRIMARY KEY (span, home, begin_ms)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reached (name TEXT PRIMARY KEY, time_ms INTEGER NOT NULL) WITHOUT ROWID;
"""


@dataclass(slots=True)
class Touched:
    """When an hour was first and last written to, by the monotonic clock; by how many right now."""

    first: float
    last: float
    times: int = 0
    writing: int = 0


class KeepingBook:
    """One file, any thread. Raises ``sqlite3.Error`` when the disk refuses."""

    def __init__(self, path: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(SHAPE)
        self._hours: dict[Key, Touched] = {key: Touched(0.0, 0.0) for key in self._read("hour")}
        self._days: set[Key] = set(self._read("day"))
        self._reached: dict[str, int] = dict(self._database.execute("SELECT name, time_ms FROM reached"))

    @contextmanager
    def writing(self, hours: Iterable[Key]) -> Iterator[None]:
        """Those hours are being written to while the context lasts: they are due from now on."""
        keys = list(hours)
        self.note(keys)
        with self._lock:
            for key in keys:
                self._hours[key].writing += 1
        try:
            yield
        finally:
            now = self._monotonic()
            with self._lock:
                for key in keys:
                    touched = self._hours[key]
                    touched.writing -= 1
                    touched.times += 1
                    touched.last = now

    def note(self, hours: Iterable[Key]) -> None:
        """Those hours are due; durable when it returns."""
        now = self._monotonic()
        with self._lock:
            new = [key for key in hours if key not in self._hours]
            self._keep("hour", new)
            self._hours |= {key: Touched(now, now) for key in new}

    def due_hours(self) -> list[tuple[Key, int]]:
        """The hours nobody is writing to, oldest first, each with a number to give to ``hour_done``."""
        with self._lock:
            found = [(key, touched.times) for key, touched in self._hours.items() if not touched.writing]
        return sorted(found, key=lambda each: (each[0][1], each[0][0]))

    def hours_due(self) -> list[Key]:
        """All hours that are due, those that are being written to as well."""
        with self._lock:
            return list(self._hours)

    def rested_s(self, key: Key) -> tuple[float, float]:
        """How long ago that hour was first and last written to, since it is due."""
        now = self._monotonic()
        with self._lock:
            touched = self._hours[key]
            return now - touched.first, now - touched.last

    def hour_done(self, key: Key, number: int, *, day: int | None) -> None:
        """Its summary is written, and that ``day`` is due; the hour stays due if it was written to meanwhile."""
        with self._lock:
            touched = self._hours.get(key)
            stays = touched is not None and (touched.writing > 0 or touched.times != number)
            self._database.execute("BEGIN IMMEDIATE")
            if day is not None:
                self._database.execute("INSERT OR IGNORE INTO due VALUES ('day', ?, ?)", [key[0], day])
            if not stays:
                self._database.execute(
                    "DELETE FROM due WHERE span = 'hour' AND home = ? AND begin_ms = ?", list(key)
                )
            self._database.execute("COMMIT")
            if day is not None:
                self._days.add((key[0], day))
            if not stays:
                self._hours.pop(key, None)

    def due_days(self) -> list[Key]:
        """The days whose hours have changed since they were summarised, oldest first."""
        with self._lock:
            return sorted(self._days, key=lambda key: (key[1], key[0]))

    def day_done(self, key: Key) -> None:
        """Its summary is written. Only the thread that makes days due may say so."""
        with self._lock:
            self._database.execute(
                "DELETE FROM due WHERE span = 'day' AND home = ? AND begin_ms = ?", list(key)
            )
            self._days.discard(key)

    def is_due(self, from_ms: int, to_ms: int, *, home: bool) -> bool:
        """Whether an hour that begins then is due."""
        with self._lock:
            return any(of is home and from_ms <= begin < to_ms for of, begin in self._hours)

    def readings_from_ms(self, *, home: bool) -> int:
        """From when on readings of homes, or of facilities, are still kept; 0 while none has left."""
        return self.reached(readings_of(home=home)) or 0

    def reached(self, name: str) -> int | None:
        """How far that work has come, in epoch ms."""
        return self._reached.get(name)

    def reach(self, name: str, time_ms: int) -> None:
        """It has come so far; durable when it returns."""
        with self._lock:
            self._database.execute("INSERT OR REPLACE INTO reached VALUES (?, ?)", [name, time_ms])
            self._reached[name] = time_ms

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _read(self, span: Due) -> list[Key]:
        rows = self._database.execute("SELECT home, begin_ms FROM due WHERE span = ?", [span])
        return [(bool(home), begin) for home, begin in rows]

    def _keep(self, span: Due, keys: list[Key]) -> None:
        if keys:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany(
                "INSERT OR IGNORE INTO due VALUES (?, ?, ?)", [(span, home, begin) for home, begin in keys]
            )
            self._database.execute("COMMIT")


def readings_of(*, home: bool) -> str:
    """The name under which is kept how far the readings have left."""
    return f"raw {'homes' if home else 'places'}"
