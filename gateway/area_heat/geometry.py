"""Where communities lie, as people bring it: GeoJSON (RFC 7946) checked, every mistake with its feature. WGS-84.

Maps made in China for the public (高德, 腾讯, 百度) are shifted by some hundred metres (GCJ-02, BD-09). A file does not say so:
whoever exports it must take WGS-84 (CGCS2000 differs by less than a metre).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, TypeAlias

import msgspec

FEATURES_MAX: Final = 2_000
POSITIONS_MAX: Final = 200_000  # of a file
MISTAKES_MAX: Final = 50
LEVELS: Final = 3  # 区/街道/社区
PATH_CHARS_MAX: Final = 200
RING_MIN: Final = 4  # three corners, and the first again
LONGITUDE_MAX, LATITUDE_MAX = 180.0, 90.0
WGS84: Final = ("CRS84", "EPSG::4326", "EPSG:4326", "EPSG::4490", "EPSG:4490")  # 4490 is CGCS2000

Position: TypeAlias = list[float]
Ring: TypeAlias = list[Position]


class Point(msgspec.Struct, frozen=True, tag="Point", tag_field="type"):
    """Somewhere in it: longitude, latitude."""

    coordinates: Position


class Polygon(msgspec.Struct, frozen=True, tag="Polygon", tag_field="type"):
    """Its boundary, and holes in it."""

    coordinates: list[Ring]


class MultiPolygon(msgspec.Struct, frozen=True, tag="MultiPolygon", tag_field="type"):
    """Several of them."""

    coordinates: list[list[Ring]]


Shape: TypeAlias = Point | Polygon | MultiPolygon


class _Feature(msgspec.Struct, frozen=True):
    type: str
    geometry: Shape | None
    properties: dict[str, msgspec.Raw] | None = None


class _Collection(msgspec.Struct, frozen=True):
    type: str
    features: list[msgspec.Raw]
    crs: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a file holds: the shape of each community (None: to be forgotten), how many rings were turned, and the mistakes."""

    shapes: Mapping[str, Shape | None]
    turned: int
    mistakes: tuple[str, ...]


# Made here, by one thread: see gateway.operations.duty_in_force.
_COLLECTION = msgspec.json.Decoder(_Collection)
_FEATURE = msgspec.json.Decoder(_Feature)
_TEXT = msgspec.json.Decoder(str)
_SHAPE = msgspec.json.Decoder(Shape)


class _MistakeError(Exception):
    """What is wrong with a feature."""


def read(text: bytes | str) -> Read:
    """Read and check a FeatureCollection whose features have the property ``path`` (区/街道/社区).

    Rings are turned the way RFC 7946 has them (outside against the clock), a ring that is not closed is a mistake.
    """
    try:
        found = _COLLECTION.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as wrong:
        return Read(shapes={}, turned=0, mistakes=(f"the file: no FeatureCollection of GeoJSON ({wrong})",))
    mistakes = list(_of_collection(found))
    shapes: dict[str, Shape | None] = {}
    turned, positions = 0, 0
    for number, raw in enumerate(found.features[:FEATURES_MAX], 1):
        try:
            path, shape, rings = _feature(raw)
        except _MistakeError as wrong:
            mistakes.append(f"feature {number}: {wrong}")
            if len(mistakes) >= MISTAKES_MAX:
                break
            continue
        positions += sum(1 for _ in _positions(shape))
        if positions > POSITIONS_MAX:
            mistakes.append(f"feature {number}: the file has over {POSITIONS_MAX} positions; simplify it")
            break
        if path in shapes:
            mistakes.append(f"feature {number}: {path!r} comes twice")
        shapes[path], turned = shape, turned + rings
    return Read(shapes=shapes, turned=turned, mistakes=tuple(mistakes))


def as_shape(stored: Mapping[str, Any]) -> Shape:
    """A shape that was checked and stored."""
    shape: Shape = _SHAPE.decode(msgspec.json.encode(stored))
    return shape


def as_json(shape: Shape) -> dict[str, Any]:
    """A shape as GeoJSON's object."""
    found: dict[str, Any] = msgspec.to_builtins(shape)
    return found


def point(longitude: float, latitude: float) -> Point:
    """A typed point; ``ValueError`` where it is none."""
    shape = Point([longitude, latitude])
    try:
        _check_position(shape.coordinates)
    except _MistakeError as wrong:
        raise ValueError(str(wrong)) from None
    return shape


def polygons_of(shape: Shape) -> list[list[Ring]]:
    """Its polygons, each with its outside first; none of a point."""
    match shape:
        case Polygon(coordinates):
            return [coordinates]
        case MultiPolygon(coordinates):
            return coordinates
        case _:
            return []


