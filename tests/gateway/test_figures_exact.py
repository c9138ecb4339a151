"""The same simulated days in both stores, late, twice and with a restart between: each summary and each figure is the same."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from figures_life import ZONE, FigureLife, town
from parts import Influx
from simulated_month import DAY_MS, END_MS, TOWNS, moved, said_by
from sqlalchemy.orm import Session

from firmware_sim.places import Layout, settle
from gateway.bench.influx_proxy import InfluxProxy
from gateway.ingest.decode import Times, decode
from gateway.operations.facility_settings import obey_facility
from gateway.store.duckdb import DuckDBStore
from gateway.store.influxdb import InfluxStore
from gateway.store.readings import Readings, Store
from gateway.store.summaries import day_of
from gateway.stored_rows import Rows
from rules.events import Command, FromDevice
from rules.world import World

DAYS, HOME_DAYS = 3, 1
BEGIN = day_of(END_MS - DAYS * DAY_MS, ZONE)[0]
LATE_SHARE = 0.03
TOKEN = "a-token-nobody-may-see"
numbers = itertools.count(1)


def layouts() -> list[Layout]:
    return [moved(settle(homes=2, seed=7 + n), *TOWNS[n][:2]) for n in range(2)]


def days_of(world: World) -> list[list[FromDevice]]:
    """What comes in on each day: most of it at once, some a day later."""
    luck, coming = random.Random(7), [list[FromDevice]() for _ in range(DAYS + 2)]  # noqa: S311 nobody's secret
    for number, layout in enumerate(layouts()):
        parts = (
            (replace(layout, homes=()), BEGIN),
            (replace(layout, facilities=()), END_MS - HOME_DAYS * DAY_MS),
        )
        for part, since in parts:
            for message in said_by(part, since, 7 + number):
                times = Times(message.at_ms, message.at_ms)
                said = decode(
                    message.topic, message.payload, retain=False, devices=world.devices, times=times
                )
                day = (message.at_ms - BEGIN) // DAY_MS + (luck.random() < LATE_SHARE)
                coming[day].append(said)  # type: ignore[arg-type]
    return coming


def batches(world: World) -> list[Readings]:
    found = []
    for said in days_of(world):
        rows = Rows()
        rows.add(said)
        found.append(rows.readings(world))
    return found


@pytest.fixture(scope="module")
def influx_v2(influxd: Influx) -> Iterator[InfluxProxy]:
    with InfluxProxy(influxd.url, prefix=f"exact{next(numbers)}_", token=TOKEN) as proxy:
        yield proxy


def test_both_stores_have_the_same_figures_to_the_last_digit(tmp_path: Path, influx_v2: InfluxProxy) -> None:
    (tmp_path / "town").mkdir()
    engine, world = town(tmp_path / "town", layouts(), BEGIN)
    coming, folders = batches(world), [tmp_path / "duckdb", tmp_path / "influxdb"]

    def duckdb() -> Store:
        return DuckDBStore(folders[0] / "readings.duckdb")

    def influxdb() -> Store:
        return InfluxStore(
            url=influx_v2.url, org="carehub", token=TOKEN, cursor_file=folders[1] / "cursor.json"
        )

    openers: list[Callable[[], Store]] = [duckdb, influxdb]
    for folder in folders:
        folder.mkdir()
    lives = [
        FigureLife(folder, opened, engine, world) for folder, opened in zip(folders, openers, strict=True)
    ]
    correct(engine, BEGIN + DAY_MS + 40_000_000)
    for day, rows in enumerate(coming):
        for life in lives:
            life.now = min(BEGIN + (day + 1) * DAY_MS, END_MS + DAY_MS) + 300_000
            if len(rows):
                life.write(rows)
                life.kept.write(rows, cursor=life.cursor)  # and once more, as after a crash
            if day % 2 == 1 or day >= DAYS:
                life.keep()
            if day == 2:  # what is noted and not done yet is done after it
                life.summarise()
                life.restart()
    one, other = lives
    assert len(one.summaries()) > 800
    assert one.summaries() == other.summaries()
    assert {point.metric.partition(".")[0] for point in one.points()} >= {"use_1h", "use_1d", "zone_1d"}
    assert one.points() == other.points()
    again(lives)
    for life in lives:
        life.close()


def again(lives: list[FigureLife]) -> None:
    """Made anew from what is stored, they are what they were: nothing hangs on the order in which things came."""
    for life in lives:
        before = life.points()
        life.figures_book.note(range(BEGIN, END_MS, DAY_MS))
        life.keep()
        assert life.points() == before


def correct(engine: object, at: int) -> None:
    with Session(engine) as session, session.begin():  # type: ignore[arg-type]
        assert not obey_facility(session, Command(at, "c1", "count", "", "李敏", {"people": "7"}, "A-F-hall"))
