"""The routes about places, devices, readings, the registry, and the demo panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from gateway.operations import views
from gateway.operations.answers import PlacePage
from gateway.web.context import Context
from gateway.web.port import DevicePage, Reading, ReadingQuery, Summary
from gateway.web.problems import declared, refuse

DAY_MS = 86_400_000
TIME_MS_MAX = 4_102_444_800_000  # the year 2100: seconds or nanoseconds given for milliseconds are refused
NAME_CHARS_MAX = 64

router = APIRouter(prefix="/api/v1", tags=["data"])
Name = Annotated[str, Query(max_length=NAME_CHARS_MAX)]


@router.get("/places", responses=declared(422))
def read_places(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=views.LIMIT_MAX)] = views.LIMIT_MAX,
    after: Annotated[str | None, Query(max_length=NAME_CHARS_MAX)] = None,
) -> PlacePage:
    """Homes and facilities with their devices, by id; no contacts, no access notes."""
    return views.places(Context.of(request).engine, limit=limit, after=after)


@router.get("/readings", responses=declared(422, 503))
async def read_readings(
    request: Request,
    *,
    metric: Name,
    device: Name = "",
    place: Name = "",
    from_ms: Annotated[int | None, Query(alias="from", ge=0, le=TIME_MS_MAX)] = None,
    to_ms: Annotated[int | None, Query(alias="to", ge=0, le=TIME_MS_MAX)] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
    every: Literal["1h", "1d"] | None = None,
) -> dict[str, Sequence[Reading]] | dict[str, Sequence[Summary]]:
    """Stored readings of one device or one place, newest first; times epoch ms, by default the last day.

    With `every`, their `summaries` by the hour or the day (of the hub's time zone) that begin in that time; an hour or a day
    without a reading has none. They are kept for longer than the readings.
    """
    context = Context.of(request)
    if bool(device) == bool(place):
        raise refuse(422, "invalid", what="give device=… or place=…, one of them")
    to = context.port.health().hub_now_ms + 1 if to_ms is None else to_ms
    begin = to - DAY_MS if from_ms is None else from_ms
    if begin >= to:
        raise refuse(422, "invalid", what="'from' must lie before 'to' (epoch ms)")
    query = ReadingQuery(place=place, device=device, metric=metric, from_ms=begin, to_ms=to, limit=limit)
    if every is not None:
        return {"summaries": await context.port.summaries(query, every)}
    return {"readings": await context.port.readings(query)}


@router.get("/devices", responses=declared(422))
async def read_devices(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 1_000,
    after: Annotated[str | None, Query(max_length=NAME_CHARS_MAX)] = None,
) -> DevicePage:
    """The devices of the registry by id: heard when, clock off by how much, how much of it was refused or too much."""
    return Context.of(request).port.devices(limit=limit, after=after)


@router.post("/registry", responses=declared(413, 422, 503))
async def import_registry(
    request: Request,
    csv: Annotated[bytes, Body(media_type="text/csv")],
    *,
    dry_run: bool = False,
) -> Response:
    """Replace the registry by a CSV; with ``dry_run=1`` only say what that would do. 422 lists errors by line."""
    try:
        text = csv.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = csv.count(b"\n", 0, wrong.start) + 1
        raise refuse(422, "invalid", what=f"line {line} is not UTF-8: save the file as CSV UTF-8") from wrong
    imported = await Context.of(request).port.import_registry(text, dry_run=dry_run)
    report: dict[str, Any] = {"ok": imported.ok, **imported.report}
    return JSONResponse(report, 200 if imported.ok else 422)


@router.post("/demo/{scenario}", status_code=202, responses=declared(404, 409, 503))
async def play(request: Request, scenario: Annotated[str, Path(max_length=NAME_CHARS_MAX)]) -> dict[str, int]:
    """Let the simulated town play a scenario of the demo panel; the alert it leads to comes on the stream."""
    context = Context.of(request)
    entry = next((entry for entry in context.settings.demo or () if entry.scenario == scenario), None)
    if entry is None:
        raise refuse(404, "unknown_scenario")
    if entry.step == "escalated" and context.held:
        raise refuse(409, "held")
    await context.port.play(scenario)
    return {"hub_now_ms": context.port.health().hub_now_ms}
