"""Who comes to a home: family and friends by the week, a cleaner on her day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from firmware_sim.chance import dice
from firmware_sim.daytime import MINUTE, midnight_ms
from firmware_sim.lives.days import Stay, is_day_off
from firmware_sim.lives.habits import Household

CLEANER_FROM, CLEANER_TO = 9 * 60, 15 * 60
SHORTEST_VISIT_MS, GOODBYE_MS = 10 * MINUTE, 2 * MINUTE
AIRING_SHARE = 0.04  # of the cleaner's days on which she leaves the front door open while she works


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody in the home over [start_ms, end_ms); ``airs``: the front door stands open while she cleans."""

    start_ms: int
    end_ms: int
    cleans: bool = False
    airs: bool = False


def guests(lives: Household, day: date, at_home: list[list[Stay]], *, seed: int, calm: bool) -> list[Guest]:
    """Who comes on that day. A visit finds somebody at home (``at_home``: each person's stays); the cleaner has a key."""
    draw, midnight = dice(seed, lives.home, day, "guests"), midnight_ms(day)
    found = []
    if lives.cleaner_weekday == day.weekday() and not is_day_off(day):
        start = midnight + draw.randint(CLEANER_FROM, CLEANER_TO - 120) * MINUTE
        airs = not calm and draw.random() < AIRING_SHARE
        found.append(Guest(start, start + draw.randint(80, 120) * MINUTE, cleans=True, airs=airs))
    if draw.random() < lives.visits_a_week / 7 * (1.8 if is_day_off(day) else 0.7):
        start = midnight + draw.randint(10 * 60, 19 * 60) * MINUTE
        end = _before_the_host(at_home, start, start + draw.randint(25, 130) * MINUTE)
        if end - start >= SHORTEST_VISIT_MS:
            found.append(Guest(start, end))
    return found


def _before_the_host(at_home: list[list[Stay]], start: int, end: int) -> int:
    """Until when a visit lasts that finds somebody up: nobody is left alone in another's home."""
    hosts = [
        min((s.start_ms for s in stays if s.room == "out" and s.start_ms > start), default=end)
        for stays in at_home
        if any(s.start_ms <= start < s.end_ms and s.awake for s in stays)
    ]
    return min(end, max(hosts) - GOODBYE_MS) if hosts else start
