"""The hub is killed twice amid a driven day of a town: it comes back, the town goes on, and the alerts are the same."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hub_process import HubProcess, a_hub, carehub
from parts import Broker, wait_until
from sqlalchemy import select
from sqlalchemy.orm import Session

from firmware_sim import driven, wire
from firmware_sim.chance import dice
from firmware_sim.daytime import DAY, HOUR
from firmware_sim.driven import Clock, drive
from firmware_sim.ledger import Ledger
from firmware_sim.lines import Lines
from firmware_sim.links import BrokerAddress, new_link
from firmware_sim.places import settle
from firmware_sim.registry import registry_csv
from firmware_sim.town import Town
from firmware_sim.uplink import Hooks, Uplink
from gateway.demo.score import read_ledger
from gateway.operations.database import open_database
from gateway.operations.tables import Alert
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Query

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
HOMES, SEED = 6, 11
START_MS = 1_763_852_400_000  # 2025-11-23 07:00 in Shanghai
SPAN_MS = DAY if DEEP else 6 * HOUR
KILL_AT = (0.3, 0.7)  # shares of the span


async def live_through(broker: Broker, ledger_file: Path, progress: Callable[[float, int], None]) -> None:
    """The driven phase of ``carehub-sim town``, at a fixed time, so that two runs live the same lives."""
    address = BrokerAddress(broker.host, broker.port)
    town = Town(settle(homes=HOMES, seed=SEED), seed=SEED, start_ms=START_MS, first_window_ms=SPAN_MS)
    ledger = Ledger(ledger_file)
    lines = Lines(town, address, ledger=ledger, trouble=print)
    control = Uplink(
        lambda: new_link(address, "care-sim-town", None),
        hooks=Hooks(received=lambda _topic, payload: clock.hear(payload), trouble=print),
        dice=dice(SEED, "control"),
        subscriptions=(wire.ECHO,),
    )
    clock = Clock(control)
    await control.start(patience_s=20)
    try:
        await drive(
            town,
            lines,
            clock,
            to_ms=START_MS + SPAN_MS,
            catch_up=False,
            progress=progress,
            stop=asyncio.Event(),
        )
    finally:
        await lines.finish(within_s=20)
        await control.finish(within_s=20)
        ledger.close()


class Killer:
    """Kills the hub at its shares of the way, beside the loop that drives the town, and starts it again."""

    def __init__(self, hub: HubProcess, shares: tuple[float, ...]) -> None:
        self._hub, self._left = hub, list(shares)
        self.threads: list[threading.Thread] = []

    def progress(self, share: float, _now_ms: int) -> None:
        if self._left and share >= self._left[0]:
            self._left.pop(0)
            self.threads.append(threading.Thread(target=self._strike))
            self.threads[-1].start()

    def _strike(self) -> None:
        self._hub.kill()
        self._hub.spawn()


def a_day(folder: Path, broker: Broker, kills: tuple[float, ...]) -> tuple[dict[str, str], int]:
    """Alert id → rule after the day, and how many acknowledged messages are not in the store."""
    with a_hub(folder, broker, started=False, more="[simulation]\nenabled = true") as hub:
        sheet = folder / "town.csv"
        sheet.write_text(registry_csv(settle(homes=HOMES, seed=SEED)), encoding="utf-8")
        done = carehub("import", sheet, "-c", hub.config)
        assert done.returncode == 0, done.stderr
        hub.start()
        killer = Killer(hub, kills)
        asyncio.run(live_through(broker, folder / "ledger.jsonl", killer.progress))
        for thread in killer.threads:
            thread.join(20)
        assert len(killer.threads) == len(kills)
        wait_until(hub.is_ready, within_s=40, what="the hub being back")
        wait_until(hub.has_drained, within_s=40, what="the store having everything")
        hub.stop()
        engine = open_database(hub.data / "operations.sqlite")
        with Session(engine) as session:
            alerts = {alert: rule for alert, rule in session.execute(select(Alert.id, Alert.rule))}
        engine.dispose()
        store = DuckDBStore(hub.data / "readings.duckdb")
        rows = store.read(Query(from_ms=0, to_ms=1 << 53, limit=1 << 31))
        store.close()
    stored = {(row.device, row.boot, row.seq) for row in rows}
    ledger = {sent.identity for sent in read_ledger(folder / "ledger.jsonl")}
    assert ledger, json.dumps(alerts)
    return alerts, len(ledger - stored)


def test_a_town_goes_on_after_two_kills_and_its_alerts_are_those_of_an_undisturbed_day(
    mosquitto: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driven, "CLOCK_AGAIN_S", 1.0)  # a clock word that died with the hub is said again
    undisturbed, missing = a_day(tmp_path / "undisturbed", mosquitto, ())
    assert missing == 0
    assert "fall" in undisturbed.values()
    mosquitto.kill()
    (mosquitto.folder / "mosquitto.db").unlink(missing_ok=True)
    mosquitto.start()
    disturbed, missing = a_day(tmp_path / "disturbed", mosquitto, KILL_AT)
    assert missing == 0
    assert disturbed == undisturbed
