"""A town's past, driven: however much of it a hub reads together, and however long its steps, the alerts are the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from line_desk import Desk
from sqlalchemy import select
from sqlalchemy.orm import Session

from firmware_sim.daytime import HOUR, MINUTE, SECOND
from firmware_sim.driven import STEP_MS
from firmware_sim.places import Layout, settle
from firmware_sim.town import Town
from gateway.clock import TownClock
from gateway.line import ECHO_TOPIC
from gateway.operations.tables import AlertStep
from gateway.reading import CLOCK_TOPIC
from gateway.rulebook.load import load_rules
from rules.events import AnyEvent
from rules.world import Definition, Device, Place

FROM_MS = 1_763_866_800_000  # 2025-11-23 11:00 in Shanghai
SPAN_MS = 4 * HOUR
HOMES, SEED = 8, 11
Publish = tuple[str, bytes]


@cache
def layout() -> Layout:
    return settle(homes=HOMES, seed=SEED)


def world() -> Definition:
    places = [(home.home, "home", home.devices, None) for home in layout().homes]
    places += [(at.facility, "facility", at.devices, at.capacity) for at in layout().facilities]
    devices = [
        Device(each.who.device, each.who.site, place, each.kind, each.room, 7_200)
        for place, _, fitted, _ in places
        for each in fitted
    ]
    site = devices[0].site
    return Definition(
        0,
        "Asia/Shanghai",
        tuple(Place(name, kind, capacity, site) for name, kind, _, capacity in places),
        tuple(devices),
        load_rules(),
    )


def word(at_ms: int, step_ms: int) -> Publish:
    return CLOCK_TOPIC, msgspec.json.encode({"ts": at_ms, "until": at_ms + step_ms})


@cache
def past(step_ms: int) -> list[Publish]:
    """What the town publishes on its one voice."""
    town = Town(layout(), seed=SEED, start_ms=FROM_MS, past_ms=SPAN_MS)
    said = [word(FROM_MS, step_ms)]
    while town.now_ms < FROM_MS + SPAN_MS:
        said += [(message.topic, message.payload) for message in town.advance(town.now_ms + step_ms)]
        said.append(word(town.now_ms, step_ms))
    return said


def lived(folder: Path, step_ms: int, *, together: int) -> tuple[list[object], list[AnyEvent]]:
    """The alerts with all that was told of them, and the journal, of a hub that reads so many publishes together."""

    async def live() -> tuple[list[object], list[AnyEvent]]:
        desk = await Desk(folder, clock=TownClock(1)).open(world())
        desk.connects(kept=False)
        await desk.carry()
        await desk.carry()
        publishes: Iterator[Publish] = iter(past(step_ms))
        while some := list(islice(publishes, together)):
            for topic, payload in some:
                desk.arrives(topic, payload)
            await desk.carry()
        echoes = [msgspec.json.decode(body) for topic, body in desk.source.published if topic == ECHO_TOPIC]
        assert echoes[-1] == {"ts": FROM_MS + SPAN_MS, "alerts": desk.line.raised}
        found = course_by_course(desk), [event for _, event in desk.journal.read(0)]
        desk.drop()
        return found

    return asyncio.run(live())


def course_by_course(desk: Desk) -> list[object]:
    """All alerts with every step of theirs: the numbers of steps of different alerts go as they were written together."""
    with Session(desk.database) as session:
        steps = session.scalars(select(AlertStep).order_by(AlertStep.alert_id, AlertStep.id)).all()
        courses = [(s.alert_id, s.kind, s.at, s.by, s.detail) for s in steps]
    alerts = [
        (a.number, a.id, a.rule, a.severity, a.state, a.raised_at, a.active_at, a.ended_at, a.evidence)
        for a in desk.alerts()
    ]
    return [*alerts, *courses]


@pytest.fixture(scope="module")
def word_by_word(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[object], list[AnyEvent]]:
    return lived(tmp_path_factory.mktemp("one"), STEP_MS, together=1)


@pytest.mark.parametrize("together", [37, 10_000])
def test_how_much_is_read_together_changes_nothing(
    tmp_path: Path, word_by_word: tuple[list[object], list[AnyEvent]], together: int
) -> None:
    alerts, journal = lived(tmp_path, STEP_MS, together=together)
    assert len(alerts) > 2
    assert alerts == word_by_word[0]
    assert journal == word_by_word[1]


def test_longer_steps_give_the_same_alerts_and_only_deadlines_are_told_later(tmp_path: Path) -> None:
    def alerts(step_ms: int) -> dict[str, tuple[int, int, str]]:
        folder = tmp_path / str(step_ms)
        lived(folder, step_ms, together=500)
        desk_alerts = asyncio.run(_alerts(folder))
        return {alert: (raised, active, cause) for alert, raised, active, cause in desk_alerts}

    fine, coarse = alerts(STEP_MS), alerts(MINUTE)
    assert fine.keys() == coarse.keys()
    for alert, (raised, active, cause) in fine.items():
        assert coarse[alert][1:] == (active, cause)
        assert abs(coarse[alert][0] - raised) < MINUTE
        if cause == "event":
            assert raised == coarse[alert][0] == active, "what happens is told at its own moment"
        assert STEP_MS <= 10 * SECOND


async def _alerts(folder: Path) -> list[tuple[str, int, int, str]]:
    desk = Desk(folder, clock=TownClock(1))
    found = [(a.id, a.raised_at, a.active_at, str(a.evidence["condition"])) for a in desk.alerts()]
    desk.drop()
    return found
