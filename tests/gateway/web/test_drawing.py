"""Charts as numbers for an SVG: all of it within the picture, nothing drawn where nothing is known."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.figures_kept.reading import Point
from gateway.web.drawing import BASE, HEIGHT, LEFT, TOP, WIDTH, Chart, Limit, Series, drawn, nice_top
from gateway.web.figure_spans import (
    DAYS,
    HOUR_MS,
    SPANS,
    SpanName,
    bucketed,
    by_day,
    increases,
    lengths_s,
    mean,
    moments,
    span_of,
    summed_by_time,
)

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NOW = 1_763_881_380_000  # 2025-11-23 15:03 in Shanghai, a Sunday
numbers = st.lists(st.none() | st.floats(0, 1e6), min_size=5, max_size=5)
instants = st.integers(1_600_000_000_000, 1_900_000_000_000)


@given(
    st.lists(numbers, min_size=1, max_size=4),
    st.sampled_from(["lines", "bars"]),
    st.none() | st.floats(1, 1e5),
)
def test_everything_lies_within_the_picture(
    some: list[list[float | None]], kind: str, limit: float | None
) -> None:
    limits = [Limit(limit, "x")] if limit is not None else []
    drawing = drawn(
        Chart(
            word="x", kind="bars" if kind == "bars" else "lines", begins=range(5), series=[Series("x", one) for one in some],
            limits=limits, band=(some[0], some[-1]),
        )
    )  # fmt: skip
    for x, y in re.findall(r"([\d.]+) ([\d.]+)", " ".join([*drawing.paths, drawing.band])):
        assert LEFT <= float(x) <= WIDTH
        assert TOP - 0.1 <= float(y) <= BASE
    for bar in drawing.bars:
        assert LEFT <= bar.x <= bar.x + bar.width <= WIDTH
        assert TOP - 0.1 <= bar.y <= bar.y + bar.height <= BASE + 0.1
    assert all(LEFT <= x <= WIDTH for x, _ in drawing.ticks)
    assert all(TOP <= y <= BASE < HEIGHT for y, _ in drawing.across)


@given(numbers)
def test_a_line_has_as_many_points_as_are_known_and_breaks_where_none_is(some: list[float | None]) -> None:
    (path,) = drawn(Chart(word="x", kind="lines", begins=range(5), series=[Series("x", some)])).paths
    assert path.count("M") + path.count("L") == sum(one is not None for one in some)
    begins = sum(one is not None and (at == 0 or some[at - 1] is None) for at, one in enumerate(some))
    assert path.count("M") == begins


def test_bars_stand_upon_one_another() -> None:
    chart = Chart(
        word="x", kind="bars", begins=[0, 1], series=[Series("a", [4.0, None]), Series("b", [6.0, 0.0])]
    )
    lower, upper = drawn(chart).bars
    assert (lower.y, lower.y + lower.height) == (upper.y + upper.height, BASE)
    assert upper.y == TOP
    assert not chart.empty


def test_a_band_is_drawn_where_both_ends_are_known() -> None:
    low, high = [1.0, 2.0, None, 1.0, 1.0], [3.0, 3.0, 9.0, None, 2.0]
    band = drawn(Chart(word="x", kind="lines", begins=range(5), series=[], band=(low, high))).band
    assert band.count("Z") == 1
    assert band.count("L") == 3, "two buckets, there and back"


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (4.2, 5), (11, 20), (99, 100), (101, 200), (0.03, 0.03), (251, 300)]
)
def test_a_scale_ends_at_a_number_that_is_easily_read(most: float, top: float) -> None:
    assert nice_top(most) == pytest.approx(top)


@given(instants, st.sampled_from(SPANS), st.sampled_from([SHANGHAI, BERLIN]))
def test_a_span_holds_now_in_its_last_bucket(now: int, name: SpanName, zone: ZoneInfo) -> None:
    span = span_of(name, now, zone)
    assert span.bucket(now) is not None
    assert list(span.begins) == sorted(set(span.begins))
    assert span.bucket(span.begin) == 0
    assert span.bucket(span.begin - 1) is None
    assert span.bucket(span.end) is None
    assert (DAYS[name] - 1) * 24 - 1 <= (now - span.begin) / HOUR_MS <= DAYS[name] * 24 + 1
    daily = by_day(span, now, zone)
    assert daily.bucket(now) is not None
    assert len(daily.begins) in {7, 31, 53}
    if name in {"month", "year"}:
        seen = moments(span, now, zone)
        assert [span.bucket(at) for at in seen[:-1]] == list(range(len(span.begins) - 1))
        assert all(span.begin - HOUR_MS < at <= now for at in seen)
    assert min(lengths_s(span, now)) >= 1


def test_a_year_looks_at_working_days_at_noon() -> None:
    looked = moments(span_of("year", NOW, SHANGHAI), NOW, SHANGHAI)
    assert len(looked) == 53
    days = [(at // HOUR_MS + 8) // 24 for at in looked[:-1]]
    assert {(day + 3) % 7 for day in days} <= {0, 1, 2, 3, 4}, "Monday to Friday"
    assert {(at // HOUR_MS + 8) % 24 for at in looked[:-1]} == {12}
    assert looked[-1] == NOW // HOUR_MS * HOUR_MS


def at(moment: int, value: float, metric: str = "m", place: str = "p") -> Point:
    return Point(metric, place, "d", moment, value)


def test_a_bucket_without_a_point_is_not_known() -> None:
    span = span_of("day", NOW, SHANGHAI)
    found = bucketed(span, [at(span.begins[0], 3), at(span.begins[0] + 9, 5), at(span.end, 99)], mean)
    assert found[0] == 4
    assert found[1:] == [None] * 23


def test_places_are_summed_at_each_moment() -> None:
    found = summed_by_time([at(1, 5), at(1, 6, place="q"), at(2, 7)])
    assert [(one.at, one.value) for one in found] == [(1, 11), (2, 7)]


def test_a_count_that_began_anew_has_grown_by_what_it_says() -> None:
    found = increases([at(1, 10), at(2, 15), at(3, 4), at(4, 4)])
    assert [one.value for one in found] == [5, 4, 0]
