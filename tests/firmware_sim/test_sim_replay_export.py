"""Round trip through the hub's own store and export: what devices said is exported, replayed and decoded to the same values."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from scenario_core import Core

from firmware_sim.faults import Word
from firmware_sim.replay.recorded import messages_of
from firmware_sim.replay.rows import read_rows
from firmware_sim.scenario.heard import births, heard
from firmware_sim.scenario.library import found
from firmware_sim.scenario.play import Play
from firmware_sim.scenario.reading import read_scenario
from firmware_sim.scenario.run import dry_begins
from firmware_sim.wire import Message
from gateway.export.whole import write_whole
from gateway.ingest.decode import Times, Wrong, decode
from gateway.store.duckdb import DuckDBStore
from gateway.stored_rows import Rows
from rules.events import FromDevice, Occurrence, Status, Telemetry
from rules.world import World

DAY_MS = 86_400_000


def decoded(messages: Iterable[Message], world: World) -> list[FromDevice]:
    found_: list[FromDevice] = []
    for each in messages:
        times = Times(each.at_ms, each.at_ms)
        said = decode(each.topic, each.payload, retain=False, devices=world.devices, times=times)
        assert not isinstance(said, Wrong), said
        found_.append(said)
    return found_


def values(events: Iterable[FromDevice]) -> set[tuple[int, str, str, float]]:
    """(observed, device, metric, value) as a store keeps them."""
    said: set[tuple[int, str, str, float]] = set()
    for each in events:
        match each:
            case Telemetry():
                said |= {(each.observed_at, each.device, name, float(v)) for name, v in each.metrics.items()}
            case Occurrence():
                said.add(
                    (each.observed_at, each.device, f"event.{each.type}", float(each.data["confidence"]))
                )
            case Status():
                said.add((each.observed_at, each.device, "online", float(each.online)))
                if "rssi" in each.info:  # kept as a reading, and a reading when it comes back
                    said.add((each.observed_at, each.device, "rssi", float(each.info["rssi"])))
    return said


def test_what_a_hub_stored_of_a_fall_comes_back_as_it_was(tmp_path: Path) -> None:
    scenario = read_scenario(found(Path("fall_then_walks_away")))
    play = Play(scenario, start_ms=dry_begins(scenario), seed=7)
    said = [
        each
        for each in [*births(play), *heard(play, play.advance(play.end_ms))]
        if not isinstance(each, Word)
    ]
    world = Core(play.layout, play.story_ms).world
    events = decoded(said, world)
    store, rows = DuckDBStore(tmp_path / "store.duckdb"), Rows()
    rows.add(events)
    store.write(rows.readings(world), cursor=1)
    store.copy(play.story_ms - DAY_MS, play.end_ms + DAY_MS, tmp_path / "slice.parquet")
    store.close()
    whose = {each.id: (each.site, each.key, each.room, each.kind) for each in world.devices.values()}
    write_whole([tmp_path / "slice.parquet"], tmp_path / "all.csv", "csv", whose, tmp_path)
    recorded, mistakes = read_rows(tmp_path / "all.csv")
    assert mistakes.bad == 0
    again = decoded(messages_of(recorded, site="elsewhere", run="second"), world)
    assert values(again) == values(events)
    assert {type(each) for each in again} == {Telemetry, Occurrence, Status}
    # A store knows nothing of power-ups of its own: the replay's are others, so that no hub takes it for what it has.
    assert not {each.boot for each in again if not isinstance(each, Status)} & {
        each.boot for each in events if not isinstance(each, Status)
    }
