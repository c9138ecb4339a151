"""The reading half of the line: from what a broker sends, people ask and the clock says to what one commit is made of.

Everything that can change a decision gets its hub time here, in one order: messages, control words, errands, the clock.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from gateway.clock import Clock, TownClock
from gateway.engine.engine import Engine
from gateway.feed import Feed
from gateway.ingest.ingest import Ingest, Unreadable
from gateway.ingest.rate import RateLimit
from gateway.ingest.source import Arrival, Connected, Disconnected, Inbox, Message
from gateway.journal.journal import PAYLOAD_KEPT_MAX, Entry, Journal, Refused
from gateway.operations.handling import Answer
from gateway.replaying import Again, Replayer
from rules.events import ALL, ClockStepped, Command, Tick, WorldChanged
from rules.world import Definition, changed_rules, gone_devices

log = logging.getLogger(__name__)

TICK_EVERY_MS = 5_000  # hub time between ticks when nothing is due
NAMELESS_KEPT = 20_000  # identities of messages without a number that are known again after a start
MOSQUITTO_DEFAULT_INFLIGHT = 20  # with its defaults, 1,000 of 5,000 waiting messages survive an absent hub
CLOCK_TOPIC = "care/v1/_sim/clock"
DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"
FIRST_WORD_MS = 3_600_000  # a town's clock that begins this far ahead is a first word, not time passing


class ClockWord(msgspec.Struct):
    """``care/v1/_sim/clock``: it is ``ts``; nothing later than ``until`` comes before the next word, or time runs now."""

    ts: Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
    until: Annotated[int, msgspec.Meta(ge=0, le=1 << 53)] = 0
    run: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 0.0


@dataclass(slots=True)
class Errand:
    """Something people ask of the line; answered once it is applied."""

    command: Command | None
    world: Definition | None
    done: asyncio.Future[Answer]
    again: Again | None = None


@dataclass(slots=True)
class Reading:
    """What a number of arrivals come to: an entry for the journal, and what follows once it is committed."""

    entry: Entry = field(default_factory=Entry)
    packet_ids: list[int] = field(default_factory=list)
    echoes: list[int] = field(default_factory=list)
    errands: list[Errand] = field(default_factory=list)


class Reader:
    """Makes a ``Reading`` of what has come. ``publish`` sends a word to the broker, if it can be reached."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        clock: Clock,
        journal: Journal,
        engine: Engine,
        next_escalation: Callable[[], int | None],
        fence_topic: str,
        publish: Callable[[str, bytes], None],
        limit: RateLimit | None = None,
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._journal = journal
        self._engine = engine
        self._next_escalation = next_escalation
        self._fence_topic = fence_topic
        self._publish = publish
        self._own_topics = frozenset({fence_topic, CLOCK_TOPIC, DROPPED_TOPIC})
        self._errands: deque[Errand] = deque()
        self._replayer = Replayer(engine, lambda event: self.ingest.is_repeat(event))  # noqa: PLW0108 it is replaced
        self._run_id = uuid.uuid4().hex[:8]
        self._last_tick = 0
        self.amid_parts = (
            False  # the newest reading told the time to a part of the places: others may wait for theirs
        )
        self.feed = Feed()
        self.ingest = Ingest(memory=engine, clock=clock, limit=limit)
        self.dropped_first: int | None = None
        self.dropped = 0
        self.receive_max = 0
        self.unheard = ""  # why the broker cannot be heard, in the session's words

    def opening(self, definition: Definition) -> Reading:
        """What a start says before anything is read: nobody has been heard since, and this is the world now."""
        reading = Reading()
        now = self._now(reading)
        reading.entry.events += self.feed.lost(now, since=self._journal.last_at or now)
        self._change_world(reading, definition, now)
        return reading

    def recall(self) -> None:
        """Know again the messages without a number that were read before the start."""
        nameless = self._journal.nameless(NAMELESS_KEPT)
        self.ingest = Ingest(
            memory=self._engine, clock=self._clock, nameless=nameless, limit=self.ingest.limit
        )

    async def ask(
        self, command: Command | None, world: Definition | None, again: Again | None = None
    ) -> Answer:
        """Have it read as soon as possible; returns when it is applied."""
        errand = Errand(command, world, asyncio.get_running_loop().create_future(), again)
        self._errands.append(errand)
        self._inbox.wake()
        return await errand.done

    def read(self, arrivals: Sequence[Arrival]) -> Reading:
        """Read them in order, then what people ask, then the clock."""
        reading = Reading()
        messages: list[Message] = []
        for arrival in arrivals:
            if isinstance(arrival, Message) and arrival.topic not in self._own_topics:
                messages.append(arrival)
                continue
            self._read_messages(messages, reading)
            messages.clear()
            self._read_control(arrival, reading)
        self._read_messages(messages, reading)
        self._read_errands(reading)
        self._read_clock(reading)
        return reading

    def _read_messages(self, messages: list[Message], reading: Reading) -> None:
        if not messages:
            return
        devices = self._engine.world.devices
        newest = self._newest(reading)
        batch = self.ingest.read(messages, devices, not_before=newest, deaf_since=self.feed.lost_at)
        agreed = self.ingest.skew.agreement.lag
        if agreed is not None:
            self._clock.believe(agreed)
        reading.entry.events += batch.events
        reading.entry.nameless += batch.nameless
        reading.packet_ids += batch.packet_ids
        reading.entry.refused += [self._refused(found) for found in batch.unreadable]

    def _newest(self, reading: Reading) -> int:
        """Hub time of the newest event; nothing that follows is stamped before it."""
        return reading.entry.events[-1].at if reading.entry.events else self._journal.last_at

    def _now(self, reading: Reading) -> int:
        return max(self._clock.now(), self._newest(reading))

    def _unread_from(self, reading: Reading) -> int:
        """Hub time, but not beyond the oldest message that still waits to be read: a tick must not overtake it."""
        oldest = self._inbox.oldest_received_at()
        now = self._clock.now()
        return max(now if oldest is None else min(now, oldest), self._newest(reading))

    def _refused(self, found: Unreadable) -> Refused:
        message = found.message
        return Refused(
            at=message.received_at,  # given again, it is read as of then
            topic=message.topic,
            payload=message.payload[:PAYLOAD_KEPT_MAX],
            size=len(message.payload),
            reason=found.reason,
            detail=found.detail,
            repaired=found.repaired,
            retained=message.retain,
        )

    def _read_control(self, arrival: Arrival, reading: Reading) -> None:
        now = self._now(reading)
        match arrival:
            case Disconnected(reason=reason, since=since):
                self.unheard = reason
                reading.entry.events += self.feed.lost(now, since=min(since, now))
            case Connected(kept=kept, receive_max=receive_max):
                self.unheard = ""
                self.receive_max = receive_max
                if receive_max == MOSQUITTO_DEFAULT_INFLIGHT:
                    log.warning(
                        "the broker takes only 20 messages in flight: set max_inflight_messages 0 there"
                    )
                self.ingest.reconnected(kept=kept)
                fence = self.feed.connected(kept=kept, run_id=self._run_id)
                self._publish(self._fence_topic, fence)
            case Message():
                if arrival.packet_id:
                    reading.packet_ids.append(arrival.packet_id)
                self._read_own_topic(arrival, reading, now)

    def _read_own_topic(self, message: Message, reading: Reading, now: int) -> None:
        if message.topic == self._fence_topic:
            reading.entry.events += self.feed.fence_read(message.payload, now)
        elif message.topic == CLOCK_TOPIC and isinstance(self._clock, TownClock):
            self._read_clock_word(message, self._clock, reading)
        elif message.topic == DROPPED_TOPIC:
            self._read_dropped(message.payload)

    def _read_clock_word(self, message: Message, clock: TownClock, reading: Reading) -> None:
        try:
            word = msgspec.json.decode(message.payload, type=ClockWord)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            found = Unreadable(message, "bad_shape", str(error))
            reading.entry.refused.append(self._refused(found))
            return
        before = clock.now()
        if word.run:
            clock.run(word.ts, word.run)
        else:
            clock.drive(word.ts, word.until)
        if word.ts - before > FIRST_WORD_MS:
            reading.entry.events.append(ClockStepped(self._now(reading), word.ts - before))
        self._tick(reading, clock.now())
        reading.echoes.append(word.ts)

    def _read_dropped(self, payload: bytes) -> None:
        if payload.isdigit():
            dropped = int(payload)
            if (
                self.dropped_first is None or dropped < self.dropped
            ):  # a broker that was restarted counts anew
                self.dropped_first = dropped if self.dropped_first is None else 0
            self.dropped = dropped

    def _read_errands(self, reading: Reading) -> None:
        while self._errands:
            errand = self._errands.popleft()
            now = self._unread_from(reading)
            if errand.command is not None:
                reading.entry.events.append(msgspec.structs.replace(errand.command, at=now))
            elif errand.world is not None:
                if (
                    reading.entry.world is not None
                ):  # one world an entry: the next one waits for the next commit
                    self._errands.appendleft(errand)
                    self._inbox.wake()
                    break
                self._change_world(
                    reading, errand.world, now
                )  # a tick with it: what has come is the old world's
            elif errand.again is not None:
                if not self.feed.whole:  # what is read now is stamped as of the loss
                    errand.done.set_result(Answer(ok=False, reason="feed_lost", version=0))
                    continue
                self._replayer.read(errand.again, reading.entry, now=now, ahead=self._clock.ahead())
            reading.errands.append(errand)

    def _change_world(self, reading: Reading, given: Definition, now: int) -> None:
        old = self._engine.world.definition
        if msgspec.structs.replace(given, version=old.version) == old:
            return
        if self.feed.whole:
            self._tick(reading, now)
        newest = self._journal.newest_world()
        new = msgspec.structs.replace(given, version=(newest.version if newest else 0) + 1)
        reading.entry.world = new
        reading.entry.events.append(
            WorldChanged(now, new.version, changed_rules(old, new), gone_devices(old, new))
        )

    def _read_clock(self, reading: Reading) -> None:
        """Journal a step of the wall clock, and a tick if one is due and nothing that was read still waits."""
        self.amid_parts = False
        by = self._clock.stepped()
        if by:
            log.warning("the wall clock was set by %d ms", by)
            now = self._now(reading)
            reading.entry.events.append(ClockStepped(now, by))
            if by > 0:
                self.ingest.skew.agreement.jumped(by, now)
        if isinstance(self._clock, TownClock) and self._clock.driven:
            return
        now = self._unread_from(reading)
        due = min(
            self._last_tick + TICK_EVERY_MS,
            self._engine.next_wake() if self.feed.whole else 1 << 62,
            self._next_escalation() or 1 << 62,
        )
        if now >= due and now > self._last_tick:
            self._tick(reading, now, self._engine.next_part(now) if self.feed.whole else ALL)

    def _tick(self, reading: Reading, now: int, part: int = ALL) -> None:
        if now >= self._newest(reading):
            self._last_tick, self.amid_parts = now, part != ALL
            reading.entry.events.append(Tick(now, part))
