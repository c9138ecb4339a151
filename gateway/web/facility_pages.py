"""The pages of facilities for property managers, phone first; and the page for everybody, which says no number."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.occupancy.fullness import Public, for_public
from gateway.occupancy.zones import PURPOSES, purpose_of
from gateway.operations import facility_views
from gateway.web.access import SomePerson, reach_of
from gateway.web.context import Context
from gateway.web.facilities import (
    FacilityDetail,
    PlaceId,
    RoomName,
    facilities_now,
    facility_detail,
    facility_now,
)
from gateway.web.facility_all import all_in_month, all_in_year, year_of
from gateway.web.facility_month import month_read, rooms_known, week_of_room
from gateway.web.facility_pictures import day_picture, heat_rows, week_picture
from gateway.web.facility_use import Month, beside, rhythm, statement_of
from gateway.web.needs import needs
from gateway.web.port import UnavailableError
from gateway.web.render import language_of, page, render
from gateway.web.words import LANGUAGES

PUBLIC_S = 60  # how old the public page may be

router = APIRouter(include_in_schema=False)


@router.get("/facilities")
@needs(May.FACILITIES)
async def list_facilities(request: Request, person: SomePerson) -> Response:
    """One line a place."""
    names = await run_in_threadpool(Context.of(request).people.names)
    found = await facilities_now(request)
    return page(request, "facilities.html", person=person, names=names, facilities=found)


@router.get("/facilities/-/use")
@needs(May.FACILITIES)
async def compare_use(request: Request, person: SomePerson, month: Month = "") -> Response:
    """All facilities within reach in a month, beside one another."""
    found = await all_in_month(request, month)
    before, after = beside(found.month, Context.of(request).port.health().hub_now_ms, _zone(request))
    return page(
        request, "facilities_use.html", person=person, names=await _names(request), all=found, before=before, after=after
    )  # fmt: skip


@router.get("/facilities/-/year")
@needs(May.FACILITIES)
async def compare_year(request: Request, person: SomePerson, month: Month = "") -> Response:
    """The same over twelve months."""
    return page(
        request, "facilities_year.html", person=person, names=await _names(request), all=await all_in_year(request, month),
        by_month=lambda one: {told.month: told.use for told in one.months},
    )  # fmt: skip


@router.get("/facilities/{place_id}")
@needs(May.FACILITIES, of="facility")
async def show_facility(request: Request, place_id: PlaceId, person: SomePerson) -> Response:
    """One facility: how full, put right, today against usual, the week, what is set, what needs care."""
    detail = await facility_detail(request, place_id)
    try:
        _, today, week = await rhythm(request, place_id)
    except UnavailableError:  # the store is away: the live part of the page does not wait for it
        today, week = None, {}
    return page(
        request, "facility.html", person=person, names=await _names(request), place=detail, today=today,
        picture=day_picture(today, detail.capacity) if today else None, heat=heat_rows(week, detail.capacity),
        rooms_counted=sorted({one.room for one in detail.devices if one.kind == "counter"}),
        may_count=reach_of(request, May.COUNT).holds(detail.path), signed_in=person is not None, hours=_hours(detail),
        places_within=await rooms_known(request, place_id), purposes=PURPOSES, purpose_of=purpose_of,
    )  # fmt: skip


@router.get("/facilities/{place_id}/use")
@needs(May.FACILITIES, of="facility")
async def show_use(
    request: Request, place_id: PlaceId, person: SomePerson, month: Month = "", room: RoomName = ""
) -> Response:
    """The use of a month: figures, idle rooms, rooms, the week, what was off; and the statement to be signed."""
    read = await month_read(request, place_id, month)
    signed = await statement_of(Context.of(request), read.row, read.found, read.when, read.shown.month)
    before, after = beside(read.shown.month, Context.of(request).port.health().hub_now_ms, read.when.zone)
    year = await year_of(request, place_id, read.shown.month)
    week = week_of_room(read, room)
    if week is None:
        room, picture = "", week_picture(read.shown.week, shares=False)
    else:
        picture = week_picture(week, shares=True)
    return page(
        request, "facility_use.html", person=person, names=await _names(request), statement=signed, use=read.shown,
        picture=picture, room=room, year=year.facilities[0].months, before=before, after=after, purpose_of=purpose_of,
        most_off=max((abs(one.counted - one.people) for one in read.shown.residuals), default=0.0), signed=_signed,
        hour_of=lambda at: f"{datetime.fromtimestamp(at / 1000, read.when.zone):%H:%M}",
    )  # fmt: skip


@router.get("/p/{place_id}")
@needs()
async def show_public(
    request: Request, place_id: str, lang: Annotated[str, Query(max_length=8)] = ""
) -> Response:
    """For everybody, where the manager has switched it on: open or not, room or not. No number, no script, no cookie."""
    context = Context.of(request)
    language = lang if lang in LANGUAGES else language_of(request)
    row = await run_in_threadpool(facility_views.facility, context.engine, place_id[:100])
    headers = {"Content-Language": language, "Vary": "Accept-Language, Cookie"}
    if row is None or not row.public:
        return HTMLResponse(render(context, language, "public_none.html"), 404, headers=headers)
    alerts = await run_in_threadpool(facility_views.open_alerts, context.engine, row.id)
    count = context.port.headcounts([row.id]).get(row.id)
    now = facility_now(context, row, count, {alert.rule for alert in alerts})
    full: Public = for_public(now.fullness)
    text = render(context, language, "public.html", place=now, full=full, address=row.address)
    return HTMLResponse(text, headers=headers | {"Cache-Control": f"public, max-age={PUBLIC_S}"})


async def _names(request: Request) -> list[str]:
    return await run_in_threadpool(Context.of(request).people.names)


def _signed(value: float) -> str:
    return f"{round(value):+d}" if round(value) else "0"


def _zone(request: Request) -> ZoneInfo:
    return ZoneInfo(Context.of(request).settings.zone)


def _hours(detail: FacilityDetail) -> dict[str, tuple[str, str]]:
    """From when to when, by kind of day, as the form has it."""
    found = {window.days: (window.from_time, window.to_time) for window in detail.hours or ()}
    return {days: found.get(days, ("", "")) for days in ("workdays", "weekends_and_holidays")}
