"""The routes about how a facility was used: today against usual, the usual week, and the month of whoever has rooms there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.occupancy.hourly import HOUR_MS, Hour, When
from gateway.occupancy.use import FacilityHours, Use, month_of, use_of
from gateway.occupancy.usual import WEEKS, HourOfDay, Week, day_against_usual, usual_week
from gateway.operations import facility_views
from gateway.operations.facility_views import Facility, OperatorView
from gateway.web.context import Context
from gateway.web.facilities import PlaceId
from gateway.web.facility_reading import DAY_MS, facility_of, hours_read, midnight
from gateway.web.needs import needs
from gateway.web.problems import declared, refuse

MONTHS_BACK_MAX = 36

router = APIRouter(prefix="/api/v1/facilities", tags=["facilities"])
Month = Annotated[str, Query(max_length=7, pattern=r"^(|20[0-9]{2}-(0[1-9]|1[0-2]))$")]


@dataclass(frozen=True, slots=True)
class HourOfWeek:
    """The usual number of people in an hour of a weekday (0 is Monday)."""

    weekday: int
    hour: int
    people: float


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Today beside what is usual, and the usual week: medians over four weeks. What is not known is null or left out."""

    today: list[HourOfDay]
    week: list[HourOfWeek]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorUse(OperatorView):
    """Who has a room, and what its counters say of the month; null is 无数据."""

    use: Use


@dataclass(frozen=True, slots=True, kw_only=True)
class UseStatement:
    """The use of a facility in a month (so far, where it is not over), from ≤ time < to in epoch ms."""

    place: str
    name: str
    month: str
    from_ms: int
    to_ms: int
    over: bool
    use: Use
    operators: list[OperatorUse]


@router.get("/{place_id}/hours", responses=declared(404, 422, 503))
@needs(May.FACILITIES, of="facility")
async def read_hours(request: Request, place_id: PlaceId) -> Rhythm:
    """Today by the hour beside what is usual, and the usual week: the median of the last four weeks."""
    _, today, week = await rhythm(request, place_id)
    return Rhythm(today, [HourOfWeek(day, hour, people) for (day, hour), people in sorted(week.items())])


@router.get("/{place_id}/use", responses=declared(404, 422, 503))
@needs(May.FACILITIES, of="facility")
async def read_use(request: Request, place_id: PlaceId, month: Month = "") -> UseStatement:
    """The use of a facility in a month (YYYY-MM, by default this one), for each operator (以场地换服务)."""
    return await statement(request, place_id, month)


async def rhythm(request: Request, place_id: str) -> tuple[When, list[HourOfDay], Week]:
    """Today against usual, and the usual week without today."""
    context, row = Context.of(request), await facility_of(request, place_id)
    now = context.port.health().hub_now_ms
    today = midnight(context, row, now)
    begin = midnight(context, row, today - WEEKS * 7 * DAY_MS + DAY_MS // 2)
    found, when = await hours_read(context, row, begin, now // HOUR_MS * HOUR_MS + HOUR_MS)
    hours = [one for one in found.whole.hours if one.begin >= begin]
    week = usual_week((one for one in hours if one.begin < today), when.zone)
    return when, day_against_usual(hours, week, now, when.zone), week


async def statement(request: Request, place_id: str, month: str) -> UseStatement:
    """The statement of a month; refuses one that is not yet or too long ago."""
    context = Context.of(request)
    row = await facility_of(request, place_id)
    now = context.port.health().hub_now_ms
    month, begin, end = month_asked(month, now, ZoneInfo(context.settings.zone))
    found, when = await hours_read(context, row, begin, min(end, now // HOUR_MS * HOUR_MS + HOUR_MS))
    return await statement_of(context, row, found, when, month)


async def statement_of(
    context: Context, row: Facility, found: FacilityHours, when: When, month: str
) -> UseStatement:
    """The same from hours that were read."""
    now = context.port.health().hub_now_ms
    begin, end = month_of(month, when.zone)
    operators = await run_in_threadpool(
        facility_views.operators, context.engine, row.id, from_ms=begin, to_ms=end
    )

    def use(room: str) -> Use:
        hours = found.whole.hours if not room else found.doors.get(room)
        if hours is None:  # nothing counts there
            hours = [Hour(one.begin, None, None, 0.0) for one in found.whole.hours]
        return use_of([one for one in hours if begin <= one.begin < end], when)

    return UseStatement(
        place=row.id, name=row.name, month=month, from_ms=begin, to_ms=end, over=end <= now, use=use(""),
        operators=[
            OperatorUse(
                id=one.id, name=one.name, room=one.room, area_m2=one.area_m2, hours_per_month=one.hours_per_month,
                made_at=one.made_at, made_by=one.made_by, use=use(one.room),
            )
            for one in operators
        ],
    )  # fmt: skip


def month_asked(month: str, now: int, zone: ZoneInfo) -> tuple[str, int, int]:
    """The month (this one where none is given), and from when to when; refuses one that is not yet or too long ago."""
    here = datetime.fromtimestamp(now / 1000, zone)
    month = month or f"{here:%Y-%m}"
    begin, end = month_of(month, zone)
    age = here.year * 12 + here.month - int(month[:4]) * 12 - int(month[5:])
    if not 0 <= age <= MONTHS_BACK_MAX:
        raise refuse(
            422, "invalid", what=f"'month' must not be to come, nor longer ago than {MONTHS_BACK_MAX} months"
        )
    return month, begin, end


def beside(month: str, now: int, zone: ZoneInfo) -> tuple[str, str]:
    """The months before and after, '' where there is nothing to be shown."""
    here, at = datetime.fromtimestamp(now / 1000, zone), int(month[:4]) * 12 + int(month[5:]) - 1
    this = here.year * 12 + here.month - 1
    before, after = at - 1, at + 1
    return (
        f"{before // 12}-{before % 12 + 1:02d}" if this - before <= MONTHS_BACK_MAX else "",
        f"{after // 12}-{after % 12 + 1:02d}" if after <= this else "",
    )
