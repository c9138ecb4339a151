"""A channel that does not take a message is followed by the next at once, and what was reached one way is not told again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from outbox_town import People, raise_alert, rows, to, to_group, town
from parts import until
from receiver import Receiver, Reply, receiving
from sqlalchemy import Engine

from gateway.duty.route import Told
from gateway.notify.channel import Channel, OverBudget, Recoverable, Unrecoverable
from gateway.notify.delivery import Delivery
from gateway.notify.outbox_words import Wording
from gateway.notify.webhook import Webhook
from gateway.notify.wecom import WeComRobot
from gateway.notify.words import text_of
from gateway.operations.links import Links

WORDS = Wording(
    zone=ZoneInfo("Asia/Shanghai"),
    address_of=lambda person, channel: "" if channel == "app" else f"{person}@{channel}",
)
OVER = {"sent", "delivered", "failed", "withdrawn"}


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return town(tmp_path)


@asynccontextmanager
async def delivering(engine: Engine, channels: dict[str, Channel]) -> AsyncIterator[Delivery]:
    worker = Delivery(engine, channels, words=WORDS)
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        running.cancel()
        await asyncio.wait([running])


def settled(engine: Engine, number: int) -> bool:
    found = rows(engine)
    return len(found) == number and all(state in OVER for *_, state in found)


@pytest.mark.parametrize(
    "answer",
    [
        Reply(429, headers={"Retry-After": "60"}),
        Reply(500),
        Reply(hang=True),
        Reply(body=b'{"errcode": 45009, "errmsg": "api freq out of limit"}'),
        Reply(body=b"<html>portal</html>"),
        Reply(404),
    ],
    ids=["429", "500", "slow", "200 with an error", "200 of a portal", "404"],
)
def test_whatever_a_provider_answers_the_next_channel_has_it_within_five_seconds(
    engine: Engine, answer: Reply
) -> None:
    raise_alert(engine, 1, to_group("robot", "system"), kind="life_safety")

    async def run(first: Receiver, second: Receiver) -> float:
        robot = WeComRobot("robot", url=first.url + "/send?key=k")
        system = Webhook("system", url=second.url + "/hook", secret="correct-horse-battery-staple")
        began = asyncio.get_running_loop().time()
        async with delivering(engine, {"robot": robot, "system": system}):
            await until(lambda: second.requests, within_s=8)
            took = asyncio.get_running_loop().time() - began
            await until(lambda: ("a1", "system", "delivered") in rows(engine))
        return took

    with receiving() as first, receiving() as second:
        first.replies = [answer] * 9
        assert asyncio.run(run(first, second)) < 5
    assert {(channel, state) for _, channel, state in rows(engine)} & {
        ("robot", "withdrawn"),
        ("robot", "failed"),
    }


def test_a_person_is_told_by_the_first_way_that_works_and_only_by_that(engine: Engine) -> None:
    raise_alert(engine, 1, to("limin", "app", "sms", "voice"), kind="life_safety")
    sms = People(lambda: 0.0, [Recoverable("busy", 60)], personal=True)
    voice, app = People(lambda: 0.0, personal=True), People(lambda: 0.0, personal=True)

    async def run() -> None:
        async with delivering(engine, {"app": app, "sms": sms, "voice": voice}):
            await until(lambda: settled(engine, 3))

    asyncio.run(run())
    assert rows(engine) == [
        ("a1", "app", "failed"),  # no address there
        ("a1", "sms", "withdrawn"),  # reached by voice, so it is not tried again
        ("a1", "voice", "sent"),
    ]
    assert (list(app.got), list(voice.got)) == ([], ["limin"])


def test_each_message_of_an_errand_has_its_own_id_and_none_is_sent_twice(engine: Engine) -> None:
    for number in range(1, 6):
        raise_alert(
            engine, number, to("limin", "sms", "voice"), to_group("robot", "voice"), kind="life_safety"
        )
    sms = People(lambda: 0.0, [Unrecoverable("the template is not approved")] * 5, personal=True)
    voice, robot = People(lambda: 0.0), People(lambda: 0.0, [OverBudget("over", 60)] * 5)

    async def run() -> None:
        async with delivering(engine, {"sms": sms, "voice": voice, "robot": robot}):
            await until(lambda: sum(len(got) for got in voice.got.values()) == 10)
            await until(lambda: settled(engine, 20))

    asyncio.run(run())
    names = [name for got in voice.got.values() for _, name, _ in got]
    assert len(set(names)) == 10


def test_a_channel_works_by_its_last_try_and_over_budget_says_nothing_about_that(engine: Engine) -> None:
    sms = People(lambda: 0.0, [Unrecoverable("template")], personal=True)
    robot = People(lambda: 0.0, [OverBudget("over", 60)])

    async def run() -> None:
        async with delivering(engine, {"sms": sms, "robot": robot}) as worker:
            raise_alert(engine, 1, to("limin", "sms"), to_group("robot"), kind="life_safety")
            worker.take(())
            await until(lambda: worker.states.of("sms") is not None)
            assert (worker.states.works("sms"), worker.states.of("robot")) == (False, None)
            raise_alert(engine, 2, to("limin", "sms"), kind="life_safety")
            worker.take(())
            await until(lambda: worker.states.works("sms"))
        assert Delivery(engine, {}, words=WORDS).states.works("sms"), "remembered over a restart"

    asyncio.run(run())


def test_a_link_is_in_the_message_only_where_people_outside_reach_the_hub(engine: Engine) -> None:
    raise_alert(engine, 1, to_group("robot"), Told("", "guard", "gate", ("guards",)), kind="life_safety")
    robot, guards = People(lambda: 0.0), People(lambda: 0.0)

    async def run(words: Wording) -> None:
        worker = Delivery(engine, {"robot": robot, "guards": guards}, words=words)
        running = asyncio.create_task(worker.run())
        await until(lambda: settled(engine, 2))
        running.cancel()
        await asyncio.wait([running])

    links = Links(b"s" * 32, "https://care.example.org")
    asyncio.run(run(Wording(zone=WORDS.zone, link_of=links.link_of)))
    ((*_, to_staff),), ((*_, to_guard),) = robot.got[""], guards.got[""]
    assert to_staff.link == links.link_of("accept", "a1")
    assert to_guard.link == links.link_of("slip", "a1", "gate")
    assert to_guard.text["zh"].startswith("物业协助：")
    assert to_staff.link in text_of(to_staff, 2048)
    assert Wording(zone=WORDS.zone).link_of("accept", "a1", "") == ""


def test_what_queues_behind_a_channel_that_hangs_does_not_wait_for_its_turn(engine: Engine) -> None:
    """Four at a time wait for an answer that does not come: twenty falls in a bad minute would take twenty seconds."""
    for number in range(1, 21):
        raise_alert(engine, number, to_group("robot", "system"), kind="life_safety", home=number)
    raise_alert(engine, 21, to_group("robot", "system"), kind="care", home=21)

    async def run(first: Receiver, second: Receiver) -> None:
        robot = WeComRobot("robot", url=first.url + "/send?key=k")
        system = Webhook("system", url=second.url + "/hook", secret="correct-horse-battery-staple")
        async with delivering(engine, {"robot": robot, "system": system}):
            await until(lambda: len(second.requests) >= 20, within_s=15)

    with receiving() as first, receiving() as second:
        first.reply = Reply(hang=True)
        asyncio.run(run(first, second))
        assert len(first.requests) <= 8, "it waited for tries after the first four"
        assert len(set(second.ids())) == len(second.ids()) == 20
