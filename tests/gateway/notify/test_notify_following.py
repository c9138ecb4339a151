"""Who follows along is told of the steps of an alert in their order, however long one takes; other alerts do not wait."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from outbox_town import NOON_MS, raise_alert, town
from parts import until
from sqlalchemy import Engine, insert
from virtual_loop import VirtualLoop, live_through

from gateway.alerts.message import AlertMessage
from gateway.notify.channel import GROUP, Proof, Receipt, Recipient, Recoverable, Unrecoverable
from gateway.notify.delivery import LOOK_AGAIN_S, Delivery
from gateway.notify.outbox_words import Wording
from gateway.operations.tables import AlertStep, Cursor

WORDS = Wording(zone=ZoneInfo("Asia/Shanghai"))
ALERTS, STEPS = 3, 5


@dataclass
class Platform:
    """Takes each message after a time of its own, in seconds, or refuses it; ``got`` is what it took, in order."""

    after_s: list[float] = field(default_factory=list)
    refuses: list[Exception] = field(default_factory=list)
    got: list[AlertMessage] = field(default_factory=list)
    proves: Proof = Proof.REACHED
    personal: bool = False
    gathers: bool = False

    async def send(self, message_id: str, message: AlertMessage, to: Recipient = GROUP) -> Receipt:
        del message_id, to
        await asyncio.sleep(self.after_s.pop(0) if self.after_s else 0.1)
        if self.refuses:
            raise self.refuses.pop(0)
        self.got.append(message)
        return Receipt("HTTP 200")

    async def aclose(self) -> None:
        """Nothing to close."""


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Three alerts with five steps each, by turns, of which nobody has been told."""
    engine = town(tmp_path)
    for number in range(1, ALERTS + 1):
        raise_alert(engine, number, kind="life_safety" if number == ALERTS else "device")
    steps = [
        {"alert_id": f"a{number}", "kind": "commented", "at": NOON_MS + at, "by": "李敏"}
        for at in range(STEPS)
        for number in range(1, ALERTS + 1)
    ]
    with engine.begin() as connection:
        connection.execute(insert(AlertStep), steps)
        connection.execute(insert(Cursor).values(consumer="steps:platform", position=0))
    return engine


def lived(engine: Engine, platform: Platform, *, messages: int) -> tuple[dict[str, list[int]], float]:
    """The steps that came of each alert, and how long it took until all had."""

    async def life(loop: VirtualLoop) -> float:
        worker = Delivery(
            engine, {"platform": platform}, words=WORDS, followers={"platform": ("life_safety", "device")},
            now_ms=lambda: NOON_MS + round(loop.passed_s * 1000),
        )  # fmt: skip
        running = asyncio.create_task(worker.run())
        await until(lambda: len(platform.got) == messages, within_s=LOOK_AGAIN_S)
        passed_s = loop.passed_s
        running.cancel()
        await asyncio.wait([running])
        return passed_s

    passed_s = live_through(life)
    came: dict[str, list[int]] = {}
    for message in platform.got:
        assert message.step is not None
        came.setdefault(message.id, []).append(message.step.id)
    return came, passed_s


def test_the_steps_of_an_alert_come_in_their_order_however_long_one_takes(engine: Engine) -> None:
    platform = Platform(after_s=[3.0, 0.1, 2.0, 0.1, 1.0, 0.2])
    came, passed_s = lived(engine, platform, messages=ALERTS * STEPS)
    assert all(steps == sorted(steps) and len(steps) == STEPS for steps in came.values()), came
    assert passed_s < 10, "none waits for the next look at the clock's pace"


def test_what_is_not_taken_is_tried_again_before_the_next_step_and_others_do_not_wait(engine: Engine) -> None:
    platform = Platform(refuses=[Recoverable("HTTP 503", 20.0)])
    came, passed_s = lived(engine, platform, messages=ALERTS * STEPS)
    assert all(steps == sorted(steps) and len(steps) == STEPS for steps in came.values()), came
    late = [message.id for message in platform.got[-STEPS:]]
    assert late == ["a3"] * STEPS, "the life-safety alert went first, was refused, and the others went on"
    assert 20 < passed_s < 25


def test_a_step_that_is_refused_for_good_holds_nothing_up(engine: Engine) -> None:
    came, _ = lived(engine, Platform(refuses=[Unrecoverable("HTTP 400")]), messages=ALERTS * STEPS - 1)
    assert all(steps == sorted(steps) for steps in came.values()), came
    assert sorted(map(len, came.values())) == [STEPS - 1, STEPS, STEPS]
