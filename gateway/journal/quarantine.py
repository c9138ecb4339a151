"""What could not be read, and what becomes of it: held, given again, dropped. In the journal's file, beside its events.

A message is held until it is given again and passes (``passed_at``), or is dropped, which removes it. What became of a message
that was given again is written in the transaction of the events it became (``settle``): it is never both.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

COLUMNS = (("retained", "INTEGER NOT NULL DEFAULT 0"), ("passed_at", "INTEGER"))
ID_MAX = 2**63 - 1  # SQLite's integers
GROUPS_MAX = 2_000  # topics and reasons that are told apart for people
DROPPED_AT_ONCE = 500  # rows a transaction: the journal's writer waits for its end


class Held(msgspec.Struct, frozen=True):
    """A message in quarantine; ``payload`` is the beginning of ``size`` bytes, ``at`` hub time when it was read.

    ``repaired``: it was read all the same, this is only a note. ``retained``: the broker had kept it for its topic.
    """

    id: int
    at: int
    topic: str
    payload: bytes
    size: int
    reason: str
    detail: str
    repaired: bool
    retained: bool

    @property
    def truncated(self) -> bool:
        """Whether only its beginning was kept."""
        return len(self.payload) < self.size


class Fate(msgspec.Struct, frozen=True):
    """What became of a message given again: ``reason`` '' when it passed, at ``at``, else why it is still held."""

    id: int
    at: int
    reason: str = ""
    detail: str = ""


class Which(msgspec.Struct, frozen=True):
    """Some of the messages: those that fit everything that is given. Nothing given: all of them."""

    ids: tuple[int, ...] = ()
    reason: str = ""
    device: str = ""
    topic: str = ""


class Group(msgspec.Struct, frozen=True):
    """The held messages of one topic and reason: how many, since when, and what the newest of them says."""

    topic: str
    reason: str
    count: int
    first_at: int
    last_at: int
    detail: str
    payload: bytes


def prepare(writer: sqlite3.Connection) -> None:
    """Give a quarantine that an older hub made the columns it lacks."""
    known = {row[1] for row in writer.execute("PRAGMA table_info(quarantine)")}
    for name, kind in COLUMNS:
        if name not in known:
            writer.execute(f"ALTER TABLE quarantine ADD COLUMN {name} {kind}")


def settle(writer: sqlite3.Connection, fates: Iterable[Fate]) -> None:
    """Write what became of messages, within the writer's transaction."""
    for fate in fates:
        if fate.reason:
            values = (fate.reason, fate.detail, fate.id)
            writer.execute("UPDATE quarantine SET reason = ?, detail = ? WHERE id = ?", values)
        else:
            writer.execute("UPDATE quarantine SET passed_at = ? WHERE id = ?", (fate.at, fate.id))


class Quarantine:
    """The quarantine of a journal that exists. Every call has a connection of its own: for any thread, and while a hub runs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            yield connection

    def held(
        self,
        which: Which,
        *,
        limit: int,
        after: int = 0,
        before: int | None = None,
        newest_first: bool = False,
        notes: bool = True,
    ) -> list[Held]:
        """The held messages, in order of arrival or newest first; ``notes``: those that were repaired too.

        Those with ids behind ``after`` and below ``before``.
        """
        where, values = _where(which)
        where += "" if notes else " AND repaired = 0"
        query = (
            "SELECT id, at, topic, payload, size, reason, detail, repaired, retained FROM quarantine "  # noqa: S608 our own words
            f"WHERE {where} AND id > ? AND id < ? ORDER BY id {'DESC' if newest_first else ''} LIMIT ?"
        )
        with self._opened() as connection:
            rows = connection.execute(
                query, (*values, after, ID_MAX if before is None else before, limit)
            ).fetchall()
        return [_held(*row) for row in rows]

    def groups(self, *, most: int = GROUPS_MAX) -> list[Group]:
        """What is held, by topic and reason, the last heard first; without what was read all the same."""
        with self._opened() as connection:
            rows = connection.execute(_GROUPS, (most,)).fetchall()
        return [Group(*row) for row in rows]

    def drop(self, which: Which) -> int:
        """Remove the held messages for good; returns how many."""
        where, values = _where(which)
        query = f"DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine WHERE {where} LIMIT ?)"  # noqa: S608 our own words
        dropped = 0
        with self._opened() as connection:
            connection.execute("PRAGMA synchronous=FULL")
            while count := connection.execute(query, (*values, DROPPED_AT_ONCE)).rowcount:
                dropped += count
        return dropped


_GROUPS = (
    "SELECT g.topic, g.reason, g.count, g.first_at, g.last_at, q.detail, q.payload FROM "
    "(SELECT topic, reason, count(*) AS count, min(at) AS first_at, max(at) AS last_at, max(id) AS newest FROM quarantine "
    "WHERE passed_at IS NULL AND repaired = 0 GROUP BY topic, reason) AS g "
    "JOIN quarantine AS q ON q.id = g.newest ORDER BY g.newest DESC LIMIT ?"
)


def _held(  # noqa: PLR0917 a row, as it is selected
    number: int,
    at: int,
    topic: str,
    payload: bytes,
    size: int,
    reason: str,
    detail: str,
    repaired: int,
    retained: int,
) -> Held:
    return Held(number, at, topic, payload, size, reason, detail, bool(repaired), bool(retained))


def _where(which: Which) -> tuple[str, list[object]]:
    parts: list[str] = ["passed_at IS NULL"]
    values: list[object] = []
    if which.ids:
        parts.append(f"id IN ({','.join('?' * len(which.ids))})")
        values += which.ids
    if which.reason:
        parts.append("reason = ?")
        values.append(which.reason)
    if which.device:
        name = which.device.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parts.append("topic LIKE ? ESCAPE '\\'")
        values.append(f"care/v1/%/{name}/%")
    if which.topic:
        parts.append("topic = ?")
        values.append(which.topic)
    return " AND ".join(parts), values
