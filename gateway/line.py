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
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy.exc import DBAPIError

from gateway.clock import Clock, TownClock
from gateway.commits import Commits
from gateway.engine.engine import SITE, Decided, Engine
from gateway.ingest.rate import RateLimit
from gateway.ingest.source import Arrival, Inbox, Source
from gateway.journal.journal import Journal, JournalError
from gateway.operations.alert_log import AlertLog, Deed, Ticked, Work, Written
from gateway.operations.handling import Answer
from gateway.reading import Reader, Reading
from gateway.replaying import Again
from gateway.snapshots import Snapshots
from gateway.unrecorded import Unrecorded
from gateway.writing import Writing
from rules.effects import Raise
from rules.events import AnyEvent, Command, Tick, WorldChanged
from rules.shaping.site import SiteState
from rules.shaping.site import decode as decode_site
from rules.state import KeyState, decode
from rules.world import Definition, World

log = logging.getLogger(__name__)

BATCH_MAX = 10_000  # arrivals per commit: large enough for group commit, small enough to stay responsive
LOOK_EVERY_S = 0.1  # how often an idle line looks at the clock
ECHO_TOPIC = "care/v1/_sim/echo"
CHANGE_THE_WORLD = frozenset({"rule", "erase"})  # commands that another world follows


class Line:
    """Runs the pipeline.

    ``on_change`` hears of alerts, ``on_place`` of places, ``on_send`` of messages to send, ``on_commit`` of events.
    ``tell_unrecorded`` tells of an alert that cannot be written, and says whether it could.
    """

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
        on_place: Callable[[str], None],
        on_send: Callable[[Sequence[Any]], None],
        on_commit: Callable[[], None],
        limit: RateLimit | None = None,
        tell_unrecorded: Callable[[Raise, World], bool] = lambda _raised, _world: False,
    ) -> None:
        self._inbox = inbox
        self._source = source
        self._clock = clock
        self._journal = journal
        self._engine = engine
        self._alert_log = alert_log
        self._carrying: asyncio.Future[None] | None = None
        self._on_change = on_change
        self._on_place = on_place
        self._on_send = on_send
        self._on_commit = on_commit
        self._was_held = False
        self.unrecorded = Unrecorded(
            inbox=inbox, clock=clock, journal=journal, engine=engine, tell=tell_unrecorded
        )
        self._writing = Writing(self.unrecorded)
        self.reader = Reader(
            inbox=inbox,
            clock=clock,
            journal=journal,
            engine=engine,
            next_escalation=lambda: alert_log.next_escalation,
            fence_topic=fence_topic,
            publish=self._publish_soon,
            limit=limit,
        )
        self.raised = 0
        self.commits = Commits()
        self.snapshots = Snapshots(engine)

    # the line

    @property
    def trouble(self) -> str:
        """Why it cannot be written just now; '' when it can."""
        return self._writing.trouble

    @property
    def idle(self) -> bool:
        """Whether everything that was read is journalled, judged and written."""
        return self._carrying is None or self._carrying.done()

    async def run(self) -> None:
        """Carry what arrives, for ever. ``recover`` comes first."""
        while True:
            within_s = 0.0 if self.reader.amid_parts else LOOK_EVERY_S
            arrivals = await self._inbox.take(BATCH_MAX, within_s=within_s)
            self._carrying = asyncio.ensure_future(self._carry(arrivals))
            await asyncio.shield(self._carrying)  # what was judged is written, even if the hub is told to end

    async def _carry(self, arrivals: Sequence[Arrival]) -> None:
        reading = self.reader.read(arrivals)
        if not reading.entry:
            self._source.acknowledge(reading.packet_ids)
            await self._record([], reading)
            self._echo(reading.echoes)
            return
        first = self._journal.position + 1
        with self.commits.measured(len(reading.entry.events)):
            await self._writing.insist(self._journal.append, reading.entry)
        self._source.acknowledge(reading.packet_ids)
        self._on_commit()
        decided = self._engine.apply(reading.entry.events, first)
        self.reader.ingest.applied()
        await self._record(self._deeds(decided, reading.entry.events, first), reading)
        self._echo(reading.echoes)

    # start and stop

    async def recover(self, definition: Definition, *, again: Callable[[], Definition] | None = None) -> None:
        """Take up where the last run ended: states, replay, what it had not yet written; then today's world.

        ``again`` gives that once more, where a rule was changed or a home erased among what had not been written. Raises
        ``JournalError`` when the journal is not the one that the alerts were written from.
        """
        floor, version, bodies = self._alert_log.saved()
        try:
            states, sites = _states(bodies)
        except ValueError as error:
            log.warning("all is replayed: %s", error)
            floor, version, states, sites = 0, 0, [], []
        done, lived = self._alert_log.cursor(), []
        if done > self._journal.position:
            raise JournalError(
                f"{self._journal.path}: it ends at event {self._journal.position}, but alerts were written up to event "
                f"{done}: it was replaced, or restored from an older backup; restore both from the same backup, or move "
                "the whole data folder away"
            )

        world = None
        before: list[tuple[int, AnyEvent]] = []
        if floor < self._journal.begins:  # thinned out: of what was before, the alerts and the store remain
            states, sites, floor = [], [], self._journal.begins
            before = self._world_at_the_beginning(done)
        elif version:
            world = self._journal.world(version)

        def replay() -> Iterable[tuple[int, AnyEvent]]:
            yield from before
            for position, event in self._journal.read(floor):
                if position > done and isinstance(event, Command | Tick):
                    lived.append((position, event))
                yield position, event

        decided = self._engine.recover(states, sites=sites, world=world, replay=replay())
        deeds = [deed for deed in self._merge(decided, lived) if deed.position > done]
        log.info(
            "recovered at position %d: %d keys, %d deeds to write",
            self._journal.position,
            len(self._engine.states),
            len(deeds),
            extra={"position": self._journal.position},
        )
        await self._record(deeds, Reading())
        if again is not None and any(
            isinstance(d.what, Command) and d.what.kind in CHANGE_THE_WORLD for d in deeds
        ):
            definition = again()
        opening = self.reader.opening(definition)
        first = self._journal.position + 1
        await self._writing.insist(self._journal.append, opening.entry)
        decided = self._engine.apply(opening.entry.events, first)
        await self._record(self._deeds(decided, opening.entry.events, first), opening)
        self.reader.recall()

    def _world_at_the_beginning(self, done: int) -> list[tuple[int, AnyEvent]]:
        """What a journal that is thinned out, and shall be replayed as a whole, begins with."""
        journal = self._journal
        if done < journal.begins:
            raise JournalError(
                f"{journal.path}: it begins behind event {journal.begins}, but alerts were written up to event {done} only: "
                "the alerts were restored from an older backup; restore both from the same backup, or move the whole data "
                "folder away"
            )
        log.warning("events up to %d are thinned out: states begin behind them", journal.begins)
        world = journal.world_at(journal.begins)
        at = next((event.at for _, event in journal.read(journal.begins, limit=1)), journal.last_at)
        return [(journal.begins, WorldChanged(at, world.version, (), ()))] if world is not None else []

    async def close(self) -> None:
        """Finish what is being carried, write a last snapshot and end; what cannot be written comes again by replay."""
        self._writing.ending = True
        if self._carrying is not None:
            await asyncio.wait([self._carrying])
        if self._carrying is None or self._carrying.exception() is None:  # else: recovery is replay
            self.snapshots.begin(self._clock.now())
            try:
                while self.snapshots.left:
                    await self._save_some()
            except (sqlite3.Error, DBAPIError, OSError):
                log.warning(
                    "no last snapshot was written: the next start replays what is behind the one before"
                )
        self._writing.close()

    # what people ask

    async def command(
        self, *, kind: str, alert: str, by: str, data: dict[str, str], command_id: str, key: str = ""
    ) -> Answer:
        """Journal what a person did and answer once it is applied; ``key`` is the place it concerns."""
        command = Command(self._clock.now(), command_id, kind, alert, by, data, key)
        return await self.reader.ask(command, None)

    async def change_world(self, definition: Definition) -> Answer:
        """Let the rules judge in this world from now on (its version is given here)."""
        return await self.reader.ask(None, definition)

    async def give_again(self, again: Again) -> None:
        """Read messages from quarantine again; raises ``ConnectionError`` while the broker cannot be heard."""
        answer = await self.reader.ask(None, None, again)
        if not answer.ok:
            raise ConnectionError("the broker cannot be heard; give messages again when it is back")

    # record

    def _deeds(self, decided: list[Decided], events: list[AnyEvent], first: int) -> list[Deed]:
        lived = [(p, e) for p, e in enumerate(events, first) if type(e) is Command or type(e) is Tick]
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
        """Write what was decided and tell of it; only then, and in small parts, save the states it was decided by."""
        if deeds:
            written = await self._writing.insist(self._alert_log.commit, Work(self._engine.position, deeds))
            self._tell(written)
            for errand in reading.errands:
                if errand.command is not None and not errand.done.done():
                    errand.done.set_result(written.answers[errand.command.id])
        for errand in reading.errands:
            if errand.command is None and not errand.done.done():
                errand.done.set_result(Answer(ok=True, reason="", version=self._engine.world.version))
        if self.snapshots.due(self._clock.now()):
            await self._save_some()

    async def _save_some(self) -> None:
        part = self.snapshots.part()
        await self._writing.insist(self._alert_log.commit, part)
        self.snapshots.written(part)

    def _tell(self, written: Written) -> None:
        self.raised += written.raised
        if written.queued:
            self._on_send(written.messages)
        if self.unrecorded.told:
            self.unrecorded.recorded(written.alerts)
        for alert in dict.fromkeys(written.alerts):
            self._on_change(alert)
        for place in dict.fromkeys(written.places):
            self._on_place(place)

    def _echo(self, times: list[int]) -> None:
        """One answer for all words of the town that were read together: the last of them says it of the others too."""
        if times:
            self._publish_soon(ECHO_TOPIC, msgspec.json.encode({"ts": max(times), "alerts": self.raised}))

    def _publish_soon(self, topic: str, payload: bytes) -> None:
        try:
            self._source.publish(topic, payload)
        except ConnectionError as error:
            log.info("not published to %s: %s", topic, error)


def _states(
    saved: list[tuple[str, int, bytes]],
) -> tuple[list[tuple[int, KeyState]], list[tuple[int, SiteState]]]:
    """What was saved of places and of sites; raises ``ValueError`` where a site's has another shape."""
    places = [(position, decode(body)) for name, position, body in saved if not name.startswith(SITE)]
    sites = [(position, decode_site(body)) for name, position, body in saved if name.startswith(SITE)]
    return places, sites
