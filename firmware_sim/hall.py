"""A day in the activity room: visitors who come, stay and go, never more than it comfortably holds."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import date

from firmware_sim.chance import dice
from firmware_sim.daytime import MINUTE, SECOND, days_touching, midnight_ms
from firmware_sim.script import Stimulus

OPENS_MIN, LAST_ENTRY_MIN, CLOSES_MIN = 8 * 60 + 30, 16 * 60 + 30, 18 * 60
VISITS_PER_DAY = 75
COMFORT_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Visit:
    """One person's stay, [enter_ms, leave_ms)."""

    enter_ms: int
    leave_ms: int


def visits(facility: str, day: date, *, capacity: int, seed: int) -> list[Visit]:
    """That day's visits in order of arrival; who finds the hall at ``COMFORT_SHARE`` of capacity goes elsewhere."""
    draw, midnight = dice(seed, facility, day), midnight_ms(day)
    arrivals = sorted(draw.randint(OPENS_MIN * 60, LAST_ENTRY_MIN * 60) for _ in range(VISITS_PER_DAY))
    inside: list[int] = []
    came: list[Visit] = []
    for second in arrivals:
        enter = midnight + second * SECOND
        leave = min(enter + draw.randint(20 * 60, 150 * 60) * SECOND, midnight + CLOSES_MIN * MINUTE)
        while inside and inside[0] <= enter:
            heapq.heappop(inside)
        if len(inside) < int(capacity * COMFORT_SHARE):
            heapq.heappush(inside, leave)
            came.append(Visit(enter, leave))
    return came


def visits_between(facility: str, from_ms: int, to_ms: int, *, capacity: int, seed: int) -> list[Visit]:
    """All visits of the local days that [from_ms, to_ms) touches."""
    days = days_touching(from_ms, to_ms)
    return [visit for day in days for visit in visits(facility, day, capacity=capacity, seed=seed)]


def usual_visits(
    counter: str, came: list[Visit], from_ms: int, to_ms: int, *, since_ms: int
) -> list[Stimulus]:
    """What the counter feels of those visits in [from_ms, to_ms); visits begun before ``since_ms`` are left out."""
    known = [visit for visit in came if visit.enter_ms >= since_ms]
    felt = [Stimulus(visit.enter_ms, counter, "enter") for visit in known]
    felt += [Stimulus(visit.leave_ms, counter, "leave") for visit in known]
    return sorted((s for s in felt if from_ms <= s.at_ms < to_ms), key=lambda each: each.at_ms)
