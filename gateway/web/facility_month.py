"""The routes about the use of a facility in a month: rooms, idle rooms, m²-hours, the week, what counts were off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.occupancy.hourly import HOUR_MS, Residual, When
from gateway.occupancy.unusual import Run, flags, runs
from gateway.occupancy.use import FacilityHours, facility_use
from gateway.occupancy.zones import (
    IDLE_BELOW,
    IDLE_WEEKS,
    Purpose,
    PurposeUse,
    Room,
    WeekHour,
    ZoneUse,
    rooms_of,
    week_of,
    zone_hours,
)
from gateway.operations import facility_rooms
from gateway.operations.facility_views import Facility
from gateway.web.access import APerson
from gateway.web.acts import Key
from gateway.web.context import Context
from gateway.web.facilities import NAME_CHARS_MAX, PlaceId, RoomName, named
from gateway.web.facility_reading import DAY_MS, facility_of, hours_read, midnight
from gateway.web.facility_use import Month, month_asked
from gateway.web.needs import needs
from gateway.web.problems import declared, refuse

AREA_MAX = 1_000_000.0  # m²
EARLIER_MS = (
    IDLE_WEEKS * 7 + 1
) * DAY_MS  # read before a month: what is usual, and whether a room stands idle

router = APIRouter(prefix="/api/v1/facilities", tags=["facilities"])


class RoomGiven(BaseModel):
    """A room: its area in m², and what it is for; null is not known. With neither it is forgotten."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"room": "书画室", "area_m2": 36.0, "purpose": "activity"}]},
    )
    room: Annotated[str, Field(max_length=NAME_CHARS_MAX), AfterValidator(named)]
    area_m2: Annotated[float | None, Field(gt=0, le=AREA_MAX, allow_inf_nan=False)] = None
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms of a facility that were entered or have a device."""

    rooms: list[Room]


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOfMonth:
    """Sums over the month. Null is 无数据, never zero; ``unknown_h`` of ``hours`` a counter said nothing.

    ``utilisation``: of the open hours that are known, the share in which somebody was there. ``drift``: people by which counts
    were put right, without sign. ``came`` and ``went`` are as counted.
    """

    hours: int
    unknown_h: int
    used_h: int | None
    open_h: int | None
    open_known_h: int
    open_used_h: int | None
    utilisation: float | None
    people_h: float | None
    peak: float | None
    peak_at: int | None
    came: float | None
    went: float | None
    drift: float | None
    m2_h: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOfFacility:
    """A facility in a month (so far, where it is not over), from ≤ time < to in epoch ms.

    ``idle``: rooms used in less than ``idle_below`` of their open hours in the four weeks before ``to_ms``; ``idle_unknown``:
    rooms of which too little is known to say. ``week``: average people and how often it was used, by the hour of the week.
    ``unusual``: hours in which more or fewer people came than usual. ``residuals``: what the counters were off at each truth
    (somebody counted, or it was empty at night).
    """

    place: str
    name: str
    month: str
    from_ms: int
    to_ms: int
    over: bool
    use: UseOfMonth
    zones: list[ZoneUse]
    purposes: list[PurposeUse]
    idle: list[str]
    idle_unknown: list[str]
    idle_below: float
    week: list[WeekHour]
    unusual: list[Run]
    residuals: list[Residual]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekOfRoom:
    """The hours of the week (weekday 0 is Monday) of a room: used in ``used`` of the ``known`` ones of the month."""

    place: str
    room: str
    month: str
    week: list[WeekHour]


@dataclass(frozen=True, slots=True)
class Reading:
    """A month as it was read: ``shown`` for the API, the hours for whatever else a page says of them."""

    row: Facility
    shown: MonthOfFacility
    found: FacilityHours
    when: When


@router.get("/{place_id}/month", responses=declared(404, 422, 503))
@needs(May.FACILITIES, of="facility")
async def read_month(request: Request, place_id: PlaceId, month: Month = "") -> MonthOfFacility:
    """How a facility and its rooms were used in a month (YYYY-MM, by default this one), and what its counts were off."""
    return (await month_read(request, place_id, month)).shown


@router.get("/{place_id}/week", responses=declared(404, 422, 503))
@needs(May.FACILITIES, of="facility")
async def read_week(
    request: Request, place_id: PlaceId, month: Month = "", room: RoomName = ""
) -> WeekOfRoom:
    """How often a room ('' for all of it) was in use in each hour of the week, and people on average where they are counted."""
    read = await month_read(request, place_id, month)
    week = read.shown.week if not room else week_of_room(read, room)
    if week is None:
        raise refuse(404, "unknown")
    return WeekOfRoom(place=place_id, room=room, month=read.shown.month, week=week)


@router.get("/{place_id}/rooms", responses=declared(404, 422))
@needs(May.FACILITIES, of="facility")
async def read_rooms(request: Request, place_id: PlaceId) -> Rooms:
    """The rooms of a facility: area and purpose, as far as somebody has entered them."""
    return Rooms(await rooms_known(request, place_id))


@router.post("/{place_id}/rooms", responses=declared(401, 404, 409, 422))
@needs(May.COUNT, of="facility")
async def enter_room(
    request: Request,
    place_id: PlaceId,
    person: APerson,
    given: RoomGiven,
    key: Key = None,  # noqa: ARG001 a repeat writes the same
) -> Rooms:
    """Enter a room's area and purpose, or change them. m²-hours are reckoned with it from then on, for past months as well."""
    context = Context.of(request)
    at = context.port.health().hub_now_ms
    room = Room(given.room, given.area_m2, given.purpose)
    done = await run_in_threadpool(
        lambda: facility_rooms.enter_room(context.engine, place_id, room, at=at, by=person.name)
    )
    if not done:
        raise refuse(409, "many_rooms")
    return Rooms(await rooms_known(request, place_id))


