"""The journal in a SQLite file of its own, with one writer.

Theory of operation
-------------------
Every event has a position, counted from 1. A batch of events is one row: its first position, its MessagePack body and a
checksum; one commit, one fsync, however many events (group commit). What could not be decoded (quarantine) and the worlds
that ``WorldChanged`` names are written in the same transaction as the batch they belong to. Readers (``reader``) follow by
position, in any thread, and never wait for the writer (WAL).

The oldest rows go when every consumer has them (``thinning``). What was lost is never passed over: the last rows are checked at
the opening, and a journal that ends before its mark (``mark``) is refused until a person decides (``repair``).
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path

import msgspec

from gateway.journal import erasing, thinning
from gateway.journal.entry import PAYLOAD_KEPT_MAX, Entry, Refused
from gateway.journal.mark import Mark, mark_of
from gateway.journal.quarantine import prepare, settle
from gateway.journal.reader import JournalReader
from gateway.journal.shape import EVENTS_PER_ROW_MAX, REPAIR, SHAPE, VERSION, JournalError
from gateway.journal.thinning import Keep
from rules.events import AnyEvent

__all__ = ["PAYLOAD_KEPT_MAX", "Entry", "Journal", "JournalError", "Refused"]

TAIL_MAX = (
    65_536  # newest events also kept in memory: who follows closely need not read and decode them again
)
BUSY_MS = 5_000  # as sqlite3 has it
TAIL_ROWS = 100  # the newest rows, which are checked at the opening


class Journal(JournalReader):
    """One writer, any number of readers. ``append`` returns after the fsync."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._lock = threading.Lock()
        self._encoder = msgspec.msgpack.Encoder()
        self._tail: deque[tuple[int, tuple[AnyEvent, ...]]] = deque()  # entries with their first position
        self._tail_events = 0
        self._mark: Mark | None = None
        try:
            self._open()
            self._find_end()
        except sqlite3.DatabaseError as error:
            self.close()
            raise JournalError(_unusable(path, error)) from error
        except (JournalError, OSError):
            self.close()
            raise

    def _find_end(self) -> None:
        """Where the count stands; raises ``JournalError`` where the journal has lost its end."""
        rows = self._writer.execute(
            "SELECT first, count, at, body, checksum FROM batch ORDER BY first DESC LIMIT ?", (TAIL_ROWS,)
        )
        damaged: list[tuple[int, int]] = []
        last = last_at = 0
        for first, count, at, body, checksum in rows:
            if zlib.crc32(body) != checksum:
                damaged.append((first, first + count - 1))
            last, last_at = max(last, first + count - 1), max(last_at, at)
        self.begins: int = thinning.noted(self._writer, "begins")  # up to here all is thinned out
        self.position: int = max(last, self.begins, thinning.noted(self._writer, "position"))
        self.last_at: int = max(last_at, thinning.noted(self._writer, "last_at"))
        if damaged:
            raise JournalError(
                f"{self.path}: events {damaged[-1][0]} to {damaged[0][1]} are damaged (checksum); {REPAIR}"
            )
        self._mark = Mark(mark_of(self.path))
        marked, at = self._mark.read()
        if marked > self.position:
            raise JournalError(
                f"{self.path}: it ends at event {self.position}, but was written up to event {marked} "
                f"(hub time {at}): {marked - self.position} events are lost; {REPAIR}"
            )

    def _open(self) -> None:
        self._writer.execute("PRAGMA auto_vacuum=INCREMENTAL")  # only a file that is still empty heeds it
        self._writer.execute("PRAGMA journal_mode=WAL")
        self._writer.execute("PRAGMA synchronous=FULL")
        self._writer.execute("PRAGMA journal_size_limit=67108864")
        self._writer.executescript(SHAPE)
        prepare(self._writer)
        if not any(row[1] == "first" for row in self._writer.execute("PRAGMA table_info(world)")):
            self._writer.execute("ALTER TABLE world ADD COLUMN first INTEGER")
        self._writer.execute("INSERT OR IGNORE INTO about VALUES ('version', ?)", (VERSION,))
        (version,) = self._writer.execute("SELECT value FROM about WHERE name = 'version'").fetchone()
        if version != VERSION:
            raise JournalError(
                f"{self.path}: journal version {version}, this hub reads {VERSION}; use the matching hub"
            )

    def append(self, entry: Entry) -> int:
        """Commit the entry; returns the position of its last event. Durable when it returns.

        Raises ``sqlite3.Error`` when the disk refuses; then nothing of the entry is in the journal.
        """
        with self._lock:
            first = self.position + 1
            with self._transaction():
                self._write(entry, first)
            if entry.events:
                self._remember(first, entry.events)
                self.last_at = entry.events[-1].at
            self.position += len(entry.events)
            if entry.events and self._mark is not None:
                self._mark.write(self.position, self.last_at)
            return self.position

    def _remember(self, first: int, events: list[AnyEvent]) -> None:
        """A tuple, because the garbage collector soon looks away from it: a list of events is walked through."""
        self._tail.append((first, tuple(events)))
        self._tail_events += len(events)
        while self._tail_events > TAIL_MAX:
            self._tail_events -= len(self._tail.popleft()[1])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:  # a full disk rolls back by itself
                self._writer.execute("ROLLBACK")
            raise

    def _write(self, entry: Entry, first: int) -> None:
        if entry.world is not None:
            body = msgspec.msgpack.encode(entry.world)
            self._writer.execute(
                "INSERT OR REPLACE INTO world VALUES (?, ?, ?)", (entry.world.version, body, first)
            )
        nameless = msgspec.msgpack.encode(entry.nameless) if entry.nameless else None
        for start in range(0, len(entry.events), EVENTS_PER_ROW_MAX):
            part = entry.events[start : start + EVENTS_PER_ROW_MAX]
            body = self._encoder.encode(part)
            row = (first + start, len(part), part[-1].at, body, zlib.crc32(body), nameless)
            self._writer.execute("INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?)", row)
            nameless = None
        self._writer.executemany(
            "INSERT INTO quarantine (at, topic, payload, size, reason, detail, repaired, retained) VALUES (?,?,?,?,?,?,?,?)",
            [
                (r.at, r.topic, r.payload, r.size, r.reason, r.detail, r.repaired, r.retained)
                for r in entry.refused
            ],
        )
        settle(self._writer, entry.settled)

    def following(self, after: int, *, most: int) -> tuple[Sequence[AnyEvent], int]:
        """The events right behind ``after``, some of them, at most ``most``; and the position of the last, or ``after``.

        What was thinned out or lost is passed over. The newest come from memory. Raises ``JournalError`` as ``read`` does.
        """
        if after >= self.position:
            return (), after
        if found := self._remembered(after, most):
            return found, after + len(found)
        for first, count, body, checksum in self._rows(after):
            start = max(after + 1 - first, 0)
            found = self._decode(first, count, body, checksum)[start : start + most]
            return found, first + start + len(found) - 1
        return (), after

    def _remembered(self, after: int, most: int) -> list[AnyEvent]:
        """What the tail has right behind ``after``; nothing if that is older, or there is a gap.

        Many small entries are given together: looking each of them up among thousands would cost more than all the rest.
        """
        tail = tuple(self._tail)
        found: list[AnyEvent] = []
        at = bisect_right(tail, after + 1, key=itemgetter(0)) - 1
        for first, events in tail[max(at, 0) :]:
            start = after + 1 + len(found) - first
            if not 0 <= start < len(events):
                break
            found += events[start : start + most - len(found)]
            if len(found) >= min(most, EVENTS_PER_ROW_MAX):
                break
        return found

    def thin(self, keep: Keep, *, behind: int) -> int:
        """Delete some of the oldest events up to ``behind``, which every consumer must have; returns how many.

        A step of bounded size: call it again until it gives 0. Raises ``sqlite3.Error`` when the disk refuses.
        """
        with self._lock, self._transaction():
            events = thinning.thin_events(self._writer, keep, behind=behind)
            begins = thinning.noted(self._writer, "begins")
        self.begins = begins
        return events

    def thin_quarantine(self, keep: Keep) -> int:
        """Delete some of the oldest messages in quarantine; returns how many. As ``thin``."""
        held = thinning.quarantine_bytes(self._reader())
        with self._lock, self._transaction():
            return thinning.thin_quarantine(self._writer, keep, held_bytes=held)

    def give_back(self) -> bool:
        """Give some of the room that was made back to the disk; whether there is more to give."""
        with self._lock:
            return thinning.give_back(self._writer)

    def blank(self, gone: erasing.Gone, *, after: int, behind: int) -> int | None:
        """Make some of a home's events unreadable, up to ``behind``, which every consumer must have; gives up to where.

        A step of bounded size: call it again ``after`` what it gave, until that is None. Raises ``sqlite3.Error``
        when the disk refuses.
        """
        with self._lock, self._overwriting(), self._transaction():
            return erasing.blank_rows(self._writer, gone, after=after, behind=behind)

    def drop_messages(self, devices: Collection[str]) -> int:
        """Remove what these devices sent and nobody could read, a part at a time; how many. As ``blank``."""
        ids = erasing.messages_of(self._reader(), devices)
        for start in range(0, len(ids), erasing.MESSAGES_MAX):
            with self._lock, self._overwriting(), self._transaction():
                erasing.drop_messages(self._writer, ids[start : start + erasing.MESSAGES_MAX])
        return len(ids)

    def give_all_back(self) -> bool:
        """Give some pages that are free back to the disk, and the log beside the file; whether there is more. As ``blank``.

        What was thinned out may stand in them still.
        """
        with self._lock:
            if thinning.give_back(self._writer, kept=0):
                return True
            self._writer.execute("PRAGMA busy_timeout=0")  # the line does not wait for a reader
            try:
                (busy, _, _) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self._writer.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        return bool(busy)

    @contextmanager
    def _overwriting(self) -> Iterator[None]:
        """What is deleted or replaced meanwhile is overwritten, not only let go."""
        self._writer.execute("PRAGMA secure_delete=ON")
        try:
            yield
        finally:
            self._writer.execute("PRAGMA secure_delete=OFF")

    def close(self) -> None:
        """Close writer and readers; no thread may use the journal any more."""
        super().close()
        self._writer.close()
        if self._mark is not None:
            self._mark.close()
            self._mark = None


def _unusable(path: Path, error: sqlite3.DatabaseError) -> str:
    """A disk that cannot be written is no damage: nobody shall restore a backup for it."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK:
        return f"{path}: cannot be opened ({error}): the disk is full or fails; make room or mend it, and start again"
    return f"{path}: not a usable journal ({error}); {REPAIR}, or move the whole data folder away"


_OF_THE_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
