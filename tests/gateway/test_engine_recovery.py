"""Law 7 and law 8 in small: a journal replayed, from nothing or from any snapshot, gives byte-identical alerts."""

from __future__ import annotations

import asyncio
import gc
import weakref
from pathlib import Path

import pytest
from line_desk import START, Desk, copied, definition
from line_life import Life
from sqlalchemy import text

import gateway.engine.engine
import gateway.snapshots
from gateway.engine.engine import Engine
from gateway.journal.journal import JournalError
from rules.effects import Raise
from rules.events import AnyEvent, FeedLost, Resumed, Telemetry, Tick, WorldChanged
from rules.state import decode, encode

SEEDS = range(1, 4)


@pytest.fixture(params=[1, 500])
def keys_per_commit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """With one key a commit, a snapshot round spans many turns, and with one due at once a tick many parts, as a city's do."""
    monkeypatch.setattr(gateway.engine.engine, "DUE_AT_ONCE", request.param)
    monkeypatch.setattr(gateway.snapshots, "SNAPSHOT_KEYS_MAX", request.param)
    return int(request.param)


async def lived(folder: Path, seed: int, steps: int) -> tuple[list[object], Desk]:
    desk = await Desk(folder).open()
    await Life(desk, seed).steps(steps)
    return desk.told(), desk


async def replayed(folder: Path, world: object) -> list[object]:
    """What a hub that starts on these files has told once it has recovered."""
    desk = Desk(folder)
    try:
        await desk.open(world)  # type: ignore[arg-type]  # a Definition
        return desk.told()
    finally:
        desk.drop()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_replayed_journal_gives_the_same_alerts(tmp_path: Path, seed: int, keys_per_commit: int) -> None:
    async def run() -> None:
        told, desk = await lived(tmp_path / "live", seed, 90)
        world = desk.engine.world.definition
        times = [event.at for _, event in desk.journal.read(0)]
        assert times == sorted(times), f"seed {seed}: hub time ran back in the journal"
        desk.drop()
        again = copied(tmp_path / "live", tmp_path / "again", names=("journal",))
        assert await replayed(again, world) == told, f"seed {seed}"
        assert len(told) > 20, "the life was too quiet to prove anything"

    asyncio.run(run())


@pytest.mark.parametrize("seed", [11])
def test_a_kill_after_any_commit_changes_no_alert(tmp_path: Path, seed: int, keys_per_commit: int) -> None:
    """Both files as they were after each commit: what is recovered from them equals a replay of that journal from nothing."""
    kills: list[tuple[Path, object]] = []

    async def run() -> None:
        desk = Desk(tmp_path / "live")

        def committed() -> None:
            kills.append(
                (
                    copied(tmp_path / "live", tmp_path / f"kill{len(kills)}"),
                    desk.engine.world.definition,
                )
            )

        await desk.open()
        life = Life(desk, seed)
        await life.steps(25)
        desk.journal.committed = desk.alert_log.committed = committed  # a hook
        await life.steps(5)
        desk.drop()
        for folder, world in kills:
            bare = copied(folder, folder / "bare", names=("journal",))
            assert await replayed(folder, world) == await replayed(bare, world), f"seed {seed}, {folder.name}"

    asyncio.run(run())
    assert len(kills) > 10


@pytest.mark.parametrize("seed", [12])
def test_a_power_cut_that_takes_alerts_back_loses_none(
    tmp_path: Path, seed: int, keys_per_commit: int
) -> None:
    """Alerts do not wait for the disk, the journal does: any earlier state of theirs comes to the same by replay."""
    cuts: list[Path] = []

    async def run() -> None:
        desk = Desk(tmp_path / "live")

        def committed() -> None:
            cuts.append(copied(tmp_path / "live", tmp_path / f"cut{len(cuts)}", names=("operations",)))

        await desk.open()
        life = Life(desk, seed)
        await life.steps(25)
        desk.alert_log.committed = committed  # a hook
        await life.steps(15)
        told, world = desk.told(), desk.engine.world.definition
        desk.drop()
        for cut in cuts:
            for path in copied(tmp_path / "live", cut / "journal", names=("journal",)).iterdir():
                path.rename(cut / path.name)
            assert await replayed(cut, world) == told, f"seed {seed}, {cut.name}"

    asyncio.run(run())
    assert len(cuts) > 10