def middle(shape: Shape) -> tuple[float, float]:
    """Longitude and latitude of a point, or of the middle of its largest ring (by area)."""
    if isinstance(shape, Point):
        return shape.coordinates[0], shape.coordinates[1]
    ring = max((one[0] for one in polygons_of(shape)), key=lambda one: abs(area(one)))
    twice = area(ring) * 2
    x0, y0 = ring[0][:2]
    x = sum((a[0] + b[0] - 2 * x0) * _cross(a, b, x0, y0) for a, b in pairwise(ring))
    y = sum((a[1] + b[1] - 2 * y0) * _cross(a, b, x0, y0) for a, b in pairwise(ring))
    return x0 + x / (3 * twice), y0 + y / (3 * twice)


def area(ring: Ring) -> float:
    """The area of a closed ring in square degrees (shoelace), positive against the clock."""
    x0, y0 = ring[0][:2]
    return sum(_cross(a, b, x0, y0) for a, b in pairwise(ring)) / 2


def _cross(a: Position, b: Position, x0: float, y0: float) -> float:
    return (a[0] - x0) * (b[1] - y0) - (b[0] - x0) * (a[1] - y0)


def _of_collection(found: _Collection) -> Iterator[str]:
    if found.type != "FeatureCollection":
        yield f"the file: its type is {found.type[:40]!r}, not 'FeatureCollection'"
    if len(found.features) > FEATURES_MAX:
        yield f"the file: {len(found.features)} features, at most {FEATURES_MAX}"
    crs = str(found.crs)
    if found.crs is not None and not any(name in crs for name in WGS84):
        yield f"the file: its coordinates are not WGS-84 (crs {crs[:80]}); export it as EPSG:4326"


def _feature(raw: msgspec.Raw) -> tuple[str, Shape | None, int]:
    try:
        found = _FEATURE.decode(raw)
    except (msgspec.MsgspecError, RecursionError) as wrong:
        raise _MistakeError(f"no Feature with a Point, Polygon or MultiPolygon ({wrong})") from None
    if found.type != "Feature":
        raise _MistakeError(f"its type is {found.type[:40]!r}, not 'Feature'")
    path = _path((found.properties or {}).get("path"))
    if found.geometry is None:
        return path, None, 0
    shape, turned = _checked(found.geometry)
    return path, shape, turned


def _path(raw: msgspec.Raw | None) -> str:
    try:
        path = _TEXT.decode(raw) if raw is not None else ""
    except msgspec.MsgspecError:
        path = ""
    if not is_community(path):
        raise _MistakeError("its property 'path' must be 区/街道/社区, as in the registry")
    return path


def is_community(path: str) -> bool:
    """Whether this is written as the path of a community."""
    parts = path.split("/")
    return (
        len(path) <= PATH_CHARS_MAX
        and len(parts) == LEVELS
        and all(part.strip() == part != "" for part in parts)
    )


def _checked(shape: Shape) -> tuple[Shape, int]:
    match shape:
        case Point(coordinates):
            _check_position(coordinates)
            return shape, 0
        case Polygon(coordinates):
            rings, turned = _polygon(coordinates)
            return Polygon(rings), turned
        case MultiPolygon(coordinates):
            if not coordinates:
                raise _MistakeError("a MultiPolygon without polygons")
            every = [_polygon(one) for one in coordinates]
            return MultiPolygon([rings for rings, _ in every]), sum(turned for _, turned in every)


def _polygon(rings: list[Ring]) -> tuple[list[Ring], int]:
    if not rings:
        raise _MistakeError("a Polygon without a ring")
    found, turned = [], 0
    for number, ring in enumerate(rings):
        if len(ring) < RING_MIN:
            raise _MistakeError(f"a ring of {len(ring)} positions; it takes {RING_MIN} at least")
        for position in ring:
            _check_position(position)
        if ring[0] != ring[-1]:
            raise _MistakeError("a ring is not closed: its last position must be its first")
        size = area(ring)
        if size == 0:
            raise _MistakeError("a ring without an area")
        is_right = (size > 0) == (number == 0)
        found.append(ring if is_right else ring[::-1])
        turned += not is_right
    return found, turned


def _check_position(position: Position) -> None:
    if len(position) not in {2, 3}:
        raise _MistakeError("a position is longitude, latitude")
    longitude, latitude = position[:2]
    if abs(longitude) <= LATITUDE_MAX < abs(latitude) <= LONGITUDE_MAX:
        raise _MistakeError(f"{position[:2]}: latitude comes first here; write longitude, latitude")
    if not (abs(longitude) <= LONGITUDE_MAX and abs(latitude) <= LATITUDE_MAX):
        raise _MistakeError(f"{position[:2]} is nowhere on earth; the coordinates must be degrees (WGS-84)")


def _positions(shape: Shape | None) -> Iterator[Position]:
    if isinstance(shape, Point):
        yield shape.coordinates
    elif shape is not None:
        for polygon in polygons_of(shape):
            for ring in polygon:
                yield from ring
