"""Runs the shaping stage behind the rules: every site's state, and which of them an event concerns.

A site hears of an event before the effects that its places have of it: its time is told first. What is asked of it is told
by position, so that a recovered state is not shown again what it has seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rules.effects import Effect
from rules.events import AnyEvent, ClockStepped, Command, Tick, WorldChanged
from rules.shaping.site import SiteState
from rules.shaping.stage import Heard, shape_in_place
from rules.state import NEVER
from rules.world import World


class Sites:
    """All sites' states, owned here and changed in place."""

    def __init__(self) -> None:
        self.states: dict[str, SiteState] = {}
        self._dirty: set[str] = set()  # changed since they were last saved
        self._told_by: dict[str, set[str]] = {}  # site -> keys that have told it something since then
        self._seen_until: dict[str, int] = {}

    def recover(self, states: Iterable[tuple[int, SiteState]]) -> None:
        """Begin with these states, each at its position."""
        for position, state in states:
            self.states[state.site] = state
            self._seen_until[state.site] = position

    def recovered(self) -> None:
        """The replay is over: from now on everything is news."""
        self._seen_until.clear()

    def unsaved(self, keys: Collection[str] | None) -> list[str]:
        """Those changed since they were last asked for; with ``keys``, of them those that one of the keys told something."""
        if keys is None:
            found = sorted(self._dirty)
        else:
            found = sorted(site for site, told in self._told_by.items() if not told.isdisjoint(keys))
        self._dirty.difference_update(found)
        for site in found:
            self._told_by.pop(site, None)
        return found

    def next_wake(self) -> int:
        """A lower bound of the next deadline of any site, in ms."""
        return min((state.wake for state in self.states.values()), default=NEVER)

    def settle(self, world: World, now: int, position: int) -> list[Effect]:
        """Tell the time to every site whose deadline may have come."""
        return [
            effect
            for site in sorted(site for site, state in self.states.items() if state.wake <= now)
            for effect in self._tell(world, site, Tick(now), now, position)
        ]

    def hear(self, world: World, event: AnyEvent, position: int) -> list[Effect]:
        """An event that concerns sites by themselves: a tick, a jump of the clock, another world, what a person did."""
        match event:
            case Tick():
                return self.settle(world, event.at, position)
            case ClockStepped() | WorldChanged():
                concerned = sorted(self.states)
            case Command():
                concerned = _concerned(world, event)
            case _:
                return []
        return [effect for site in concerned for effect in self._tell(world, site, event, event.at, position)]

    def shape(self, world: World, key: str, effects: list[Effect], now: int, position: int) -> list[Effect]:
        """What the rules decided about a place, as its people are told of it."""
        site = world.places[key].site
        self._told_by.setdefault(site, set()).add(key)
        return [told for effect in effects for told in self._tell(world, site, effect, now, position)]

    def _tell(self, world: World, site: str, event: Heard, now: int, position: int) -> list[Effect]:
        if self._seen_until and position <= self._seen_until.get(site, 0):
            return []
        state = self.states.get(site)
        if state is None:
            state = self.states[site] = SiteState(site)
        self._dirty.add(site)
        return shape_in_place(world, state, event, now)


def _concerned(world: World, command: Command) -> list[str]:
    """The site of the place it is about; all where it names none."""
    place = world.places.get(command.key)
    return [place.site] if place is not None else sorted({place.site for place in world.places.values()})
