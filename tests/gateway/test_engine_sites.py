"""The engine and the shaping stage: who hears of what, when a site is woken, and what of it survives a kill."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from line_desk import START, Desk, copied, definition

import gateway.snapshots
from gateway.engine.engine import Engine
from rules.effects import Change, Hold, Raise
from rules.events import AnyEvent, Command, Telemetry, Tick, WorldChanged
from rules.shaping.site import decode, encode

S = 1_000


def engine() -> Engine:
    """An engine in the small town, whose world has come at position 1."""
    found = Engine(lambda version: msgspec.structs.replace(definition(), version=version))
    found.apply([WorldChanged(START, 1, (), ())], 1)
    return found


def door(home: int, at: int, *, contact: float = 0.0) -> Telemetry:
    return Telemetry(at, f"h{home}-contact", at, 0, "b", at, {"contact": contact})


def silence(at: int, *, key: str, until: int) -> Command:
    data = {"id": f"s-{key}", "rule": "s_door", "reason": "施工", "until": str(until)}
    return Command(at, f"c-{key}-{at}", "silence", "", "李敏", data, key)


def told(engine: Engine, events: list[AnyEvent]) -> list[str]:
    first = engine.position + 1
    found = [d.effect for d in engine.apply(events, first)]
    return [
        f"{type(e).__name__} {e.rule} {e.key}" if isinstance(e, Raise | Hold) else type(e).__name__
        for e in found
    ]


def test_a_site_is_woken_when_its_deadline_comes() -> None:
    hub = engine()
    assert told(hub, [door(1, START), Tick(START + 15 * S)]) == ["Raise s_door H1"]
    assert hub.next_wake() <= START + 23 * S
    assert told(hub, [Tick(START + 22 * S)]) == []
    found = hub.apply([Tick(START + 25 * S)], hub.position + 1)
    assert [d.effect for d in found if isinstance(d.effect, Change)][0].at == START + 23 * S  # noqa: RUF015 there is one


@pytest.mark.parametrize(("key", "held"), [("H1", {"H1"}), ("", {"H1", "H2", "H3"}), ("H9", set())])
def test_a_command_reaches_the_site_of_its_place_or_all(key: str, held: set[str]) -> None:
    hub = engine()
    doors = [door(n, START) for n in (1, 2, 3)]
    events = [silence(START, key=key, until=START + 60 * S), *doors, Tick(START + 15 * S)]
    assert {word.split()[-1] for word in told(hub, events) if word.startswith("Hold")} == held
    ended = told(hub, [Tick(START + 60 * S)])
    assert {word.split()[-1] for word in ended if word.startswith("Raise s_door")} == held


def test_a_world_change_settles_first_what_had_come_in_the_old_world() -> None:
    hub = engine()
    told(hub, [silence(START, key="H1", until=START + 20 * S), door(1, START), Tick(START + 15 * S)])
    assert told(hub, [WorldChanged(START + 25 * S, 2, ("s_door",), ())]) == ["Raise s_door H1"]


def test_a_site_is_saved_whenever_it_has_changed() -> None:
    hub = engine()
    assert hub.unsaved_sites() == []
    told(hub, [door(1, START), door(3, START), Tick(START + 15 * S)])
    assert hub.unsaved_sites() == ["site:s", "site:t"]
    assert hub.unsaved_sites() == []
    assert decode(hub.body_of("site:s")).site == "s"


def test_with_a_key_goes_only_the_site_that_it_has_told_something() -> None:
    hub = engine()
    told(hub, [door(1, START), door(3, START), Tick(START + 15 * S)])
    assert hub.unsaved_sites(["H2"]) == [], "it has raised nothing"
    assert hub.unsaved_sites(["H2", "H3"]) == ["site:t"]
    assert hub.unsaved_sites(["H3"]) == [], "it is saved already"
    assert hub.unsaved_sites() == ["site:s"], "what has changed and went with nobody"
    assert hub.unsaved_sites(["H1"]) == []


def test_a_key_is_never_saved_without_its_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a kill amid a round leaves a key that has raised beside a site that has not heard of it."""
    monkeypatch.setattr(gateway.snapshots, "SNAPSHOT_KEYS_MAX", 1)

    async def run() -> None:
        desk = await Desk(tmp_path / "live").open()
        desk.connects(kept=False)
        await desk.go(31 * S)  # a first round, whole before anything happens
        while desk.line.snapshots.left:
            desk.alert_log.commit(desk.line.snapshots.part())
        until = str(desk.clock.at + 60 * S)
        await desk.asks("silence", "", "c1", key="H1", id="s1", rule="s_door", reason="施工", until=until)
        desk.says("h1-contact", m={"contact": False}, boot="b", seq=1)
        await desk.go(16 * S)
        desk.line.snapshots.begin(desk.clock.now())
        while "H1" in desk.line.snapshots.left:
            desk.alert_log.commit(desk.line.snapshots.part())
        assert desk.line.snapshots.left, "the kill comes before the round is whole"
        desk.drop()
        after = await Desk(copied(tmp_path / "live", tmp_path / "after"), at=desk.clock.at).open()
        after.connects(kept=True)
        await after.go(1 * S)
        assert "s_door" not in {alert.rule for alert in after.alerts()}
        await after.go(60 * S)
        assert [alert.place_id for alert in after.alerts() if alert.rule == "s_door"] == ["H1"]
        after.drop()

    asyncio.run(run())


def test_a_site_of_another_shape_is_not_read_and_all_is_replayed(tmp_path: Path) -> None:
    async def run() -> None:
        desk = await Desk(tmp_path).open()
        desk.connects(kept=False)
        await desk.go(1 * S)
        await desk.go(1 * S)  # the fence is read
        desk.says("h1-contact", m={"contact": False}, boot="b", seq=1)
        await desk.go(16 * S)
        await desk.line.close()
        before, state = desk.told(), desk.engine._sites.states["s"]
        other = encode(msgspec.structs.replace(state, shape=99))
        with desk.database.begin() as connection:
            changed = connection.exec_driver_sql(
                "UPDATE snapshot SET body = ? WHERE key = 'site:s'", (other,)
            )
            assert changed.rowcount == 1
        desk.drop()
        after = await Desk(tmp_path).open()
        assert after.told() == before
        assert after.engine._sites.states["s"].alerts == state.alerts
        after.drop()

    asyncio.run(run())
