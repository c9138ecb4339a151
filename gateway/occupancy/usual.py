"""What is usual: the median of the same hour of the same weekday over the last weeks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import TypeAlias
from zoneinfo import ZoneInfo

from gateway.occupancy.hourly import Hour

WEEKS = 4
TIMES_MIN = 2  # once is no custom

Week: TypeAlias = Mapping[tuple[int, int], float]  # (weekday from 0 for Monday, hour of day) -> people


@dataclass(frozen=True, slots=True)
class HourOfDay:
    """An hour of a day beside what is usual then; None where it is not known."""

    hour: int
    people: float | None
    usual: float | None


def usual_week(hours: Iterable[Hour], zone: ZoneInfo) -> Week:
    """The usual week; hours that were known fewer than twice are not in it."""
    found: dict[tuple[int, int], list[float]] = {}
    for one in hours:
        if one.people is not None:
            at = datetime.fromtimestamp(one.begin / 1000, zone)
            found.setdefault((at.weekday(), at.hour), []).append(one.people)
    return {at: median(people) for at, people in found.items() if len(people) >= TIMES_MIN}


def day_against_usual(hours: Iterable[Hour], week: Week, day_at: int, zone: ZoneInfo) -> list[HourOfDay]:
    """The 24 hours of the local day of ``day_at`` (epoch ms)."""
    day = datetime.fromtimestamp(day_at / 1000, zone).date()
    seen: dict[int, float] = {}
    for one in hours:
        at = datetime.fromtimestamp(one.begin / 1000, zone)
        if at.date() == day and one.people is not None:
            seen[at.hour] = one.people
    return [HourOfDay(hour, seen.get(hour), week.get((day.weekday(), hour))) for hour in range(24)]
