"""From the outbox to a person: at least once, life safety first, nobody waiting for anybody else's channel."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts import until, wait_until
from receiver import Receiver, Reply, receiving, signed
from sqlalchemy import Engine, insert, select, text, update
from virtual_loop import VirtualLoop, live_through

from gateway.alerts.message import AlertMessage
from gateway.duty.route import Told
from gateway.notify import delivery as delivery_module
from gateway.notify import outbox, outbox_words
from gateway.notify.channel import (
    GROUP,
    Channel,
    Proof,
    Receipt,
    Recipient,
    Recoverable,
    Unrecoverable,
    message_id,
)
from gateway.notify.delivery import Delivery
from gateway.notify.outbox import Waiting, enqueue
from gateway.notify.outbox_words import Look, Wording
from gateway.notify.retry import not_taken
from gateway.notify.webhook import Webhook
from gateway.operations.database import open_database
from gateway.operations.tables import Alert, AlertStep, Outbox, Place

SECRET = "correct-horse-battery-staple"
ZONE = ZoneInfo("Asia/Shanghai")
NOON_MS = 1_763_870_400_000


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_database(tmp_path / "operations.db")
    with engine.begin() as connection:
        place = {"id": "H1", "kind": "home", "site": "s", "path": "区/街道/莲花社区/村", "name": "王女士"}
        connection.execute(insert(Place).values(place | {"address": "3栋1201", "access_note": "密码8842"}))
    return engine


def told(*ways: str, to: str = "") -> Told:
    return Told(to, "desk", "duty", ways)


def raise_alert(engine: Engine, number: int, *channels: str, kind: str = "life_safety", rung: int = 0) -> str:
    """An alert and its outbox rows in one transaction, as the engine shell writes them."""
    name = f"a{number}"
    row = {
        "id": name,
        "number": number,
        "rule": "fall",
        "kind": kind,
        "severity": "critical",
        "title": {"zh": "疑似跌倒", "en": "Possible fall"},
        "why": {"zh": "跌倒报警", "en": "fall reported"},
        "todo": {"zh": ["先电话"], "en": ["Phone first"]},
        "evidence": {},
        "place_id": "H1",
        "device_id": "d",
        "room": "卫生间",
        "active_at": NOON_MS,
        "raised_at": NOON_MS,
        "raised_wall_ms": NOON_MS,
    }
    with engine.begin() as connection:
        connection.execute(insert(Alert).values(row))
        enqueue(connection, name, rung, [told(channel) for channel in channels])
    return name


def rows(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(Outbox.__table__).order_by(Outbox.alert_id, Outbox.channel)))


def states(engine: Engine) -> list[str]:
    return [row.state for row in rows(engine)]


@dataclass
class Clock:
    now: int = NOON_MS

    def __call__(self) -> int:
        return self.now


@dataclass
class Scripted:
    """A channel that answers as told: an exception to raise, an event to wait for, or nothing to say yes."""

    script: list[Exception | asyncio.Event] = field(default_factory=list)
    sent: list[tuple[str, AlertMessage]] = field(default_factory=list)
    closed: bool = False
    proves = Proof.REACHED
    personal = False
    gathers = False

    async def send(self, message_id: str, message: AlertMessage, to: Recipient = GROUP) -> Receipt:  # noqa: ARG002 a group's
        self.sent.append((message_id, message))
        told = self.script.pop(0) if self.script else None
        if isinstance(told, Exception):
            raise told
        if told is not None:
            await told.wait()
        return Receipt("taken")

    async def aclose(self) -> None:
        self.closed = True

    def numbers(self) -> list[int]:
        return [message.number for _, message in self.sent]


@asynccontextmanager
async def delivering(engine: Engine, channels: dict[str, Channel], **options: Any) -> AsyncIterator[Delivery]:  # noqa: ANN401 passed on as they are
    worker = Delivery(engine, channels, words=Wording(zone=ZONE), **({"now_ms": Clock()} | options))
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def webhook(receiver: Receiver, name: str = "city") -> Webhook:
    return Webhook(name, url=receiver.url, secret=SECRET, timeout_s=5)


def test_a_message_arrives_at_once_and_is_written_down(engine: Engine) -> None:
    settled: list[str] = []

    async def story(receiver: Receiver) -> None:
        async with delivering(
            engine, {"city": webhook(receiver)}, hub_now_ms=lambda: 7, settled=settled.append
        ) as worker:
            await until(lambda: worker.running)
            raise_alert(engine, 417, "city")
            worker.take(())
            await until(lambda: settled, within_s=5)

    with receiving() as receiver:
        asyncio.run(story(receiver))
    (request,) = receiver.requests
    assert signed(request, SECRET)
    assert request.id == message_id("a417", 0, "", "city")
    said = request.json["alert"]
    assert (
        said["text"]["zh"]
        == "紧急：疑似跌倒。莲花社区3栋1201王女士，12:00卫生间报警，跌倒报警。警情0417，请接警"
    )
    assert "8842" not in request.body.decode()
    (row,) = rows(engine)
    assert (row.state, row.attempts, row.delivered_ms, row.receipt) == ("delivered", 1, NOON_MS, "HTTP 200")
    with engine.connect() as connection:
        step = connection.execute(select(AlertStep.kind, AlertStep.at, AlertStep.by, AlertStep.detail)).one()
    assert tuple(step) == ("delivered", 7, "city", "HTTP 200")
    assert settled == ["a417"]
    assert outbox.counts(engine) == {("city", "delivered"): 1}


def test_busy_receivers_are_tried_again_under_the_same_id(engine: Engine) -> None:
    clock = Clock()

    async def story(receiver: Receiver) -> None:
        receiver.replies = [Reply(429, headers={"Retry-After": "30"}), Reply(500)]
        raise_alert(engine, 1, "city")
        async with delivering(engine, {"city": webhook(receiver)}, now_ms=clock) as worker:
            for attempts, wait_ms in ((1, 30_001), (2, 2_000)):
                await until(lambda wanted=attempts: rows(engine)[0].attempts == wanted)
                assert rows(engine)[0].next_try_ms == clock.now + wait_ms
                assert rows(engine)[0].error.startswith("HTTP ")
                clock.now += wait_ms
                worker.take(())
            await until(lambda: states(engine) == ["delivered"])
            assert worker.tries == {("city", "waiting"): 2, ("city", "delivered"): 1}

    with receiving() as receiver:
        asyncio.run(story(receiver))
    assert receiver.ids() == [message_id("a1", 0, "", "city")] * 3
    assert rows(engine)[0].error == ""


def test_a_refused_message_has_failed_and_says_why(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    raise_alert(engine, 1, "city", "gone")
    channel = Scripted([Unrecoverable("errcode 93000")])

    async def story() -> None:
        async with delivering(engine, {"city": channel}):
            await until(lambda: "waiting" not in states(engine))

    asyncio.run(story())
    assert [(row.state, row.error) for row in rows(engine)] == [
        ("failed", "errcode 93000"),
        ("failed", "the settings have no such channel"),
    ]
    assert channel.closed
    assert "errcode 93000" in caplog.text
    for personal in ("王女士", "3栋1201", "8842", "卫生间"):
        assert personal not in caplog.text


def test_life_safety_goes_first(engine: Engine) -> None:
    for number in range(1, 9):
        raise_alert(engine, number, "city", kind="device")
    raise_alert(engine, 9, "city")
    channel = Scripted()

    async def story() -> None:
        async with delivering(engine, {"city": channel}):
            await until(lambda: set(states(engine)) == {"delivered"})

    asyncio.run(story())
    assert channel.numbers()[0] == 9
    assert sorted(channel.numbers()) == list(range(1, 10))


def test_a_hanging_channel_delays_no_other_and_keeps_room_for_life_safety(engine: Engine) -> None:
    for number in range(1, 8):
        raise_alert(engine, number, "stuck", "good", kind="device")

    async def story() -> None:
        stuck = Scripted([asyncio.Event() for _ in range(3)])
        good = Scripted()
        async with delivering(engine, {"stuck": stuck, "good": good}) as worker:
            await until(lambda: len(good.sent) == 7)
            await until(lambda: len(stuck.sent) == 3)
            raise_alert(engine, 8, "stuck")
            worker.take(())
            await until(lambda: stuck.numbers()[-1] == 8)
            await until(lambda: rows(engine)[-1].state == "delivered")
            assert len(stuck.sent) == 4

    asyncio.run(story())


def test_an_interrupted_delivery_repeats_only_what_was_in_flight(engine: Engine) -> None:
    for number in range(1, 4):
        raise_alert(engine, number, "city")

    async def interrupted(receiver: Receiver) -> None:
        receiver.replies = [Reply(hang=True)]
        async with delivering(engine, {"city": webhook(receiver)}):
            await until(lambda: sorted(states(engine)) == ["delivered", "delivered", "waiting"])

    async def again(receiver: Receiver) -> None:
        async with delivering(engine, {"city": webhook(receiver)}):
            await until(lambda: set(states(engine)) == {"delivered"})

    with receiving() as receiver:
        asyncio.run(interrupted(receiver))
        asyncio.run(again(receiver))
    assert len(receiver.ids()) == 4
    assert set(receiver.ids()) == {message_id(f"a{number}", 0, "", "city") for number in (1, 2, 3)}


WORKER = """
import asyncio, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from gateway.notify.delivery import Delivery
from gateway.notify.outbox_words import Look, Wording
from gateway.notify.webhook import Webhook
from gateway.operations.database import open_database
city = Webhook("city", url=sys.argv[2], secret=sys.argv[3])
asyncio.run(Delivery(open_database(Path(sys.argv[1])), {"city": city}, words=Wording(zone=ZoneInfo("Asia/Shanghai"))).run())
"""


def test_kill_9_in_the_middle_loses_nothing(engine: Engine, tmp_path: Path) -> None:
    for number in range(1, 31):
        raise_alert(engine, number, "city")

    async def again(receiver: Receiver) -> None:
        async with delivering(engine, {"city": webhook(receiver)}):
            await until(lambda: set(states(engine)) == {"delivered"})

    with receiving() as receiver:
        receiver.replies = [*[Reply()] * 10, *[Reply(hang=True)] * 4]
        command = [sys.executable, "-c", WORKER, str(tmp_path / "operations.db"), receiver.url, SECRET]
        root = str(Path(delivery_module.__file__).parents[2])
        with subprocess.Popen(command, cwd=root, env=os.environ | {"PYTHONPATH": root}) as worker:
            wait_until(lambda: len(receiver.ids()) == 14, within_s=30, what="four messages in flight")
            worker.send_signal(signal.SIGKILL)
        in_flight = [row.id for row in rows(engine) if row.id in receiver.ids() and row.state == "waiting"]
        receiver.release()
        asyncio.run(again(receiver))
    ids = receiver.ids()
    assert set(ids) == {row.id for row in rows(engine)}
    assert sorted(name for name in set(ids) if ids.count(name) > 1) == sorted(in_flight)
    assert len(in_flight) == 4


def test_what_was_just_committed_is_sent_without_a_look_and_by_no_look_once_more(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Look] = []

    def look(*args: Any, **kwargs: Any) -> Look:  # noqa: ANN401 passed on as they are
        looks.append(found := real_look(*args, **kwargs))
        if found.due:  # handed over and settled between this look and its end
            handed.result(timeout=5)
        return found

    real_look, handed = outbox_words.look, Future[None]()
    monkeypatch.setattr(outbox_words, "look", look)

    async def run() -> None:
        city = Scripted()
        async with delivering(engine, {"city": city}) as worker:
            await until(lambda: len(looks) == 1)
            raise_alert(engine, 1, "city")
            with engine.connect() as connection:
                messages = worker.composed(connection, [message_id("a1", 0, "", "city")])
            worker.take(())
            await until(lambda: len(looks) == 2)  # it sees the message waiting
            worker.take(messages)
            await until(lambda: len(city.sent) == 1)
            handed.set_result(None)
            await until(lambda: states(engine) == ["delivered"])
            raise_alert(engine, 2, "city")
            with engine.connect() as connection:
                worker.take(worker.composed(connection, [message_id("a2", 0, "", "city")]))
            await until(lambda: states(engine) == ["delivered", "delivered"])
        assert city.numbers() == [1, 2]
        assert len(looks) == 2, "nothing was looked up for them"

    asyncio.run(run())


def test_where_something_waits_or_there_are_too_many_they_are_looked_up(engine: Engine) -> None:
    async def run() -> None:
        gate = asyncio.Event()
        city = Scripted([gate] * 4)
        async with delivering(engine, {"city": city}) as worker:
            ids = [message_id(raise_alert(engine, number, "city"), 0, "", "city") for number in range(1, 8)]
            with engine.connect() as connection:
                assert worker.composed(connection, ids) == ()
            worker.take(())
            await until(lambda: len(city.sent) == 4)
            raise_alert(engine, 8, "city")
            with engine.connect() as connection:
                worker.take(worker.composed(connection, [message_id("a8", 0, "", "city")]))
            gate.set()
            await until(lambda: states(engine) == ["delivered"] * 8)
        assert city.numbers() == [1, 2, 3, 4, 5, 6, 7, 8]

    asyncio.run(run())


def test_enqueueing_is_part_of_the_callers_transaction_and_harmless_to_repeat(engine: Engine) -> None:
    raise_alert(engine, 1, "city")
    with engine.connect() as connection:
        enqueue(connection, "a1", 1, [told("city")])
        connection.rollback()
    assert len(rows(engine)) == 1
    with engine.begin() as connection:
        connection.execute(update(Outbox).values(state="delivered"))
        assert enqueue(connection, "a1", 0, [told("city")]) == (message_id("a1", 0, "", "city"),)
        assert enqueue(connection, "a1", 0, []) == ()
    assert states(engine) == ["delivered"]


def test_an_escalation_that_acceptance_overtook_is_withdrawn(engine: Engine) -> None:
    raise_alert(engine, 1, "city", rung=1)
    raise_alert(engine, 2, "city", rung=0)
    with engine.begin() as connection:
        connection.execute(update(Alert).values(state="accepted"))
    channel = Scripted()

    async def story() -> None:
        async with delivering(engine, {"city": channel}):
            await until(lambda: "waiting" not in states(engine))

    asyncio.run(story())
    assert states(engine) == ["withdrawn", "delivered"]
    assert channel.numbers() == [2]


def test_an_outcome_the_disk_refuses_is_kept_and_nothing_is_sent_twice(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(delivery_module, "DATABASE_WAIT_S", 0.01)
    raise_alert(engine, 1, "city")
    channel = Scripted()

    async def story() -> None:
        break_disk(engine)
        async with delivering(engine, {"city": channel}) as worker:
            await until(lambda: len(caplog.records) >= 3)
            assert worker._kept
            mend_disk(engine)
            await until(lambda: states(engine) == ["delivered"])
            await until(lambda: not worker._kept)  # written a moment before it is forgotten

    asyncio.run(story())
    assert len(channel.sent) == 1
    assert "disk full" in caplog.text
    assert "王女士" not in caplog.text


def break_disk(engine: Engine) -> None:
    """Every write to the outbox fails, as it does when the disk is full."""
    with engine.begin() as connection:
        for what in ("UPDATE", "INSERT"):
            connection.execute(
                text(
                    f"CREATE TRIGGER full_{what} BEFORE {what} ON outbox BEGIN SELECT RAISE(ABORT, 'disk full'); END"
                )
            )


def mend_disk(engine: Engine) -> None:
    with engine.begin() as connection:
        for what in ("UPDATE", "INSERT"):
            connection.execute(text(f"DROP TRIGGER full_{what}"))


def test_life_safety_is_sent_from_memory_and_only_written_down_later(engine: Engine) -> None:
    channel = Scripted([Recoverable("busy", 0.0)])
    message = AlertMessage(
        id="a1",
        number=0,
        rule="fall",
        kind="life_safety",
        severity="critical",
        title={},
        why={},
        todo={},
        who={},
        where={},
        text={},
        raised_at=1,
        active_at=1,
        rung=0,
        recorded=False,
        late_ms=0,
    )

    async def story() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gateway.notify.retry.FIRST_WAIT_MS", 1)
            async with delivering(engine, {"city": channel}) as worker:
                await until(lambda: worker._tasks is not None)
                worker.send_unrecorded(message, [told("city")])
                worker.send_unrecorded(message, [told("city")])
                await until(lambda: worker._kept)
                worker.send_unrecorded(message, [told("city")])
                raise_alert(engine, 1, "city")
                worker.take(())
                await until(lambda: states(engine) == ["delivered"])

    asyncio.run(story())
    assert [name for name, _ in channel.sent] == [message_id("a1", 0, "", "city")] * 2
    with pytest.raises(RuntimeError, match="start run"):
        Delivery(engine, {}, words=Wording(zone=ZONE)).send_unrecorded(message, [])


def test_a_bug_in_one_channel_is_told_without_its_words_and_tried_again(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    raise_alert(engine, 1, "city")
    clock, channel = Clock(), Scripted([ValueError("https://secret.example/key")])

    async def story() -> None:
        async with delivering(engine, {"city": channel}, now_ms=clock) as worker:
            await until(lambda: rows(engine)[0].attempts == 1)
            clock.now += 1_000
            worker.take(())
            await until(lambda: states(engine) == ["delivered"])

    asyncio.run(story())
    assert "ValueError at" in caplog.text
    assert "secret" not in caplog.text


@given(st.integers(0, 2000), st.none() | st.floats(0, 1e9), st.integers(0, 10**12), st.booleans())
def test_the_next_try_is_never_far_and_life_safety_is_never_given_up(
    attempts: int,
    retry_after_s: float | None,
    age_ms: int,
    life_safety: bool,  # noqa: FBT001 hypothesis gives it
) -> None:
    kind = "life_safety" if life_safety else "device"
    message = AlertMessage(
        id="a", number=1, rule="r", kind=kind, severity="notice", title={}, why={}, todo={}, who={}, where={},
        text={}, raised_at=0, active_at=0, rung=0, recorded=True, late_ms=0,
    )  # fmt: skip
    waiting = Waiting(
        id="i",
        alert_id="a",
        channel="c",
        attempts=attempts,
        raised_wall_ms=0,
        withdrawn=False,
        message=message,
    )
    outcome = not_taken(waiting, Recoverable("busy", retry_after_s), now_ms=age_ms)
    if not life_safety and age_ms >= 24 * 3_600_000:
        assert outcome.state == "failed"
        assert outcome.error == "given up after 24 h: busy"
        return
    assert outcome.state == "waiting"
    wait_ms = outcome.next_try_ms - age_ms
    assert min(60_000, 1_000 * 2 ** min(attempts, 20)) <= wait_ms <= 300_000
    if retry_after_s is not None:
        assert wait_ms >= min(300_000, retry_after_s * 1000)


def test_a_storm_goes_out_whole(engine: Engine) -> None:
    for number in range(1, 121):
        raise_alert(engine, number, "city", "group", kind="life_safety" if number % 10 == 0 else "device")
    city, group = Scripted(), Scripted()

    async def story() -> None:
        async with delivering(engine, {"city": city, "group": group}):
            await until(lambda: set(states(engine)) == {"delivered"})

    asyncio.run(story())
    for channel in (city, group):
        assert sorted(channel.numbers()) == list(range(1, 121))
        assert sorted(channel.numbers()[:12]) == list(range(10, 121, 10))


# ---- ten minutes, on virtual time


@dataclass
class Uplink:
    """Channels to the outside, which cannot be reached from ``lost_s`` to ``found_s``."""

    loop: VirtualLoop
    lost_s: float
    found_s: float
    tries: int = 0
    taken: dict[str, float] = field(default_factory=dict)
    proves = Proof.REACHED
    personal = False
    gathers = False

    async def send(self, message_id: str, message: AlertMessage, to: Recipient = GROUP) -> Receipt:  # noqa: ARG002 the port's
        self.tries += 1
        if self.lost_s <= self.loop.passed_s < self.found_s:
            raise Recoverable("connection failed (ConnectError)")
        assert message_id not in self.taken
        self.taken[message_id] = self.loop.passed_s
        return Receipt("taken")

    async def aclose(self) -> None:
        """Nothing to close."""


def test_ten_minutes_without_an_uplink_delay_what_goes_out_and_nothing_else(engine: Engine) -> None:
    async def life(loop: VirtualLoop) -> None:
        outside, house = Uplink(loop, 60, 660), Uplink(loop, -1, -1)
        now_ms = lambda: NOON_MS + int(loop.passed_s * 1000)  # noqa: E731 the wall clock of this life
        async with delivering(engine, {"out": outside, "house": house}, now_ms=now_ms) as worker:
            await asyncio.sleep(1)
            for number in range(1, 21):  # one every forty seconds: before, during and after
                raise_alert(engine, number, "out", "house", kind="life_safety" if number % 2 else "care")
                raised_s = loop.passed_s
                worker.take(())
                await asyncio.sleep(40)
                at_home = house.taken[message_id(f"a{number}", 0, "", "house")]
                assert at_home - raised_s < 0.1, "the channel in the house does not wait for the uplink"
            await asyncio.sleep(120)
        late_s = max(outside.taken.values()) - 660
        assert len(outside.taken) == len(house.taken) == 20
        assert set(states(engine)) == {"delivered"}
        waited = [at for at in outside.taken.values() if 660 <= at < 721]
        assert len(waited) >= 15, "what waited went out within a minute of the uplink's return"
        assert outside.tries < 20 + 16 * 17, "and it was not hammered meanwhile"
        assert late_s > 0

    live_through(life)
