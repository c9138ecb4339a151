"""The routes about places, devices, readings, the registry, and the demo panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Body, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.operations import home_views, views, whereabouts
from gateway.operations.answers import PlacePage
from gateway.web.access import person_or_nobody, reach_of, spot_of
from gateway.web.context import Context
from gateway.web.home_detail import look_of
from gateway.web.naming import as_named
from gateway.web.needs import needs
from gateway.web.paging import Cursor, read, written
from gateway.web.port import DevicePage, Reading, ReadingQuery, Summary
from gateway.web.problems import REJECTED, declared, imported_as, refuse

DAY_MS = 86_400_000
TIME_MS_MAX = 4_102_444_800_000  # the year 2100: seconds or nanoseconds given for milliseconds are refused
NAME_CHARS_MAX = 64
READINGS_MAX = 10_000
SKIP_MAX = 10 * READINGS_MAX  # rows of one ms that a cursor steps over
CSV_EXAMPLE = (
    "site,place,home,facility,name,address,capacity,contact1_name,contact1_phone,contact2_name,contact2_phone,access_note,"
    "device,device_kind,room,heartbeat_s\n"
    "jingtian,福田区/莲花街道/景田社区/景田北,J0001,,黄女士,7栋302,,女儿 黄静,13800000001,,,门禁按 302#,"
    "J0001-pendant,pendant,随身,3600\n"
)

router = APIRouter(prefix="/api/v1", tags=["data"])
Name = Annotated[str, Query(max_length=NAME_CHARS_MAX)]
Before = Annotated[
    str | None, Query(max_length=NAME_CHARS_MAX, description="The same as `cursor`, as it was called before.")
]


@dataclass(frozen=True, slots=True)
class ReadingsPage:
    """Some readings, and the cursor for those that follow; the last page may be empty."""

    readings: Sequence[Reading]
    next: str | None


@dataclass(frozen=True, slots=True)
class SummariesPage:
    """Some summaries, and the cursor for those that follow; the last page may be empty."""

    summaries: Sequence[Summary]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import of the registry has done, or would do: ``counts`` by action, ``changes`` in words, ``doubts``.

    ``over_hand``: those of the changes that undo what was entered by hand; without being asked to, an import does none of them.
    """

    ok: bool
    dry_run: bool
    counts: dict[str, int]
    changes: list[dict[str, str]]
    doubts: list[str]
    over_hand: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Played:
    """Hub time (epoch ms) when the scenario was asked for."""

    hub_now_ms: int


@router.get("/places", responses=declared(422))
@needs(May.HOMES, record=True)
def read_places(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=views.LIMIT_MAX)] = views.LIMIT_MAX,
    after: Before = None,
    cursor: Cursor = None,
) -> PlacePage:
    """Homes and facilities with their devices, by id; no contacts, no access notes.

    Names of homes are masked (王**) to those who install devices and do not care for the people.
    """
    reach = reach_of(request, May.HOMES, May.INSTALL)
    found = views.places(Context.of(request).engine, limit=limit, after=cursor or after, reach=reach)
    return replace(found, places=as_named(request, found.places))


@router.get("/readings", responses=declared(422, 503))
@needs(May.HOME_DETAIL, May.FACILITIES, May.SYSTEM, of="series", record=True)
async def read_readings(
    request: Request,
    *,
    metric: Name,
    device: Name = "",
    place: Name = "",
    from_ms: Annotated[int | None, Query(alias="from", ge=0, le=TIME_MS_MAX)] = None,
    to_ms: Annotated[int | None, Query(alias="to", ge=0, le=TIME_MS_MAX)] = None,
    limit: Annotated[int, Query(ge=1, le=READINGS_MAX)] = 1_000,
    every: Literal["1h", "1d"] | None = None,
    cursor: Cursor = None,
) -> ReadingsPage | SummariesPage:
    """Stored readings of one device or one place, newest first; times epoch ms, by default the last day.

    A home's readings need an open alert or a stated reason (the page of the home asks for it).
    With `every`, their `summaries` by the hour or the day (of the hub's time zone) that begin in that time; an hour or a day
    without a reading has none. They are kept for longer than the readings. A `cursor` carries its own times.
    """
    port = Context.of(request).port
    if bool(device) == bool(place):
        raise refuse(422, "invalid", what="give device=… or place=…, one of them")
    await run_in_threadpool(_need_reason, request)
    if cursor is None:
        to = port.health().hub_now_ms + 1 if to_ms is None else to_ms
        span = Span(to - DAY_MS if from_ms is None else from_ms, to, 0)
    else:
        span = Span(*read(cursor, tuple[int, int, int]))
    if not span.begin < span.to <= TIME_MS_MAX + 1 or span.skip > SKIP_MAX:
        raise refuse(422, "invalid", what="'from' must lie before 'to' (epoch ms)")
    query = ReadingQuery(
        place=place, device=device, metric=metric, from_ms=span.begin, to_ms=span.to, limit=limit + span.skip
    )
    if every is not None:
        summaries = (await port.summaries(query, every))[span.skip :]
        return SummariesPage(summaries, span.rest([each.begin for each in summaries], limit))
    readings = (await port.readings(query))[span.skip :]
    return ReadingsPage(readings, span.rest([each.observed_at for each in readings], limit))


