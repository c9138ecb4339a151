"""The use of a facility in a month, for whoever has rooms there in exchange for service (以场地换服务)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.occupancy.hourly import HOUR_MS, Hour, When


@dataclass(frozen=True, slots=True)
class Use:
    """What the counters say of a month so far: None is 无数据, never zero.

    ``in_use_h``: hours in which somebody passed a counter, or somebody was there while it was open. ``people_h``: people times
    hours. ``unknown_h`` of ``hours`` a counter said nothing.
    """

    in_use_h: int | None
    people_h: float | None
    unknown_h: int
    hours: int


def use_of(hours: Sequence[Hour], when: When) -> Use:
    """Sum up; where no hour at all is known, nothing is."""
    known = [one for one in hours if one.people is not None]
    used = [one for one in known if _in_use(one, when)]
    return Use(
        in_use_h=len(used) if known else None,
        people_h=round(sum(one.people or 0.0 for one in used), 1) if known else None,
        unknown_h=len(hours) - len(known),
        hours=len(hours),
    )


def month_of(text: str, zone: ZoneInfo) -> tuple[int, int]:
    """``YYYY-MM`` from its first hour up to the first of the next, epoch ms, in the zone; raises ``ValueError``."""
    first = datetime.strptime(f"{text}-01", "%Y-%m-%d").replace(tzinfo=zone)
    following = (first + timedelta(days=32)).replace(day=1)
    return _whole_hour(first), _whole_hour(following)


def _in_use(hour: Hour, when: When) -> bool:
    return hour.passed > 0 or (bool(when.is_open(hour.begin)) and (hour.people or 0.0) >= 1)


def _whole_hour(at: datetime) -> int:
    return int(at.timestamp() * 1000) // HOUR_MS * HOUR_MS
