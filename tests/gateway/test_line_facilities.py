"""A count put right, through the whole line: journalled, judged by the rules, written, answered, and lived through again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from line_desk import RULES, Desk, copied, definition
from sqlalchemy.orm import Session
from test_line_modes import asks

from gateway.operations.facility_settings import obey_facility
from gateway.operations.tables import CountCorrection, FacilitySetting
from gateway.operations.tables import Place as RegisteredPlace
from rules.events import Command
from rules.world import Definition, Device


def world() -> Definition:
    rules = tuple(rule for rule in RULES if rule.id == "over_capacity")
    assert rules, "the library has it"
    found = definition(rules=rules)
    door = Device("door", "s", "F1", "counter", "大门", 300)
    return msgspec.structs.replace(found, devices=(*found.devices, door))


async def ready(folder: Path) -> Desk:
    desk = await Desk(folder).open(world())
    with Session(desk.database) as session, session.begin():
        if session.get(RegisteredPlace, "F1") is None:
            session.add(
                RegisteredPlace(
                    id="F1", kind="facility", site="s", path="a/b/c/d", name="活动室", address="", capacity=3, access_note=""
                )
            )  # fmt: skip
    desk.connects(kept=False)
    await desk.carry()
    await desk.carry()
    return desk


async def passes(desk: Desk, seq: int, came: int, went: int) -> None:
    desk.says("door", m={"occupancy": max(came - went, 0), "in": came, "out": went}, boot="b", seq=seq)
    await desk.carry()


def corrections(desk: Desk) -> list[tuple[int, int | None, str]]:
    with Session(desk.database) as session:
        return [
            (row.people, row.before, row.by)
            for row in session.query(CountCorrection).order_by(CountCorrection.at)
        ]


def test_what_a_person_counts_goes_before_the_counter_and_a_replay_gives_the_same(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path / "lived")
        before = copied(tmp_path / "lived", tmp_path / "again", names=("operations",))
        await passes(desk, 1, 0, 0)
        await passes(desk, 2, 9, 0)
        assert (await asks(desk, "count", "c1", key="F1", people="2", before="9")).ok
        await desk.go(120_000)
        assert desk.alerts() == [], "nine by the counter, two by a person: it does not ring"
        await passes(desk, 3, 11, 0)
        assert (await asks(desk, "count", "c1", key="F1", people="2", before="9")).ok
        await desk.go(120_000)
        assert [alert.rule for alert in desk.alerts()] == ["over_capacity"]
        assert corrections(desk) == [(2, 9, "李敏")], "a repeat counts once, in the rules as in the book"
        state = desk.engine.states["F1"].headcount
        assert state is not None
        assert (state.people, state.doors["door"].own) == (4.0, 11.0)
        lived, told = msgspec.msgpack.encode(state), desk.told()
        for end in ("", "-wal"):
            path = tmp_path / "lived" / f"journal.sqlite{end}"
            if path.exists():
                (before / path.name).write_bytes(path.read_bytes())
        desk.drop()
        again = await Desk(before).open(world())
        assert msgspec.msgpack.encode(again.engine.states["F1"].headcount) == lived
        assert again.told() == told
        assert corrections(again) == [(2, 9, "李敏")]
        again.drop()

    asyncio.run(asyncio.wait_for(run(), 30))


@pytest.mark.parametrize(
    ("kind", "key", "data"),
    [
        ("count", "H1", {"people": "3"}),
        ("count", "nowhere", {"people": "3"}),
        ("count", "F1", {"people": "many"}),
        ("count", "F1", {}),
        ("facility", "F1", {"capacity": "0"}),
        ("facility", "F1", {"capacity": "9" * 5_000}),
        ("facility", "F1", {"hours": "[{"}),
        ("facility", "F1", {"hours": '[{"from_time":"9"}]'}),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    tmp_path: Path, kind: str, key: str, data: dict[str, str]
) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        answer = await asks(desk, kind, "x", key=key, **data)
        assert not answer.ok
        assert answer.reason
        with Session(desk.database) as session:
            assert session.query(CountCorrection).count() == session.query(FacilitySetting).count() == 0
        desk.drop()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_a_capacity_that_is_taken_away_remembers_what_the_file_said(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        with Session(desk.database) as session, session.begin():
            assert obey_facility(session, Command(5, "c", "facility", "", "王", {"capacity": ""}, "F1")) == ""
            row = session.get_one(FacilitySetting, "F1")
            assert (row.capacity, row.capacity_in_file, row.capacity_set, row.set_by) == (None, 3, True, "王")
        desk.drop()

    asyncio.run(asyncio.wait_for(run(), 30))
