"""The routes of the heat map: demand over supply a community within reach, as JSON and as GeoJSON; shapes and seats come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.accounts.who import Reach
from gateway.area_heat import geometry
from gateway.area_heat.features import features
from gateway.area_heat.geometry import Shape
from gateway.area_heat.heat import (
    Counts,
    Demand,
    Heat,
    Supply,
    Value,
    demand_value,
    heat_of,
    ratio,
    supply_value,
    together,
)
from gateway.area_heat.supply import Week
from gateway.operations import heat_views
from gateway.operations.area_views import Spans
from gateway.operations.heat_views import Kept
from gateway.web.access import APerson, reach_of, who_of
from gateway.web.area import spans_of
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.problems import REJECTED, declared, refuse

SEATS_MAX = 100_000
_RING = [[114.052, 22.551], [114.066, 22.551], [114.066, 22.562], [114.052, 22.562], [114.052, 22.551]]
GEOJSON_EXAMPLE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"path": "福田区/莲花街道/莲花社区"},
            "geometry": {"type": "Polygon", "coordinates": [_RING]},
        }
    ],
}

_COUNTS = Counts(homes=126, alerts=[9, 14, 31, 2], visits=38, stations=2, hours=100.0, seats=60)
_TOLD = features([heat_of("福田区/莲花街道/莲花社区", _COUNTS)], {}, "elders", "stations", as_of="2026-03-02")
GEOJSON: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/geo+json": {"schema": {"type": "object"}, "example": _TOLD}}}
}
# Read as it comes: FastAPI would make objects of a JSON body before it is checked, and on the loop.
GEOJSON_IN: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/geo+json": {"schema": {"type": "object"}, "example": GEOJSON_EXAMPLE}},
    }
}
router = APIRouter(prefix="/api/v1", tags=["performance"])
Demanded = Annotated[Demand, Query()]
Supplied = Annotated[Supply, Query()]


class GeoJson(Response):
    """A FeatureCollection."""

    media_type = "application/geo+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatShown:
    """A community, or all together (``path`` ''): demand, supply, and the demand per supply that was asked for.

    ``elders``: homes cared for. ``alerts``: about people, of 30 days up to the end of yesterday; ``visits`` the same.
    ``hours``: staffed in this week by the duty plan. ``seats``: capacity of facilities, and what somebody has typed.
    """

    path: str
    elders: Value
    alerts: Value
    visits: Value
    stations: Value
    hours: Value
    seats: Value
    ratio: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatPage:
    """Demand over supply. ``from_ms`` ≤ alerts and visits < ``until``; the hours are of the week that begins at ``week``."""

    now: int
    from_ms: int
    until: int
    week: int
    demand: Demand
    supply: Supply
    communities: list[HeatShown]
    together: HeatShown


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapesKept:
    """What an upload of shapes did: how many are kept and forgotten, rings turned, paths the registry does not know."""

    ok: bool
    kept: int
    forgotten: int
    turned: int
    unknown: list[str]


class CommunityNote(BaseModel):
    """What somebody types of a community; what is left out stays. ``seats``: outside of its facilities, null: not known."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "path": "福田区/莲花街道/莲花社区",
                    "seats": 40,
                    "longitude": 114.059,
                    "latitude": 22.556,
                }
            ]
        },
    )
    path: Annotated[str, Field(max_length=geometry.PATH_CHARS_MAX)]
    seats: Annotated[int | None, Field(ge=0, le=SEATS_MAX, strict=True)] = None
    longitude: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    latitude: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class CommunityKept:
    """What is kept of a community; ``boundary``: it has an outline, and is no typed point."""

    path: str
    seats: int | None
    longitude: float | None
    latitude: float | None
    boundary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the heat map is made of: the communities within reach, what was kept of them, and of which time."""

    heats: list[Heat]
    kept: Mapping[str, Kept]
    spans: Spans
    week: Week
    now: int

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shapes of those that have one."""
        return {
            one.path: kept.shape
            for one in self.heats
            if (kept := self.kept.get(one.path)) is not None and kept.shape is not None
        }


@router.get("/heat", responses=declared(422))
@needs(May.AREA)
def read_heat(request: Request, demand: Demanded = "elders", supply: Supplied = "stations") -> HeatPage:
    """Demand over supply (供需) of the communities that lie wholly within reach. Never a home.

    Counts from 1 to 4 are "<5"; sums and ratios are worked out from what is told. ``state`` says what has no number: demand
    and no supply is `no_service` (无服务), neither is `nothing`, not known is `missing` (无数据).
    """
    found = heat_within(request)
    return HeatPage(
        now=found.now, from_ms=found.spans.before, until=found.spans.end, week=found.week.begin, demand=demand, supply=supply,
        communities=[shown(one, demand, supply) for one in found.heats],
        together=shown(together(found.heats), demand, supply),
    )  # fmt: skip


