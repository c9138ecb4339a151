"""The line: from what a broker sends to what a person is told. One pipeline, one order, no way around it.

    arrivals ─ read ─► events ─ commit ─► journal ─ acknowledge ─► broker
                                             └─ judge ─► deeds ─ record ─► alerts, outbox ─► channels, console

Nothing is acknowledged before its commit; nothing is judged that is not committed; a deed and the position it answers to are
written together. A tick is only given when nothing that was read still waits.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

import msgspec
from sqlalchemy.exc import DBAPIError

from gateway.clock import Clock, TownClock
from gateway.engine.engine import Decided, Engine
from gateway.feed import Feed
from gateway.ingest.ingest import Ingest, Unreadable
from gateway.ingest.source import Arrival, Connected, Disconnected, Inbox, Message, Source
from gateway.journal.journal import PAYLOAD_KEPT_MAX, Entry, Journal, JournalError, Refused
from gateway.operations.alert_log import (
    AlertLog,
    Answer,
    Deed,
    Saved,
    Ticked,
    Work,
    Written,
)
from rules.events import AnyEvent, ClockStepped, Command, Tick, WorldChanged
from rules.state import decode, encode
from rules.world import Definition, changed_rules, gone_devices

log = logging.getLogger(__name__)

BATCH_MAX = 10_000  # arrivals per commit: large enough for group commit, small enough to stay responsive
LOOK_EVERY_S = 0.1  # how often an idle line looks at the clock
TICK_EVERY_MS = 5_000  # hub time between ticks when nothing is due
SNAPSHOT_EVERY_MS = 30_000
SNAPSHOT_KEYS_MAX = 500  # per commit: a snapshot of a whole city at once would stall the line
RETRY_S = 1.0
MOSQUITTO_DEFAULT_INFLIGHT = 20  # with its defaults, 1,000 of 5,000 waiting messages survive an absent hub
CLOCK_TOPIC = "care/v1/_sim/clock"
ECHO_TOPIC = "care/v1/_sim/echo"
DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"
FIRST_WORD_MS = 3_600_000  # a town's clock that begins this far ahead is a first word, not time passing

T = TypeVar("T")


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


@dataclass(slots=True)
class Reading:
    """What a number of arrivals come to: an entry for the journal, and what follows once it is committed."""

    entry: Entry = field(default_factory=Entry)
    packet_ids: list[int] = field(default_factory=list)
    echoes: list[int] = field(default_factory=list)
    errands: list[Errand] = field(default_factory=list)


class Line:
    """Runs the pipeline. ``on_change`` hears of alerts, ``on_send`` of messages to send, ``on_commit`` of events."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        source: Source,
        clock: Clock,
        journal: Journal,
        engine: Engine,
        alert_log: AlertLog,
        fence_topic: str,
        on_change: Callable[[str], None],
        on_send: Callable[[], None],
        on_commit: Callable[[], None],
    ) -> None:
        self._inbox = inbox
        self._source = source
        self._clock = clock
        self._journal = journal
        self._engine = engine
        self._alert_log = alert_log
        self._fence_topic = fence_topic
        self._own_topics = frozenset({fence_topic, CLOCK_TOPIC, DROPPED_TOPIC})
        self._carrying: asyncio.Future[None] | None = None
        self._on_change = on_change
        self._on_send = on_send
        self._on_commit = on_commit
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._errands: deque[Errand] = deque()
        self._run_id = uuid.uuid4().hex[:8]
        self._last_tick = 0
        self._snapshot_at = 0
        self._round: list[str] = []
        self._round_from: tuple[int, int] = (0, 0)
        self._was_held = False
        self.feed = Feed()
        self.ingest = Ingest(memory=engine, clock=clock)
        self.dropped_first: int | None = None
        self.dropped = 0
        self.receive_max = 0
        self.trouble = ""
        self.unheard = ""  # why the broker cannot be heard, in the session's words
        self.raised = 0

    # the line

    async def run(self) -> None:
        """Carry what arrives, for ever. ``recover`` comes first."""
        while True:
            arrivals = await self._inbox.take(BATCH_MAX, within_s=LOOK_EVERY_S)
            self._carrying = asyncio.ensure_future(self._carry(arrivals))
            await asyncio.shield(self._carrying)  # what was judged is written, even if the hub is told to end

    async def _carry(self, arrivals: Sequence[Arrival]) -> None:
        reading = self._read(arrivals)
        if not reading.entry:
            self._source.acknowledge(reading.packet_ids)
            await self._record([], reading)
            self._echo(reading.echoes)
            return
        first = self._journal.position + 1
        await self._insist(self._journal.append, reading.entry)
        self._source.acknowledge(reading.packet_ids)
        self._on_commit()
        decided = self._engine.apply(reading.entry.events, first)
        self.ingest.applied()
        await self._record(self._deeds(decided, reading.entry.events, first), reading)
        self._echo(reading.echoes)

    # start and stop

    async def recover(self, definition: Definition) -> None:
        """Take up where the last run ended: states, replay, what it had not yet written; then today's world.

        Raises ``JournalError`` when the journal is not the one that the alerts were written from.
        """
        floor, version, bodies = self._alert_log.saved()
        states = [(position, decode(body)) for position, body in bodies]
        done, lived = self._alert_log.cursor(), []
        if done > self._journal.position:
            raise JournalError(
                f"{self._journal.path}: it ends at event {self._journal.position}, but alerts were written up to event "
                f"{done}: it was replaced, or restored from an older backup; restore both from the same backup, or move "
                "the whole data folder away"
            )

        def replay() -> Iterable[tuple[int, AnyEvent]]:
            for position, event in self._journal.read(floor):
                if position > done and isinstance(event, Command | Tick):
                    lived.append((position, event))
                yield position, event

        world = self._journal.world(version) if version else None
        decided = self._engine.recover(states, world=world, replay=replay())
        deeds = [deed for deed in self._merge(decided, lived) if deed.position > done]
        log.info(
            "recovered at position %d: %d keys, %d deeds to write",
            self._journal.position,
            len(self._engine.states),
            len(deeds),
        )
        await self._record(deeds, Reading())
        opening = Reading()
        now = self._now(opening)
        opening.entry.events += self.feed.lost(now, since=self._journal.last_at or now)
        self._change_world(opening, definition, now)
        first = self._journal.position + 1
        await self._insist(self._journal.append, opening.entry)
        decided = self._engine.apply(opening.entry.events, first)
        await self._record(self._deeds(decided, opening.entry.events, first), opening)
        self.ingest = Ingest(memory=self._engine, clock=self._clock, nameless=self._journal.nameless(20_000))

    async def close(self) -> None:
        """Finish what is being carried, write a last snapshot and end."""
        if self._carrying is not None:
            await asyncio.wait([self._carrying])
        if self._carrying is None or self._carrying.exception() is None:  # else: recovery is replay
            self._begin_round(self._clock.now())
            while self._round:
                await self._record([], Reading())
        self._thread.shutdown()

    # what people ask

    async def command(
        self, *, kind: str, alert: str, by: str, data: dict[str, str], command_id: str
    ) -> Answer:
        """Journal what a person did and answer once it is applied."""
        command = Command(self._clock.now(), command_id, kind, alert, by, data)
        return await self._ask(command, None)

    async def change_world(self, definition: Definition) -> Answer:
        """Let the rules judge in this world from now on (its version is given here)."""
        return await self._ask(None, definition)

    async def _ask(self, command: Command | None, world: Definition | None) -> Answer:
        errand = Errand(command, world, asyncio.get_running_loop().create_future())
        self._errands.append(errand)
        self._inbox.wake()
        return await errand.done

    # read

    def _read(self, arrivals: Sequence[Arrival]) -> Reading:
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
        batch = self.ingest.read(messages, devices, not_before=self._newest(reading))
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
            at=self._clock.now(),
            topic=message.topic,
            payload=message.payload[:PAYLOAD_KEPT_MAX],
            size=len(message.payload),
            reason=found.reason,
            detail=found.detail,
            repaired=found.repaired,
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
                self._publish_soon(self._fence_topic, fence)
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
        by = self._clock.stepped()
        if by:
            log.warning("the wall clock was set by %d ms", by)
            reading.entry.events.append(ClockStepped(self._now(reading), by))
        if isinstance(self._clock, TownClock) and self._clock.driven:
            return
        now = self._unread_from(reading)
        due = min(
            self._last_tick + TICK_EVERY_MS,
            self._engine.next_wake() if self.feed.whole else 1 << 62,
            self._alert_log.next_escalation or 1 << 62,
        )
        if now >= due and now > self._last_tick:
            self._tick(reading, now)

    def _tick(self, reading: Reading, now: int) -> None:
        if now >= self._newest(reading):
            self._last_tick = now
            reading.entry.events.append(Tick(now))

    # record

    def _deeds(self, decided: list[Decided], events: list[AnyEvent], first: int) -> list[Deed]:
        lived = [(p, e) for p, e in enumerate(events, first) if isinstance(e, Command | Tick)]
        return self._merge(decided, lived)

    def _merge(self, decided: list[Decided], lived: Iterable[tuple[int, AnyEvent]]) -> list[Deed]:
        deeds = [Deed(d.position, d.effect, d.world) for d in decided]
        for position, event in lived:
            if isinstance(event, Command):
                deeds.append(Deed(position, event))
            elif isinstance(event, Tick) and (self._concerns_people(event) or decided):
                deeds.append(Deed(position, Ticked(event.at, self._held)))
        deeds.sort(key=lambda deed: deed.position)
        return deeds

    @property
    def _held(self) -> bool:
        """Escalation waits while time does not run at people's pace."""
        return isinstance(self._clock, TownClock) and self._clock.speed != 1

    def _concerns_people(self, tick: Tick) -> bool:
        turned = self._held != self._was_held
        self._was_held = self._held
        escalation = self._alert_log.next_escalation
        return turned or (escalation is not None and escalation <= tick.at)

    async def _record(self, deeds: list[Deed], reading: Reading) -> None:
        now = self._clock.now()
        if not self._round and now - self._snapshot_at >= SNAPSHOT_EVERY_MS:
            self._begin_round(now)
        if deeds or self._round:
            written = await self._insist(self._alert_log.commit, self._work(deeds))
            self._tell(written)
            for errand in reading.errands:
                if errand.command is not None and not errand.done.done():
                    errand.done.set_result(written.answers[errand.command.id])
        for errand in reading.errands:
            if errand.world is not None and not errand.done.done():
                errand.done.set_result(Answer(ok=True, reason="", version=self._engine.world.version))

    def _work(self, deeds: list[Deed]) -> Work:
        work = Work(self._engine.position, deeds)
        for key in self._round[:SNAPSHOT_KEYS_MAX]:
            state = self._engine.states.get(key)
            work.saved.append(Saved(key, self._engine.position, encode(state) if state else b""))
        if self._round:
            del self._round[:SNAPSHOT_KEYS_MAX]
            if not self._round:
                work.floor = self._round_from
        return work

    def _begin_round(self, now: int) -> None:
        self._snapshot_at = now
        self._round = sorted(self._engine.dirty.union(self._round))
        self._round_from = (self._engine.position, self._engine.world.version)
        self._engine.dirty = set()

    def _tell(self, written: Written) -> None:
        self.raised += written.raised
        if written.to_send:
            self._on_send()
        for alert in dict.fromkeys(written.alerts):
            self._on_change(alert)

    def _echo(self, times: list[int]) -> None:
        for at in times:
            self._publish_soon(ECHO_TOPIC, msgspec.json.encode({"ts": at}))

    def _publish_soon(self, topic: str, payload: bytes) -> None:
        try:
            self._source.publish(topic, payload)
        except ConnectionError as error:
            log.info("not published to %s: %s", topic, error)

    async def _insist(self, work: Callable[..., T], argument: object) -> T:
        """Do it in the commit thread, again and again: what cannot be written now is neither acknowledged nor forgotten."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                result = await loop.run_in_executor(self._thread, work, argument)
            except (sqlite3.Error, DBAPIError, OSError) as error:
                self.trouble = f"cannot write: {error}"
                log.critical("%s", self.trouble)
                await asyncio.sleep(RETRY_S)
            else:
                self.trouble = ""
                return result
