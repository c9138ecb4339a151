"""A batch of messages becomes a batch of events: decoded, told apart from repeats, the unreadable set aside with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from zlib import crc32

from gateway.ingest.decode import Times, Topics, Wrong, decode_from, plain
from gateway.ingest.rate import RateLimit, device_of
from gateway.ingest.repeats import Memory, Repeats
from gateway.ingest.skew import Skew
from gateway.ingest.source import Message
from gateway.ingest.units import BATTERY, is_fraction, without_battery
from rules.events import FromDevice, Occurrence, Quality, Status, Telemetry
from rules.world import Device

CLOCK, RETAINED = int(Quality.CLOCK), int(Quality.RETAINED)  # an enum is slow to look up, message by message
NOTE_EVERY_MS = 3_600_000  # a wrong clock is noted once an hour and device, not at every message
TOO_MANY = "too_many"
SESSION_BEGAN = (
    0,
    0,
)  # among the nameless: what stands before it belongs to a session the broker has forgotten


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


class Clock(Protocol):
    """Hub time in ms."""

    def latest(self) -> int:
        """The latest time a message may carry; 0 where none may be ahead of its arrival."""

    def ahead(self) -> int:
        """Hub time less the devices' time."""

    def ahead_of_wall(self) -> int:
        """Hub time less the wall clock."""

    def advance(self, to: int) -> None:
        """A message has carried time on."""


