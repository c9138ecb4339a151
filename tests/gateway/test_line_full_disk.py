"""While nothing can be written: what is told from memory, once, and that all of it is recorded as the same afterwards."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from line_desk import Desk
from parts import until
from sqlalchemy.exc import OperationalError

import gateway.line
import gateway.writing
from gateway.operations.alert_log import Work, Written
from rules.effects import Raise, alert_id
from rules.world import World

FULL = 1 << 30
SEEDS = 120 if os.environ.get("CAREHUB_DEEP") == "1" else 6


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.writing, "RETRY_S", 0.002)


def runs(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 60))


class Told:
    """Where it is told to, in order."""

    def __init__(self, desk: Desk) -> None:
        self.raised: list[Raise] = []
        desk.line.unrecorded._tell = self

    def __call__(self, raised: Raise, world: World) -> bool:
        assert raised.rule in world.rules
        self.raised.append(raised)
        return True

    @property
    def rules(self) -> list[str]:
        return [raised.rule for raised in self.raised]

    @property
    def ids(self) -> list[str]:
        return [raised.alert for raised in self.raised]


async def ready(folder: Path) -> tuple[Desk, Told]:
    desk = await Desk(folder).open()
    desk.connects(kept=False)
    await desk.carry()
    await desk.carry()
    return desk, Told(desk)


def fall(desk: Desk, name: str, home: int = 1, **more: Any) -> str:  # noqa: ANN401 JSON
    desk.says(f"h{home}-pendant", "event", type="fall", id=name, **more)
    return alert_id("fall", f"H{home}", f"h{home}-pendant", name)


async def looks(desk: Desk) -> None:
    """The line has tried so often that it has seen all that waits."""
    before = desk.journal.full
    while desk.journal.full > before - 3:  # noqa: ASYNC110 a refused commit has no event of its own
        await asyncio.sleep(0)


@asynccontextmanager
async def full(desk: Desk) -> AsyncIterator[None]:
    """What is in the inbox cannot be written; at the end it can."""
    desk.journal.full = FULL
    acknowledged = len(desk.source.acknowledged)
    carrying = asyncio.ensure_future(desk.carry())
    await looks(desk)
    yield
    await looks(desk)
    assert len(desk.source.acknowledged) == acknowledged
    desk.journal.full = 0
    await carrying
    await desk.carry()


def test_a_fall_does_not_wait_for_a_disk_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.writing, "HANGS_S", 0.01)

    async def run() -> None:
        desk, told = await ready(tmp_path)
        answers = threading.Event()
        desk.journal.before = answers.wait
        first = fall(desk, "f1", boot="b", seq=1)
        carrying = asyncio.ensure_future(desk.carry())
        await until(lambda: told.ids == [first])
        assert "does not answer" in desk.line.trouble
        second = fall(desk, "f2", 2, boot="b", seq=1)
        await until(lambda: told.ids == [first, second])
        assert desk.alerts() == []
        answers.set()
        await carrying
        await desk.carry()
        assert [alert.id for alert in desk.alerts()] == [first, second]
        assert told.ids == [first, second], "each once"
        assert desk.line.unrecorded.told == {}
        assert desk.line.trouble == ""
        desk.drop()

    runs(run())


def test_a_fall_is_told_from_memory_and_so_is_one_that_came_behind_it(tmp_path: Path) -> None:
    async def run() -> None:
        desk, told = await ready(tmp_path)
        first = fall(desk, "f1", boot="b", seq=1)
        async with full(desk):
            assert told.ids == [first]
            desk.says("h2-motion", m={"motion": True}, boot="b", seq=1)
            second = fall(desk, "f2", 2, boot="b", seq=1)
            await looks(desk)
            assert told.ids == [first, second]
            assert desk.alerts() == []
            assert [*desk.line.unrecorded.told] == [first, second]
        assert [alert.id for alert in desk.alerts()] == [first, second]
        assert told.ids == [first, second], "each once"
        assert desk.line.unrecorded.told == {}
        assert desk.line.trouble == ""
        desk.drop()

    runs(run())


def test_when_the_alerts_cannot_be_written_what_was_decided_is_told(tmp_path: Path) -> None:
    """The journal has it and the broker its acknowledgement: only the alert, and whom to tell, is not written."""

    async def run() -> None:
        desk, told = await ready(tmp_path)
        commit = desk.alert_log.commit
        refused = FULL

        def refuse(work: Work) -> Written:
            nonlocal refused
            if not refused:
                return commit(work)
            refused -= 1
            raise OperationalError("INSERT 王女士", {}, sqlite3.OperationalError("disk full"))

        async def tried() -> None:
            before = refused
            while refused > before - 3:  # noqa: ASYNC110 as above
                await asyncio.sleep(0)

        desk.alert_log.commit = refuse  # type: ignore[method-assign]  # a disk that is full
        first = fall(desk, "f1", boot="b", seq=1)
        carrying = asyncio.ensure_future(desk.carry())
        await tried()
        second = fall(desk, "f2", 2, boot="b", seq=1)
        await tried()
        assert told.ids == [first, second]
        assert "disk full" in desk.line.trouble
        assert "王女士" not in desk.line.trouble, "a statement's values name people"
        refused = 0
        await carrying
        await desk.carry()
        assert [alert.id for alert in desk.alerts()] == [first, second]
        assert told.ids == [first, second]
        desk.drop()

    runs(run())


def test_a_second_outage_at_once_tells_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        desk, told = await ready(tmp_path)
        monkeypatch.setattr(gateway.line, "BATCH_MAX", 1)
        names = [fall(desk, f"f{n}", n, boot="b", seq=1) for n in (1, 2, 3)]
        for left in (2, 1, 0):
            desk.journal.full = FULL
            carrying = asyncio.ensure_future(desk.line._carry(await desk.inbox.take(1, within_s=0)))
            await looks(desk)
            desk.journal.full = 0
            await carrying
            assert len(desk.line.unrecorded.told) == left
        assert told.ids == names
        assert [alert.id for alert in desk.alerts()] == names
        desk.drop()

    runs(run())


def test_what_comes_again_after_a_reconnect_is_told_once(tmp_path: Path) -> None:
    """Also a fall without any identity of its own."""

    async def run() -> None:
        desk, told = await ready(tmp_path)
        desk.says("h1-pendant", "event", type="fall")
        fall(desk, "f2", 2)
        async with full(desk):
            assert told.rules == ["fall", "fall"]
            desk.disconnects()
            desk.connects(kept=True)
            desk.clock.at += 20
            fall(desk, "f3", 3)
            await looks(desk)
            assert told.rules == ["fall"] * 3
        assert sorted(alert.id for alert in desk.alerts()) == sorted(told.ids)
        desk.drop()

    runs(run())


def test_only_life_safety_and_nothing_that_rests_on_silence_is_told(tmp_path: Path) -> None:
    async def run() -> None:
        desk, told = await ready(tmp_path)
        desk.says("h1-contact", m={"contact": False}, boot="b", seq=1)  # s_door would come of it: care
        async with full(desk):
            desk.clock.at += 3_600_000  # every device is silent, the door stands
            desk.says("h1-contact", m={"contact": False}, boot="b", seq=2)
            await looks(desk)
            assert told.raised == []
        desk.drop()

    runs(run())


def test_it_ends_while_the_disk_is_full_and_nothing_is_lost(tmp_path: Path) -> None:
    async def run() -> None:
        desk, told = await ready(tmp_path)
        line = asyncio.ensure_future(desk.line.run())
        desk.journal.full = FULL
        first = fall(desk, "f1", boot="b", seq=1)
        while not told.raised:  # noqa: ASYNC110 told from memory has no event of its own
            await asyncio.sleep(0)
        line.cancel()
        await asyncio.wait([line])
        await desk.line.close()
        assert desk.unacknowledged, "the broker has it still"
        waiting = desk.unacknowledged
        desk.drop()
        after = await Desk(tmp_path).open()
        after.unacknowledged = waiting
        after.connects(kept=True)
        await after.carry()
        assert [alert.id for alert in after.alerts()] == [first]
        after.drop()

    runs(run())


@pytest.mark.parametrize("seed", range(SEEDS))
def test_told_from_memory_is_what_is_raised_afterwards(tmp_path: Path, seed: int) -> None:
    """Whatever comes in whatever order: every fall is told, and nothing is that is not recorded as the same afterwards."""
    dice = random.Random(seed)  # noqa: S311 seeded on purpose

    async def run() -> None:
        desk, told = await ready(tmp_path)
        seqs = dict.fromkeys(desk.engine.world.devices, 0)
        falls = []

        def something() -> None:
            home = dice.randint(1, 3)
            kind = dice.choice(("contact", "motion", "pendant"))
            device = f"h{home}-{kind}"
            seqs[device] += 1
            named = {"boot": "b", "seq": seqs[device]}
            desk.clock.at += dice.choice((0, 5, 700, 9_000))
            if kind == "pendant":
                falls.append(fall(desk, f"f{len(falls)}", home, **named))
            else:
                metric = {"contact": "contact", "motion": "motion"}[kind]
                desk.says(device, m={metric: dice.random() < 0.5}, **named)
            if dice.random() < 0.1:
                desk.disconnects()
                desk.connects(kept=True)

        for _ in range(dice.randint(1, 20)):
            something()
        async with full(desk):
            for _ in range(dice.randint(0, 30)):
                something()
            await looks(desk)
            assert set(falls) <= set(told.ids)
            assert len(told.ids) == len(set(told.ids))
        while len(desk.inbox.waiting(0)):
            await desk.carry()
        assert set(told.ids) <= {alert.id for alert in desk.alerts()}
        assert desk.line.unrecorded.told == {}
        desk.drop()

    runs(run())
