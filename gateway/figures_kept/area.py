"""Communities as figures: homes, stations, coverage, open alerts, and demand and supply. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.alerts.cells import Cell
from gateway.area_heat.geometry import Shape, middle
from gateway.area_heat.heat import Heat
from gateway.figures_kept.saying import Saying
from gateway.web.area_numbers import Community, CountShown

PLAIN = ("stations", "staffed", "hearing", "neighbourhoods", "covered")


def say_area(said: Saying, found: Iterable[Community], at: int, *, desked: bool) -> None:
    """Say them at that hour; ``desked``: the hub has a duty plan, so that it knows its stations."""
    for one in found:
        said.count("area.homes", one.path, at, _cell(one.homes))
        for severity, count in one.open.items():
            said.count("area.open", one.path, at, _cell(count), device=severity)
        for name in PLAIN if desked else ("neighbourhoods",):
            said.plain(f"area.{name}", one.path, at, getattr(one, name))


def say_heat(said: Saying, heats: Iterable[Heat], shapes: Mapping[str, Shape], at: int) -> None:
    """Say demand and supply at that hour, and where the community lies if somebody has told."""
    for one in heats:
        said.count("heat.elders", one.path, at, one.elders)
        said.count("heat.alerts_30d", one.path, at, one.alerts)
        if one.visits is not None:
            said.count("heat.visits_30d", one.path, at, one.visits)
        for name, value in (("stations", one.stations), ("hours_week", one.hours), ("seats", one.seats)):
            said.plain(f"heat.{name}", one.path, at, value)
        shape = shapes.get(one.path)
        if shape is not None:
            longitude, latitude = middle(shape)
            said.plain("heat.lat", one.path, at, latitude)
            said.plain("heat.lon", one.path, at, longitude)


def _cell(shown: CountShown) -> Cell:
    return Cell(shown.low, shown.high)
