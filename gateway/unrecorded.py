"""While nothing can be written: life safety is judged on copies and told from memory, marked as not recorded.

Theory of operation
-------------------
What could not be written is neither acknowledged nor forgotten; the line tries it again. Until it succeeds, its events, and
those of the messages that wait behind it, are shown to copies of the states they concern. Only what devices say is shown: no
tick, so nothing that rests on silence is ever told from here. Copies are thrown away after each success; the line then judges
the same events for good, at the same times, and an alert's id follows from its cause: what was told from here is recorded as
the same alert, and its message, under the same id, only written down as delivered.

How far it sees: what the broker may have in flight (``RECEIVE_MAX``), less what can be read of it into the inbox.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from gateway.clock import Clock
from gateway.engine.engine import SITE, Engine
from gateway.ingest.ingest import Ingest
from gateway.ingest.source import Arrival, Connected, Disconnected, Inbox, Message
from gateway.journal.journal import Entry, Journal
from gateway.operations.alert_log import Work
from gateway.reading import NAMELESS_KEPT
from rules.effects import Effect, Raise
from rules.events import AnyEvent, ClockStepped, FeedLost, Occurrence, Resumed, Telemetry
from rules.shaping.site import SiteState
from rules.shaping.site import decode as decode_site
from rules.shaping.stage import shape_in_place
from rules.state import KeyState, decode
from rules.step import advance
from rules.world import World

log = logging.getLogger(__name__)

EVENTS_AT_ONCE = 200  # then the loop may do something else: the console and the channels go on


@dataclass(slots=True)
class Copies:
    """Copies of the states that events concern, made when the first one does. The engine's own are left alone."""

    engine: Engine
    places: dict[str, KeyState] = field(default_factory=dict)
    sites: dict[str, SiteState] = field(default_factory=dict)
    common: list[AnyEvent] = field(default_factory=list)  # concern every place, also those not copied yet

    def hear(self, event: AnyEvent) -> list[Raise]:
        """What of life safety an event raises."""
        world = self.engine.world
        if isinstance(event, FeedLost | Resumed | ClockStepped):
            self.common.append(event)
            for known in self.places.values():
                advance(world, known, event, event.at)
        elif isinstance(event, Telemetry | Occurrence):
            device = world.devices.get(event.device)
            state = self._place(device.key) if device is not None else None
            if state is not None:
                effects = advance(world, state, event, event.at)
                return [raised for effect in effects for raised in self._shape(state.key, effect, event.at)]
        return []

    def _place(self, key: str) -> KeyState | None:
        state = self.places.get(key)
        if state is None and (body := self.engine.body_of(key)):
            state = self.places[key] = decode(body)
            for event in self.common:
                advance(self.engine.world, state, event, event.at)
        return state

    def _shape(self, key: str, effect: Effect, now: int) -> Iterator[Raise]:
        world = self.engine.world
        name = world.places[key].site
        site = self.sites.get(name)
        if site is None:
            try:
                site = decode_site(self.engine.body_of(SITE + name))
            except KeyError:  # nothing was ever raised there
                site = SiteState(name)
            self.sites[name] = site
        for told in shape_in_place(world, site, effect, now):
            if isinstance(told, Raise) and is_life_safety(world, told):
                yield told


def is_life_safety(world: World, raised: Raise) -> bool:
    """Whether it is raised by a rule of that kind."""
    return raised.rule in world.rules and world.rule(raised.key, raised.rule).kind == "life_safety"


class _Still:
    """The hub's clock, which what is read here must not move."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def latest(self) -> int:
        return self._clock.latest()

    def ahead(self) -> int:
        return self._clock.ahead()

    def ahead_of_wall(self) -> int:
        return self._clock.ahead_of_wall()

    def advance(self, to: int) -> None:
        """Time goes on when the message is read for good."""


class Unrecorded:
    """Judges what cannot be written. ``tell`` brings an alert to people and says whether it could; once for each alert."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        clock: Clock,
        journal: Journal,
        engine: Engine,
        tell: Callable[[Raise, World], bool],
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._journal = journal
        self._engine = engine
        self._tell = tell
        self._refused: Entry | Work | None = None
        self._copies = Copies(engine)
        self._ingest = Ingest(memory=engine, clock=_Still(clock))
        self._at = 0
        self._looked = 0  # how many of what waits in the inbox
        self.told: dict[str, Raise] = {}  # by alert: told, and not recorded yet

    async def look(self, refused: Entry | Work) -> None:
        """Judge what was refused and what waits behind it, as far as that is news."""
        if refused is not self._refused:
            self._begin(refused)
            if isinstance(refused, Work):
                for deed in refused.deeds:
                    if isinstance(deed.what, Raise) and deed.world and is_life_safety(deed.world, deed.what):
                        self._say(deed.what, deed.world)
            else:
                await self._judge(refused.events)
        arrivals = self._inbox.waiting(self._looked)
        self._looked += len(arrivals)
        await self._read(arrivals)

    def _begin(self, refused: Entry | Work) -> None:
        self._refused, self._looked, self._at = refused, 0, self._journal.last_at
        self._copies = Copies(self._engine)
        nameless = refused.nameless if isinstance(refused, Entry) else []
        try:
            nameless = [*self._journal.nameless(NAMELESS_KEPT), *nameless]
        except sqlite3.Error as error:  # then what has no identity may be told twice
            log.warning("the journal cannot be read: %s", error)
        self._ingest = Ingest(memory=self._engine, clock=_Still(self._clock), nameless=nameless)

    async def _read(self, arrivals: Sequence[Arrival]) -> None:
        messages: list[Message] = []
        for arrival in arrivals:
            if isinstance(arrival, Message):
                messages.append(arrival)
                continue
            await self._read_messages(messages)
            messages = []
            if isinstance(arrival, Connected):
                self._ingest.reconnected(kept=arrival.kept)
            elif isinstance(arrival, Disconnected):
                now = max(self._clock.now(), self._at)
                self._copies.hear(FeedLost(now, min(arrival.since, now)))
        await self._read_messages(messages)

    async def _read_messages(self, messages: Sequence[Message]) -> None:
        rest = iter(messages)
        while some := list(islice(rest, EVENTS_AT_ONCE)):
            await self._judge(self._ingest.read(some, self._engine.world.devices, not_before=self._at).events)

    async def _judge(self, events: Sequence[AnyEvent]) -> None:
        for number, event in enumerate(events, 1):
            self._at = max(self._at, event.at)
            for raised in self._copies.hear(event):
                self._say(raised, self._engine.world)
            if number % EVENTS_AT_ONCE == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0)

    def _say(self, raised: Raise, world: World) -> None:
        if raised.alert not in self.told and self._tell(raised, world):
            self.told[raised.alert] = raised

    def over(self) -> None:
        """It could be written: what is judged for good from here on stands for what was judged here."""
        self._refused, self._copies = None, Copies(self._engine)

    def recorded(self, alerts: Sequence[str]) -> None:
        """These alerts are written."""
        for alert in alerts:
            self.told.pop(alert, None)
