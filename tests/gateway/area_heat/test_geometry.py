"""Outlines of communities as people bring them: read, turned, refused with the feature and what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.area_heat import geometry
from gateway.area_heat.geometry import MultiPolygon, Point, Polygon, area, as_json, as_shape, middle, read
from gateway.web.maps import WIDTH, map_of

HERE = "福田区/莲花街道/莲花社区"
SQUARE = [[114.0, 22.5], [114.1, 22.5], [114.1, 22.6], [114.0, 22.6], [114.0, 22.5]]


def a_file(*features: tuple[str, dict[str, Any] | None], **more: object) -> str:
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "geometry": shape, "properties": {"path": path, "other": {"deep": [1]}}}
                for path, shape in features
            ],
            **more,
        }
    )


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_an_outline_and_a_point() -> None:
    found = read(
        a_file(
            (HERE, polygon(SQUARE)),
            ("a/b/c", {"type": "Point", "coordinates": [113.9, 22.4, 12]}),
            ("a/b/d", None),
        )
    )
    assert found.mistakes == ()
    assert found.shapes == {HERE: Polygon([SQUARE]), "a/b/c": Point([113.9, 22.4, 12]), "a/b/d": None}
    assert found.turned == 0


def test_rings_are_turned_the_way_the_standard_has_them() -> None:
    hole = [[114.02, 22.52], [114.04, 22.52], [114.04, 22.54], [114.02, 22.52]]
    found = read(a_file((HERE, polygon(SQUARE[::-1], hole))))
    assert found.turned == 2
    shape = found.shapes[HERE]
    assert isinstance(shape, Polygon)
    assert area(shape.coordinates[0]) > 0 > area(shape.coordinates[1])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "no FeatureCollection"),
        ("[" * 100_000, "no FeatureCollection"),
        ('{"type":"FeatureCollection","features":[{"a":' + "[" * 100_000, "no FeatureCollection"),
        ('{"type":"Topology","features":[]}', "not 'FeatureCollection'"),
        (a_file(("福田区", polygon(SQUARE))), "区/街道/社区"),
        (a_file(("a/ b/c", polygon(SQUARE))), "区/街道/社区"),
        (a_file((HERE, polygon(SQUARE[:-1]))), "not closed"),
        (a_file((HERE, polygon(SQUARE[:3]))), "3 positions"),
        (a_file((HERE, polygon([[1, 1], [2, 2], [3, 3], [1, 1]]))), "without an area"),
        (a_file((HERE, polygon())), "without a ring"),
        (a_file((HERE, {"type": "MultiPolygon", "coordinates": []})), "without polygons"),
        (a_file((HERE, {"type": "Point", "coordinates": [22.5, 114.0]})), "latitude comes first"),
        (a_file((HERE, {"type": "Point", "coordinates": [12694000.0, 2575000.0]})), "nowhere on earth"),
        (a_file((HERE, {"type": "Point", "coordinates": [114.0]})), "longitude, latitude"),
        (a_file((HERE, {"type": "LineString", "coordinates": SQUARE})), "Point, Polygon or MultiPolygon"),
        (a_file((HERE, polygon(SQUARE)), (HERE, polygon(SQUARE))), "comes twice"),
        (a_file((HERE, polygon(SQUARE)), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}), "not WGS-84"),
        (a_file(*[(f"a/b/{n}", None) for n in range(2001)]), "at most 2000"),
        (a_file((HERE, polygon([*SQUARE[:2] * 100_001, SQUARE[0]]))), "without an area"),
    ],
    ids=range(19),
)  # fmt: skip
def test_a_mistake_is_named(text: str, says: str) -> None:
    found = read(text)
    assert any(says in one for one in found.mistakes), found.mistakes


def test_a_file_of_too_many_positions_is_refused() -> None:
    ring = [[114 + at / 1e7, 22 + (at % 2) / 10] for at in range(geometry.POSITIONS_MAX)]
    found = read(a_file((HERE, polygon([*ring, [114.02, 22.5], ring[0]]))))
    assert any("simplify" in one for one in found.mistakes)


def test_the_coordinates_of_the_state_s_survey_are_taken() -> None:
    assert not read(
        a_file((HERE, polygon(SQUARE)), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::4490"}})
    ).mistakes


def test_the_middle_lies_where_most_of_it_is() -> None:
    assert middle(Polygon([SQUARE])) == pytest.approx((114.05, 22.55))
    far = [[x + 1, y] for x, y in [[0, 0], [0.01, 0], [0.01, 0.01], [0, 0]]]
    assert middle(MultiPolygon([[far], [SQUARE]])) == pytest.approx((114.05, 22.55))
    assert middle(Point([1.5, 2.5])) == (1.5, 2.5)


@given(st.floats(-179, 178), st.floats(-88, 87), st.floats(0.001, 1), st.floats(0.001, 1))
def test_a_map_shows_all_of_it_north_up(x: float, y: float, wide: float, high: float) -> None:
    ring = [[x, y], [x + wide, y], [x + wide, y + high], [x, y + high], [x, y]]
    shapes = {"a/b/c": Polygon([ring]), "a/b/d": Point([x + wide, y + high])}
    assert as_shape(as_json(shapes["a/b/c"])) == shapes["a/b/c"]
    drawn = map_of(shapes)
    assert drawn is not None
    outline, dot = drawn.areas
    assert (outline.outline != "", dot.outline) == (True, "")
    assert 0 <= dot.x <= WIDTH + 0.1
    assert 0 <= dot.y <= drawn.height + 0.1
    assert dot.x >= outline.x
    assert dot.y <= outline.y, "north is up"


def test_a_fine_outline_is_thinned_and_stays_one() -> None:
    ring = [[114 + at / 1e5, 22 + (at % 7) / 1e3] for at in range(40_000)]
    ring += [[114.4, 22.4], [114.0, 22.4], ring[0]]
    drawn = map_of({f"a/b/{at}": Polygon([[[x + at, y] for x, y in ring]]) for at in range(3)})
    assert drawn is not None
    assert sum(one.outline.count("L") for one in drawn.areas) < 4_000
    assert all(one.outline.startswith("M") and one.outline.endswith("Z") for one in drawn.areas)


def test_there_is_no_map_without_a_shape() -> None:
    assert map_of({}) is None
    assert map_of({"a/b/c": Point([114.0, 22.5])}) is not None, "one point is a map of one dot"
