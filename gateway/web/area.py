"""The area page (片区) for community and street officers, its wall (大屏), and the same numbers for programs. Never a home."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query, Request, Response

from gateway.accounts.roles import May
from gateway.accounts.who import Reach
from gateway.alerts.record import Asked
from gateway.operations.area_views import Spans, count_area
from gateway.operations.performance_apart import ApartError, BusyError, performance_json
from gateway.web.access import SomePerson, reach_of
from gateway.web.area_numbers import Community, Lately, StationAbove, communities, stations_above
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.problems import declared, refuse
from gateway.web.render import language_of, page, render
from rules.local_time import local_day, moment

DAYS, LATELY_DAYS = 30, 7
KEPT_MS = 10 * 60_000  # what came of the targets up to yesterday changes by what is noted late only
KEPT_MAX = 32
ON_A_WALL = 12  # communities that fit a wall at once; more take turns

log = logging.getLogger(__name__)
router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The numbers of the communities within reach. A count from 1 to 4 is "<5"; what is summed is summed of what is shown.

    ``until``: the end of yesterday (epoch ms); the 7 and the 30 days end there. ``above``: street centres.
    """

    now: int
    until: int
    communities: list[Community]
    together: Community
    above: list[StationAbove]


class Drawn:
    """What came of the targets, kept for ten minutes by who may see what: to draw it up takes a second for a city."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[tuple[str, ...], Spans], tuple[int, Lately]] = {}

    def find(self, reach: Reach, spans: Spans, now: int, *, fresh: bool) -> Lately | None:
        """What is kept for that reach; ``fresh`` only what is not old."""
        with self._lock:
            at, found = self._kept.get((reach.paths, spans), (0, None))
        return found if found is not None and (not fresh or 0 <= now - at < KEPT_MS) else None

    def keep(self, reach: Reach, spans: Spans, now: int, found: Lately) -> None:
        """Keep it."""
        with self._lock:
            while len(self._kept) >= KEPT_MAX:
                del self._kept[next(iter(self._kept))]
            self._kept[reach.paths, spans] = (now, found)


@router.get("/api/v1/area", tags=["performance"], responses=declared(409, 503))
@needs(May.AREA)
def read_area(request: Request) -> Area:
    """The numbers of the communities that lie wholly within reach: stations, coverage, open alerts, what came of the targets.

    No home, no name, no address. Counts from 1 to 4 are told as "<5", and every sum and share is worked out from what is told,
    so that none can be found by subtraction. 409 while others are being drawn up.
    """
    return _area(request)


@router.get("/area", include_in_schema=False)
@needs(May.AREA)
def show_area(request: Request, person: SomePerson) -> Response:
    """The same as a page: one line a community, prints on one A4."""
    return page(
        request,
        "area.html",
        person=person,
        names=Context.of(request).people.names(),
        area=_area(request),
        rows=None,
    )


@router.get("/area/screen", include_in_schema=False)
@needs(May.AREA)
def show_wall(request: Request) -> Response:
    """The wall (大屏): numbers a community, large, dark, refreshed by itself; it says when it cannot."""
    return page(request, "area_screen.html", person=None, **_wall(request, 0))


@router.get("/area/screen/now", include_in_schema=False)
@needs(May.AREA)
def read_wall(request: Request, turn: Annotated[int, Query(ge=0, le=1_000_000)] = 0) -> Response:
    """The moving part of the wall; where there are more communities than fit, ``turn`` says which of them."""
    text = render(Context.of(request), language_of(request), "_area_wall.html", **_wall(request, turn))
    return Response(text, media_type="text/html")


def _wall(request: Request, turn: int) -> dict[str, Any]:
    context, reach = Context.of(request), reach_of(request, May.AREA)
    desks = context.port.desks().desks
    found, together = communities(count_area(context.engine, reach, None), desks, None)
    turns = max(1, -(-len(found) // ON_A_WALL))
    first = turn % turns * ON_A_WALL
    shown = found[first : first + ON_A_WALL]
    return {
        "shown": shown, "together": together, "turn": turn % turns + 1, "turns": turns, "columns": _columns(len(shown)),
        "desked": bool(desks),
    }  # fmt: skip


def _columns(many: int) -> int:
    """So that the tiles of a wall are about as wide as they are high, at most four beside one another."""
    return next((columns for columns, most in ((1, 1), (2, 4), (3, 6), (4, 8), (3, 9)) if many <= most), 4)


def _area(request: Request) -> Area:
    context, reach = Context.of(request), reach_of(request, May.AREA)
    now = context.port.health().hub_now_ms
    spans = spans_of(now, ZoneInfo(context.settings.zone))
    desks = context.port.desks().desks
    counted = count_area(context.engine, reach, spans)
    found, together = communities(counted, desks, _lately(request, reach, spans, now))
    return Area(
        now=now, until=spans.end, communities=found, together=together, above=stations_above(desks, reach)
    )  # fmt: skip


def spans_of(now: int, zone: ZoneInfo) -> Spans:
    """The last 7 whole days and the 23 before them: numbers that hold for a day, and do not tell each alert as it comes."""
    today = local_day(now, zone)
    before, lately, end = (moment(today - timedelta(days=days), 0, zone) for days in (DAYS, LATELY_DAYS, 0))
    return Spans(max(0, before), max(0, lately), max(0, end))


def _lately(request: Request, reach: Reach, spans: Spans, now: int) -> Lately:
    """What came of the targets; an older answer rather than none while others are drawn up."""
    drawn: Drawn = request.app.state.area
    known = drawn.find(reach, spans, now, fresh=True)
    if known is not None:
        return known
    context = Context.of(request)
    try:
        last = _targets(context, reach, spans.lately, spans.end, now)
        before = _targets(context, reach, spans.before, spans.lately, now)
    except (BusyError, ApartError) as error:
        older = drawn.find(reach, spans, now, fresh=False)
        if older is not None:
            return older
        if isinstance(error, BusyError):
            raise refuse(409, "busy_numbers") from None
        log.error("the numbers of an area: %s", error)  # noqa: TRY400 its words say all
        raise refuse(503, "unavailable", reason=str(error)) from None
    found = Lately(last["response"]["targets"], _by_community(last), _by_community(before))
    drawn.keep(reach, spans, now, found)
    return found


def _targets(context: Context, reach: Reach, begin: int, end: int, now: int) -> dict[str, Any]:
    asked = Asked(
        begin=begin, end=end, now=now, zone=context.settings.zone, kind="life_safety", targets=context.settings.targets,
        within=reach.paths,
    )  # fmt: skip
    told: dict[str, Any] = msgspec.json.decode(performance_json(context.engine, asked))
    return told


def _by_community(told: Mapping[str, Any]) -> dict[str, dict[str, tuple[int, int]]]:
    return {
        station: {one["name"]: (one["within"], one["of"] - one["within"]) for one in found["targets"]}
        for station, found in told["by_station"].items()
    }
