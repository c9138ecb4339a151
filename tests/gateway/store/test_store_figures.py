"""Kept figures: one contract on both stores, the real InfluxDB among them."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed
from store_rows import EVERYTHING, NOW, columns, row

from gateway.figures_kept.names import NAMES, of_class
from gateway.figures_kept.reading import FigureQuery, FigureStore, Point
from gateway.keeping import figures_of
from gateway.store.duckdb import DuckDBStore
from gateway.store.duckdb_keeping import DuckDBKeeping
from gateway.store.influxdb import InfluxStore
from gateway.store.influxdb_keeping import InfluxKeeping
from gateway.store.readings import Store
from gateway.store.summaries import HOUR_MS, Keeping, Series

LONG = 4_000_000_000_000
COMMUNITY = "福田区/莲花街道/莲花社区"
SHUFFLING = random.Random(7)  # noqa: S311 nobody's secret
HALL = Point("use_1h.people", "F-hall", "carehub", NOW, 12.25)
SOME = [
    Point(metric, place, device, NOW + hour * HOUR_MS, hour + 1 / 3)
    for metric in ("use_1h.people", "use_1h.peak", "zone_1d.used_h")
    for place in ("F-hall", "F, annex = 2", COMMUNITY)
    for device in ("carehub", "活动 室")
    for hour in range(3)
]


def asked(*metrics: str, places: tuple[str, ...] = (), begin: int = 0, end: int = LONG) -> FigureQuery:
    return FigureQuery(metrics, places, begin, end)


def keeping_of(store: Store) -> Keeping:
    if isinstance(store, DuckDBStore):
        return DuckDBKeeping(store)
    assert isinstance(store, InfluxStore)
    return InfluxKeeping(store)


def test_where_nothing_was_written_nothing_is_found(figures: FigureStore):
    figures.write([])
    assert figures.read(asked("use_1h.people")) == []


def test_they_come_back_to_the_last_digit_and_in_order(figures: FigureStore):
    figures.write(SHUFFLING.sample(SOME, len(SOME)))
    assert figures.read(asked(*NAMES)) == sorted(SOME)


def test_a_query_gives_these_metrics_of_these_places_in_that_span(figures: FigureStore):
    figures.write(SOME)
    metrics = [("use_1h.people",), ("use_1h.peak", "zone_1d.used_h"), ("heat.lat",)]
    places = [(), ("F-hall",), ("F-hall", COMMUNITY), ("x' OR '1'='1",)]
    spans = [(0, LONG), (NOW, NOW + HOUR_MS), (NOW + 1, NOW + 2 * HOUR_MS), (NOW + HOUR_MS, NOW)]
    for which, there, (begin, end) in itertools.product(metrics, places, spans):
        wanted = [
            one
            for one in sorted(SOME)
            if one.metric in which and (not there or one.place in there) and begin <= one.at < end
        ]
        assert figures.read(asked(*which, places=there, begin=begin, end=end)) == wanted


def test_of_a_span_only_the_moments_that_are_named(figures: FigureStore):
    figures.write(SOME)
    later = NOW + 2 * HOUR_MS
    for moments, there, end in [
        ((NOW, later), (), LONG), ((later,), ("F-hall", COMMUNITY), LONG), ((NOW, later), (), later), ((NOW + 1,), (), LONG),
        ((later,), (), later),
    ]:  # fmt: skip
        wanted = [
            one
            for one in sorted(SOME)
            if one.metric == HALL.metric
            and one.at in moments
            and one.at < end
            and (not there or one.place in there)
        ]
        assert figures.read(FigureQuery((HALL.metric,), there, 0, end, moments)) == wanted


def test_what_is_written_last_holds(figures: FigureStore):
    figures.write([HALL, changed(HALL, at=NOW + 1)])
    figures.write([changed(HALL, value=0.1)])
    figures.write([changed(HALL, value=0.2), changed(HALL, value=0.3), changed(HALL, place="F-annex")])
    assert figures.read(asked(HALL.metric)) == [
        changed(HALL, place="F-annex"),
        changed(HALL, value=0.3),
        changed(HALL, at=NOW + 1),
    ]


def test_floats_come_back_exactly(figures: FigureStore):
    values = [0.1, 1e300, 5e-324, -1.7976931348623157e308, 2.0**53 + 2, 1 / 3, 0.0]
    points = [changed(HALL, at=NOW + number, value=value) for number, value in enumerate(values)]
    figures.write(points)
    assert figures.read(asked(HALL.metric)) == points


def test_many_are_one_batch(figures: FigureStore):
    points = [changed(HALL, at=NOW + number, value=number / 7) for number in range(25_000)]
    figures.write(points)
    assert figures.read(asked(HALL.metric)) == points


def test_they_outlive_the_store_and_stand_beside_its_cursor(store: Store, figures: FigureStore):
    store.write(columns([row(seq=1)]), cursor=3)
    figures.write([HALL])
    assert store.cursor() == 3
    assert figures_of(store).read(asked(HALL.metric)) == [HALL]


def test_what_devices_of_facilities_sent_is_found_as_well_and_nothing_of_a_home(
    store: Store, figures: FigureStore
):
    counter = row(seq=5, device="counter-1", place="F-hall", home=False, metric="occupancy", value=7.0)
    own = row(NOW + 1, device="carehub", place="hub", home=False, metric="hub.lag", value=0.2)
    at_home = row(seq=6, metric="occupancy", value=1.0)
    store.write(columns([counter, own, at_home]), cursor=1)
    figures.write([HALL])
    assert figures.read(asked("occupancy", "hub.lag", HALL.metric)) == [
        Point("hub.lag", "hub", "carehub", NOW + 1, 0.2),
        Point("occupancy", "F-hall", "counter-1", NOW, 7.0),
        HALL,
    ]
    assert figures.read(asked("occupancy", places=("H0001",))) == []


def test_they_are_no_readings(store: Store, figures: FigureStore):
    """Nothing that is about readings sees them: not a query, not the hours that are due, not a summary."""
    sent = row(seq=5, device="counter-1", place="F-hall", home=False, metric="occupancy", value=7.0)
    store.write(columns([sent]), cursor=1)
    figures.write([changed(HALL, at=at) for at in (NOW - 5 * HOUR_MS, NOW, NOW + 1)])
    keeping = keeping_of(store)
    assert store.read(EVERYTHING) == [sent]
    assert store.read(replace(EVERYTHING, home=False, limit=1, newest_first=True)) == [sent]
    hour = NOW // HOUR_MS * HOUR_MS
    assert keeping.hours_stored() == {(False, hour)}
    assert {one.metric for one in keeping.fresh(Series(0, NOW * 2, place="F-hall"))} == {"occupancy"}


def test_readings_and_each_metric_of_figures_are_forgotten_alone(store: Store, figures: FigureStore):
    sent = [
        row(at, seq=5, device="counter-1", place="F-hall", home=False, metric="in 1, of 2", value=7.0)
        for at in (NOW, NOW + HOUR_MS)
    ]
    day = Point("use_1d.people_h", "F-hall", "carehub", NOW, 80.5)
    store.write(columns(sent), cursor=1)
    figures.write([HALL, changed(HALL, at=NOW + HOUR_MS), day])
    keeping_of(store).forget("raw", NOW + HOUR_MS, home=False)
    assert store.read(EVERYTHING) == sent[1:]
    assert len(figures.read(asked(HALL.metric, day.metric))) == 3
    figures.forget(of_class("1h"), NOW + HOUR_MS)
    assert figures.read(asked(HALL.metric, day.metric)) == [day, changed(HALL, at=NOW + HOUR_MS)]


def test_a_query_for_nothing_is_a_bug():
    with pytest.raises(ValueError, match="at least one metric"):
        FigureQuery((), (), 0, 1)
