"""Silences made up in a real recording: the home as it was up to a moment, then nothing; what the production core raises.

Three ways to fall silent:

- ``frozen``: sensors report no change and keep their states (a held seat stays held); their heartbeats go on.
- ``fallen``: beds and seats are let go at that moment, then as ``frozen``: somebody got up and fell.
- ``dead``: heartbeats stop as well. Nobody can tell whether the person is active; a device alert is due, and no other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from heapq import merge
from itertools import pairwise
from typing import Literal, TypeAlias, get_args

from gateway.bench.recordings import HEARTBEAT_S, KEY, Recording
from gateway.rulebook.virtual import Virtual
from rules.conditions.condition import Condition
from rules.effects import Effect, Raise
from rules.events import AnyEvent, FeedLost, Resumed, Status, Telemetry
from rules.habit import is_learned
from rules.presence import BURST_MS
from rules.rule import Rule
from rules.state import decode, encode
from rules.world import Definition, Place, World

AFTER_DOOR_MS = 900_000  # an artificial silence begins at least so long after the front door moved
FOLLOWED_MS = 36 * 3_600_000  # how long it is followed
SETTLE_MS = 60_000  # sensors report their states so long before the first change

Way: TypeAlias = Literal["frozen", "fallen", "dead"]
WAYS: tuple[Way, ...] = get_args(Way)


@dataclass(frozen=True, slots=True)
class Alert:
    """What was raised, at its own time (ms), by which conditions."""

    at: int
    rule: str
    conditions: frozenset[str]

    @property
    def inactivity(self) -> bool:
        """Whether it says that the person is inactive."""
        return bool(self.conditions & {"absence", "learned"})

    @property
    def not_back(self) -> bool:
        """Whether it says that the person is not back home."""
        return "not_back" in self.conditions

    @property
    def silent(self) -> bool:
        """Whether it says that a device is silent."""
        return "silent" in self.conditions


@dataclass
class Home:
    """A recorded home under a set of rules, and what they raised over the recording as it was."""

    recording: Recording
    rules: tuple[Rule, ...]
    alerts: list[Alert] = field(default_factory=list)
    learned_at: int = 0  # when the habit was learned (0: never)

    @cached_property
    def world(self) -> World:
        """The home alone, in UTC, without holidays."""
        places = (Place(KEY, "home", site="site"),)
        return World(Definition(1, "UTC", places, self.recording.devices, self.rules, calendar="none"))

    @cached_property
    def conditions(self) -> dict[str, frozenset[str]]:
        """The conditions each rule is made of, by name."""
        return {rule.id: frozenset(_names(rule.when.condition)) for rule in self.rules}

    @property
    def start(self) -> int:
        """When the hub begins to watch, in ms."""
        return self.recording.changes[0].at - SETTLE_MS

    def walk(self, stops: list[int]) -> Iterator[tuple[int, Virtual]]:
        """Replay the recording; at each of ``stops`` (ms, sorted) give the home as it is then. Fills ``alerts``."""
        home = Virtual(self.world, KEY, self.start)
        waiting = stops[::-1]
        for event in merge(self._events(), self._beats(self.start, self._end), key=lambda event: event.at):
            while waiting and waiting[-1] < event.at:
                stop = waiting.pop()
                self._note(home.until(stop))
                yield stop, home
            self._note(home.tell(event))
            if not self.learned_at and is_learned(home.state.habit):
                self.learned_at = event.at

    def silence(self, home: Virtual, way: Way) -> list[Alert]:
        """What is raised if, from now on, the home falls silent that way; ``home`` itself is left as it is."""
        alone = Virtual(self.world, KEY, home.now)
        alone.state = decode(encode(home.state))
        raised: list[Effect] = []
        if way == "fallen":
            for device, metric in self._held(alone):
                raised += alone.tell(_telemetry(alone.now, device, metric, 0.0))
        until = home.now + FOLLOWED_MS
        if way != "dead":
            for beat in self._beats(home.now + 1, until):
                raised += alone.tell(beat)
        raised += alone.until(until)
        return self._alerts(raised)

    def clock(self, at: int) -> str:
        """A moment as the recording's own clock had it."""
        return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M")

    def quiet_since(self, at: int) -> int:
        """When a sensor changed last by then."""
        return self._times[bisect_right(self._times, at) - 1]

    def doing(self, at: int) -> set[str]:
        """What the resident says they were doing at that moment."""
        return {act.doing for act in self.recording.activities if act.start <= at <= act.end}

    @cached_property
    def passings(self) -> list[int]:
        """The last movement of each passing of the front door, in ms."""
        moves = self._door_times
        return [at for at, after in pairwise(moves) if after - at > BURST_MS] + moves[-1:]

    def after_door(self, at: int) -> bool:
        """Whether the front door moved less than a quarter of an hour before."""
        index = bisect_right(self._door_times, at) - 1
        return index >= 0 and at - self._door_times[index] <= AFTER_DOOR_MS

    @cached_property
    def _times(self) -> list[int]:
        return [change.at for change in self.recording.changes]

    @cached_property
    def _door_times(self) -> list[int]:
        doors = self.recording.doors
        return [change.at for change in self.recording.changes if change.device in doors]

    @property
    def _end(self) -> int:
        return self._times[-1]

    def _held(self, home: Virtual) -> list[tuple[str, str]]:
        presence = home.state.presence
        return [(name, "bed") for name in presence.beds] + [(name, "seat") for name in presence.seats]

    def _note(self, effects: list[Effect]) -> None:
        if effects:
            self.alerts += self._alerts(effects)

    def _alerts(self, effects: list[Effect]) -> list[Alert]:
        return [
            Alert(effect.active_at, effect.rule, self.conditions[effect.rule])
            for effect in effects
            if isinstance(effect, Raise)
        ]

    def _events(self) -> Iterator[AnyEvent]:
        rest = {change.device: change for change in reversed(self.recording.changes)}
        for device, first in sorted(rest.items()):
            yield _telemetry(self.start, device, first.metric, 1.0 - first.value)
        gaps = dict(self.recording.gaps)
        for change in self.recording.changes:
            yield _telemetry(change.at, change.device, change.metric, change.value)
            if change.at in gaps:
                yield FeedLost(change.at + 1, change.at + 1)
                yield Resumed(gaps[change.at] - 1, change.at + 1, False)

    def _beats(self, start: int, end: int) -> Iterator[AnyEvent]:
        """Every device says that it is there, half-hourly; nothing is heard in a gap of the recording."""
        every = HEARTBEAT_S * 1000
        gaps = self.recording.gaps
        for at in range(start + every - start % every, end, every):
            if any(lost < at < back for lost, back in gaps):
                continue
            for device in self.recording.devices:
                yield Status(at, device.id, at, 0, True, "", {})


def _telemetry(at: int, device: str, metric: str, value: float) -> Telemetry:
    return Telemetry(at, device, at, 0, "", 0, {metric: value})


def _names(condition: Condition) -> Iterator[str]:
    yield condition.name
    for part in condition.parts:
        yield from _names(part)
