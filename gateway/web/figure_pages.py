"""The figures (数字一览): the pictures of the dashboards in the console, for a station without Grafana; each with its table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from anyio import from_thread
from fastapi import APIRouter, Query, Request, Response

from gateway.accounts.roles import May
from gateway.accounts.who import Reach
from gateway.figures_kept.reading import FigureQuery, Point
from gateway.operations import facility_views, heat_views
from gateway.web import figure_parts
from gateway.web.access import SomePerson, reach_of
from gateway.web.context import Context
from gateway.web.drawing import drawn
from gateway.web.facility_pictures import heat_rows
from gateway.web.figure_asking import Asked
from gateway.web.figure_parts import Part
from gateway.web.figure_spans import HOUR_MS, SPANS, SpanName, span_of
from gateway.web.needs import needs
from gateway.web.port import ReadingQuery, Summary, UnavailableError
from gateway.web.problems import refuse
from gateway.web.render import page
from rules.plan import COUNTER

AT_CHARS_MAX = 200
HUB = ("hub",)
DAY_LONGEST_MS = 25 * HOUR_MS  # a day on which the clock goes back

PartName: TypeAlias = Literal["area", "duty", "facility", "fleet", "hub"]
NEEDED: Final[dict[PartName, May]] = {
    "area": May.AREA, "duty": May.AREA, "facility": May.FACILITIES, "fleet": May.DEVICES, "hub": May.SYSTEM
}  # fmt: skip
MADE: Final[dict[PartName, Callable[[Asked], Part]]] = {
    "area": figure_parts.area, "duty": figure_parts.duty, "facility": figure_parts.facility, "fleet": figure_parts.fleet,
    "hub": figure_parts.hub,
}  # fmt: skip

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something a part can be about: a community by its path, a facility by its id; '' is all of them."""

    value: str
    name: str


@router.get("/figures")
@needs(May.AREA, May.FACILITIES, May.DEVICES, May.SYSTEM)
def show_figures(
    request: Request,
    person: SomePerson,
    part: Annotated[PartName | Literal[""], Query()] = "",
    span: Annotated[SpanName, Query()] = "week",
    at: Annotated[str, Query(max_length=AT_CHARS_MAX)] = "",
) -> Response:
    """One part of the figures over a day, a week, a month or a year; only the parts somebody may see are there."""
    parts = parts_of(request)
    if not parts or (part and part not in parts):
        raise refuse(403, "not_yours")
    shown: PartName = part or parts[0]
    context, zone = Context.of(request), ZoneInfo(Context.of(request).settings.zone)
    now = context.port.health().hub_now_ms
    choices = _choices(request, shown)
    if at and at not in {one.value for one in choices}:
        raise refuse(404, "unknown_place")
    at = at or _first(request, shown, choices)
    places = _places(request, shown, choices, at)

    def kept(query: FigureQuery) -> Sequence[Point]:
        return from_thread.run(context.port.kept_figures, query)

    def summed(query: ReadingQuery, every: Literal["1h", "1d"]) -> Sequence[Summary]:
        return from_thread.run(context.port.summaries, query, every)

    found, away = Part(), False
    if places:
        asked = Asked(
            kept=kept, summed=summed,
            span=span_of(span, now, zone), now=now, zone=zone, places=places,
        )  # fmt: skip
        try:
            found = _made(request, shown, asked)
        except UnavailableError:
            away = True
    return page(
        request, "figures.html", person=person, names=context.people.names(), parts=parts, part=shown,
        spans=SPANS, over=span, choices=choices, at=at, found=found, away=away, drawings=[drawn(one) for one in found.charts],
        heat=heat_rows(found.week, found.capacity), tick=_tick(zone), day=_day(zone), places=places,
    )  # fmt: skip


def parts_of(request: Request) -> list[PartName]:
    """The parts that whoever asks may see; the hub's own only who reaches everything."""
    return [
        name
        for name, may in NEEDED.items()
        if (reach_of(request, may).everything if name == "hub" else bool(reach_of(request, may)))
    ]


def _made(request: Request, part: PartName, asked: Asked) -> Part:
    found = MADE[part](asked)
    if part != "fleet":
        return found
    context = Context.of(request)
    facilities = facility_views.facilities(context.engine, reach_of(request, May.DEVICES))
    places = [one.id for one in facilities.rows]
    if not places:
        return found
    return replace(found, ranks=[*found.ranks, figure_parts.batteries(replace(asked, places=places))])


def _choices(request: Request, part: PartName) -> list[Choice]:
    """What it can be about, within reach. Of communities only whole ones; all of them come first."""
    engine, reach = Context.of(request).engine, reach_of(request, NEEDED[part])
    if part == "facility":
        return [Choice(one.id, one.name) for one in facility_views.facilities(engine, reach).rows]
    if part == "hub":
        return []
    paths = communities_within(sorted(heat_views.known_communities(engine)), reach)
    several = [Choice("", "")] if len(paths) > 1 or (part == "fleet" and reach.everything) else []
    return [*several, *(Choice(path, path) for path in paths)]


def _first(request: Request, part: PartName, choices: Sequence[Choice]) -> str:
    """What is shown where nobody has chosen: the first one; of facilities the first that is counted."""
    if part == "facility":
        counts = from_thread.run_sync(Context.of(request).port.headcounts, [one.value for one in choices])
        counted = {
            place for place, count in counts.items() if any(one.kind == COUNTER for one in count.devices)
        }
        choices = [one for one in choices if one.value in counted] or choices
    return choices[0].value if choices else ""


def communities_within(paths: Sequence[str], reach: Reach) -> list[str]:
    """Those that lie wholly within reach."""
    return [path for path in paths if reach.holds(path)]


def _places(request: Request, part: PartName, choices: Sequence[Choice], at: str) -> tuple[str, ...]:
    """What to ask the store for; none where there is nothing to be seen: to ask for no place would be to ask for all."""
    if part == "hub" or (part == "fleet" and not at and reach_of(request, May.DEVICES).everything):
        return HUB
    return (at,) if at else tuple(one.value for one in choices if one.value)


def _tick(zone: ZoneInfo) -> Callable[[int, Sequence[int]], str]:
    """How a moment is written below a picture whose buckets begin at ``begins``."""

    def tick(at: int, begins: Sequence[int]) -> str:
        step = begins[1] - begins[0]
        form = "%H:%M" if step <= HOUR_MS else "%Y-%m" if step > DAY_LONGEST_MS else "%m-%d"
        return datetime.fromtimestamp(at / 1000, zone).strftime(form)

    return tick


def _day(zone: ZoneInfo) -> Callable[[int], str]:
    return lambda at: f"{datetime.fromtimestamp(at / 1000, zone):%Y-%m-%d %H:%M}"
