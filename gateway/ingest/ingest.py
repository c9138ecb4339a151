"""A batch of messages becomes a batch of events: decoded, told apart from repeats, the unreadable set aside with its reason."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from zlib import crc32

from gateway.ingest.decode import Times, Wrong, decode
from gateway.ingest.source import RECEIVE_MAX, Message
from rules.events import FromDevice, Occurrence, Quality, Status, Telemetry
from rules.world import Device

CLOCK_NOTE_EVERY_MS = 3_600_000  # a wrong clock is noted once an hour and device, not at every message


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message with the reason it is set aside; ``repaired``: it was read all the same, with a mended time."""

    message: Message
    reason: str
    detail: str
    repaired: bool = False


@dataclass(slots=True)
class Batch:
    """What a number of messages come to. Everything in ``packet_ids`` may be acknowledged once the rest is safe."""

    events: list[FromDevice] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    nameless: list[tuple[int, int]] = field(default_factory=list)
    packet_ids: list[int] = field(default_factory=list)


class Memory(Protocol):
    """Knows which messages were taken before."""

    def has_seen(self, event: Telemetry | Occurrence) -> bool:
        """Whether this message, by its identity, was taken before."""


class Clock(Protocol):
    """Hub time in ms."""

    def latest(self) -> int:
        """The latest time a message may carry; 0 where none may be ahead of its arrival."""

    def ahead(self) -> int:
        """Hub time less the devices' time."""

    def advance(self, to: int) -> None:
        """A message has carried time on."""


class Ingest:
    """Reads messages. Its only memory is what the current batch has brought, and the nameless of the last connection."""

    def __init__(
        self,
        *,
        memory: Memory,
        clock: Clock,
        nameless: Iterable[tuple[int, int]] = (),
    ) -> None:
        self._memory = memory
        self._clock = clock
        self._at = 0  # hub time of the newest event: the next one is not before it
        self._nameless: deque[tuple[int, int]] = deque(nameless, RECEIVE_MAX)
        self._redelivered: set[tuple[int, int]] = set(self._nameless)
        self._clock_noted: dict[str, int] = {}
        self.counts: Counter[str] = Counter()

    def reconnected(self) -> None:
        """From now on a redelivery can come of whatever was not yet acknowledged on the last connection."""
        self._redelivered = set(self._nameless)

    def read(self, messages: Iterable[Message], devices: Mapping[str, Device]) -> Batch:
        """Decode in order; repeats within the batch and of earlier batches are acknowledged and dropped."""
        batch, own = Batch(), _Own()
        times = Times(self._at, self._at)
        for message in messages:
            if message.packet_id:
                batch.packet_ids.append(message.packet_id)
            at = max(message.received_at, self._at)
            if at != times.now:
                times = Times(at, max(at, self._clock.latest()), self._clock.ahead())
            event = decode(
                message.topic, message.payload, retain=message.retain, devices=devices, times=times
            )
            if isinstance(event, Wrong):
                self._set_aside(message, event, batch)
                continue
            self._take(event, message, batch, own)
            if event.at > at:
                self._clock.advance(event.at)
            self._at = event.at
        return batch

    def _set_aside(self, message: Message, wrong: Wrong, batch: Batch) -> None:
        self.counts[wrong.reason] += 1
        batch.unreadable.append(Unreadable(message, wrong.reason, wrong.detail))

    def _take(self, event: FromDevice, message: Message, batch: Batch, own: _Own) -> None:
        if (
            not isinstance(event, Status)
            and event.quality != Quality.RETAINED
            and self._is_repeat(event, message, own, batch)
        ):
            self.counts["repeated"] += 1
            return
        if event.quality == Quality.CLOCK:
            self._note_clock(event, message, batch)
        self.counts["read"] += 1
        batch.events.append(event)

    def _is_repeat(self, event: Telemetry | Occurrence, message: Message, own: _Own, batch: Batch) -> bool:
        named = bool(event.boot) or (isinstance(event, Occurrence) and bool(event.id))
        if named:
            return own.has(event) or self._memory.has_seen(event)
        if not message.packet_id:
            return False
        name = (message.packet_id & 0xFFFF, crc32(message.payload, crc32(message.topic.encode())))
        if message.duplicate and name in self._redelivered:
            self._redelivered.discard(name)
            return True
        self._nameless.append(name)
        batch.nameless.append(name)
        return False

    def _note_clock(self, event: FromDevice, message: Message, batch: Batch) -> None:
        noted = self._clock_noted.get(event.device, -CLOCK_NOTE_EVERY_MS)
        if event.at - noted >= CLOCK_NOTE_EVERY_MS:
            self._clock_noted[event.device] = event.at
            detail = f"the clock of {event.device!r} is wrong; hub time was used instead"
            batch.unreadable.append(Unreadable(message, "clock", detail, repaired=True))


class _Own:
    """The identities that the batch itself has brought so far."""

    def __init__(self) -> None:
        self._numbers: set[tuple[str, str, int]] = set()
        self._ids: set[tuple[str, str]] = set()

    def has(self, event: Telemetry | Occurrence) -> bool:
        """Whether the batch has it already; from now on it has."""
        known = False
        if event.boot:
            number = (event.device, event.boot, event.seq)
            known = number in self._numbers
            self._numbers.add(number)
        if isinstance(event, Occurrence) and event.id:
            name = (event.device, event.id)
            known = known or name in self._ids
            self._ids.add(name)
        return known
