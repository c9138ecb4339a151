"""A life of the figures' keeper: what is due is made, once, in order, after whatever befell it; what is old goes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from figures_life import BOUNDS, ZONE, FigureLife, town
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed
from simulated_month import DAY_MS, moved
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from firmware_sim.places import settle
from gateway.figures_book import FiguresBook
from gateway.figures_keeper import WAITING_MAX, WRITE_MAX
from gateway.figures_kept.reading import FigureStore, Point
from gateway.figures_kept.use import EVERY_MS
from gateway.operations.facility_settings import obey_facility
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Readings, StoreUnavailable
from gateway.store.summaries import HOUR_MS, day_of
from rules.events import Command
from rules.world import World

BEGIN = day_of(1_763_900_000_000, ZONE)[0]
MINUTE_MS = 60_000
HALL, COUNTER = "A-F-hall", "A-F-hall-counter"
HALL_NOW = Point("use.people", HALL, "carehub", BEGIN, 3.0)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, World]:
    layouts = [moved(settle(homes=1, seed=7), "A", "福田区/莲花街道/莲花社区")]
    return town(tmp_path_factory.mktemp("town"), layouts, BEGIN)


@pytest.fixture
def life(tmp_path: Path, built: tuple[Engine, World]) -> Iterator[FigureLife]:
    made = FigureLife(tmp_path, lambda: DuckDBStore(tmp_path / "readings.duckdb"), *built)
    made.now = BEGIN
    yield made
    made.close()


def passed(*times: int, inside: int = 1, first: int = 0) -> Readings:
    """The counter says at each of these times that one more has come; ``inside`` are there."""
    rows = []
    for number, at in enumerate(times, first + 1):
        for metric, value in (("in", number), ("out", number - inside), ("occupancy", inside)):
            rows.append(
                (
                    COUNTER,
                    HALL,
                    False,
                    metric,
                    at * 1_000_000 + number,
                    float(value),
                    None,
                    "good",
                    "b",
                    number,
                    at,
                )
            )
    return Readings(*map(list, zip(*rows, strict=True)))


def a_day(day: int, first: int = 0) -> Readings:
    return passed(*(BEGIN + day * DAY_MS + hour * HOUR_MS + 5 * MINUTE_MS for hour in range(24)), first=first)


def test_an_hour_that_was_summarised_has_its_figures(life: FigureLife) -> None:
    life.write(a_day(0))
    life.now = BEGIN + DAY_MS + 3 * MINUTE_MS
    life.keep()
    hours = life.points("use_1h.came")
    assert [point.at for point in hours] == [BEGIN + hour * HOUR_MS for hour in range(24)]
    assert {point.place for point in hours} == {HALL}
    assert sum(point.value for point in hours) == 23.0  # who came first had come before the counter was heard
    (day,) = life.points("use_1d.came")
    assert (day.at, day.value) == (BEGIN, 23.0)
    (room,) = life.points("zone_1d.m2_h")
    assert (room.device, room.value) == ("正门", 86.5 * life.points("zone_1d.used_h")[0].value)
    assert not life.figures_book.due()


def test_it_says_how_it_is_every_five_minutes_and_every_hour_and_not_twice(life: FigureLife) -> None:
    life.present = [HALL_NOW]
    for minute in (1, 2, 4, 6, 9, 61):
        life.now = BEGIN + minute * MINUTE_MS
        asyncio.run(life.keeper.round())
    assert [at for what, at in life.sampled if what == "present"] == [
        BEGIN,
        BEGIN + EVERY_MS,
        BEGIN + HOUR_MS,
    ]
    assert [at for what, at in life.sampled if what == "hourly"] == [BEGIN, BEGIN + HOUR_MS]
    assert life.points("use.people") == [HALL_NOW]


def test_a_day_of_work_is_told_when_it_is_over_and_once_more_a_day_later(life: FigureLife) -> None:
    life.now, life.began = BEGIN + 2 * DAY_MS + HOUR_MS, BEGIN + HOUR_MS
    life.keep()
    ends = [BEGIN + day * DAY_MS for day in range(3)]
    assert life.duties == [
        (ends[0] - DAY_MS, ends[0], ends[1]),
        (ends[0], ends[1], ends[1]),
        (ends[0], ends[1], ends[2]),
        (ends[1], ends[2], ends[2]),
    ]
    life.keep()
    assert len(life.duties) == 4
    life.restart()
    life.now += DAY_MS
    life.keep()
    assert life.duties[4:] == [
        (ends[1], ends[2], ends[2] + DAY_MS),
        (ends[2], ends[2] + DAY_MS, ends[2] + DAY_MS),
    ]


def test_what_was_there_before_the_first_figure_is_made_up_for(life: FigureLife) -> None:
    life.write(a_day(0))
    life.now = BEGIN + DAY_MS + 3 * MINUTE_MS
    life.store_keeper.on_hour = lambda _begin: None  # a hub of before
    life.summarise()
    assert life.points() == []
    life.restart()
    life.keep()
    assert len(life.points("use_1h.came")) == 24


def test_a_late_reading_and_a_correction_are_seen_in_the_figures(life: FigureLife) -> None:
    life.write(a_day(0))
    life.now = BEGIN + DAY_MS + 3 * MINUTE_MS
    life.keep()
    before = {point.at: point.value for point in life.points("use_1h.people")}
    with Session(life.engine) as session, session.begin():
        counted = Command(BEGIN + 12 * HOUR_MS, "c1", "count", "", "李敏", {"people": "9"}, HALL)
        assert not obey_facility(session, counted)
    life.figures_book.reach("corrected", BEGIN)  # it was said after the last look
    life.keep()
    after = {point.at: point.value for point in life.points("use_1h.people")}
    assert after[BEGIN + 13 * HOUR_MS] > before[BEGIN + 13 * HOUR_MS] + 5
    came = life.points("use_1d.came")
    life.write(passed(BEGIN + 23 * HOUR_MS + 50 * MINUTE_MS, first=40))  # seventeen more had come
    life.keep()
    assert life.points("use_1d.came")[0].value == came[0].value + 17


def test_a_day_told_of_amid_its_making_is_made_again(tmp_path: Path) -> None:
    book = FiguresBook(tmp_path / "book.sqlite")
    book.note([1, 2])
    taken = book.due()
    book.note([2])
    book.done(taken)
    assert list(book.due()) == [2]
    book.close()
    again = FiguresBook(tmp_path / "book.sqlite")
    assert list(again.due()) == [2]
    again.close()


class Broken:
    """A store that is away, or that is killed after so many writes."""

    def __init__(self, inner: FigureStore, writes: int = 0) -> None:
        self.inner, self.writes = inner, writes

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def write(self, points: list[Point]) -> None:
        if self.writes <= 0:
            raise StoreUnavailable("it is away")
        self.writes -= 1
        self.inner.write(points)


def test_a_store_that_is_away_is_tried_again_and_nothing_is_lost(life: FigureLife) -> None:
    life.write(a_day(0))
    life.present = [HALL_NOW]
    life.now = BEGIN + DAY_MS + 3 * MINUTE_MS
    life.summarise()
    whole = life.figures
    for part in (life.keeper, life.keeper._facilities):
        part._figures = Broken(whole)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            asyncio.run(life.keeper.round())
    assert life.keeper.waiting > 0
    for part in (life.keeper, life.keeper._facilities):
        part._figures = whole
    asyncio.run(life.keeper.round())
    assert life.keeper.waiting == 0
    assert life.points("use.people") == [HALL_NOW]
    assert len(life.points("use_1h.came")) == 24


@pytest.mark.parametrize("writes", range(3))
def test_a_kill_between_any_two_writes_changes_nothing(life: FigureLife, writes: int) -> None:
    life.write(a_day(0))
    life.now, life.began = BEGIN + DAY_MS + 3 * MINUTE_MS, BEGIN
    life.summarise()
    life.keeper._figures = life.keeper._facilities._figures = Broken(life.figures, writes)
    try:
        asyncio.run(life.keeper.round())
    except StoreUnavailable:
        pass
    else:
        assert writes == 2
    life.restart()
    life.keep()
    assert len(life.points("use_1h.came")) == 24
    assert [point.at for point in life.points("duty_1d.alerts")] == [BEGIN - DAY_MS, BEGIN]
    assert not life.figures_book.due()


def test_it_tells_what_is_wrong_and_goes_on(life: FigureLife) -> None:
    life.keeper._note(StoreUnavailable("it is away"), first=True)
    assert life.keeper.trouble == "it is away"
    life.keeper._note(ZeroDivisionError(), first=False)
    assert life.keeper.trouble.startswith("ZeroDivisionError, a fault of the program")


def test_what_waits_is_bounded_and_what_is_lost_is_counted(life: FigureLife) -> None:
    points = [changed(HALL_NOW, at=at) for at in range(1_000)]
    for _ in range(WAITING_MAX // len(points) + 1):
        life.keeper._wait(points)
    assert life.keeper.waiting == WAITING_MAX
    assert life.keeper.lost == len(points)


def test_a_large_sample_is_written_in_parts(life: FigureLife) -> None:
    life.present = [changed(HALL_NOW, at=BEGIN + at) for at in range(2 * WRITE_MAX + 1)]
    asyncio.run(life.keeper.round())
    assert life.keeper.written == len(life.points("use.people")) == 2 * WRITE_MAX + 1


def test_each_class_goes_after_its_time(tmp_path: Path, built: tuple[Engine, World]) -> None:
    bounds = replace(BOUNDS, raw_places_days=33, hourly_days=36, daily_days=38)
    life = FigureLife(tmp_path, lambda: DuckDBStore(tmp_path / "readings.duckdb"), *built, bounds=bounds)
    life.now = BEGIN
    old = [
        Point(name, HALL, "carehub", BEGIN, 1.0)
        for name in ("use.people", "use_1h.people", "use_1d.people_h")
    ]
    life.figures.write(old)
    left = []
    for days in (33, 34, 37, 39):
        life.now = BEGIN + days * DAY_MS
        life.keeper._let_go(life.now)
        left.append(len(life.points("use.people", "use_1h.people", "use_1d.people_h")))
    life.close()
    assert left == [3, 2, 1, 0]


@given(st.lists(st.tuples(st.sampled_from("nd"), st.integers(0, 3)), max_size=30))
def test_a_day_is_due_from_when_it_is_told_until_it_is_made(acts: list[tuple[str, int]]) -> None:
    """Whatever the order of telling and making: what was told after the making began is due."""
    book = FiguresBook.__new__(FiguresBook)
    FiguresBook.__init__(book, Path(":memory:"))
    due: dict[int, bool] = {}
    taken: dict[int, int] = {}
    since: set[int] = set()
    for what, day in acts:
        if what == "n":
            book.note([day])
            due[day] = True
            since.add(day)
        elif day % 2:
            taken, since = book.due(), set()
        else:
            book.done(taken)
            for one in taken.keys() - since:
                due[one] = False
    assert set(book.due()) == {day for day, is_due in due.items() if is_due}
    book.close()
