"""The hub is killed twice amid a driven day of a town: it comes back, the town goes on, and the alerts are the same."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from hub_process import HubProcess, a_hub
from parts import Broker, wait_until
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.orm import Session

from firmware_sim import driven
from firmware_sim.daytime import DAY, HOUR
from firmware_sim.links import BrokerAddress
from firmware_sim.performance import Performance
from firmware_sim.places import settle
from firmware_sim.registry import registry_csv
from gateway.demo.score import read_ledger
from gateway.operations.database import open_database
from gateway.operations.tables import Alert
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Query

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
HOMES, SEED = 6, 11
END_MS = 1_763_881_200_000  # 2025-11-23 15:00 in Shanghai
SPAN_MS = DAY if DEEP else 4 * HOUR
KILL_AT = (0.35, 0.7)  # shares of the undisturbed day's journal


@dataclass(frozen=True)
class Day:
    """What came of it: alert id → rule, how far the journal went, and what was acknowledged and is not stored."""

    alerts: dict[str, str]
    position: int
    lost: int


def has_come_to(hub: HubProcess, position: int) -> bool:
    return hub.figures()["journal_position"] >= position


def strike(hub: HubProcess, positions: list[int]) -> None:
    """Kill the hub when its journal has come so far, and start it again."""
    for position in positions:
        wait_until(
            partial(has_come_to, hub, position),
            within_s=120,
            what=f"journal position {position}",
        )
        hub.kill()
        hub.spawn()
        wait_until(hub.answers, within_s=60, what="the hub answering again")


def a_day(folder: Path, broker: Broker, *, kill_at: list[int]) -> Day:
    with a_hub(folder, broker, started=False, more="[simulation]\nenabled = true") as hub:
        hub.bring(registry_csv(settle(homes=HOMES, seed=SEED)))
        hub.start()
        striker = threading.Thread(target=strike, args=(hub, kill_at))
        striker.start()
        ledger = folder / "ledger.jsonl"
        town = Performance(
            BrokerAddress(broker.host, broker.port),
            homes=HOMES,
            seed=SEED,
            drive_ms=SPAN_MS,
            until_s=0.1,
            ledger=ledger,
        )
        asyncio.run(town.perform(Console(stderr=True)))
        striker.join(60)
        assert not striker.is_alive(), "the town ended before every kill"
        wait_until(hub.is_ready, within_s=40, what="the hub being back")
        wait_until(hub.has_drained, within_s=40, what="the store having everything")
        position = int(hub.figures()["journal_position"])
        hub.stop()
    acknowledged = {sent.identity for sent in read_ledger(ledger)}
    assert acknowledged
    return Day(alerts_of(hub), position, len(acknowledged - stored_in(hub)))


def alerts_of(hub: HubProcess) -> dict[str, str]:
    engine = open_database(hub.data / "operations.sqlite")
    with Session(engine) as session:
        found = {alert.id: alert.rule for alert in session.scalars(select(Alert))}
    engine.dispose()
    return found


def stored_in(hub: HubProcess) -> set[tuple[str, str | None, int | None]]:
    store = DuckDBStore(hub.data / "readings.duckdb")
    rows = store.read(Query(from_ms=0, to_ms=1 << 53, limit=1 << 31))
    store.close()
    return {(row.device, row.boot, row.seq) for row in rows}


def test_a_town_goes_on_after_two_kills_and_its_alerts_are_those_of_an_undisturbed_day(
    mosquitto: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: END_MS / 1000)  # the same past is lived through twice
    monkeypatch.setattr(driven, "CLOCK_AGAIN_S", 1.0)  # a clock word that died with the hub is said again
    undisturbed = a_day(tmp_path / "undisturbed", mosquitto, kill_at=[])
    assert undisturbed.lost == 0
    assert "fall" in undisturbed.alerts.values()
    mosquitto.kill()
    (mosquitto.folder / "mosquitto.db").unlink(missing_ok=True)
    mosquitto.start()
    positions = [int(share * undisturbed.position) for share in KILL_AT]
    disturbed = a_day(tmp_path / "disturbed", mosquitto, kill_at=positions)
    assert disturbed.lost == 0
    assert disturbed.alerts == undisturbed.alerts
