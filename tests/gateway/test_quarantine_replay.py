"""What was set aside and is given again: judged once, as of its own time, with its age; and never both held and passed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest
from line_desk import START, Desk, copied, definition

from gateway.ingest.again import NEWS_MS
from gateway.journal.journal import Entry, Journal, Refused
from gateway.journal.quarantine import Quarantine, Which
from gateway.replaying import Given, Replayed, Replays
from rules.events import FromDevice, Occurrence, Quality, Status, Telemetry
from rules.world import Definition, Device

HOUR = 3_600_000
ALL = Which()


def runs(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


def learnt(*kinds: str) -> Definition:
    """The world with a device ``new-<kind>`` of each kind in home H1."""
    known = definition()
    devices = (Device(f"new-{kind}", "s", "H1", kind, "卧室", 7_200) for kind in kinds)
    return msgspec.structs.replace(known, devices=(*known.devices, *devices))


async def ready(folder: Path, world: Definition | None = None) -> Desk:
    desk = await Desk(folder).open(world)
    desk.connects(kept=False)
    await desk.carry()
    await desk.carry()
    return desk


async def gives(desk: Desk, which: Which = ALL, *, after: int = 0) -> Replayed:
    """Ask for it, and let the line go on until it is answered."""
    replays = Replays(Quarantine(desk.journal.path), desk.line.give_again)
    task = asyncio.ensure_future(replays.replay(which, after=after))
    while not task.done():
        await desk.carry()
        await asyncio.sleep(0)
    return task.result()


def said(desk: Desk, device: str) -> list[FromDevice]:
    events = [event for _, event in desk.journal.read(0)]
    return [e for e in events if isinstance(e, Telemetry | Occurrence | Status) and e.device == device]


def held(desk: Desk) -> list[str]:
    return [row.reason for row in Quarantine(desk.journal.path).held(ALL, limit=9_999)]


def test_a_fall_of_a_device_that_was_unknown_is_told_with_its_age_once(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        desk.says("new-pendant", "event", ts=START, boot="b", seq=1, id="e1", type="fall", data={})
        await desk.carry()
        assert held(desk) == ["unknown_device"]
        await desk.go(6 * HOUR)
        await desk.changes_world(learnt("pendant"))
        done = await gives(desk)
        assert done.given == Given(replayed=1)
        (event,) = said(desk, "new-pendant")
        assert (event.at, event.observed_at, event.quality) == (START + 6 * HOUR, START, Quality.LATE)
        (alert,) = (alert for alert in desk.alerts() if alert.device_id == "new-pendant")
        assert (alert.rule, alert.active_at, alert.raised_at) == ("fall", START, START + 6 * HOUR)
        assert held(desk) == []
        assert desk.journal.refused_count() == 0
        assert (await gives(desk)).given == Given()
        desk.says("new-pendant", "event", ts=START, boot="b", seq=1, id="e1", type="fall", data={})
        await desk.carry()
        assert len(said(desk, "new-pendant")) == 1, "sent again by the device itself: it is known now"

    runs(run())


def test_an_event_older_than_a_day_is_history_and_rings_nowhere(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        desk.says("new-pendant", "event", ts=START, id="e1", type="fall")
        desk.says("new-contact", ts=START, boot="b", seq=1, m={"contact": False})
        desk.says("new-contact", ts=START + 1, boot="b", seq=2, m={"contact": True})
        await desk.carry()
        await desk.go(3 * 24 * HOUR)
        await desk.changes_world(learnt("pendant", "contact"))
        before = desk.engine.states["H1"].devices["new-contact"].heard_at
        desk.clock.at += 60_000
        alerts = len(desk.alerts())
        assert (await gives(desk)).given == Given(replayed=3)
        await desk.go(60_000)
        assert len(desk.alerts()) == alerts
        (fall,) = said(desk, "new-pendant")
        assert (fall.quality, fall.observed_at) == (Quality.RETAINED, START)
        door = desk.engine.states["H1"].devices["new-contact"]
        assert door.latest["contact"].value == 1.0, "the last thing it said is its state"
        assert door.heard_at == before, "and no sign that it is there today"

    runs(run())


@pytest.mark.parametrize(("age", "rings"), [(NEWS_MS - 5_000, True), (NEWS_MS + 5_000, False)])
def test_the_bound_is_a_day(tmp_path: Path, age: int, *, rings: bool) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        desk.says("new-pendant", "event", ts=START, id="e1", type="fall")
        await desk.carry()
        await desk.changes_world(learnt("pendant"))
        await desk.go(age)
        await gives(desk)
        assert any(alert.rule == "fall" for alert in desk.alerts()) == rings

    runs(run())


def test_a_message_without_a_time_keeps_the_one_it_came_at(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        desk.says("new-motion", m={"motion": 1})
        await desk.carry()
        await desk.go(HOUR)
        await desk.changes_world(learnt("motion"))
        await gives(desk)
        (event,) = said(desk, "new-motion")
        assert (event.observed_at, event.at, event.quality) == (START, START + HOUR, Quality.LATE)

    runs(run())


def test_what_still_cannot_be_read_stays_with_its_newer_reason(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        desk.arrives("care/v1/s/new-motion/telemetry", b"[]")
        desk.arrives("care/v1/s/other/telemetry", b"[]")
        desk.arrives("care/v1/s/h1-motion/telemetry", json.dumps({"m": {"x": "y" * 70_000}}).encode())
        await desk.carry()
        assert held(desk) == ["unknown_device", "unknown_device", "too_large"]
        await desk.changes_world(learnt("motion"))
        done = await gives(desk)
        assert done.given == Given(held=3, reasons={"bad_shape": 1, "unknown_device": 1, "too_large": 1})
        assert held(desk) == ["bad_shape", "unknown_device", "too_large"]
        large = Quarantine(desk.journal.path).held(Which(reason="too_large"), limit=1)[0]
        assert "drop it" in large.detail

    runs(run())


def test_a_note_about_a_repaired_clock_is_no_message_to_give(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        desk.says("h1-motion", ts=1_000, boot="b", seq=1, m={"motion": 1})
        await desk.carry()
        assert held(desk) == ["clock"]
        assert (await gives(desk)).given == Given()
        assert len(said(desk, "h1-motion")) == 1

    runs(run())


def test_what_was_taken_meanwhile_is_not_taken_twice(tmp_path: Path) -> None:
    """The same number again after the registry learnt the device, and twice in quarantine: also where it is history."""

    async def run() -> None:
        for days in (0, 3):
            desk = await ready(tmp_path / str(days))
            for _ in range(2):
                desk.says("new-motion", ts=START, boot="b", seq=1, m={"motion": 1})
            desk.says("new-motion", ts=START, boot="b", seq=2, m={"motion": 0})
            await desk.carry()
            await desk.go(days * 24 * HOUR + 60_000)
            await desk.changes_world(learnt("motion"))
            desk.says("new-motion", ts=START, boot="b", seq=2, m={"motion": 0})  # read in the same turn
            done = await gives(desk)
            assert done.given == Given(replayed=1, repeated=2)
            assert sorted(e.seq for e in said(desk, "new-motion") if isinstance(e, Telemetry)) == [1, 2]
            assert held(desk) == []

    runs(run())


def test_an_old_status_says_nothing_of_today_but_the_last_one_names_the_gateway(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        for via in ("gw-0", "gw-1"):
            desk.says("new-motion", "status", retain=True, ts=START, online=True, via=via)
        desk.says("h1-motion", "status", ts="no", online=False)
        desk.says("new-door", "status", online=False)
        await desk.carry()
        await desk.go(HOUR)
        await desk.changes_world(learnt("motion", "door"))
        done = await gives(desk, Which(reason="unknown_device"))
        assert (done.given.replayed, done.given.outdated) == (1, 2)
        devices = desk.engine.states["H1"].devices
        assert (devices["new-motion"].via, devices["new-door"].online) == ("gw-1", True)

    runs(run())


def test_while_the_broker_is_away_nothing_is_given(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        desk.says("new-motion", m={"motion": 1})
        await desk.carry()
        await desk.changes_world(learnt("motion"))
        desk.disconnects()
        await desk.carry()
        with pytest.raises(ConnectionError, match="broker"):
            await gives(desk)
        assert held(desk) == ["unknown_device"]
        desk.connects(kept=True)
        await desk.carry()
        await desk.carry()
        assert (await gives(desk)).given.replayed == 1

    runs(run())


def test_two_who_ask_at_once_give_each_message_once(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        for _ in range(20):
            desk.says("new-motion", m={"motion": 1})
        await desk.carry()
        await desk.changes_world(learnt("motion"))
        replays = Replays(Quarantine(desk.journal.path), desk.line.give_again)
        tasks = [asyncio.ensure_future(replays.replay(ALL)) for _ in range(2)]
        while not all(task.done() for task in tasks):
            await desk.carry()
            await asyncio.sleep(0)
        assert [task.result().given.replayed for task in tasks] == [20, 0]
        assert len(said(desk, "new-motion")) == 20

    runs(run())


def test_who_no_longer_waits_does_not_stop_what_was_begun(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await ready(tmp_path)
        desk.says("new-motion", m={"motion": 1})
        await desk.carry()
        await desk.changes_world(learnt("motion"))
        replays = Replays(Quarantine(desk.journal.path), desk.line.give_again)
        asking = asyncio.ensure_future(replays.replay(ALL))
        await asyncio.sleep(0)
        asking.cancel()
        while not said(desk, "new-motion"):
            await desk.carry()
            await asyncio.sleep(0)
        assert held(desk) == []
        await replays.close()

    runs(run())


def test_at_a_kill_anywhere_a_message_is_held_or_passed_never_both_or_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.replaying.AT_ONCE", 50)

    async def run() -> None:
        desk = await ready(tmp_path / "hub")
        for number in range(120):
            desk.says("new-motion", ts=START, boot="b", seq=number + 1, m={"motion": number % 2})
        await desk.carry()
        await desk.changes_world(learnt("motion"))
        copies: list[Path] = []

        def copy() -> None:
            copies.append(copied(tmp_path / "hub", tmp_path / f"copy-{len(copies)}"))

        desk.journal.committed = copy  # type: ignore[method-assign]
        done = await gives(desk)
        assert done.given.replayed == 120
        assert len(copies) >= 3, "in parts"
        for folder in copies:
            after = await ready(folder, learnt("motion"))
            left = len(held(after))
            assert len(said(after, "new-motion")) == 120 - left
            assert (await gives(after)).given.replayed == left
            assert len(said(after, "new-motion")) == 120
            after.drop()

    runs(run())


def test_replay_is_recovered_like_everything_else(tmp_path: Path) -> None:
    """What was judged live and what a journal replayed makes of it are the same."""

    async def run() -> None:
        desk = await ready(tmp_path / "hub")
        desk.says("new-pendant", "event", ts=START, id="e1", type="fall")
        desk.says("new-contact", ts=START, boot="b", seq=1, m={"contact": False})
        await desk.carry()
        await desk.go(HOUR)
        await desk.changes_world(learnt("pendant", "contact"))
        await gives(desk)
        told = desk.told()
        other = tmp_path / "other"
        copied(tmp_path / "hub", other, names=("journal",))
        replayed = await Desk(other).open(learnt("pendant", "contact"))
        assert replayed.told() == told

    runs(run())


# the quarantine itself


def filled(folder: Path) -> Quarantine:
    journal = Journal(folder / "journal.sqlite")
    for device, reason in (("a_b", "bad_json"), ("axb", "bad_json"), ("a_b", "unknown_device")):
        topic = f"care/v1/s/{device}/telemetry"
        journal.append(Entry(refused=[Refused(1, topic, b"{", 1, reason, "", retained=device == "axb")]))
    journal.close()
    return Quarantine(journal.path)


def test_a_choice_is_what_fits_everything_that_is_given(tmp_path: Path) -> None:
    quarantine = filled(tmp_path)
    for which, ids in (
        (Which(), [1, 2, 3]),
        (Which(device="a_b"), [1, 3]),
        (Which(device="a%"), []),
        (Which(reason="bad_json"), [1, 2]),
        (Which(reason="bad_json", device="a_b"), [1]),
        (Which(topic="care/v1/s/axb/telemetry"), [2]),
        (Which(ids=(3, 9)), [3]),
    ):
        assert [row.id for row in quarantine.held(which, limit=9)] == ids, which
    assert [row.id for row in quarantine.held(ALL, limit=2, newest_first=True)] == [3, 2]
    assert [row.id for row in quarantine.held(ALL, limit=9, after=2)] == [3]
    assert [row.retained for row in quarantine.held(ALL, limit=9)] == [False, True, False]


def test_what_is_dropped_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.journal.quarantine.DROPPED_AT_ONCE", 1)
    quarantine = filled(tmp_path)
    assert quarantine.drop(Which(reason="bad_json")) == 2
    assert [row.id for row in quarantine.held(ALL, limit=9)] == [3]
    assert quarantine.drop(ALL) == 1
    journal = Journal(quarantine.path)
    assert journal.refused_count() == 0
    journal.close()


def test_a_quarantine_that_an_older_hub_made_is_taken_over(tmp_path: Path) -> None:
    filled(tmp_path)
    journal = Journal(tmp_path / "journal.sqlite")
    for column in ("retained", "passed_at"):
        journal._writer.execute(f"ALTER TABLE quarantine DROP COLUMN {column}")
    journal.close()
    Journal(tmp_path / "journal.sqlite").close()
    assert len(Quarantine(tmp_path / "journal.sqlite").held(ALL, limit=9)) == 3
