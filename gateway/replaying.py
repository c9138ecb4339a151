"""Messages in quarantine are given to the line again, some at a time; what became of each is written with what it became.

The reading half (``Replayer``) works within the line, in order with everything else that is read; the asking half (``Replays``)
chooses the messages and keeps two people from giving the same one twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from gateway.engine.engine import Engine
from gateway.ingest.again import read_again
from gateway.ingest.decode import Wrong
from gateway.ingest.source import Message
from gateway.journal.journal import Entry
from gateway.journal.quarantine import Fate, Held, Quarantine, Which
from rules.events import FromDevice, Occurrence, Status, Telemetry
from rules.state import DeviceState

AT_ONCE = 500  # messages in a commit
ASKED_MAX = 10_000  # messages a request looks at; it is told where to go on
KNOWN_MAX = 100_000  # identities of what was given again as history, which the rules do not remember

Identity: TypeAlias = tuple[str, str, str, int]
T = TypeVar("T")


@dataclass(slots=True)
class Given:
    """What became of messages: how many passed, were known already, were outdated, could not be read still; and why."""

    replayed: int = 0
    repeated: int = 0
    outdated: int = 0
    held: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, other: Given) -> None:
        """Count those too."""
        self.replayed += other.replayed
        self.repeated += other.repeated
        self.outdated += other.outdated
        self.held += other.held
        for reason, count in other.reasons.items():
            self.reasons[reason] = self.reasons.get(reason, 0) + count


@dataclass(slots=True)
class Again:
    """Messages to be given again, and what became of them once they were."""

    rows: Sequence[Held]
    given: Given = field(default_factory=Given)


class Replayer:
    """Reads messages again into an entry. Remembers, within bounds, whose identity no state remembers.

    ``is_repeat`` tells whether a message was read before, and notes that it was now.
    """

    def __init__(self, engine: Engine, is_repeat: Callable[[Telemetry | Occurrence], bool]) -> None:
        self._engine = engine
        self._was_read = is_repeat
        self._known: set[Identity] = set()

    def read(self, again: Again, entry: Entry, *, now: int, ahead: int) -> None:
        """Put into the entry what the messages come to at ``now``, behind what is there, and what became of each."""
        if len(self._known) > KNOWN_MAX:
            self._known.clear()
        fresh = {_identity(event) for event in entry.events if isinstance(event, Telemetry | Occurrence)}
        newest = {row.topic: row.id for row in again.rows}  # of a device's statuses only the last one counts
        for row in again.rows:
            event = self._read(row, now, ahead)
            if isinstance(event, Wrong):
                again.given.held += 1
                again.given.reasons[event.reason] = again.given.reasons.get(event.reason, 0) + 1
                entry.settled.append(Fate(row.id, now, event.reason, event.detail))
                continue
            entry.settled.append(Fate(row.id, now))
            if isinstance(event, Status):
                if newest[row.topic] != row.id or self._is_outdated(event):
                    again.given.outdated += 1
                    continue
            elif self._is_repeat(event, fresh):
                again.given.repeated += 1
                continue
            again.given.replayed += 1
            entry.events.append(event)

    def _read(self, row: Held, now: int, ahead: int) -> FromDevice | Wrong:
        if row.truncated:
            return Wrong(row.reason, f"only {len(row.payload)} of its {row.size} bytes were kept: drop it")
        message = Message(row.topic, row.payload, 0, row.retained, False, row.at)
        return read_again(message, self._engine.world.devices, now=now, ahead=ahead)

    def _is_repeat(self, event: Telemetry | Occurrence, fresh: set[Identity]) -> bool:
        identity = _identity(event)
        if not (identity[1] or identity[2]):
            return False  # without a name of its own, every message counts
        if identity in fresh or identity in self._known or self._was_read(event):
            return True
        self._known.add(identity)
        return False

    def _is_outdated(self, event: Status) -> bool:
        """An old *offline* is no news of today, and nor is what was said before the device's present state began."""
        device = self._state_of(event.device)
        return not event.online or device is None or device.changed_at >= event.observed_at

    def _state_of(self, device_id: str) -> DeviceState | None:
        device = self._engine.world.devices.get(device_id)
        state = self._engine.states.get(device.key) if device else None
        return state.devices.get(device_id) if state else None


def _identity(event: Telemetry | Occurrence) -> Identity:
    """Device, event id, and where there is none power-up and number; nothing but the device where it has no name."""
    if isinstance(event, Occurrence) and event.id:
        return event.device, event.id, "", 0
    return event.device, "", event.boot, event.seq


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a request came to; where there are ``more``, the next goes on behind message ``last``."""

    given: Given
    last: int
    more: bool


class Replays:
    """What people ask of the quarantine; one request at a time, and one that was begun is carried to its end."""

    def __init__(self, quarantine: Quarantine, give: Callable[[Again], Awaitable[None]]) -> None:
        self._quarantine = quarantine
        self._give = give
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[object]] = set()

    async def replay(self, which: Which, *, after: int = 0) -> Replayed:
        """Give these messages, of those behind ``after``, to the line again; answers when it is all durable."""
        return await self._alone(self._replay(which, after))

    async def drop(self, which: Which) -> int:
        """Remove these messages for good; returns how many."""
        return await self._alone(asyncio.to_thread(self._quarantine.drop, which))

    async def close(self) -> None:
        """Wait for nobody: what was not given is still held."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _alone(self, work: Awaitable[T]) -> T:
        async def alone() -> T:
            async with self._one_at_a_time:
                return await work

        task = asyncio.ensure_future(alone())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _replay(self, which: Which, after: int) -> Replayed:
        given, seen = Given(), 0
        while seen < ASKED_MAX:
            rows = await asyncio.to_thread(
                self._quarantine.held, which, limit=AT_ONCE, after=after, notes=False
            )
            if not rows:
                return Replayed(given, after, more=False)
            again = Again(rows)
            await self._give(again)
            given.add(again.given)
            seen, after = seen + len(rows), rows[-1].id
        return Replayed(given, after, more=True)
