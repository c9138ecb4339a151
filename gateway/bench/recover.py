"""How soon a hub is back after SIGKILL, with a city it has watched for a day: from the start of its process to a webhook.

The city's day is lived in process (``gateway.bench.city``); then the real hub takes over, hears the city report at the rate
of one report in five minutes a device, and is killed when its last whole round of snapshots is as old as it gets: the next is
due. At once it is started again, and at once somebody falls; ready is when the webhook hears of it. The city goes
on reporting meanwhile. The floor is a process that imports the same modules and reads the same files.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from gateway.bench.city import BOOT, KIT, REPORT_MS, Lived, definition_of, home_of, live, registry_of, site_of
from gateway.bench.falls import Falls
from gateway.bench.station import BenchHub, bench_broker, machine, wait_until
from gateway.duty.plan import Plan
from gateway.journal.journal import Entry, Journal
from gateway.operations.alert_log import AlertLog, Deed, Saved, Work
from gateway.operations.database import open_database
from gateway.operations.duty_in_force import DutyInForce
from gateway.registry import apply as registry
from gateway.registry.values import Registry
from gateway.snapshots import SNAPSHOT_EVERY_MS
from rules.events import Tick
from rules.world import Definition, World

DEEDS_PER_COMMIT, DEEDS_MAX = 1_000, 2_000  # stations close their alerts: the newest are still open
BEFORE_IT_IS_DUE_S = 0.5
READY_WITHIN_S = 300.0
FLOOR = "import sys, gateway.hub\nfor name in sys.argv[1:]: open(name, 'rb').read()"


def bench(*, devices: int, hours: float, progress: Callable[[str], None]) -> dict[str, Any]:
    """Run it; the keys are those of ``carehub bench recover --json``. Raises ``SettingsError`` without Mosquitto."""
    homes = max(devices // len(KIT), 1)
    with bench_broker() as (broker, folder):
        ends = Falls(broker.port, site=lambda home: site_of(int(home[1:]) - 1))
        hub = BenchHub(folder / "hub", broker.port, ends.hub_url)
        try:
            progress(f"{homes:,} homes live {hours:g} hours …")
            until_ms = time.time_ns() // 1_000_000
            began = time.monotonic()
            lived = live(homes, hours=hours, until_ms=until_ms)
            lived_s = time.monotonic() - began
            progress("writing down what the hub knows of them …")
            position = sum(one.events for one in lived)
            _write_down(hub.data, registry_of(homes), lived, position, until_ms)
            with _Reporting(broker.port, homes, seq=int(hours * 3_600_000 // REPORT_MS)) as reporting:
                progress("the hub takes over, and is killed when its next snapshots are due …")
                replayed = _run_and_kill(hub, reporting)
                found = _start_again(hub, ends, homes)
                found["reports_meanwhile"] = reporting.said
        finally:
            hub.end(signal.SIGKILL)
            ends.close()
    return {
        "devices": homes * len(KIT),
        **found,
        "replayed_events": replayed,
        "lived_hours": hours,
        "lived_events": position,
        "lived_in_s": round(lived_s, 1),
        "effects_of_the_day": sum(len(one.effects) for one in lived),
        "machine": machine(),
    }


def _write_down(data: Path, homes: Registry, lived: list[Lived], position: int, at: int) -> None:
    """Journal, alerts, cursor and snapshots as a hub leaves them that has come to this position."""
    database = open_database(data / "operations.sqlite")
    registry.apply(database, homes, source="bench")
    definition = definition_of(registry.read(database))
    journal = Journal(data / "journal.sqlite")
    journal.position = position - 1  # as a journal whose older events were put away
    journal.append(Entry(events=[Tick(at)], world=definition))
    journal.close()
    alerts = AlertLog(
        database,
        duty=DutyInForce(database, Plan(), zone=ZoneInfo(definition.zone), calendar="none"),
        enqueue=lambda *_: (),
        wall_ms=lambda: at,
    )  # nobody is told of the past
    for work in _works(lived, position, definition):
        alerts.commit(work)
    database.dispose()


def _works(lived: list[Lived], position: int, definition: Definition) -> list[Work]:
    world = World(definition)
    effects = [effect for one in lived for effect in one.effects][-DEEDS_MAX:]
    works = [
        Work(
            last := first + DEEDS_PER_COMMIT,
            [Deed(number, effect, world) for number, effect in enumerate(effects[first:last], first + 1)],
        )
        for first in range(0, len(effects), DEEDS_PER_COMMIT)
    ]
    saved = [Saved(name, position, body) for one in lived for name, body in one.saved]
    return [*works, Work(position, [], saved, (position, definition.version))]


def _run_and_kill(hub: BenchHub, reporting: _Reporting) -> int:
    """Kill it when its last whole round of snapshots is as old as it gets; returns how many events lie behind that."""
    hub.spawn()
    hub.wait_ready()
    reporting.start()
    wait_until(lambda: hub.figures()["snapshot_rounds_total"] >= 1, within_s=120, what="a round of snapshots")
    wait_until(lambda: hub.figures()["snapshot_position"] > 0, within_s=60, what="the snapshots' floor")
    floor = hub.figures()["snapshot_position"]
    time.sleep(SNAPSHOT_EVERY_MS / 1000 - BEFORE_IT_IS_DUE_S)
    last = hub.figures()["journal_position"]
    hub.end(signal.SIGKILL)
    return round(last - floor)


def _start_again(hub: BenchHub, ends: Falls, homes: int) -> dict[str, Any]:
    began = time.monotonic()
    hub.spawn()
    fall = ends.fall(home_of(homes - 1))
    wait_until(lambda: bool(fall.heard_at), within_s=READY_WITHIN_S, what="a webhook after the start")
    ready_s = fall.heard_at - began
    hub.wait_ready()
    peak = hub.memory_mb()
    files = [str(path) for path in sorted(hub.data.iterdir()) if path.is_file()]
    floor_began = time.monotonic()
    subprocess.run([sys.executable, "-c", FLOOR, *files], check=True)
    return {
        "ready_s": round(ready_s, 2),
        "rss_mb": round(peak),
        "rss_now_mb": round(hub.memory_mb("VmRSS")),
        "floor_s": round(time.monotonic() - floor_began, 2),
        "files_mb": round(sum(Path(name).stat().st_size for name in files) / 1e6),
        "cpu_s": hub.cpu_s(),
    }


class _Reporting:
    """Every device reports every five minutes, in a thread, from ``start`` to the end of the context."""

    def __init__(self, broker_port: int, homes: int, *, seq: int) -> None:
        self.said = 0
        self._homes, self._seq = homes, seq
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.connect("127.0.0.1", broker_port)
        self._client.loop_start()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reporting", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        pause = REPORT_MS / 1000 / (self._homes * len(KIT))
        began = time.monotonic()
        for number in cycle(range(self._homes * len(KIT))):
            self._seq += number == 0
            if self._stop.wait(max(began + self.said * pause - time.monotonic(), 0)):
                return
            self._say(number)
            self.said += 1

    def _say(self, number: int) -> None:
        suffix, _, _, metric = KIT[number % len(KIT)]
        home, site = home_of(number // len(KIT)), site_of(number // len(KIT))
        body = {
            "ts": time.time_ns() // 1_000_000,
            "boot": BOOT,
            "seq": self._seq,
            "m": {metric: number % 3 == 0, "battery": 90},
        }
        self._client.publish(f"care/v1/{site}/{home}-{suffix}/telemetry", json.dumps(body).encode(), qos=1)