class Ingest:
    """Reads messages. Its only memory is what was read and not yet applied, and the nameless of the broker's session.

    A nameless message is remembered by its packet id until the broker uses the id again: then it has our acknowledgement.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        clock: Clock,
        nameless: Iterable[tuple[int, int]] = (),
        limit: RateLimit | None = None,
        skew: Skew | None = None,
    ) -> None:
        self._clock = clock
        self.limit = limit or RateLimit()
        self.skew = skew or Skew()
        self._topics = Topics({})
        self._at = 0  # hub time of the newest event: the next one is not before it
        self._nameless: dict[int, int] = {}  # packet id -> hash; an id has 16 bits, so it is bounded
        for name in nameless:
            if name == SESSION_BEGAN:
                self._nameless.clear()
            else:
                self._nameless[name[0]] = name[1]
        self._redelivered = dict(self._nameless)
        self._new_session = False
        self._repeats = Repeats(memory)
        self._noted: dict[tuple[str, str], int] = {}
        self.counts: Counter[str] = Counter()
        self.refused_of: Counter[str] = Counter()  # by device of the registry

    def reconnected(self, *, kept: bool) -> None:
        """From now on a redelivery can come of whatever the broker may not know to be acknowledged; none if not ``kept``."""
        if not kept:
            self._nameless.clear()
            self._new_session = True
        self._redelivered = dict(self._nameless)

    def applied(self) -> None:
        """What was read so far is in the memory by now."""
        self._repeats.applied()

    def is_repeat(self, event: Telemetry | Occurrence) -> bool:
        """Whether a message that names itself was read before; from now on it was."""
        return self._repeats.is_repeat(event)

    def read(  # noqa: C901 in one piece, because calls cost
        self,
        messages: Sequence[Message],
        devices: Mapping[str, Device],
        *,
        not_before: int = 0,
        deaf_since: int | None = None,
    ) -> Batch:
        """Decode in order; what was taken before is acknowledged and dropped. No event is stamped before ``not_before``.

        ``deaf_since``: the broker could not be heard since then, and this is what it kept.
        """
        batch = Batch(packet_ids=[message.packet_id for message in messages if message.packet_id])
        self._at = max(self._at, not_before)
        came = max(messages[0].received_at, self._at) if messages else self._at
        suspects = self.limit.watch([m.topic for m in messages], came, deaf_since=deaf_since)
        if self._topics.devices is not devices:
            self._topics = Topics(devices)
            self._repeats.keep(devices)
        times = Times(-1, -1)
        ahead, of_wall = self._clock.ahead(), self._clock.ahead_of_wall()
        telemetry, runs, take = self._topics.telemetry, self._repeats.runs, batch.events.append
        for message in messages:
            at = message.received_at
            if at > self._at:
                self._at = at
            if self._at != times.now:
                times = Times(self._at, max(self._at, self._clock.latest()), ahead, of_wall)
            # Nearly every message is a reading like this, the next its device has counted; any doubt goes the long way.
            device = telemetry.get(message.topic)
            if (
                device is not None
                and not message.retain
                and not (self._nameless or message.topic in suspects)
            ):
                event = plain(device, message.payload, times)
                if event is not None:
                    if event.at > times.now:
                        self._carry_time(event.at)
                    run = runs.get(device)
                    if run is not None and event.seq == run.high + 1 and event.boot == run.boot:
                        run.high = event.seq
                        take(event)
                    elif self._repeats.is_repeat(event):
                        self.counts["repeated"] += 1
                    else:
                        take(event)
                    continue
            self._read_any(message, times, batch, suspects, deaf_since)
        self.counts["read"] += len(batch.events)
        if times.latest == times.now:  # where a town drives the clock, its stamps say nothing
            self.skew.look(messages, devices, self._at, ahead=ahead, kept=deaf_since is not None)
        return batch

    def _read_any(
        self,
        message: Message,
        times: Times,
        batch: Batch,
        suspects: Container[str],
        deaf_since: int | None,
    ) -> None:
        if not message.payload and message.topic.endswith("/status"):
            self.counts["cleared"] += 1  # how MQTT takes a retained message back: no news of the device
            return
        address = self._topics.address(message.topic)
        event = (
            address
            if isinstance(address, Wrong)
            else decode_from(address, message.payload, retain=message.retain, times=times)
        )
        if message.topic in suspects and self._is_too_many(event, message, times.now, deaf_since):
            self._put_aside(message, times.now, batch)
            return
        if isinstance(event, Wrong):
            self._set_aside(message, event, batch)
            return
        self._take(event, message, batch)
        self._carry_time(event.at)

    def _carry_time(self, to: int) -> None:
        """Hub time is at least that of the newest event; while it is driven, messages carry it."""
        if to > self._at:
            self._at = to
            self._clock.advance(to)

    def _is_too_many(
        self, event: FromDevice | Wrong, message: Message, at: int, deaf_since: int | None
    ) -> bool:
        """Whether a message of a suspected topic is over the limit; an event, a status or a replay of the broker's never is."""
        if isinstance(event, Wrong):
            return self.limit.is_over(message.topic, at, at, deaf_since=deaf_since)
        if type(event) is not Telemetry or event.quality == RETAINED:
            return False
        return self.limit.is_over(message.topic, event.observed_at, at, deaf_since=deaf_since)

    def _put_aside(self, message: Message, at: int, batch: Batch) -> None:
        self.counts[TOO_MANY] += 1
        told = self.limit.put_aside(message.topic, at)
        if told:
            detail = (
                f"高频上报 {device_of(message.topic)!r} sends more than {self.limit.per_s:g} messages a second; "
                f"{told} were put aside since the last word, this is one of them"
            )
            batch.unreadable.append(Unreadable(message, TOO_MANY, detail))

    def _set_aside(self, message: Message, wrong: Wrong, batch: Batch) -> None:
        self.counts[wrong.reason] += 1
        device = device_of(message.topic)
        if device in self._topics.devices:
            self.refused_of[device] += 1
        batch.unreadable.append(Unreadable(message, wrong.reason, wrong.detail))

    def _take(self, event: FromDevice, message: Message, batch: Batch) -> None:
        quality = event.quality
        if quality != RETAINED and not isinstance(event, Status) and self._is_repeat(event, message, batch):
            self.counts["repeated"] += 1
            return
        if quality == CLOCK:
            detail = f"the clock of {event.device!r} is wrong; its time was mended, or hub time used instead"
            self._note(event, message, batch, "clock", detail)
        if isinstance(event, Telemetry) and is_fraction(event.metrics):
            detail = (
                f"the battery of {event.device!r} is {event.metrics[BATTERY]:g}: a part of one, where percent (0-100) "
                "is wanted; it was left out. Set the device, or the gateway that converts it, to percent"
            )
            event = without_battery(event)
            if not event.metrics:
                self._set_aside(message, Wrong("unit", detail), batch)
                return
            self._note(event, message, batch, "unit", detail)
        batch.events.append(event)

    def _is_repeat(self, event: Telemetry | Occurrence, message: Message, batch: Batch) -> bool:
        packet_id = message.packet_id & 0xFFFF
        if event.boot or (isinstance(event, Occurrence) and event.id):
            if self._nameless:
                self._nameless.pop(packet_id, None)
            return self._repeats.is_repeat(event)
        if not packet_id:
            return False
        name = crc32(message.payload, crc32(message.topic.encode()))
        if message.duplicate and self._redelivered.pop(packet_id, None) == name:
            return True
        if self._new_session:
            self._new_session = False
            batch.nameless.append(SESSION_BEGAN)
        self._nameless[packet_id] = name
        batch.nameless.append((packet_id, name))
        return False

    def _note(self, event: FromDevice, message: Message, batch: Batch, reason: str, detail: str) -> None:
        """Set a copy aside of what was read all the same; once an hour for a device and reason."""
        about = (event.device, reason)
        if event.at - self._noted.get(about, -NOTE_EVERY_MS) >= NOTE_EVERY_MS:
            self._noted[about] = event.at
            batch.unreadable.append(Unreadable(message, reason, detail, repaired=True))
