"""The line's own promises: acknowledge after commit, ticks that overtake nothing, an end that loses nothing."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from line_desk import START, Desk, definition

import gateway.engine.engine
import gateway.line
import gateway.writing
from gateway.clock import TownClock
from gateway.line import ECHO_TOPIC
from gateway.operations.alert_log import Work, Written
from gateway.reading import CLOCK_TOPIC
from rules.events import (
    ALL,
    AnyEvent,
    ClockStepped,
    Command,
    FeedLost,
    Occurrence,
    Resumed,
    Telemetry,
    Tick,
    part_of,
)


def runs(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


async def ready(folder: Path) -> Desk:
    """A desk whose feed is whole."""
    desk = await Desk(folder).open()
    desk.connects(kept=False)
    await desk.carry()
    await desk.carry()
    assert desk.line.reader.feed.whole
    return desk


def since(desk: Desk, position: int) -> list[AnyEvent]:
    return [event for _, event in desk.journal.read(position)]


def test_nothing_is_acknowledged_while_the_disk_is_full_and_all_of_it_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source itself asserts that what is acknowledged is in the file."""
    monkeypatch.setattr(gateway.writing, "RETRY_S", 0.01)

    async def run() -> None:
        desk = await ready(tmp_path)
        done = len(desk.source.acknowledged)
        desk.journal.full = 1 << 30
        desk.says("h1-pendant", "event", type="fall", id="f1", boot="b", seq=1)
        desk.says("h1-contact", m={"contact": True}, boot="b", seq=1)
        carrying = asyncio.ensure_future(desk.carry())
        while not desk.line.trouble:  # noqa: ASYNC110 a failing disk has no event of its own
            await asyncio.sleep(0)
        assert "disk is full" in desk.line.trouble
        assert len(desk.source.acknowledged) == done
        assert desk.alerts() == []
        desk.journal.full = 0
        await carrying
        assert len(desk.source.acknowledged) == done + 2
        assert [alert.rule for alert in desk.alerts()] == ["fall"]
        assert desk.line.trouble == ""
        desk.drop()

    runs(run())


def test_a_message_that_came_again_before_it_was_applied_is_taken_once(tmp_path: Path) -> None:
    """The connection is lost while the disk stalls: both deliveries wait in the inbox, with the reconnect between them."""

    async def run() -> None:
        desk = await ready(tmp_path)
        began = desk.journal.position
        desk.says("h1-contact", m={"contact": True}, boot="b", seq=1)
        desk.says("h1-pendant", "event", type="fall", id="f1")
        desk.says("h1-motion", m={"motion": True})
        desk.disconnects()
        desk.connects(kept=True)
        await desk.carry()
        kinds = [type(event) for event in since(desk, began)]
        assert kinds.count(Telemetry) == 2
        assert kinds.count(Occurrence) == 1
        assert not [packet for packet in desk.unacknowledged if packet >> 16 == 1]
        desk.drop()

    runs(run())


def test_a_tick_never_overtakes_a_message_that_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        began = desk.journal.position
        monkeypatch.setattr(gateway.line, "BATCH_MAX", 1)
        desk.says("h1-contact", m={"contact": True}, boot="b", seq=1)
        desk.clock.at += 4_000
        desk.says("h1-contact", m={"contact": True}, boot="b", seq=2)
        desk.clock.at += 9_000
        await desk.line._carry(await desk.inbox.take(1, within_s=0))
        first = since(desk, began)
        assert all(event.at <= START + 4_000 for event in first), "the second message still waits"
        await desk.line._carry(await desk.inbox.take(1, within_s=0))
        assert since(desk, began)[-1] == Tick(START + 13_000)
        desk.drop()

    runs(run())


def test_where_much_is_due_at_once_a_message_waits_for_a_part_of_it_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.engine.engine, "DUE_AT_ONCE", 1)

    async def run() -> None:
        desk = await ready(tmp_path)
        began = desk.journal.position
        await desk.go(3_600_000)
        assert desk.line.reader.amid_parts
        desk.says("h3-pendant", "event", type="fall", id="f1")
        turns = 0
        while desk.line.reader.amid_parts:
            await desk.go(1)
            turns += 1
        events = since(desk, began)
        parts = [event.part for event in events if isinstance(event, Tick)]
        assert len(parts) > 2
        assert parts[-1] == ALL
        assert part_of("H3") in parts
        assert [type(event) for event in events[:2]] == [Tick, Occurrence], "before the second part"
        assert turns >= len(parts) - 1
        silent = {alert.place_id for alert in desk.alerts() if alert.rule == "s_silent"}
        assert silent == {"H1", "H2", "H3", "F1"}
        desk.drop()

    runs(run())