async def rooms_known(request: Request, place_id: str) -> list[Room]:
    """Those entered, and those a device stands in."""
    context = Context.of(request)
    entered = await run_in_threadpool(facility_rooms.rooms_entered, context.engine, [place_id])
    count = context.port.headcounts([place_id]).get(place_id)
    standing = [one.room for one in (count.devices if count else ()) if one.kind != "gateway"]
    return rooms_of(entered.get(place_id, {}), standing)


async def month_read(request: Request, place_id: str, month: str) -> Reading:
    """Read a month; refuses one that is not yet or too long ago."""
    context, row = Context.of(request), await facility_of(request, place_id)
    now = context.port.health().hub_now_ms
    month, begin, end = month_asked(month, now, ZoneInfo(context.settings.zone))
    to = min(end, now // HOUR_MS * HOUR_MS + HOUR_MS)
    found, when = await hours_read(context, row, midnight(context, row, begin - EARLIER_MS), to)
    shown = await run_in_threadpool(_shown, row, found, when, (month, begin, end, to, now))
    return Reading(row, shown, found, when)


def week_of_room(read: Reading, room: str) -> list[WeekHour] | None:
    """Its week in that month; None where there is no such room."""
    hours = read.found.zones.get(room)
    if hours is None:
        return None
    mine = week_of([one for one in hours if one.begin >= read.shown.from_ms], read.when)
    return [one for one in mine.values() if one.known]


def _shown(
    row: Facility, found: FacilityHours, when: When, span: tuple[str, int, int, int, int]
) -> MonthOfFacility:
    month, begin, end, to, now = span
    use = facility_use(found, begin, to, when)
    mine = [one for one in found.whole.hours if begin <= one.begin < to]
    week = week_of(zone_hours(mine, None, when, begin, to), when) if mine else {}
    return MonthOfFacility(
        place=row.id, name=row.name, month=month, from_ms=begin, to_ms=end, over=end <= now,
        use=UseOfMonth(**{name: getattr(use, name) for name in UseOfMonth.__slots__}),
        zones=use.zones, purposes=use.purposes, idle=use.idle, idle_unknown=use.idle_unknown, idle_below=IDLE_BELOW,
        week=[one for one in week.values() if one.known], residuals=use.residuals,
        unusual=[one for one in runs(flags(found.whole.hours, when, since=begin)) if one.begin < to],
    )  # fmt: skip
