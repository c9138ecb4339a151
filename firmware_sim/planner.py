"""Draws incidents of a window of time from the seed alone: those of a show, and what happens to halls and devices by chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from firmware_sim import incidents
from firmware_sim.chance import dice, poisson
from firmware_sim.daytime import DAY, HOUR, MINUTE, days_touching, midnight_ms
from firmware_sim.hall import visits_between
from firmware_sim.lives.town import Lives
from firmware_sim.places import Facility, Home, Layout
from firmware_sim.script import Script

HOMES_PER_SET = 40
CROWDS_A_MONTH = 6.0  # of a hall
BATTERIES_A_MONTH, SILENCES_A_MONTH = 0.05, 0.05  # of a home
MONTH_MS = 30 * DAY
MARGIN_MS = 20 * MINUTE
TRIES = 400

Stretch = tuple[int, int]


@dataclass(slots=True)
class Planner:
    """Plans one window [from_ms, to_ms): every incident begins and ends inside it."""

    layout: Layout
    lives: Lives
    seed: int
    from_ms: int
    to_ms: int
    _draw: Random = field(init=False)
    _taken: dict[str, list[Stretch]] = field(init=False, default_factory=dict)
    _homes: list[Home] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._draw = dice(self.seed, "incidents", self.from_ms)

    def scripts(self) -> list[Script]:
        """One set of eight incidents for every 40 homes or part; one that fits nowhere is left out."""
        sets = -(-len(self.layout.homes) // HOMES_PER_SET)
        makers: tuple[Callable[[Home], Script | None], ...] = (
            self._long_inactivity,
            self._long_lie,
            self._got_up,
            self._sos,
            self._door,
            self._battery,
            self._silent,
        )
        drawn = [self._somewhere(make) for _ in range(sets) for make in makers]
        drawn += [self._hall(each) for each in self.layout.facilities if each.capacity]
        found = [script for script in drawn if script is not None]
        return sorted(found, key=lambda script: (script.incident.from_ms, script.incident.device))

    def by_chance(self, eventful: float) -> list[Script]:
        """Halls that are too full, and devices that fail, as often as chance has it."""
        months = eventful * (self.to_ms - self.from_ms) / MONTH_MS
        drawn = [
            self._hall(each)
            for each in self.layout.facilities
            if each.capacity
            for _ in range(poisson(self._draw, CROWDS_A_MONTH * months))
        ]
        for home in self.layout.homes:
            for rate, make in ((BATTERIES_A_MONTH, self._battery), (SILENCES_A_MONTH, self._silent)):
                for _ in range(poisson(self._draw, rate * months)):
                    script = make(home)
                    if script is not None and self._free(home, script):
                        drawn.append(script)
        found = [script for script in drawn if script is not None]
        return sorted(found, key=lambda script: (script.incident.from_ms, script.incident.device))

    def _somewhere(self, make: Callable[[Home], Script | None]) -> Script | None:
        """Go from door to door until the incident fits; a home is visited again when all have had their turn."""
        for _ in range(TRIES):
            if not self._homes:
                self._homes = self._draw.sample(self.layout.homes, len(self.layout.homes))
            if not self._homes:
                return None
            home = self._homes.pop()
            script = make(home)
            if script is not None and self._free(home, script):
                return script
        return None

    def _free(self, home: Home, script: Script) -> bool:
        start, end = script.incident.from_ms - HOUR, script.incident.to_ms + HOUR
        taken = self._taken.setdefault(home.home, [])
        if any(start < other_end and other_start < end for other_start, other_end in taken):
            return False
        taken.append((start, end))
        return True

    def _long_lie(self, home: Home) -> Script | None:
        lie_ms = self._draw.randint(6 * 60, 40 * 60) * 1000
        at = self._when(self._awake(home, before=10 * MINUTE, after=MINUTE), lie_ms + 5 * MINUTE)
        return None if at is None else incidents.long_lie(self._draw, home, at, lie_ms)

    def _got_up(self, home: Home) -> Script | None:
        at = self._when(self._awake(home, before=5 * MINUTE, after=5 * MINUTE), 2 * MINUTE)
        return None if at is None else incidents.got_up(self._draw, home, at)

    def _sos(self, home: Home) -> Script | None:
        at = self._when(self._awake(home, before=MINUTE, after=MINUTE), MINUTE)
        return None if at is None else incidents.sos_pressed(home, at)

    def _door(self, home: Home) -> Script | None:
        open_ms = 25 * MINUTE
        at = self._when(self._awake(home, before=2 * MINUTE, after=open_ms + 2 * MINUTE), open_ms)
        return None if at is None else incidents.door_left_open(home, at, open_ms)

    def _long_inactivity(self, home: Home) -> Script | None:
        still_ms = self._draw.randint(5 * 3600, 5 * 3600 + 1800) * 1000
        by_day = self._daily(7 * 60 + 10, 21 * 60 - 5 - still_ms // MINUTE)
        begins = _overlap(self._awake(home, before=10 * MINUTE, after=2 * MINUTE), by_day)
        at = self._when(begins, still_ms + 10 * MINUTE)
        return None if at is None else incidents.long_inactivity(home, at, still_ms)

    def _battery(self, home: Home) -> Script | None:
        suffix, last_ms = self._draw.choice(("door", "sos", "pir-living")), self._draw.randint(3, 6) * HOUR
        at = self._when(self._daily(9 * 60, 18 * 60, earlier_ms=last_ms), last_ms)
        return None if at is None else incidents.battery_low(home, suffix, at, last_ms)

    def _silent(self, home: Home) -> Script | None:
        suffix, last_ms = self._draw.choice(("pendant", "sos")), self._draw.randint(240, 360) * MINUTE
        at = self._when(self._daily(9 * 60, 18 * 60, earlier_ms=last_ms), last_ms)
        return None if at is None else incidents.device_silent(home, suffix, at, last_ms)

    def _hall(self, hall: Facility) -> Script | None:
        last_ms, capacity = self._draw.randint(10, 14) * MINUTE, hall.capacity or 0
        at = self._when(self._daily(9 * 60 + 30, 16 * 60), last_ms + 5 * MINUTE)
        if at is None:
            return None
        came = visits_between(hall.facility, at, at + last_ms, capacity=capacity, seed=self.seed)
        known = [visit for visit in came if visit.enter_ms >= self.from_ms]
        fewest = min(
            sum(visit.enter_ms <= moment < visit.leave_ms for visit in known)
            for moment in range(at, at + last_ms, MINUTE // 2)
        )
        extra = capacity + self._draw.randint(4, 10) - fewest
        return incidents.hall_crowded(
            self._draw, hall, at, last_ms, extra=extra, arrive_ms=4 * MINUTE, drain_ms=4 * MINUTE
        )

    def _awake(self, home: Home, *, before: int, after: int) -> list[Stretch]:
        """When somebody is at home and awake, at least that long after its beginning and before its end."""
        days = days_touching(self.from_ms, self.to_ms)
        awake = [stretch for day in days for stretch in self.lives.awake(home, day)]
        return [(start + before, end - after) for start, end in awake]

    def _daily(self, from_min: int, to_min: int, *, earlier_ms: int = 0) -> list[Stretch]:
        """Every day from one minute of the day to another, moved ``earlier_ms`` back."""
        days = days_touching(self.from_ms, self.to_ms + earlier_ms)
        starts = [midnight_ms(day) - earlier_ms for day in days]
        return [(start + from_min * MINUTE, start + to_min * MINUTE) for start in starts]

    def _when(self, stretches: list[Stretch], last_ms: int) -> int | None:
        """A start inside one of the stretches, uniform over all, so that ``last_ms`` from it fit the window."""
        window = [(self.from_ms + MARGIN_MS, self.to_ms - last_ms - MARGIN_MS)]
        fitting = _overlap(stretches, window)
        left = self._draw.randrange(total) if (total := sum(b - a for a, b in fitting)) else None
        for start, end in fitting:
            if left is None:
                break
            if left < end - start:
                return start + left
            left -= end - start
        return None


def _overlap(some: list[Stretch], others: list[Stretch]) -> list[Stretch]:
    both = [(max(a, c), min(b, d)) for a, b in some for c, d in others]
    return [(start, end) for start, end in both if start < end]
