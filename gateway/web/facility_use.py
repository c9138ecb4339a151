"""The routes about how a facility was used: today against usual, the usual week, and the month of whoever has rooms there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.occupancy.hourly import HOUR_MS, Counted, Hour, When, hours_of
from gateway.occupancy.use import Use, month_of, use_of
from gateway.occupancy.usual import WEEKS, HourOfDay, Week, day_against_usual, usual_week
from gateway.operations import facility_views
from gateway.operations.facility_views import CORRECTIONS_READ_MAX, Facility, OperatorView
from gateway.web.context import Context
from gateway.web.facilities import PlaceId, when_of
from gateway.web.needs import needs
from gateway.web.port import ReadingQuery, Summary
from gateway.web.problems import declared, refuse
from rules.headcount import COUNTED
from rules.local_time import local_day, moment

DAY_MS = 24 * HOUR_MS
COUNTERS_MAX = 24  # doors of one facility
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
    context = Context.of(request)
    row = await _facility(context, place_id)
    when, now = when_of(context, row), context.port.health().hub_now_ms
    midnight = _midnight(now, when.zone)
    begin = _midnight(midnight - WEEKS * 7 * DAY_MS + DAY_MS // 2, when.zone)
    hours = await _hours(context, row, when, begin, now // HOUR_MS * HOUR_MS + HOUR_MS)
    week = usual_week((one for one in hours if one.begin < midnight), when.zone)
    return when, day_against_usual(hours, week, now, when.zone), week


async def statement(request: Request, place_id: str, month: str) -> UseStatement:
    """The statement of a month; refuses one that is not yet or too long ago."""
    context = Context.of(request)
    row = await _facility(context, place_id)
    when, now = when_of(context, row), context.port.health().hub_now_ms
    here = datetime.fromtimestamp(now / 1000, when.zone)
    month = month or f"{here:%Y-%m}"
    begin, end = month_of(month, when.zone)
    age = here.year * 12 + here.month - int(month[:4]) * 12 - int(month[5:])
    if not 0 <= age <= MONTHS_BACK_MAX:
        raise refuse(
            422, "invalid", what=f"'month' must not be to come, nor longer ago than {MONTHS_BACK_MAX} months"
        )
    to = min(end, now // HOUR_MS * HOUR_MS + HOUR_MS)
    operators = await run_in_threadpool(
        facility_views.operators, context.engine, row.id, from_ms=begin, to_ms=end
    )
    uses = {
        room: await _use(context, row, when, begin, to, room)
        for room in {"", *(one.room for one in operators)}
    }
    return UseStatement(
        place=row.id, name=row.name, month=month, from_ms=begin, to_ms=end, over=end <= now, use=uses[""],
        operators=[
            OperatorUse(
                id=one.id, name=one.name, room=one.room, area_m2=one.area_m2, hours_per_month=one.hours_per_month,
                made_at=one.made_at, made_by=one.made_by, use=uses[one.room],
            )
            for one in operators
        ],
    )  # fmt: skip


async def _facility(context: Context, place_id: str) -> Facility:
    row = await run_in_threadpool(facility_views.facility, context.engine, place_id)
    if row is None:
        raise refuse(404, "unknown_place")
    return row


async def _use(context: Context, row: Facility, when: When, begin: int, end: int, room: str) -> Use:
    return use_of(await _hours(context, row, when, begin, end, room=room), when)


async def _hours(
    context: Context, row: Facility, when: When, begin: int, end: int, *, room: str = ""
) -> list[Hour]:
    """Its hours, read from a day before them, so that the first begins with what is known. A room has its own counters."""
    count = context.port.headcounts([row.id]).get(row.id)
    found = [one for one in (count.devices if count else ()) if one.kind == "counter"]
    counters = [one.id for one in found if room in {"", one.room}][:COUNTERS_MAX]
    if not counters:
        return hours_of([], [], [], begin, end, when)
    early = begin - DAY_MS
    asked = (_summaries(context, row.id, metric, early, end, len(found)) for metric in COUNTED)
    rows = [one for part in await asyncio.gather(*asked) for one in part]
    whole = len(counters) == len(found)  # who counts a room's people counts the facility's, not one door's
    told = await run_in_threadpool(
        facility_views.corrections, context.engine, row.id, since=early, limit=CORRECTIONS_READ_MAX
    )
    corrections = [Counted(one.at, one.people) for one in told if whole and one.at < end]
    hours = await run_in_threadpool(partial(hours_of, rows, counters, corrections, early, end, when))
    return [one for one in hours if one.begin >= begin]


async def _summaries(
    context: Context, place: str, metric: str, begin: int, end: int, counters: int
) -> Sequence[Summary]:
    most = (end - begin) // HOUR_MS * counters
    query = ReadingQuery(place=place, device="", metric=metric, from_ms=begin, to_ms=end, limit=most)
    return await context.port.summaries(query, "1h")


def _midnight(at: int, zone: ZoneInfo) -> int:
    return moment(local_day(at, zone), 0, zone) // HOUR_MS * HOUR_MS
