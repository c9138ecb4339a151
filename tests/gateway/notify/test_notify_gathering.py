"""A storm reaches people as few messages that say it all; life safety goes first, whole, and at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from outbox_town import NOON_MS, People, raise_alert, rows, to_group, town, write_alert
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from virtual_loop import VirtualLoop, live_through

from gateway.notify.channel import Channel, Recoverable
from gateway.notify.delivery import Delivery
from gateway.notify.gathering import gather
from gateway.notify.outbox_words import Wording
from gateway.operations.tables import Alert, AlertStep, Outbox

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return town(tmp_path)


@asynccontextmanager
async def delivering(
    engine: Engine, loop: VirtualLoop, channels: dict[str, Channel]
) -> AsyncIterator[Delivery]:
    now_ms = lambda: NOON_MS + int(loop.passed_s * 1000)  # noqa: E731 the wall clock of this life
    worker = Delivery(engine, channels, words=Wording(zone=ZONE), now_ms=now_ms, hub_now_ms=now_ms)
    running = asyncio.create_task(worker.run())
    try:
        await asyncio.sleep(1)
        yield worker
    finally:
        running.cancel()
        await asyncio.wait([running])


def test_the_first_goes_at_once_and_what_follows_within_half_a_minute_goes_as_one(engine: Engine) -> None:
    async def life(loop: VirtualLoop) -> None:
        people = People(lambda: loop.passed_s)
        async with delivering(engine, loop, {"group": people}) as worker:
            raise_alert(engine, 1, to_group("group"))
            worker.take(())
            await asyncio.sleep(2)
            for number in (2, 3, 4):
                raise_alert(engine, number, to_group("group"), home=number)
                worker.take(())
            await asyncio.sleep(40)
        (first_s, _, first), (digest_s, _, digest) = people.got[""]
        assert first_s < 1.5
        assert 30 <= digest_s - first_s < 31
        assert (first.about, digest.about, digest.numbers) == ("alert", "digest", (2, 3, 4))
        assert [state for *_, state in rows(engine)] == ["sent"] * 4
        with Session(engine) as session:
            told = session.scalars(select(AlertStep.alert_id).where(AlertStep.kind == "sent")).all()
        assert sorted(told) == ["a1", "a2", "a3", "a4"], "each alert's history says that it was told of"

    live_through(life)


def test_life_safety_is_never_gathered_and_overtakes_what_waits(engine: Engine) -> None:
    async def life(loop: VirtualLoop) -> None:
        people = People(lambda: loop.passed_s)
        async with delivering(engine, loop, {"group": people}) as worker:
            for number in (1, 2, 3):
                raise_alert(engine, number, to_group("group"), home=number)
            worker.take(())
            await asyncio.sleep(5)
            for number in (4, 5):
                raise_alert(engine, number, to_group("group"), kind="life_safety", home=number)
                worker.take(())
                await asyncio.sleep(1)
        falls = [(at, one.number) for at, _, one in people.got[""] if one.kind == "life_safety"]
        assert [number for _, number in falls] == [4, 5]
        assert all(at < 8 for at, _ in falls)

    live_through(life)


def test_what_is_over_before_it_is_told_is_not_told(engine: Engine) -> None:
    async def life(loop: VirtualLoop) -> None:
        people = People(lambda: loop.passed_s)
        async with delivering(engine, loop, {"group": people}) as worker:
            raise_alert(engine, 1, to_group("group"))
            worker.take(())
            await asyncio.sleep(2)
            for number in (2, 3, 4):
                raise_alert(engine, number, to_group("group"), home=number)
            with Session(engine) as session, session.begin():
                for name in ("a2", "a3"):
                    session.get_one(Alert, name).state = "closed"
            worker.take(())
            await asyncio.sleep(40)
        assert [one.number for _, _, one in people.got[""]] == [1, 4], "one is left, and needs no digest"
        assert [state for *_, state in rows(engine)] == ["sent", "withdrawn", "withdrawn", "sent"]

    live_through(life)


def test_a_digest_killed_in_flight_is_the_same_one_under_the_same_id(engine: Engine) -> None:
    for number in (1, 2, 3):
        raise_alert(engine, number, to_group("group"), home=number)
    first = gather(engine, "group", now_ms=NOON_MS, last_ms={})
    assert (first.released, first.people) == ((), ("",))
    raise_alert(engine, 4, to_group("group"), home=4)

    async def life(loop: VirtualLoop) -> None:
        people = People(lambda: loop.passed_s, [Recoverable("killed", 0.5)])
        async with delivering(engine, loop, {"group": people}):
            await asyncio.sleep(60)
        got = people.got[""]
        assert sorted(one.numbers for _, _, one in got) == [(), (1, 2, 3)]
        with Session(engine) as session:
            (digest,) = session.scalars(select(Outbox).where(Outbox.about == "digest"))
            assert digest.id in {name for _, name, _ in got}

    live_through(life)


def test_a_disk_that_takes_no_digest_delays_no_fall(engine: Engine) -> None:
    """Gathering writes, and a full disk refuses that; what is in the outbox already can be read and sent."""
    for number in (1, 2, 3):
        raise_alert(engine, number, to_group("group"), home=number)
    raise_alert(engine, 4, to_group("group"), kind="life_safety", home=4)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )

    async def life(loop: VirtualLoop) -> None:
        people = People(lambda: loop.passed_s)
        async with delivering(engine, loop, {"group": people}):
            await asyncio.sleep(10)
            assert [one.number for *_, one in people.got[""]] == [4]
            with engine.begin() as connection:
                connection.exec_driver_sql("DROP TRIGGER full")
            await asyncio.sleep(40)
        assert [one.numbers for *_, one in people.got[""]] == [(), (1, 2, 3)]

    live_through(life)


def test_two_thousand_alerts_in_a_minute_reach_people_as_few_messages_that_say_it_all(
    engine: Engine,
) -> None:
    """A power cut: 1,990 gateways and door sensors, and ten falls in the dark."""
    falls = {number for number in range(1, 2001) if number % 200 == 100}

    async def life(loop: VirtualLoop) -> None:
        people = People(lambda: loop.passed_s)
        async with delivering(engine, loop, {"group": people}) as worker:
            raised: dict[int, float] = {}
            for first in range(1, 2001, 20):  # as a commit writes them
                with engine.begin() as connection:
                    for number in range(first, first + 20):
                        kind = "life_safety" if number in falls else "device"
                        write_alert(connection, number, to_group("group"), kind=kind, home=number % 40 + 1)
                        raised[number] = loop.passed_s
                worker.take(())
                await asyncio.sleep(60 / 100)
            await asyncio.sleep(60)
        got = people.got[""]
        told_falls = {one.number: at for at, _, one in got if one.kind == "life_safety"}
        assert set(told_falls) == falls, "each fall on its own"
        assert max(told_falls[number] - raised[number] for number in falls) < 1.0
        others = [one for *_, one in got if one.kind != "life_safety"]
        assert len(others) <= 5, [one.text["zh"] for one in others]
        said = {one.number for one in others if one.number} | {n for one in others for n in one.numbers}
        assert said == set(range(1, 2001)) - falls, "nothing is left unsaid"
        assert all(len(one.text["zh"]) <= 69 for one in others)
        assert {state for *_, state in rows(engine)} == {"sent"}

    live_through(life)
