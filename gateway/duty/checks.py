"""What one entry of a duty plan alone does not show: names that lead nowhere, channels of the wrong sort, times in disorder."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import yaml

from gateway.duty.entries import DeskEntry, PersonEntry, Steps, SubstituteEntry
from gateway.duty.ladder import AFTER_S_MAX
from gateway.duty.plan import CLASSES, Class, Work
from gateway.mistakes import Mistake, child, mistake_at, near

ASKED_S_MIN = 30
LEVELS_MAX = 4  # 区/街道/社区/小区

# Which desks a route may name. Care tells of residents: nobody else learns of it. A facility's alert is its property's.
# Devices and the hub itself concern nobody's privacy, so that a station without a maintainer may be told.
MAY_TELL: Mapping[Class, tuple[Work, ...]] = {
    "life_safety": ("care",),
    "care": ("care",),
    "facility": ("property",),
    "device": ("maintenance", "operator", "care"),
    "hub": ("operator", "maintenance", "care"),
}

Named: TypeAlias = "Sequence[tuple[DeskEntry, yaml.Node]]"
Step: TypeAlias = str | int


@dataclass(slots=True)
class Checks:
    """Takes section after section; ``mistakes`` is what was found. ``channels`` are all of the settings, ``personal`` some.

    ``refused`` are ids of entries with a mistake of their own: who names them has made none.
    """

    source: str
    channels: Collection[str]
    personal: Collection[str]
    mistakes: list[Mistake] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    people: dict[str, PersonEntry] = field(default_factory=dict)
    desks: dict[str, DeskEntry] = field(default_factory=dict)

    def of_people(self, given: Iterable[tuple[PersonEntry, yaml.Node]]) -> None:
        """Ids, channels and addresses of people."""
        lines: dict[str, int] = {}
        for person, node in given:
            self._once(lines, person.id, node, "person")
            self.people.setdefault(person.id, person)
            seen: set[str] = set()
            for at, (channel, _) in enumerate(pair for each in person.reach for pair in each.items()):
                key = _key(child(node, "reach", at))
                if channel in seen:
                    self._add(key, f"{channel!r} stands twice; give one address for each channel")
                elif self._known_channel(channel, key) and channel not in self.personal:
                    what = (
                        f"channel {channel!r} reaches a group, not a person; put it into the ways of a desk"
                    )
                    self._add(key, what)
                seen.add(channel)

    def of_desks(self, given: Named) -> None:
        """Ids, paths, group channels and the people of shifts; after ``of_people``."""
        lines: dict[str, int] = {}
        for desk, node in given:
            self._once(lines, desk.id, node, "desk")
            self.desks.setdefault(desk.id, desk)
            wrong = _wrong_path(desk.at)
            if wrong:
                self._add(child(node, "at"), wrong)
            for at, way in enumerate(desk.orders()):
                place = child(node, "ways", at)
                for number, channel in enumerate(way):
                    self._group_channel(channel, child(place, number))
            for path, person in _people_of(desk):
                self._known_person(person, child(node, *path))
            if not self._can_reach(desk):
                what = f"desk {desk.id!r} reaches nobody; give it ways, console: true, or shifts of people with a reach"
                self._add(child(node, "id"), what)

    def of_substitutes(self, given: Iterable[tuple[SubstituteEntry, yaml.Node]]) -> None:
        """Desk and people of substitutes, and that each is given once; after ``of_desks``."""
        lines: dict[tuple[str, ...], int] = {}
        for change, node in given:
            desk = self.desks.get(change.desk)
            if desk is None:
                self._no_desk(change.desk, child(node, "desk"))
            self._known_person(change.person, child(node, "person"))
            if self._known_person(change.instead_of, child(node, "instead_of")) and desk:
                there = {person for _, person in _people_of(desk)}
                if change.instead_of not in there:
                    what = f"{change.instead_of!r} has no shift at {desk.id!r}; there are: {_listed(there)}"
                    self._add(child(node, "instead_of"), what)
            same = (change.desk, change.date, change.instead_of, change.from_time)
            if same in lines:
                self._add(
                    node, f"somebody stands in there already, by line {lines[same]}; keep one of the two"
                )
            lines.setdefault(same, node.start_mark.line + 1)

    def of_waits(self, waits: tuple[int, ...], node: yaml.Node) -> None:
        """Seconds by rung: from 0, each more than the one before."""
        self._times(waits, [child(node, at) for at in range(len(waits))], node, equal=False)

    def of_route(self, kind: Class, steps: Steps, node: yaml.Node) -> None:
        """Times and desks of a route that is written out; after ``of_desks``."""
        times = [child(node, at, "after_s") for at in range(len(steps))]
        self._times([step.after_s for step in steps], times, node, equal=True)
        for at, step in enumerate(steps):
            place, desk = child(node, at, "tell"), self.desks.get(step.tell)
            if desk is None:
                self._no_desk(step.tell, place)
            elif desk.serves not in MAY_TELL[kind]:
                what = f"desk {desk.id!r} serves {desk.serves}; a route of {kind} may tell desks that serve: "
                self._add(place, what + ", ".join(MAY_TELL[kind]))

    def of_family(self, channels: Iterable[str], node: yaml.Node) -> None:
        """Channels to contacts."""
        for at, channel in enumerate(channels):
            place = child(node, at)
            if self._known_channel(channel, place) and channel not in self.personal:
                self._add(
                    place, f"channel {channel!r} reaches a group; contacts need one that reaches a person"
                )

    def of_time(self, seconds: object, node: yaml.Node) -> int | None:
        """After how long whoever has an alert is asked after it; None where that is no such time."""
        if type(seconds) is int and ASKED_S_MIN <= seconds <= AFTER_S_MAX:
            return seconds
        what = f"must be seconds, a whole number from {ASKED_S_MIN} to {AFTER_S_MAX}, without a unit"
        self._add(node, what)
        return None

    def known_class(self, key: yaml.Node) -> bool:
        """Whether the key of a wait or a route is a class of alerts."""
        if key.value in CLASSES:
            return True
        what = (
            f"there is no class {key.value!r}{near(str(key.value), CLASSES)}; there are: {_listed(CLASSES)}"
        )
        self._add(key, what)
        return False

    def _add(self, node: yaml.Node, what: str) -> None:
        self.mistakes.append(mistake_at(node, what, self.source))

    def _once(self, lines: dict[str, int], name: str, node: yaml.Node, what: str) -> None:
        if name in lines:
            told = f"{what} {name!r} stands already on line {lines[name]}; give each an id of its own"
            self._add(child(node, "id"), told)
        lines.setdefault(name, node.start_mark.line + 1)

    def _known_channel(self, channel: str, node: yaml.Node) -> bool:
        if channel in self.channels:
            return True
        known = f"the settings have: {_listed(self.channels)}" if self.channels else "the settings have none"
        self._add(node, f"there is no channel {channel!r}{near(channel, self.channels)}; {known}")
        return False

    def _group_channel(self, channel: str, node: yaml.Node) -> None:
        if self._known_channel(channel, node) and channel in self.personal:
            what = (
                f"channel {channel!r} needs an address; put it into the reach of people, and them into shifts"
            )
            self._add(node, what)

    def _known_person(self, person: str, node: yaml.Node) -> bool:
        if person in self.people:
            return True
        if person in self.refused:
            return False
        self._add(node, f"there is no person {person!r}{near(person, self.people)}; add them under people")
        return False

    def _no_desk(self, desk: str, node: yaml.Node) -> None:
        if desk not in self.refused:
            known = f"{near(desk, self.desks)}; there are: {_listed(self.desks)}"
            self._add(node, f"there is no desk {desk!r}{known}")

    def _can_reach(self, desk: DeskEntry) -> bool:
        if desk.ways or desk.console:
            return True
        there = [self.people.get(person) for _, person in _people_of(desk)]
        return any(person is None or person.reach for person in there)

    def _times(self, times: Sequence[int], nodes: list[yaml.Node], whole: yaml.Node, *, equal: bool) -> None:
        """Times of rungs, with the node of each."""
        if not times:
            self._add(whole, "names no rung; leave it out, or give the first, at 0 seconds")
            return
        if times[0] != 0:
            self._add(nodes[0], f"the first rung is told at once; write 0 instead of {times[0]}")
        for (before, after), node in zip(pairwise(times), nodes[1:], strict=True):
            if after < before or (after == before and not equal):
                self._add(node, f"{after} comes after {before}; write the seconds since the raise, in order")
        for time, node in zip(times, nodes, strict=True):
            if time > AFTER_S_MAX:
                self._add(node, f"{time} seconds are more than 24 h; write {AFTER_S_MAX} at most")


def _people_of(desk: DeskEntry) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Everybody named at a desk, with the way to the name."""
    for at, shift in enumerate(desk.shifts):
        for number, person in enumerate(shift.people):
            yield ("shifts", at, "people", number), person
        for number, person in enumerate(shift.rotate.people if shift.rotate else ()):
            yield ("shifts", at, "rotate", "people", number), person


def _wrong_path(path: str) -> str:
    """What is wrong with the place of a desk in the tree, or ''."""
    parts = path.split("/") if path else []
    if len(parts) > LEVELS_MAX:
        return f"{path!r} has {len(parts)} levels; write at most four: 区/街道/社区/小区"
    if any(not part or part != part.strip() for part in parts):
        return f"{path!r} has an empty or padded level; write it like 福田区/莲花街道/莲花社区"
    return ""


def _key(node: yaml.Node) -> yaml.Node:
    """The key of a mapping of one pair."""
    return node.value[0][0] if isinstance(node, yaml.MappingNode) and node.value else node


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "none"
