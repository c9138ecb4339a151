"""The routes that give reports (自动报表): what there is to report on, and each kind as figures or as a file."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.operations import facility_views, report_views
from gateway.reports.asked import Asked, PeriodError
from gateway.reports.document import Kind, Lang, Report
from gateway.reports.jobs import BusyError, NoPlaceError, ReportError, made, turn
from gateway.reports.making import span_read
from gateway.reports.order import Form, Order
from gateway.reports.rendering import MEDIA
from gateway.reports.stored import HourRow, rows_of
from gateway.web.access import reach_of
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.port import ReadingQuery
from gateway.web.problems import declared, refuse

PATH_CHARS_MAX = 200
SERIES_MAX = 1_000  # of one facility: a hundred devices, ten metrics each
HOUR_MS = 3_600_000

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/v1/reports", tags=["reports"])
Period = Annotated[
    str,
    Query(max_length=10, description="2026-10, of a station also 2026-10-21.", examples=["2026-10"]),
]
At = Annotated[str, Query(max_length=PATH_CHARS_MAX, examples=["莲花区/莲华街道/景田社区"])]
PlaceId = Annotated[str, Query(max_length=128, examples=["F-hall"])]
FormAsked = Annotated[Form, Query(alias="format")]
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            media.split(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for media in MEDIA.values()
        },
        "description": "The report: its figures as JSON, or a file to hand in.",
    }
}
REFUSALS = declared(404, 409, 422, 503)


@dataclass(frozen=True, slots=True)
class FacilityNamed:
    """A facility that can be reported on."""

    id: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Subjects:
    """What can be reported on within reach: communities with a station's report, facilities, and parts of the tree."""

    stations: list[str]
    facilities: list[FacilityNamed]
    areas: list[str]


@router.get("")
@needs(May.DUTY, May.AREA, May.FACILITIES)
def read_subjects(request: Request) -> Subjects:
    """What there is to report on, within reach of each permission."""
    engine = Context.of(request).engine
    found = facility_views.facilities(engine, reach_of(request, May.FACILITIES)).rows
    return Subjects(
        stations=report_views.stations_within(engine, reach_of(request, May.DUTY)),
        facilities=[FacilityNamed(one.id, one.name, one.path) for one in found],
        areas=report_views.areas_within(engine, reach_of(request, May.AREA)),
    )


@router.get("/station", response_model=Report, responses=FILES | REFUSALS)
@needs(May.DUTY)
async def read_station_report(
    request: Request, period: Period, at: At, form: FormAsked = "json", lang: Lang = "zh"
) -> Response:
    """The report of a station (``at``: 区/街道/社区) for a month or a day: alerts, response, calls, visits, checks, faults.

    Alerts are listed by number, without anybody's name or address. 409 while another report is being made.
    """
    asked = _asked(request, "station", period, at=at)
    reach = reach_of(request, May.DUTY)
    known = await run_in_threadpool(report_views.stations_within, Context.of(request).engine, reach)
    if at not in known:
        raise refuse(404, "unknown_part")
    return await _report(request, asked, form, lang)


@router.get("/area", response_model=Report, responses=FILES | REFUSALS)
@needs(May.AREA)
async def read_area_report(
    request: Request, period: Period, at: At = "", form: FormAsked = "json", lang: Lang = "zh"
) -> Response:
    """The report of a part of the tree (``at``: 区, 区/街道 or 区/街道/社区; '' for all) for a month: coverage and counts.

    Counts from 1 to 4 are "<5", sums and shares are worked out of what is shown; no home is named.
    """
    asked = _asked(request, "area", period, at=at)
    reach = reach_of(request, May.AREA)
    known = await run_in_threadpool(report_views.areas_within, Context.of(request).engine, reach)
    if at not in known:
        raise refuse(404, "unknown_part")
    return await _report(request, asked, form, lang)


@router.get("/facility", response_model=Report, responses=FILES | REFUSALS)
@needs(May.FACILITIES)
async def read_facility_report(
    request: Request, period: Period, place: PlaceId, form: FormAsked = "json", lang: Lang = "zh"
) -> Response:
    """The report of a facility's use in a month, by its id: people-hours, hours in use and open, rooms, counters."""
    asked = _asked(request, "facility", period, place=place)
    found = await run_in_threadpool(facility_views.facility, Context.of(request).engine, place)
    if found is None or not reach_of(request, May.FACILITIES).holds(found.path):
        raise refuse(404, "unknown_place")
    return await _report(request, asked, form, lang)


def _asked(request: Request, kind: Kind, period: str, *, at: str = "", place: str = "") -> Asked:
    context = Context.of(request)
    now = context.port.health().hub_now_ms
    try:
        asked = Asked(
            kind=kind, period=period, at=at, place=place, now=now, zone=context.settings.zone, calendar=context.port.calendar,
            targets=context.settings.targets,
        )  # fmt: skip
    except PeriodError as error:
        raise refuse(422, "invalid", what=str(error)) from None
    if asked.begin >= now:
        raise refuse(422, "invalid", what=f"{period} has not begun yet")
    return asked


async def _report(request: Request, asked: Asked, form: Form, lang: Lang) -> Response:
    context = Context.of(request)
    hours = {asked.place: await hours_read(context, asked)} if asked.place else {}
    order = Order(asked=(asked,), forms=(form,), lang=lang, hours=hours)
    name, body = await run_in_threadpool(_made, Path(str(context.engine.url.database)), order)
    if form == "json":
        return Response(body, media_type="application/json")
    # Always as a file: a page of ours allows no style that stands in the page itself.
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(body, media_type=MEDIA[form], headers=headers)


def _made(database: Path, order: Order) -> tuple[str, bytes]:
    try:
        with turn(), contextlib.closing(made(database, order)) as files:
            one = next(files)
    except BusyError:
        raise refuse(409, "busy_reports") from None
    except NoPlaceError:
        raise refuse(404, "unknown_place") from None
    except (ReportError, StopIteration) as error:
        log.error("a report: %s", error)  # noqa: TRY400 its words say all
        raise refuse(503, "unavailable", reason=str(error) or "no report was made") from None
    return one.name, one.body


async def hours_read(context: Context, asked: Asked) -> list[HourRow]:
    """What the devices of a facility said by the hour: over the period, the one before, and what is read before both."""
    begin, end = span_read(asked)
    most = (end - begin) // HOUR_MS * SERIES_MAX
    query = ReadingQuery(place=asked.place, device="", metric="", from_ms=begin, to_ms=end, limit=most)
    return await run_in_threadpool(rows_of, await context.port.summaries(query, "1h"))