def test_a_loss_of_the_feed_amid_the_parts_does_not_keep_the_line_going_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing settles then, so nothing is waited for; the parts go on when it is back."""
    monkeypatch.setattr(gateway.engine.engine, "DUE_AT_ONCE", 1)

    async def run() -> None:
        desk = await ready(tmp_path)
        await desk.go(3_600_000)
        assert desk.line.reader.amid_parts
        desk.disconnects()
        await desk.go(1)
        assert not desk.line.reader.amid_parts
        desk.drop()

    runs(run())


def test_what_people_do_is_not_stamped_after_a_message_that_waits(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        desk.says("h1-pendant", "event", type="fall", id="f1")
        await desk.carry()
        alert = desk.alerts()[0].id
        began = desk.journal.position
        desk.says("h1-contact", m={"contact": True}, boot="b", seq=1)
        desk.says("h1-contact", m={"contact": True}, boot="b", seq=2)
        desk.clock.at += 3_000
        asking = asyncio.ensure_future(
            desk.line.command(kind="accept", alert=alert, by="李敏", data={}, command_id="c1")
        )
        await asyncio.sleep(0)
        await desk.line._carry(await desk.inbox.take(1, within_s=0))
        assert (await asking).ok
        await desk.carry()
        events = since(desk, began)
        assert [type(event) for event in events[:3]] == [Telemetry, Command, Telemetry]
        assert [event.at for event in events] == sorted(event.at for event in events)
        assert events[1].at == START
        desk.drop()

    runs(run())


def test_time_is_told_at_least_every_five_seconds(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        for _ in range(200):
            await desk.go(100)
        ticks = [event.at for event in since(desk, 0) if isinstance(event, Tick)]
        assert all(later - earlier <= 5_000 for earlier, later in pairwise(ticks))
        assert 3 <= len(ticks) <= 8, "and not much more often when nothing is due"
        desk.drop()

    runs(run())


def test_an_escalation_is_climbed_when_it_is_due_not_at_the_next_fifth_second(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        desk.says("h1-pendant", "event", type="fall", id="f1")
        await desk.carry()
        for _ in range(201):
            await desk.go(100)
        assert desk.alerts()[0].rung == 1
        desk.drop()

    runs(run())


def test_a_set_clock_is_told_and_later_messages_are_not_stamped_before_it(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        began = desk.journal.position
        desk.says("h1-contact", m={"contact": True}, boot="b", seq=1)
        desk.says("h1-contact", m={"contact": True}, boot="b", seq=2)
        desk.clock.step(60_000)
        await desk.line._carry(await desk.inbox.take(1, within_s=0))
        await desk.carry()
        events = since(desk, began)
        assert ClockStepped(START + 60_000, 60_000) in events
        assert [event.at for event in events] == sorted(event.at for event in events)
        desk.drop()

    runs(run())


def test_the_feed_is_lost_since_the_broker_was_last_heard_and_whole_behind_the_fence(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        began = desk.journal.position
        desk.disconnects()
        desk.clock.at += 900
        await desk.carry()
        assert since(desk, began) == [FeedLost(START + 900, START)]
        desk.connects(kept=True)
        desk.says("h1-contact", m={"contact": True}, boot="b", seq=1)
        await desk.carry()
        assert not desk.line.reader.feed.whole
        await desk.carry()
        assert Resumed(START + 900, START, kept=True) in since(desk, began)
        desk.drop()

    runs(run())


def test_a_site_whose_name_begins_with_an_underscore_is_heard(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        began = desk.journal.position
        desk.arrives("care/v1/_s/h1-contact/telemetry", b'{"m":{"contact":true}}')
        desk.arrives("care/v1/_sim/x/telemetry", b"{}")
        desk.arrives("", b"{}")
        await desk.carry()
        assert [row["reason"] for row in desk.journal.quarantine(9)] == [
            "bad_topic",
            "unknown_device",
            "wrong_site",
        ]
        assert since(desk, began) == []
        desk.drop()

    runs(run())


def test_what_was_judged_is_written_although_the_hub_is_told_to_end(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        let, at = threading.Event(), threading.Event()
        commit = desk.alert_log.commit

        def slow(work: Work) -> Written:
            at.set()
            let.wait(20)
            return commit(work)

        desk.alert_log.commit = slow  # type: ignore[method-assign]  # a slow disk
        line = asyncio.ensure_future(desk.line.run())
        desk.says("h1-pendant", "event", type="fall", id="f1")
        await asyncio.to_thread(at.wait, 20)
        line.cancel()
        with suppress(asyncio.CancelledError):
            await line
        closing = asyncio.ensure_future(desk.line.close())
        await asyncio.sleep(0)
        let.set()
        await closing
        assert [alert.rule for alert in desk.alerts()] == ["fall"]
        desk.drop()

    runs(run())


def test_after_a_bug_in_the_line_the_end_does_not_move_the_cursor(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        done = desk.alert_log.cursor()
        commit = desk.alert_log.commit

        def broken(work: Work) -> Written:
            raise AssertionError("a bug")

        desk.alert_log.commit = broken  # type: ignore[method-assign]  # a bug
        desk.says("h1-pendant", "event", type="fall", id="f1")
        with pytest.raises(AssertionError, match="a bug"):
            await desk.line.run()
        desk.alert_log.commit = commit  # type: ignore[method-assign]  # as it was
        await desk.line.close()
        assert desk.alert_log.cursor() == done
        desk.drop()
        after = await Desk(tmp_path).open()
        assert [alert.rule for alert in after.alerts()] == ["fall"]
        after.drop()

    runs(run())


def test_only_the_broker_s_growth_in_dropped_messages_counts(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        for payload, first, dropped in ((b"7", 7, 7), (b"9", 7, 9), (b"2", 0, 2), (b"?", 0, 2)):
            desk.arrives("$SYS/broker/publish/messages/dropped", payload)
            await desk.carry()
            assert (desk.line.reader.dropped_first, desk.line.reader.dropped) == (first, dropped)
        desk.drop()

    runs(run())


def test_two_worlds_at_once_are_both_applied_in_order(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        asked = [
            asyncio.ensure_future(desk.line.change_world(definition(homes=homes))) for homes in (1, 2, 2)
        ]
        await asyncio.sleep(0)
        for _ in range(3):
            await desk.carry()
        assert [(await answer).version for answer in asked] == [2, 3, 3]
        assert desk.engine.states.keys() == {"H1", "H2", "F1"}
        desk.drop()

    runs(run())


# ---- the town's clock


def word(desk: Desk, **said: float) -> None:
    desk.arrives(CLOCK_TOPIC, json.dumps(said).encode())


async def town(folder: Path) -> Desk:
    desk = await Desk(folder, clock=TownClock(1)).open()
    desk.connects(kept=False)
    await desk.carry()
    await desk.carry()
    return desk


def test_while_driven_only_the_town_tells_the_time(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await town(tmp_path)
        word(desk, ts=START, until=START + 60_000)
        await desk.carry()
        began = desk.journal.position
        for n, ahead in enumerate((0, 5_000, 30_000), 1):
            desk.says("h1-contact", ts=START + ahead, m={"contact": True}, boot="b", seq=n)
            await desk.carry()
        events = since(desk, began)
        assert [(type(e), e.at - START) for e in events] == [
            (Telemetry, 0),
            (Telemetry, 5_000),
            (Telemetry, 30_000),
        ]
        assert [(e.observed_at - START, e.quality) for e in events if isinstance(e, Telemetry)] == [
            (0, 0),
            (5_000, 0),
            (30_000, 0),
        ]
        word(desk, ts=START + 60_000, until=START + 120_000)
        await desk.carry()
        assert since(desk, began)[-1] == Tick(START + 60_000)
        echoes = [
            json.loads(body)["ts"] - START for topic, body in desk.source.published if topic == ECHO_TOPIC
        ]
        assert echoes == [0, 60_000]
        desk.drop()

    runs(run())


def test_the_first_word_of_a_town_is_a_step_not_time_passing(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await town(tmp_path)
        began = desk.journal.position
        word(desk, ts=START, until=START + 60_000)
        await desk.carry()
        assert since(desk, began) == [ClockStepped(START, START - 1), Tick(START)]
        word(desk, ts=START + 60_000, until=START + 120_000)
        await desk.carry()
        assert since(desk, began)[2:] == [Tick(START + 60_000)]
        assert desk.alerts() == []
        desk.drop()

    runs(run())


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b'{"ts":-1}',
        b'{"ts":1e300}',
        b'{"ts":1,"run":-1}',
        b'{"ts":1,"run":1e300}',
        b'{"ts":"\xff"}',
    ],
)
def test_a_word_that_is_none_is_set_aside_and_moves_nothing(tmp_path: Path, payload: bytes) -> None:
    async def run() -> None:
        desk = await town(tmp_path)
        now = desk.clock.now()
        desk.arrives(CLOCK_TOPIC, payload)
        await desk.carry()
        assert desk.clock.now() == now
        assert [row["reason"] for row in desk.journal.quarantine(9)] == ["bad_shape"]
        desk.drop()

    runs(run())


def test_the_town_s_words_mean_nothing_to_a_real_station(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        began = desk.journal.position
        word(desk, ts=START + 86_400_000, until=START + 86_400_000)
        await desk.carry()
        assert since(desk, began) == []
        assert len(desk.source.acknowledged) == 2
        desk.drop()

    runs(run())
