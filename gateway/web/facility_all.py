"""The use of all facilities within reach beside one another, in a month and over a year: from the figures kept of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.figures_kept.reading import FigureQuery, Point
from gateway.occupancy.hourly import HOUR_MS
from gateway.occupancy.kept_days import (
    MONTH_NAMES,
    USE,
    YEAR_NAMES,
    ZONE,
    ZONE_NAMES,
    UseOfDays,
    UseOfRooms,
    by_month,
    by_place,
    use_of_days,
    use_of_rooms,
)
from gateway.occupancy.use import month_of
from gateway.occupancy.zones import IDLE_BELOW, IDLE_WEEKS, rooms_of
from gateway.operations import facility_rooms, facility_views
from gateway.operations.facility_views import Facility
from gateway.web.access import reach_of
from gateway.web.context import Context
from gateway.web.facilities import PlaceId
from gateway.web.facility_reading import facility_of
from gateway.web.facility_use import Month, month_asked
from gateway.web.needs import needs
from gateway.web.problems import declared
from rules.local_time import local_day, moment

MONTHS = 12
FACILITIES_MAX = 500  # beside one another
IDLE_MS = IDLE_WEEKS * 7 * 24 * HOUR_MS

router = APIRouter(prefix="/api/v1/facilities", tags=["facilities"])


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityInMonth:
    """A facility in a month: its use, m²-hours, idle rooms. Null is 无数据, never zero."""

    place: str
    name: str
    path: str
    use: UseOfDays
    rooms: UseOfRooms


@dataclass(frozen=True, slots=True, kw_only=True)
class AllInMonth:
    """The facilities within reach in a month, from ≤ day < to in epoch ms: whole days, today's come tomorrow.

    Idle rooms: used in less than ``idle_below`` of their open hours in the four weeks before ``to_ms``.
    """

    month: str
    from_ms: int
    to_ms: int
    over: bool
    idle_below: float
    facilities: list[FacilityInMonth]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOfYear:
    """A month (YYYY-MM) of a facility."""

    month: str
    use: UseOfDays


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityInYear:
    """A facility month by month; a month of which nothing is known is left out."""

    place: str
    name: str
    path: str
    months: list[MonthOfYear]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllInYear:
    """The facilities within reach over the twelve months up to ``month``."""

    month: str
    months: list[str]
    facilities: list[FacilityInYear]


@router.get("/-/use", responses=declared(422, 503))
@needs(May.FACILITIES)
async def read_all(request: Request, month: Month = "") -> AllInMonth:
    """Compare the facilities within reach in a month (YYYY-MM, by default this one): utilisation, people-hours, idle rooms."""
    return await all_in_month(request, month)


@router.get("/-/year", responses=declared(422, 503))
@needs(May.FACILITIES)
async def read_year(request: Request, month: Month = "") -> AllInYear:
    """Compare the facilities within reach over the twelve months up to one (YYYY-MM, by default this one)."""
    rows = await _within(request)
    return await _in_year(request, rows, month)


@router.get("/{place_id}/year", responses=declared(404, 422, 503))
@needs(May.FACILITIES, of="facility")
async def read_year_of(request: Request, place_id: PlaceId, month: Month = "") -> AllInYear:
    """One facility over the twelve months up to one (YYYY-MM, by default this one)."""
    return await year_of(request, place_id, month)


async def year_of(request: Request, place_id: str, month: str) -> AllInYear:
    """The same for a page."""
    return await _in_year(request, [await facility_of(request, place_id)], month)


async def all_in_month(request: Request, month: str) -> AllInMonth:
    """The comparison of a month; refuses one that is not yet or too long ago."""
    context, rows = Context.of(request), await _within(request)
    now, zone = context.port.health().hub_now_ms, ZoneInfo(context.settings.zone)
    month, begin, end = month_asked(month, now, zone)
    to = min(end, moment(local_day(now, zone), 0, zone))
    names = [row.id for row in rows]
    uses = await _kept(context, names, [USE + name for name in MONTH_NAMES], begin, to)
    idle_since = to - IDLE_MS
    zones = await _kept(context, names, [ZONE + name for name in ZONE_NAMES], min(begin, idle_since), to)
    entered = await run_in_threadpool(facility_rooms.rooms_entered, context.engine, names)
    standing = _standing(context, names)
    return AllInMonth(
        month=month, from_ms=begin, to_ms=to, over=end <= now, idle_below=IDLE_BELOW,
        facilities=[
            FacilityInMonth(
                place=row.id, name=row.name, path=row.path, use=use_of_days(uses.get(row.id, [])),
                rooms=use_of_rooms(
                    zones.get(row.id, []), rooms_of(entered.get(row.id, {}), standing.get(row.id, ())), begin, idle_since
                ),
            )
            for row in rows
        ],
    )  # fmt: skip


async def all_in_year(request: Request, month: str) -> AllInYear:
    """The comparison of a year, for a page."""
    return await _in_year(request, await _within(request), month)


async def _in_year(request: Request, rows: Sequence[Facility], month: str) -> AllInYear:
    context = Context.of(request)
    now, zone = context.port.health().hub_now_ms, ZoneInfo(context.settings.zone)
    month, _, end = month_asked(month, now, zone)
    months = _months_up_to(month)
    begin, _ = month_of(months[0], zone)
    found = await _kept(context, [row.id for row in rows], [USE + name for name in YEAR_NAMES], begin, end)

    def summed() -> list[FacilityInYear]:
        shown = []
        for row in rows:
            mine = by_month(found.get(row.id, []), zone)
            told = [MonthOfYear(month=one, use=use_of_days(mine[one])) for one in months if one in mine]
            shown.append(FacilityInYear(place=row.id, name=row.name, path=row.path, months=told))
        return shown

    return AllInYear(month=month, months=months, facilities=await run_in_threadpool(summed))


async def _within(request: Request) -> list[Facility]:
    context = Context.of(request)
    found = await run_in_threadpool(
        facility_views.facilities, context.engine, reach_of(request, May.FACILITIES)
    )
    return found.rows[:FACILITIES_MAX]


async def _kept(
    context: Context, places: Sequence[str], metrics: Sequence[str], begin: int, end: int
) -> Mapping[str, Sequence[Point]]:
    if not places:  # who asks for no place asks for all of them
        return {}
    return by_place(await context.port.kept_figures(FigureQuery(metrics, places, begin, end)))


def _standing(context: Context, places: Sequence[str]) -> dict[str, list[str]]:
    """The rooms that devices stand in."""
    return {
        place: [one.room for one in count.devices if one.kind != "gateway"]
        for place, count in context.port.headcounts(places).items()
    }


def _months_up_to(month: str) -> list[str]:
    last = int(month[:4]) * 12 + int(month[5:]) - 1
    return [f"{at // 12}-{at % 12 + 1:02d}" for at in range(last - MONTHS + 1, last + 1)]