@router.get("/heat.geojson", responses=GEOJSON | declared(422), response_class=GeoJson)
@needs(May.AREA)
def read_heat_geojson(
    request: Request, demand: Demanded = "elders", supply: Supplied = "stations"
) -> Response:
    """The same as a FeatureCollection (RFC 7946, WGS-84) for a GIS: a feature a community, its geometry or null."""
    found = heat_within(request)
    zone = found.week.zone
    body = features(
        found.heats, found.shapes, demand, supply, as_of=_day(found.now, zone), days_from=_day(found.spans.before, zone),
        days_until=_day(found.spans.end - 1, zone),
    )  # fmt: skip
    headers = {"Content-Disposition": 'attachment; filename="heat.geojson"'}
    return GeoJson(msgspec.json.encode(body), headers=headers)


@router.post(
    "/heat/geometry", responses=declared(413) | REJECTED, response_model=ShapesKept, openapi_extra=GEOJSON_IN
)
@needs(May.SYSTEM, of="everywhere")
async def set_shapes(request: Request, *, dry_run: bool = False) -> Response:
    """Keep the outlines or points of a GeoJSON file: features with the property `path` (区/街道/社区); WGS-84, not GCJ-02.

    A feature without geometry forgets that community's; what the file does not name stays. 422 lists the mistakes, and nothing
    has changed.
    """
    return await run_in_threadpool(_set_shapes, request, await request.body(), dry_run=dry_run)


@router.post("/heat/communities", responses=declared(401, 404, 409, 422))
@needs(May.AREA)
def set_community(request: Request, note: CommunityNote, person: APerson) -> CommunityKept:
    """Type the seats of a community that are in no facility of the registry, or where it lies (WGS-84), instead of a file.

    409 for a point where a file has brought its outline.
    """
    context = Context.of(request)
    request.scope["audit_subject"] = note.path
    if not reach_of(request, May.AREA).holds(note.path) or note.path not in heat_views.known_communities(
        context.engine
    ):
        raise refuse(404, "unknown_community")
    _check(note)
    known = heat_views.communities(context.engine, Reach((note.path,))).get(note.path)
    now, by = context.port.health().hub_now_ms, person.name
    if note.longitude is not None and note.latitude is not None:
        if known is not None and known.shape is not None and geometry.polygons_of(known.shape):
            raise refuse(409, "has_outline")
        shape = geometry.point(note.longitude, note.latitude)
        heat_views.keep_shapes(context.engine, {note.path: shape}, at=now, by=by)
    if "seats" in note.model_fields_set:
        heat_views.keep_seats(context.engine, note.path, note.seats, at=now, by=by)
    return _kept(note.path, heat_views.communities(context.engine, Reach((note.path,))).get(note.path))


def heat_within(request: Request) -> Found:
    """The communities within reach, counted now."""
    context, reach = Context.of(request), reach_of(request, May.AREA)
    now, zone = context.port.health().hub_now_ms, ZoneInfo(context.settings.zone)
    spans, week = spans_of(now, zone), Week.of(now, zone, context.port.calendar)
    heats = heat_views.heats(context.engine, reach, spans, week)
    kept = heat_views.communities(context.engine, reach)
    return Found(heats=heats, kept=kept, spans=spans, week=week, now=now)


def _check(note: CommunityNote) -> None:
    if (note.longitude is None) != (note.latitude is None):
        raise refuse(422, "invalid", what="give longitude and latitude together")


def _set_shapes(request: Request, text: bytes, *, dry_run: bool) -> Response:
    context = Context.of(request)
    found = geometry.read(text)
    if found.mistakes:
        body = {"ok": False, "errors": list(found.mistakes)}
        refusal = refuse(422, "invalid", what="; ".join(found.mistakes)[:500])
        body = msgspec.to_builtins(refusal.problem) | body
        return Response(msgspec.json.encode(body), 422, media_type="application/json")
    if not dry_run:
        heat_views.keep_shapes(
            context.engine,
            found.shapes,
            at=context.port.health().hub_now_ms,
            by=who_of(request).name or "api",
        )
    known = heat_views.known_communities(context.engine)
    kept = sum(shape is not None for shape in found.shapes.values())
    done = ShapesKept(
        ok=True, kept=kept, forgotten=len(found.shapes) - kept, turned=found.turned,
        unknown=sorted(set(found.shapes) - known)[: geometry.FEATURES_MAX],
    )  # fmt: skip
    return Response(msgspec.json.encode(done), media_type="application/json")


def _kept(path: str, kept: Kept | None) -> CommunityKept:
    shape = kept.shape if kept is not None else None
    longitude, latitude = geometry.middle(shape) if shape is not None else (None, None)
    outline = shape is not None and bool(geometry.polygons_of(shape))
    return CommunityKept(path, kept.seats if kept is not None else None, longitude, latitude, outline)


def shown(heat: Heat, demand: Demand, supply: Supply) -> HeatShown:
    """A community as it is told."""
    return HeatShown(
        path=heat.path, elders=demand_value(heat.elders), alerts=demand_value(heat.alerts), visits=demand_value(heat.visits),
        stations=supply_value(heat.stations), hours=supply_value(heat.hours), seats=supply_value(heat.seats),
        ratio=ratio(heat.of_demand(demand), heat.of_supply(supply)),
    )  # fmt: skip


def _day(at: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at / 1000, zone):%Y-%m-%d}"
