"""Makes unreadable what the journal holds of a home that was erased: its devices' events, what people did about it.

Positions stay, and so does the time of each: in the place of such an event stands one of no device, which concerns nobody. Only
rows behind every consumer's cursor are written anew, so that no start depends on what they said. A replay of all that is left
gives every other home what it gave before. What the worlds name (ids of places and devices, no person) stays until the worlds
go.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from rules.events import AnyEvent, Command, Occurrence, Status, Telemetry

ROWS_MAX = 50  # looked at in a step
BYTES_MAX = 2_000_000
MESSAGES_MAX = 200  # removed in a step

_DECODER = msgspec.msgpack.Decoder(list[AnyEvent])


@dataclass(frozen=True, slots=True)
class Gone:
    """A home that was erased: its id, its devices, and every other id under which events speak of it (alerts)."""

    place: str
    devices: frozenset[str]
    names: frozenset[str]

    @property
    def marks(self) -> tuple[bytes, ...]:
        """What a row holds that could be about it."""
        return tuple(name.encode() for name in sorted({self.place, *self.devices, *self.names}))

    def is_about(self, event: AnyEvent) -> bool:
        """Whether an event is of that home."""
        if isinstance(event, Telemetry | Occurrence | Status):
            return event.device in self.devices
        if isinstance(event, Command):
            return (
                event.key == self.place or event.alert in self.names or bool(self._named(event.data.values()))
            )
        return False

    def _named(self, values: Collection[str]) -> bool:
        return any(value == self.place or value in self.names or value in self.devices for value in values)


def blank(at: int) -> Telemetry:
    """What stands where an event was erased: at the same time, of no device."""
    return Telemetry(at, "", at, 0, "", 0, {})


def blank_rows(connection: sqlite3.Connection, gone: Gone, *, after: int, behind: int) -> int | None:
    """Blank the events of some rows behind position ``after`` that end at ``behind`` or before; up to where, None at the end.

    Within the caller's transaction; what is written over is overwritten on the disk as well.
    """
    rows = connection.execute(
        "SELECT first, count, body, checksum FROM batch WHERE first > ? AND first + count - 1 <= ? ORDER BY first LIMIT ?",
        (after, behind, ROWS_MAX),
    )
    marks, last, size = gone.marks, None, 0
    for first, _count, body, checksum in rows.fetchall():
        if size >= BYTES_MAX:
            break
        last, size = first, size + len(body)
        if zlib.crc32(body) != checksum or not any(mark in body for mark in marks):
            continue  # a damaged row is left to `carehub journal repair`
        events = _DECODER.decode(body)
        kept = [blank(event.at) if gone.is_about(event) else event for event in events]
        if kept != events:
            new = msgspec.msgpack.encode(kept)
            connection.execute(
                "UPDATE batch SET body = ?, checksum = ? WHERE first = ?", (new, zlib.crc32(new), first)
            )
    return last


def messages_of(connection: sqlite3.Connection, devices: Collection[str]) -> list[int]:
    """The ids of what these devices sent and nobody could read, also of what was given again since."""
    found: list[int] = []
    for device in devices:
        name = device.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = connection.execute(
            "SELECT id FROM quarantine WHERE topic LIKE ? ESCAPE '\\'", (f"care/v1/%/{name}/%",)
        )
        found += [number for (number,) in rows]
    return found


def drop_messages(connection: sqlite3.Connection, ids: Collection[int]) -> None:
    """Remove those messages, within the caller's transaction."""
    connection.executemany("DELETE FROM quarantine WHERE id = ?", [(number,) for number in ids])
