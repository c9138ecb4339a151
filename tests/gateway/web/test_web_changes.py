from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from gateway.web.changes import WAITING_MAX, Change, ChangeFeed, Subscription

START = 1_000


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 5))


async def everything(reader: Subscription) -> list[Change | None]:
    """What is waiting now: the loop is let run until what other threads handed over has arrived."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    found: list[Change | None] = []
    while reader._news.is_set():
        found.append(await reader.get())
        if found[-1] is None:
            break
    return found


def test_a_reader_gets_what_is_published_after_it_came() -> None:
    async def story() -> None:
        feed = ChangeFeed(START)
        feed.publish("before")
        with feed.subscribe() as reader:
            assert reader.begins == START + 1
            feed.publish("a")
            feed.publish("b")
            assert await everything(reader) == [Change(START + 2, "a"), Change(START + 3, "b")]
            assert feed.readers == 1
        assert feed.readers == 0

    run(story())


def test_a_reader_that_was_away_catches_up_each_alert_once() -> None:
    async def story() -> None:
        feed = ChangeFeed(START)
        for alert in ("a", "b", "a", "c"):
            feed.publish(alert)
        with feed.subscribe(after=START + 1) as reader:
            assert await everything(reader) == [
                Change(START + 2, "b"),
                Change(START + 3, "a"),
                Change(START + 4, "c"),
            ]
        with feed.subscribe(after=START + 4) as reader:
            assert await everything(reader) == []

    run(story())


def test_a_reader_away_for_too_long_or_from_another_run_reads_everything_anew() -> None:
    async def story() -> None:
        feed = ChangeFeed(START, history_max=3)
        for number in range(5):
            feed.publish(str(number))
        with feed.subscribe(after=START + 2) as reader:
            assert [change.alert for change in await everything(reader) if change] == ["2", "3", "4"]
        for unknown in (START + 1, 0, START + 6):
            with feed.subscribe(after=unknown) as reader:
                assert await everything(reader) == [Change(START + 5, "")]

    run(story())


def test_a_slow_reader_is_never_owed_more_than_the_bound() -> None:
    async def story() -> None:
        feed = ChangeFeed(START)
        with feed.subscribe() as reader:
            for number in range(WAITING_MAX + 3):
                feed.publish(str(number))
            owed = await everything(reader)
            assert owed[0] == Change(START + WAITING_MAX + 1, "")
            assert [change.alert for change in owed[1:] if change] == [
                str(WAITING_MAX + 1),
                str(WAITING_MAX + 2),
            ]

    run(story())


def test_other_threads_may_publish() -> None:
    async def story() -> None:
        feed = ChangeFeed(START)
        with feed.subscribe() as reader:
            threads = [threading.Thread(target=feed.publish, args=(str(n),)) for n in range(20)]
            for thread in threads:
                thread.start()
            serials = [(await reader.get() or Change(0, "")).serial for _ in threads]
            assert serials == list(range(START + 1, START + 21))
            for thread in threads:
                thread.join()

    run(story())


def test_closing_lets_every_reader_go() -> None:
    async def story() -> None:
        feed = ChangeFeed(START)
        with feed.subscribe() as reader:
            waiting = asyncio.create_task(reader.get())
            await asyncio.sleep(0)
            feed.close()
            assert await waiting is None
        with feed.subscribe() as late:
            assert await late.get() is None

    run(story())