def test_an_orderly_end_amid_a_snapshot_round_forgets_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys that a round had not yet written were dirty: the last round must write them too."""
    monkeypatch.setattr(gateway.snapshots, "SNAPSHOT_KEYS_MAX", 1)

    async def run() -> None:
        desk = await Desk(tmp_path).open()
        desk.connects(kept=False)
        await desk.go(1_000)
        for home in (1, 2, 3):
            desk.says(f"h{home}-contact", m={"contact": home != 3}, boot="b", seq=1)
        await desk.go(31_000)  # a round of four keys has begun
        assert desk.line.snapshots.left
        states = dict(desk.engine.states)
        await desk.line.close()
        desk.drop()
        after = Desk(tmp_path)
        position = after.journal.position
        floor, _, saved = after.alert_log.saved()
        assert floor == position
        await after.open()
        for key, state in states.items():
            mine = after.engine.states[key]
            assert {d: (x.boots, x.seq) for d, x in mine.devices.items()} == {
                d: (x.boots, x.seq) for d, x in state.devices.items()
            }
        assert len(saved) == 4
        after.drop()

    asyncio.run(run())


def test_a_home_taken_out_and_put_back_is_alive_after_a_kill(tmp_path: Path) -> None:
    """Its snapshot is younger than the change that removed it; the replay passes that change once more."""

    async def run() -> None:
        desk = await Desk(tmp_path / "live").open()
        desk.connects(kept=False)
        await desk.go(1_000)
        await desk.go(1_000)
        desk.says("h3-contact", m={"contact": True}, boot="b", seq=1)
        await desk.go(31_000)
        await desk.changes_world(definition(homes=2))
        await desk.changes_world(definition(homes=3))
        desk.line.snapshots.begin(desk.clock.now())
        work = desk.line.snapshots.part()
        work.floor = None  # the kill comes before the round is whole
        desk.alert_log.commit(work)
        desk.drop()
        after = await Desk(copied(tmp_path / "live", tmp_path / "after")).open()
        after.connects(kept=False)
        await after.carry()
        await after.carry()
        after.says("h3-pendant", "event", type="fall", id="f1")
        await after.carry()
        assert [(a.rule, a.place_id) for a in after.alerts() if a.rule == "fall"] == [("fall", "H3")]
        after.drop()

    asyncio.run(run())


def test_a_key_that_was_saved_with_something_due_is_woken_after_a_kill() -> None:
    """Replayed ticks before its snapshot must not use up its place in the queue of deadlines."""
    world = definition(homes=1)
    live = Engine(lambda _: world)
    opened = Telemetry(START, "h1-contact", START, 0, "b", 1, {"contact": 0.0})
    events: list[AnyEvent] = [WorldChanged(START, 1, (), ()), Tick(START), opened, Tick(START + 1_000)]
    live.apply(events, 1)
    state = decode(encode(live.states["H1"]))
    state.wake = 0  # as a status leaves it: to be looked at again by the next tick
    others = [(2, s) for s in live.states.values() if s.key != "H1"]
    after = Engine(lambda _: world)
    replay = list(enumerate(events, 1))[2:]
    assert after.recover([(4, state), *others], world=world, replay=replay) == []
    assert after.next_wake() <= START + 15_000
    decided = after.apply([Tick(START + 15_000)], 5)
    assert [d.effect.rule for d in decided if isinstance(d.effect, Raise)] == ["s_door"]


def test_snapshots_of_another_shape_are_not_read_and_all_is_replayed(tmp_path: Path) -> None:
    async def run() -> None:
        told, desk = await lived(tmp_path, 5, 40)
        await desk.line.close()
        world = desk.engine.world.definition
        desk.drop()
        database = Desk(tmp_path)
        with database.database.begin() as connection:
            connection.execute(text("UPDATE snapshot SET version = 999"))
        database.drop()
        after = await Desk(tmp_path).open(world)
        assert after.engine.states.keys() == {place.key for place in world.places}
        assert all(state.devices for state in after.engine.states.values())
        assert after.told() == told
        after.drop()

    asyncio.run(run())


def remove_journal(folder: Path) -> None:
    for path in folder.glob("journal.*"):
        path.unlink()


def test_a_journal_older_than_the_alerts_is_refused(tmp_path: Path) -> None:
    """Else the alerts of all positions up to the cursor would be taken for done, in silence."""

    async def run() -> None:
        _, desk = await lived(tmp_path, 3, 30)
        await desk.line.close()
        desk.drop()
        remove_journal(tmp_path)
        after = Desk(tmp_path)
        with pytest.raises(JournalError, match="ends at event 0, but alerts were written up to event"):
            await after.open()
        after.drop()

    asyncio.run(run())


def test_a_start_raises_nothing_for_the_time_the_hub_was_away(tmp_path: Path) -> None:
    """The loss comes first, then the world of today: no tick settles an absence over the downtime."""

    async def run() -> None:
        desk = await Desk(tmp_path).open()
        desk.connects(kept=False)
        await desk.carry()
        await desk.carry()
        desk.says("h1-contact", m={"contact": True}, boot="b", seq=1)
        await desk.go(5_000)
        await desk.line.close()
        desk.drop()
        after = Desk(tmp_path, at=START + 8 * 3_600_000)
        began = after.journal.position
        await after.open(definition(homes=2))
        opening = [event for _, event in after.journal.read(began)]
        assert [type(event) for event in opening] == [FeedLost, WorldChanged]
        after.connects(kept=True)
        await after.go(20_000)
        await after.carry()
        assert any(isinstance(event, Resumed) for _, event in after.journal.read(began))
        assert after.alerts() == []
        after.drop()

    asyncio.run(run())


def test_a_world_change_settles_in_the_old_world_what_had_come(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await Desk(tmp_path).open()
        desk.connects(kept=False)
        await desk.carry()
        await desk.carry()
        desk.says("h1-contact", m={"contact": False}, boot="b", seq=1)
        await desk.carry()
        desk.clock.at += 16_000  # the door has been open long enough, and nobody has ticked yet
        began = desk.journal.position
        await desk.changes_world(definition(homes=2))
        kinds = [type(event) for _, event in desk.journal.read(began)]
        assert kinds[:2] == [Tick, WorldChanged]
        assert "s_door" in {alert.rule for alert in desk.alerts()}
        desk.drop()

    asyncio.run(run())


def test_a_world_that_was_replaced_is_not_kept_by_a_hub_that_goes_on(tmp_path: Path) -> None:
    """Rules are read again for years; what recovery and each change froze, no collector would look at again."""

    async def run() -> None:
        desk = await Desk(tmp_path).open()
        desk.connects(kept=False)
        await desk.go(1)
        desk.says("h1-pendant", "event", type="fall", id="f1")
        await desk.go(1_000)
        before = weakref.ref(desk.engine.world)
        gc.collect()
        gc.disable()
        try:
            assert (await desk.changes_world(definition(homes=2))).ok
            desk.says("h1-pendant", "event", type="fall", id="f2")
            await desk.go(1_000)
            assert before() is None
        finally:
            gc.enable()
            desk.drop()

    asyncio.run(run())
