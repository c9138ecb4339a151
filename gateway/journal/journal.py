"""The journal in a SQLite file of its own, with one writer.

Theory of operation
-------------------
Every event has a position, counted from 1. A batch of events is one row: its first position, its MessagePack body and a
checksum; one commit, one fsync, however many events (group commit). What could not be decoded (quarantine) and the worlds
that ``WorldChanged`` names are written in the same transaction as the batch they belong to. Readers follow by position, in any
thread, and never wait for the writer (WAL).

The oldest rows go when every consumer has them (``thinning``). What was lost is never passed over: the last rows are checked at
the opening, and a journal that ends before its mark (``mark``) is refused until a person decides (``repair``).
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec

from gateway.journal import thinning
from gateway.journal.mark import Mark, mark_of
from gateway.journal.quarantine import Fate, prepare, settle
from gateway.journal.thinning import Keep
from rules.events import AnyEvent
from rules.world import Definition

SHAPE = """
CREATE TABLE IF NOT EXISTS batch (
    first INTEGER PRIMARY KEY, count INTEGER NOT NULL, at INTEGER NOT NULL,
    body BLOB NOT NULL, checksum INTEGER NOT NULL, nameless BLOB
);
CREATE TABLE IF NOT EXISTS world (version INTEGER PRIMARY KEY, body BLOB NOT NULL, first INTEGER);
CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL, size INTEGER NOT NULL,
    reason TEXT NOT NULL, detail TEXT NOT NULL, repaired INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
VERSION = "1"
TAIL_MAX = (
    65_536  # newest events also kept in memory: who follows closely need not read and decode them again
)
EVENTS_PER_ROW_MAX = 4096  # so that a reader that wants a little does not decode a lot
TAIL_ROWS = 100  # the newest rows, which are checked at the opening
REPAIR = "restore a backup, or see `carehub journal check` and go on without what is lost by `carehub journal repair`"


class JournalError(Exception):
    """The journal cannot be used: not ours, or damaged. The message says where and what was lost."""


class Refused(msgspec.Struct, frozen=True):
    """A message that could not be read, or (``repaired``) could be read only after mending its time.

    ``payload`` is kept up to ``PAYLOAD_KEPT_MAX`` bytes of ``size``.
    """

    at: int
    topic: str
    payload: bytes
    size: int
    reason: str
    detail: str
    repaired: bool = False
    retained: bool = False


PAYLOAD_KEPT_MAX = 65_536


@dataclass(slots=True)
class Entry:
    """What one commit holds. ``nameless`` are packet id and payload hash of messages without an identity of their own.

    ``settled`` is what became of messages that were given again from quarantine.
    """

    events: list[AnyEvent] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    nameless: list[tuple[int, int]] = field(default_factory=list)
    world: Definition | None = None
    settled: list[Fate] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.events or self.refused or self.settled)


