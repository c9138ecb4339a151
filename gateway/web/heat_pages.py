"""The page of the heat map: a map where outlines are known, else a square a community; the same numbers as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gateway.accounts.roles import May
from gateway.area_heat.geometry import middle, polygons_of
from gateway.area_heat.heat import DEMANDS, SHOWS, SUPPLIES, Heat, Show, Supply, Value, together, value_of
from gateway.area_heat.scale import Scale, scale_of
from gateway.web.access import SomePerson, reach_of
from gateway.web.context import Context
from gateway.web.heat import Demanded, Found, heat_within
from gateway.web.maps import Area, map_of
from gateway.web.needs import needs
from gateway.web.render import page

FORMS_MAX = 60  # a city's communities are brought as a file

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A community as it is drawn: its number in the table, what is shown of it, its colour (None: it has no number)."""

    number: int
    heat: Heat
    value: Value
    colour: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a community's form begins with: what was typed, and whether a file has brought its outline."""

    seats: str
    longitude: str
    latitude: str
    outline: bool


@router.get("/heat")
@needs(May.AREA)
def show_heat(
    request: Request,
    person: SomePerson,
    show: Annotated[Show, Query()] = "ratio",
    demand: Demanded = "elders",
    supply: Annotated[Supply | None, Query()] = None,
) -> Response:
    """Demand, supply, or the one per the other: a map or squares, and the table.

    Where nobody has chosen a supply: the first of which something is known.
    """
    found = heat_within(request)
    known: list[Supply] = [
        one for one in SUPPLIES if any(heat.of_supply(one) is not None for heat in found.heats)
    ]
    over: Supply = supply if supply is not None else next(iter(known), SUPPLIES[0])
    values = [value_of(one, show, demand, over) for one in found.heats]
    scale = scale_of(values, whole=show == "demand" or (show == "supply" and over != "hours"))
    squares = [
        Square(number=number, heat=heat, value=value, colour=scale.colour(value))
        for number, (heat, value) in enumerate(zip(found.heats, values, strict=True), 1)
    ]
    drawn = map_of(found.shapes)
    by_path = {one.heat.path: one for one in squares}
    areas: list[tuple[Area, Square]] = [(one, by_path[one.path]) for one in drawn.areas] if drawn else []
    rest = [one for one in squares if one.heat.path not in found.shapes]
    return page(
        request,
        "heat.html",
        person=person,
        names=Context.of(request).people.names(),
        day=lambda at: f"{datetime.fromtimestamp(at / 1000, found.week.zone):%Y-%m-%d}",
        show=show, demand=demand, supply=over, shows=SHOWS, demands=DEMANDS, supplies=SUPPLIES,
        found=found, squares=squares, together=together(found.heats), value_of=value_of,
        map=drawn, areas=areas, streets=_by_street(rest), steps=_steps(scale, values), states={one.state for one in values},
        may_shape=reach_of(request, May.SYSTEM).everything, typed=_typed(found) if len(squares) <= FORMS_MAX else {},
    )  # fmt: skip


def _by_street(squares: list[Square]) -> list[tuple[str, list[Square]]]:
    return [(street, list(some)) for street, some in groupby(squares, key=lambda one: one.heat.street)]


def _steps(scale: Scale, values: list[Value]) -> list[tuple[int, str, str]]:
    """The colours for the legend; none where nothing has a number."""
    return scale.steps if any(value.low is not None for value in values) else []


def _typed(found: Found) -> dict[str, Place]:
    typed = {}
    for heat in found.heats:
        kept = found.kept.get(heat.path)
        shape = kept.shape if kept is not None else None
        seats = "" if kept is None or kept.seats is None else str(kept.seats)
        longitude, latitude = (f"{one:.6f}" for one in middle(shape)) if shape is not None else ("", "")
        typed[heat.path] = Place(
            seats=seats, longitude=longitude, latitude=latitude,
            outline=shape is not None and bool(polygons_of(shape)),
        )  # fmt: skip
    return typed
