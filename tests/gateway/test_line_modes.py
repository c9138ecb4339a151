"""What people say about a home, through the whole line: journalled, judged by the rules, written, answered, replayed."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from line_desk import RULES as ALL_RULES
from line_desk import Desk, copied, definition
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.operations import home_views
from gateway.operations.handling import Answer
from gateway.operations.tables import HeldAlert, HomeMode, Silence

HOUR = 3_600_000
HOME = "H1"


RULES = tuple(rule for rule in ALL_RULES if rule.id in {"fall", "door_left_open"})


async def ready(folder: Path) -> Desk:
    desk = await Desk(folder).open(definition(rules=RULES))
    desk.connects(kept=False)
    await desk.carry()
    await desk.carry()
    return desk


async def asks(desk: Desk, what: str, name: str, *, key: str = HOME, **data: str) -> Answer:
    """A person says something about a home."""
    asked = asyncio.ensure_future(
        desk.line.command(kind=what, alert="", by="李敏", data=data, command_id=name, key=key)
    )
    await asyncio.sleep(0)
    await desk.carry()
    return await asked


def until(desk: Desk, ms: int) -> str:
    return str(desk.clock.now() + ms)


def written(desk: Desk) -> list[object]:
    """Modes, silences and held alerts, every column."""
    with Session(desk.database) as session:
        return [
            tuple(row)
            for table in (HomeMode.__table__, Silence.__table__, HeldAlert.__table__)
            for row in session.execute(select(*table.columns).order_by(*table.primary_key))
        ]


def test_an_open_door_is_held_back_while_somebody_cleans_and_told_when_they_are_done(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        away = await asks(desk, "mode", "m1", kind="cleaning", until=until(desk, HOUR), reason="家政")
        assert away.ok, away.reason
        desk.says("h1-contact", m={"contact": False}, boot="b", seq=1)
        await desk.carry()
        await desk.go(11 * 60_000)
        assert desk.alerts() == []
        state = home_views.place_state(desk.database, HOME, desk.clock.now())
        assert [(held.rule, held.held_by) for held in state.held] == [("door_left_open", "mode:cleaning")]
        assert state.mode is not None
        assert (state.mode.by, state.mode.reason) == ("李敏", "家政")
        assert set(desk.changed_places) == {HOME}

        assert (await asks(desk, "mode_end", "m2")).ok
        assert [alert.rule for alert in desk.alerts()] == ["door_left_open"]
        after = home_views.place_state(desk.database, HOME, desk.clock.now())
        assert (after.mode, after.held[0].told_at) == (None, desk.clock.now())
        await desk.go(1)
        assert (await asks(desk, "mode_end", "m3")).reason == "no mode is on"
        desk.drop()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_a_fall_is_told_in_every_mode(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        await asks(desk, "mode", "m1", kind="paused", until=until(desk, HOUR))
        desk.says("h1-pendant", "event", type="fall", id="f1", boot="b", seq=1)
        await desk.carry()
        assert [alert.rule for alert in desk.alerts()] == ["fall"]
        desk.drop()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_a_mode_ends_by_its_time_and_by_that_alone(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        end = desk.clock.now() + HOUR
        await asks(desk, "mode", "m1", kind="visitors", until=str(end))
        await desk.go(HOUR - 1)
        assert home_views.place_state(desk.database, HOME, desk.clock.now()).mode is not None
        await desk.go(10_000)
        shown = home_views.place_state(desk.database, HOME, desk.clock.now()).modes
        assert [(mode.ended_at, mode.ended_because) for mode in shown] == [(end, "time")]
        desk.drop()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_what_was_said_is_refused_where_the_rules_do_not_take_it(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        asked = [
            await asks(desk, "mode", "a", kind="dance"),
            await asks(desk, "mode", "b", kind="away", until="1"),
            await asks(desk, "mode", "c", kind="away", key="H9"),
        ]
        assert [answer.ok for answer in asked] == [False] * 3
        assert all("did not take the mode" in answer.reason for answer in asked)
        assert written(desk) == []
        desk.drop()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_a_silence_holds_back_and_gives_free_and_a_replay_writes_the_same(tmp_path: Path) -> None:
    """The files as they were before any of it was written, and the journal as it is at the end."""

    async def run() -> None:
        desk = await ready(tmp_path / "lived")
        before = copied(tmp_path / "lived", tmp_path / "again", names=("operations",))
        data = {"id": "q1", "rule": "door_left_open", "reason": "装修", "until": until(desk, HOUR)}
        assert (await asks(desk, "silence", "c1", **data)).ok
        desk.says("h1-contact", m={"contact": False}, boot="b", seq=1)
        await desk.carry()
        await desk.go(11 * 60_000)
        assert desk.alerts() == []
        held = home_views.place_state(desk.database, HOME, desk.clock.now()).held
        assert [found.held_by for found in held] == ["silence:q1"]
        await asks(desk, "mode", "m1", kind="maintenance", until=until(desk, HOUR))
        ended = await asks(desk, "silence_end", "c2", id="q1")
        assert ended.ok
        assert len(desk.alerts()) == 1
        lived = (written(desk), desk.told())
        for end in ("", "-wal"):
            shutil.copy(tmp_path / "lived" / f"journal.sqlite{end}", before)
        desk.drop()
        again = await Desk(before).open(definition(rules=RULES))
        assert (written(again), again.told()) == lived
        again.drop()

    asyncio.run(asyncio.wait_for(run(), 30))
