"""A map of communities as numbers for an SVG: shapes in its own units, where their names stand. Pure; nothing is fetched."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.area_heat.geometry import Point, Position, Ring, Shape, middle, polygons_of

WIDTH = 360.0
HEIGHT_MAX = 420.0
EDGE = 10.0
DOT = 13.0  # the radius of a community of which only a point is known
POINTS_MAX = 3_000  # of all shapes together: a page must stay light
ROOMY = 56.0  # a shape at least this wide and half as high bears its name
CORNERS_MIN = 3
SMALL = 2.0  # a ring that is smaller is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A community on the map: its outline ('' where only a point is known), and where its number and name stand."""

    path: str
    outline: str
    x: float
    y: float
    roomy: bool


@dataclass(frozen=True, slots=True)
class Map:
    """What is drawn: outlines first, then dots."""

    width: float
    height: float
    areas: tuple[Area, ...]


def map_of(shapes: Mapping[str, Shape]) -> Map | None:
    """The map of these communities; None where there is no shape."""
    if not shapes:
        return None
    project, height = _projection(shapes.values())
    rings = {
        path: [[project(position) for position in ring] for one in polygons_of(shape) for ring in one]
        for path, shape in shapes.items()
    }
    tolerance, simple = 0.4, rings
    while sum(len(ring) for one in simple.values() for ring in one) > POINTS_MAX and tolerance < WIDTH:
        tolerance *= 1.6
        simple = {path: [_thinned(ring, tolerance) for ring in one] for path, one in rings.items()}
    areas = [_area(path, shape, simple[path], project) for path, shape in shapes.items()]
    return Map(WIDTH, round(height, 1), tuple(sorted(areas, key=lambda one: not one.outline)))


def _projection(shapes: Iterable[Shape]) -> tuple[_Projection, float]:
    """Equal scale in both directions about the middle (equirectangular): a city is small enough for it."""
    every = [position for shape in shapes for position in _all(shape)]
    west, east = min(one[0] for one in every), max(one[0] for one in every)
    south, north = min(one[1] for one in every), max(one[1] for one in every)
    narrow = max(math.cos(math.radians((south + north) / 2)), 0.01)
    wide, high = (east - west) * narrow, north - south
    inner = WIDTH - 2 * EDGE
    scale = min(inner / wide if wide else math.inf, (HEIGHT_MAX - 2 * EDGE) / high if high else math.inf)
    if math.isinf(scale):
        scale = 1.0
    height = max(high * scale + 2 * EDGE, 4 * DOT)
    left = (WIDTH - wide * scale) / 2
    top = (height - high * scale) / 2
    return _Projection(west, north, narrow * scale, scale, left, top), height


@dataclass(frozen=True, slots=True)
class _Projection:
    west: float
    north: float
    across: float
    down: float
    left: float
    top: float

    def __call__(self, position: Position) -> tuple[float, float]:
        return (
            round(self.left + (position[0] - self.west) * self.across, 1),
            round(self.top + (self.north - position[1]) * self.down, 1),
        )


def _area(
    path: str, shape: Shape, rings: Sequence[Sequence[tuple[float, float]]], project: _Projection
) -> Area:
    x, y = project(list(middle(shape)))
    if isinstance(shape, Point):
        return Area(path=path, outline="", x=x, y=y, roomy=False)
    drawn = [ring for ring in rings if _size(ring)[0] >= SMALL and _size(ring)[1] >= SMALL]
    outline = "".join(
        "M" + "L".join(f"{a:g} {b:g}" for a, b in ring[:-1]) + "Z" for ring in drawn or rings[:1]
    )
    wide, high = max((_size(ring) for ring in rings), key=lambda size: size[0] * size[1])
    return Area(path=path, outline=outline, x=x, y=y, roomy=wide >= ROOMY and high >= ROOMY / 2)


def _size(ring: Sequence[tuple[float, float]]) -> tuple[float, float]:
    across, down = [x for x, _ in ring], [y for _, y in ring]
    return max(across) - min(across), max(down) - min(down)


def _thinned(ring: Sequence[tuple[float, float]], tolerance: float) -> list[tuple[float, float]]:
    """Without corners that are nearer to the one before than that; three stay in any case."""
    kept = [ring[0]]
    for one in ring[1:-1]:
        if math.dist(one, kept[-1]) >= tolerance:
            kept.append(one)
    if len(kept) < CORNERS_MIN:
        kept = list(ring[:-1])[:: max(1, (len(ring) - 1) // CORNERS_MIN)]
    return [*kept, ring[-1]]


def _all(shape: Shape) -> list[Position]:
    if isinstance(shape, Point):
        return [shape.coordinates]
    rings: list[Ring] = [ring for one in polygons_of(shape) for ring in one]
    return [position for ring in rings for position in ring]
