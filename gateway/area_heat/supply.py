"""What a community has: its stations, the hours they are staffed in a week by the duty plan, the seats of its facilities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from gateway.alerts.record import station_of
from gateway.duty.plan import Desk, Plan
from gateway.duty.roster import spans
from rules.local_time import local_day, moment

HOUR_MS = 3_600_000
STATION = "care"  # the work of a desk that is a station or a point


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Monday 0:00 to Monday 0:00 (epoch ms) of a hub's zone, and whose holidays count."""

    begin: int
    end: int
    zone: ZoneInfo
    calendar: str

    @classmethod
    def of(cls, now: int, zone: ZoneInfo, calendar: str) -> Week:
        """The week that ``now`` lies in."""
        monday = local_day(now, zone)
        monday -= timedelta(days=monday.weekday())
        begin, end = (moment(monday + timedelta(days=days), 0, zone) for days in (0, 7))
        return cls(begin=begin, end=end, zone=zone, calendar=calendar)


def stations_of(plan: Plan) -> dict[str, list[Desk]] | None:
    """The stations by community; None where the hub has no duty plan, but a ladder of its settings."""
    if not plan.heeds_hearing:
        return None
    found: dict[str, list[Desk]] = {}
    for desk in plan.desks:
        if desk.serves == STATION:
            found.setdefault(station_of(desk.at), []).append(desk)
    return found


def hours_of(plan: Plan, desks: Iterable[Desk], week: Week) -> float:
    """How many hours these desks are staffed in that week, each by itself; one without shifts at any time."""
    staffed = 0
    for desk in desks:
        for span in spans(
            plan, desk, from_ms=week.begin, to_ms=week.end, zone=week.zone, calendar=week.calendar
        ):
            staffed += span.to_ms - span.from_ms if span.people is not None else 0
    return round(staffed / HOUR_MS, 1)


def seats_of(capacities: Sequence[int | None], typed: int | None) -> int | None:
    """Seats in facilities that have a capacity, and those somebody has typed; None where neither is known."""
    known = [one for one in capacities if one is not None]
    if not known and typed is None:
        return None
    return sum(known) + (typed or 0)
