"""Reads a journal by position, in any thread, beside the one who writes it and never waiting for that."""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from gateway.journal import thinning
from gateway.journal.shape import EVENTS_PER_ROW_MAX, REPAIR, JournalError
from rules.events import AnyEvent
from rules.world import Definition


class JournalReader:
    """The journal in that file as it is on disk. Each thread that asks has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._decoder = msgspec.msgpack.Decoder(list[AnyEvent])

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

    def used_bytes(self) -> int:
        """How much of the file is used."""
        return thinning.used_bytes(self._reader())

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA query_only=ON")
            self._readers.connection = connection
            self._opened.append(connection)
        return connection

    def close(self) -> None:
        """Close every connection; no thread may read any more."""
        for connection in self._opened:
            connection.close()
