"""Runs the core over the journal's events, in order, and says what it decided at which position.

Theory of operation
-------------------
``apply`` is given what was just committed. Each event goes to its keys (``rules.step.keys``); a tick goes to the keys
whose deadline may have come, found by a heap of lower bounds: a key is pushed when its ``wake`` moves earlier than what
stands for it, and a popped key that was too early just gives its new one. Keys are always taken in sorted order, so that a
replay decides in the same order as the hub that lived it. There is a heap for each of the ``PARTS``, because a tick may
concern one of them only: which one is written in the tick, never found out again by a replay.

What the rules decide goes through the shaping stage of the place's site (``gateway.engine.sites``) at the same position.

Recovery: states as of their own positions, then the events behind the oldest of them; an event that a key's state has
already seen is not shown to it again. A site's state must not be older than that of a key of it which had something to say
since: the ``unsaved_sites`` of some keys go with them.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from gateway.engine.sites import Sites
from rules.effects import Effect
from rules.events import (
    ALL,
    PARTS,
    AnyEvent,
    FeedLost,
    Occurrence,
    Resumed,
    Status,
    Telemetry,
    Tick,
    WorldChanged,
    part_of,
)
from rules.plan import Plan
from rules.shaping.site import SiteState
from rules.shaping.site import encode as encode_site
from rules.state import NEVER, DeviceState, KeyState, encode, has_message, highest_message
from rules.step import Routes, advance, hear, keys, learn
from rules.world import EMPTY, Definition, World


@dataclass(frozen=True, slots=True)
class Decided:
    """An effect, the position of the event that caused it, and the world it was judged in."""

    position: int
    effect: Effect
    world: World


DUE_AT_ONCE = 500  # keys, 5 ms or so; with more due, a tick concerns one part only
SITE = "site:"  # before the name of a site where states of places and sites stand together; no place's id has a colon

Seat: TypeAlias = tuple[Plan, KeyState, DeviceState]  # where the readings of a device go


class Engine:
    """All keys' states, owned here and changed in place. Not thread-safe: one caller.

    ``heed`` is called before each event that is lived through again; what it raises ends the recovery.
    """

    def __init__(
        self, world_of: Callable[[int], Definition], *, heed: Callable[[], None] = lambda: None
    ) -> None:
        self._world_of = world_of
        self._heed = heed
        self.world = World(EMPTY)
        self.states: dict[str, KeyState] = {}
        self.position = 0
        self.dirty: set[str] = set()
        self._seen_until: dict[str, int] = {}  # per key: what its recovered state already holds
        self._routes: Routes = {}
        self._heaps: list[list[tuple[int, str]]] = [[] for _ in range(PARTS)]
        self._standing: dict[str, int] = {}
        self._seats: dict[str, Seat] = {}  # of every device: found without going through its key
        self._lost_at = 0
        self._sites = Sites()

    def recover(
        self,
        states: Iterable[tuple[int, KeyState]],
        *,
        sites: Iterable[tuple[int, SiteState]] = (),
        world: Definition | None,
        replay: Iterable[tuple[int, AnyEvent]],
    ) -> list[Decided]:
        """Begin with these states, each at its position, and live through ``replay`` again.

        ``replay`` is every event behind the position at which all states were whole, ``world`` the one in force there.
        Returns everything decided on the way; the caller knows what of it is already done.
        """
        self.world = World(world or EMPTY)
        for position, state in states:
            if state.key not in self.world.places:
                continue
            self.states[state.key] = state
            self._seen_until[state.key] = position
            for device in state.devices.values():
                if device.via:
                    self._routes.setdefault(device.via, set()).add(state.key)
            self._lost_at = max(self._lost_at, state.lost_at)
            self._stand(state)
        self._sites.recover(sites)
        decided: list[Decided] = []
        for position, event in replay:
            self._heed()
            decided += self.apply((event,), position)
        self._seen_until.clear()
        self._sites.recovered()
        self._find_devices()
        return decided

    def _find_devices(self) -> None:
        self._seats = {
            name: (self.world.plans[state.key], state, device)
            for state in self.states.values()
            for name, device in state.devices.items()
        }

    def has_seen(self, event: Telemetry | Occurrence) -> bool:
        """Whether this message, by its identity, was applied before."""
        found = self._seats.get(event.device)
        if found is None:
            return False
        if type(event) is Occurrence and event.id:
            return event.id in found[2].ids
        return bool(event.boot) and has_message(found[2], event.boot, event.seq)

    def highest(self, device: str, boot: str) -> int | None:
        """The highest number applied of the device's messages since that power-up; None if it is not known."""
        found = self._seats.get(device)
        return highest_message(found[2], boot) if found is not None else None

    def next_wake(self) -> int:
        """A lower bound of the next deadline of any key or site, in ms."""
        return min(self._sites.next_wake(), *(_first(heap) for heap in self._heaps))

    def next_part(self, now: int) -> int:
        """Whom the next tick should concern: ``ALL`` while little is due, else the part that has waited longest."""
        due = 0
        for heap in self._heaps:
            due += _count(heap, now, DUE_AT_ONCE)
            if due > DUE_AT_ONCE:
                return min(range(PARTS), key=lambda part: _first(self._heaps[part]))
        return ALL

    def unsaved_sites(self, keys: Collection[str] | None = None) -> list[str]:
        """The sites to be saved now, as names for ``body_of``: all that have changed since they last were, or with these keys.

        With keys, only those which one of them has told something since: a site where many alerts stand is large.
        """
        return [SITE + site for site in self._sites.unsaved(keys)]

    def body_of(self, name: str) -> bytes:
        """The state of a key or site as bytes; empty when it has gone."""
        if name.startswith(SITE):
            return encode_site(self._sites.states[name.removeprefix(SITE)])
        state = self.states.get(name)
        return encode(state) if state is not None else b""

    def apply(self, events: Iterable[AnyEvent], first: int) -> list[Decided]:
        """Judge events in order; the first of them has position ``first``."""
        decided: list[Decided] = []
        for position, event in enumerate(events, first):
            self.position = position
            if type(event) is Telemetry and not self._seen_until:  # nearly every event: worth the short way
                seat = self._seats.get(event.device)
                if seat is not None:
                    self._hear(seat, event, position, decided)
            else:
                self._apply_rare(event, position, decided)
        return decided

    def _hear(self, seat: Seat, event: Telemetry, position: int, decided: list[Decided]) -> None:
        plan, state, device = seat
        before = state.wake
        effects: list[Effect] = []
        hear(plan, state, device, event, event.at, effects)
        self.dirty.add(state.key)
        if state.wake < before:
            self._stand(state)
        if effects:
            self._shape(state.key, effects, event.at, position, decided)

    def _shape(
        self, key: str, effects: list[Effect], now: int, position: int, decided: list[Decided]
    ) -> None:
        told = self._sites.shape(self.world, key, effects, now, position)
        decided.extend(Decided(position, effect, self.world) for effect in told)

    def _apply_rare(self, event: AnyEvent, position: int, decided: list[Decided]) -> None:
        if isinstance(event, WorldChanged):
            due = self._sites.settle(self.world, event.at, position)
            decided.extend(Decided(position, effect, self.world) for effect in due)
            self._change_world(event)
        elif isinstance(event, FeedLost):
            self._lost_at = self._lost_at or event.lost_at
        elif isinstance(event, Resumed):
            self._lost_at = 0
        elif isinstance(event, Status):
            learn(self.world, self._routes, event)
        heard = self._sites.hear(self.world, event, position)
        decided.extend(Decided(position, effect, self.world) for effect in heard)
        if isinstance(event, Tick):
            concerned: Iterable[str] = self._due(event, position)
        else:
            concerned = keys(self.world, self._routes, event)
        for key in concerned:
            self._advance(key, event, position, decided)
        if isinstance(event, WorldChanged):
            self._find_devices()

    def _advance(self, key: str, event: AnyEvent, position: int, decided: list[Decided]) -> None:
        state = self.states.get(key)
        if state is None or (self._seen_until and position <= self._seen_until.get(key, 0)):
            return
        effects = advance(self.world, state, event, event.at)
        self.dirty.add(key)
        if state.wake < self._standing.get(key, NEVER):
            self._stand(state)
        if effects:
            self._shape(key, effects, event.at, position, decided)

    def _stand(self, state: KeyState) -> None:
        if state.wake < NEVER:
            self._standing[state.key] = state.wake
            heapq.heappush(self._heaps[part_of(state.key)], (state.wake, state.key))

    def _due(self, tick: Tick, position: int) -> list[str]:
        due: set[str] = set()
        now = tick.at
        for heap in self._heaps if tick.part == ALL else (self._heaps[tick.part],):
            while heap and heap[0][0] <= now:
                wake, key = heapq.heappop(heap)
                if self._standing.get(key) == wake:
                    del self._standing[key]
                    due.add(key)
        ready = []
        for key in sorted(due & self.states.keys()):
            state = self.states[key]
            if state.lost_at:
                continue  # nothing settles before Resumed, which concerns every key and lets it stand again
            if state.wake > now or position <= self._seen_until.get(key, 0):
                self._stand(state)
            else:
                ready.append(key)
        return ready

    def _change_world(self, event: WorldChanged) -> None:
        self.world = World(self._world_of(event.version))
        for key in [key for key in self.states if key not in self.world.places]:
            del self.states[key]
            self._seen_until.pop(key, None)  # if it comes back, it begins anew, also in a replay
            self.dirty.add(key)
        for key in self.world.places:
            if key not in self.states:
                self.states[key] = KeyState(key, lost_at=self._lost_at)


def _first(heap: list[tuple[int, str]]) -> int:
    return heap[0][0] if heap else NEVER


def _count(heap: list[tuple[int, str]], now: int, most: int) -> int:
    """How many of a heap have come by ``now``; behind ``most`` it is not counted on."""
    found, below = 0, [0]
    while below and found <= most:
        at = below.pop()
        if at < len(heap) and heap[at][0] <= now:
            found += 1
            below += (2 * at + 1, 2 * at + 2)
    return found