def _need_reason(request: Request) -> None:
    """What a home's sensors saw is for a person who has stated why, or while an alert about its people is open."""
    spot, person = spot_of(request), person_or_nobody(request)
    if person is None:
        return
    if spot is None:  # it has left the registry, and may have been a home
        if not person.reach(May.HOME_DETAIL).everything:
            raise refuse(404, "unknown")
        return
    place = home_views.place(Context.of(request).engine, spot.place)
    if place is None or place.kind != "home":
        return
    if not person.reach(May.HOME_DETAIL).holds(spot.path):
        raise refuse(404, "unknown")  # for them there is no such home
    look = look_of(request, person, place.id)
    if look is None:
        raise refuse(403, "no_reason")
    request.scope["audit_reason"] = look.reason or f"alert {look.alert_id}"


class Span(NamedTuple):
    """From ``begin`` ≤ time < ``to`` (epoch ms), newest first, without the first ``skip``."""

    begin: int
    to: int
    skip: int

    def rest(self, times: Sequence[int], limit: int) -> str | None:
        """The cursor for what lies behind a page with these times; several rows may be of the same ms."""
        if len(times) < limit:
            return None
        last = times[-1]
        skip = sum(time == last for time in times) + (self.skip if last == self.to - 1 else 0)
        return written(self.begin, last + 1, skip)


@router.get("/devices", responses=declared(422))
@needs(May.DEVICES)
async def read_devices(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 1_000,
    after: Before = None,
    cursor: Cursor = None,
) -> DevicePage:
    """The devices of the registry by id: heard when, clock off by how much, how much of it was refused or too much."""
    context = Context.of(request)
    reach = reach_of(request, May.DEVICES)
    places = None
    if not reach.everything:
        places = await run_in_threadpool(whereabouts.ids_within, context.engine, reach)
    return context.port.devices(limit=limit, after=cursor or after, places=places)


@router.post("/registry", responses=declared(413, 503) | REJECTED, response_model=ImportReport)
@needs(May.SYSTEM, of="everywhere")
async def import_registry(
    request: Request,
    csv: Annotated[bytes, Body(media_type="text/csv", examples=[CSV_EXAMPLE])],
    *,
    dry_run: bool = False,
    over_hand: bool = False,
) -> Response:
    """Replace the registry of the sites that a CSV names; with `dry_run=1` only say what that would do.

    422 lists the mistakes by line, and nothing has changed. What was entered by hand is undone only with `over_hand=1`.
    """
    try:
        text = csv.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = csv.count(b"\n", 0, wrong.start) + 1
        raise refuse(422, "invalid", what=f"line {line} is not UTF-8: save the file as CSV UTF-8") from wrong
    imported = await Context.of(request).port.import_registry(text, dry_run=dry_run, over_hand=over_hand)
    return imported_as(imported)


@router.post("/demo/{scenario}", status_code=202, responses=declared(404, 409, 503))
@needs(May.RING)
async def play(request: Request, scenario: Annotated[str, Path(max_length=NAME_CHARS_MAX)]) -> Played:
    """Let the simulated town play a scenario of the demo panel; the alert it leads to comes on the stream."""
    context = Context.of(request)
    entry = next((entry for entry in context.settings.demo or () if entry.scenario == scenario), None)
    if entry is None:
        raise refuse(404, "unknown_scenario")
    if entry.step == "escalated" and context.held:
        raise refuse(409, "held")
    await context.port.play(scenario)
    return Played(context.port.health().hub_now_ms)