class Journal:
    """One writer, any number of readers. ``append`` returns after the fsync."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._lock = threading.Lock()
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(list[AnyEvent])
        self._tail: deque[tuple[int, list[AnyEvent]]] = deque()  # entries with their first position
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
        self._tail.append((first, events))
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

    def read(self, after: int, *, limit: int = 1 << 62) -> Iterator[tuple[int, AnyEvent]]:
        """Events with their positions, from the one behind ``after`` on, up to what is committed now.

        Raises ``JournalError`` at a damaged row, naming the positions that are lost.
        """
        given = 0
        for first, count, body, checksum in self._rows(after):
            for index, event in enumerate(self._decode(first, count, body, checksum)):
                if first + index > after:
                    yield first + index, event
                    given += 1
                    if given >= limit:
                        return

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

    def _rows(self, after: int) -> Iterator[tuple[int, int, bytes, int]]:
        last = after
        try:
            for row in self._reader().execute(
                "SELECT first, count, body, checksum FROM batch WHERE first > ? - ? AND first + count > ? + 1 ORDER BY first",
                (after, EVENTS_PER_ROW_MAX, after),
            ):
                yield row
                last = row[0] + row[1] - 1
        except sqlite3.OperationalError:
            raise  # the disk's trouble, which may pass
        except sqlite3.DatabaseError as error:
            raise JournalError(f"{self.path}: unreadable behind event {last} ({error}); {REPAIR}") from error

    def _decode(self, first: int, count: int, body: bytes, checksum: int) -> list[AnyEvent]:
        if zlib.crc32(body) != checksum:
            last = first + count - 1
            raise JournalError(f"{self.path}: events {first} to {last} are damaged (checksum); {REPAIR}")
        return self._decoder.decode(body)

    def world(self, version: int) -> Definition:
        """The world of that version."""
        row = self._reader().execute("SELECT body FROM world WHERE version = ?", (version,)).fetchone()
        if row is None:
            raise JournalError(f"{self.path}: world {version} is missing; restore a backup")
        return msgspec.msgpack.decode(row[0], type=Definition)

    def newest_world(self) -> Definition | None:
        """The world in force at the end of the journal."""
        row = self._reader().execute("SELECT max(version) FROM world").fetchone()
        return self.world(row[0]) if row[0] is not None else None

    def world_at(self, position: int) -> Definition | None:
        """The world in force behind that position; None before the first."""
        version = self.world_version_at(position)
        return self.world(version) if version is not None else None

    def world_version_at(self, position: int) -> int | None:
        """The version of the world in force behind that position; None before the first."""
        for where, values in (
            ("first <= ?", (position,)),
            ("first IS NULL", ()),
        ):  # a hub of before noted no place
            question = f"SELECT max(version) FROM world WHERE {where}"  # noqa: S608 fixed words
            (version,) = self._reader().execute(question, values).fetchone()
            if version is not None:
                return int(version)
        return None

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

    def used_bytes(self) -> int:
        """How much of the file is used."""
        return thinning.used_bytes(self._reader())

    def nameless(self, most: int) -> list[tuple[int, int]]:
        """Packet id and payload hash of the newest ``most`` messages without an identity, oldest first."""
        found: list[tuple[int, int]] = []
        rows = self._reader().execute(
            "SELECT nameless FROM batch WHERE nameless NOT NULL ORDER BY first DESC LIMIT 256"
        )
        for (body,) in rows:
            found[:0] = msgspec.msgpack.decode(body, type=list[tuple[int, int]])
            if len(found) >= most:
                break
        return found[-most:]

    def quarantine(self, limit: int) -> list[dict[str, Any]]:
        """The newest refused messages that are still held, newest first."""
        rows = self._reader().execute(
            "SELECT id, at, topic, payload, size, reason, detail, repaired FROM quarantine "
            "WHERE passed_at IS NULL ORDER BY id DESC LIMIT ?",
            (limit,),
        )
        names = ("id", "at", "topic", "payload", "size", "reason", "detail", "repaired")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def refused_count(self) -> int:
        """How many messages are held in quarantine (repaired ones not counted)."""
        query = "SELECT count(*) FROM quarantine WHERE repaired = 0 AND passed_at IS NULL"
        (count,) = self._reader().execute(query).fetchone()
        return int(count)

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA query_only=ON")
            self._readers.connection = connection
            self._opened.append(connection)
        return connection

    def close(self) -> None:
        """Close writer and readers; no thread may use the journal any more."""
        for connection in (*self._opened, self._writer):
            connection.close()
        if self._mark is not None:
            self._mark.close()
            self._mark = None


def _unusable(path: Path, error: sqlite3.DatabaseError) -> str:
    """A disk that cannot be written is no damage: nobody shall restore a backup for it."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK:
        return f"{path}: cannot be opened ({error}): the disk is full or fails; make room or mend it, and start again"
    return f"{path}: not a usable journal ({error}); {REPAIR}, or move the whole data folder away"


_OF_THE_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
