"""The heat map as GeoJSON (RFC 7946) for a GIS: a feature a community, what is shown of it, and never what is hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.area_heat.geometry import Shape, as_json
from gateway.area_heat.heat import (
    DEMANDS,
    SUPPLIES,
    Demand,
    Heat,
    Supply,
    Value,
    demand_value,
    ratio,
    supply_value,
)

IN_WORDS = {"no_service": "无服务", "nothing": "无需求"}


def features(
    heats: Iterable[Heat], shapes: Mapping[str, Shape], demand: Demand, supply: Supply, **about: object
) -> dict[str, Any]:
    """A FeatureCollection: each number as text and from low to high, null for 无数据; ``ratio`` is that demand per that supply.

    ``about`` are members of the whole: as of when, from when.
    """
    return {
        "type": "FeatureCollection",
        **about,
        "ratio_of": f"{demand}/{supply}",
        "features": [_feature(heat, shapes.get(heat.path), demand, supply) for heat in heats],
    }


def _feature(heat: Heat, shape: Shape | None, demand: Demand, supply: Supply) -> dict[str, Any]:
    properties: dict[str, Any] = {"path": heat.path, "name": heat.name}
    for one in DEMANDS:
        properties |= _told(one, demand_value(heat.of_demand(one)))
    for other in SUPPLIES:
        properties |= _told(other, supply_value(heat.of_supply(other)))
    found = ratio(heat.of_demand(demand), heat.of_supply(supply))
    properties |= _told("ratio", found) | {"ratio_state": found.state}
    geometry = as_json(shape) if shape is not None else None
    return {"type": "Feature", "id": heat.path, "geometry": geometry, "properties": properties}


def _told(name: str, value: Value) -> dict[str, Any]:
    text = None if value.state == "missing" else value.shown or IN_WORDS[value.state]
    return {
        name: text,
        f"{name}_low": None if value.low is None else round(value.low, 4),
        f"{name}_high": None if value.high is None else round(value.high, 4),
    }
