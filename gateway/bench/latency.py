"""How long it takes from PUBLISH to webhook while a whole city reports, beside a bare relay of the very same messages.

The hub is a process of its own. What publishes the falls and what receives the webhooks is another process, with one
monotonic clock; the city's reports come from a third. The floor hears each fall as well, at the same moment under the same
load: a process that posts every event as it reads it. A run spans two rounds of snapshots (by the hub's own count) and a whole
collection of garbage: if none has come by itself when half the time is over, the hub is told to do one.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

from gateway.bench.falls import Fall, Falls
from gateway.bench.station import (
    BenchError,
    BenchHub,
    bench_broker,
    bring_registry,
    load_command,
    machine,
    relay_command,
    run_load,
    spread,
    wait_until,
)
from gateway.demo.broker import DemoBroker

COLLECTIONS = 'python_gc_collections_total{generation="2"}'  # of everything that is not frozen
DEVICES_PER_HOME = 5
HEARD_WITHIN_S = 60.0
ROUNDS, SPANNING_S = 2, 90.0  # from that long on, two rounds must have ended within
SETTLING_S = 5.0
SEED = 7


def bench(
    *, rate: float, devices: int, falls: int, for_s: float, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Run it; the keys are those of ``carehub bench latency --json``. Raises ``SettingsError`` without Mosquitto."""
    with bench_broker() as (broker, folder):
        ends = Falls(broker.port)
        hub = BenchHub(folder / "hub", broker.port, ends.hub_url)
        try:
            progress(f"registering {devices:,} devices …")
            bring_registry(broker.port, folder, hub.data, devices)
            hub.spawn("-m", "gateway.bench.watched", str(hub.config), str(folder / "pauses.json"))
            hub.wait_ready()
            progress("every device reports for the first time …")
            run_load(
                load_command(broker.port, messages=devices, devices=devices, more=("--event-every", "0"))
            )
            wait_until(lambda: hub.has_stored(devices), within_s=600, what="every first report in the store")
            found = _measure(hub, ends, broker, rate=rate, devices=devices, falls=falls, for_s=for_s)
            hub.end()
            pauses = json.loads((folder / "pauses.json").read_text(encoding="ascii"))
        finally:
            hub.end(signal.SIGKILL)
            ends.close()
    span = found.pop("span")
    return {**found, **_collections(pauses, *span), "machine": machine()}


def _measure(
    hub: BenchHub, ends: Falls, broker: DemoBroker, *, rate: float, devices: int, falls: int, for_s: float
) -> dict[str, Any]:
    relay = subprocess.Popen(
        relay_command(broker.port, ends.relay_url, hub.folder),
        stdout=subprocess.PIPE,
    )
    messages = max(round(rate * (for_s + 2 * SETTLING_S)), 1)
    more = ("--event-every", "0", "--seed", str(SEED + 1))
    load = subprocess.Popen(
        load_command(broker.port, messages=messages, devices=devices, rate=rate, more=more),
        stdout=subprocess.PIPE,
    )
    try:
        assert relay.stdout is not None  # noqa: S101 it is a pipe
        relay.stdout.readline()
        begun = hub.figures()["journal_position"]
        wait_until(lambda: hub.figures()["journal_position"] > begun + rate, within_s=60, what="the load")
        before, cpu = hub.figures(), hub.cpu_s()
        fallen = _let_fall(
            hub,
            ends,
            devices=devices,
            falls=falls,
            for_s=for_s,
            collected=before[COLLECTIONS],
        )
        after, cpu = hub.figures(), hub.cpu_s() - cpu
        said, _ = load.communicate(timeout=for_s + 120)
        wait_until(lambda: all(f.heard_at for f in fallen), within_s=HEARD_WITHIN_S, what="the last webhook")
    finally:
        for child in (relay, load):
            child.kill()
            child.wait()
    _check(before, after, for_s)
    return {
        "rate": rate,
        "rate_achieved": json.loads(said)["msgs_per_s"],
        "devices": devices,
        "falls": len(fallen),
        "for_s": for_s,
        **spread("", [f.heard_at - f.sent_at for f in fallen]),
        **spread("relay_", [f.relayed_at - f.sent_at for f in fallen if f.relayed_at]),
        "snapshot_rounds": round(after["snapshot_rounds_total"] - before["snapshot_rounds_total"]),
        "whole_collections": round(after[COLLECTIONS] - before[COLLECTIONS]),
        "hub_cpu_share": round(cpu / for_s, 3),
        "other_webhooks": ends.others,
        "slowest": _slowest(fallen),
        "rss_mb": round(hub.memory_mb()),
        "span": (fallen[0].sent_at, fallen[-1].heard_at),
    }


def _collections(pauses: list[tuple[float, int, float]], began: float, ended: float) -> dict[str, float]:
    """The longest stops for the collector while it was measured: of all garbage, of the young."""
    within = [(generation, ms) for at, generation, ms in pauses if began <= at <= ended]
    return {
        "whole_collection_max_ms": max((ms for generation, ms in within if generation == 2), default=0.0),  # noqa: PLR2004 the oldest
        "young_collection_max_ms": max((ms for generation, ms in within if generation < 2), default=0.0),  # noqa: PLR2004 the oldest
    }


def _let_fall(
    hub: BenchHub, ends: Falls, *, devices: int, falls: int, for_s: float, collected: float
) -> list[Fall]:
    """Falls in homes drawn by lot, each home once, at moments drawn by lot."""
    draw = random.Random(SEED)  # noqa: S311 a benchmark's dice
    homes = draw.sample(range(1, devices // DEVICES_PER_HOME + 1), min(falls, devices // DEVICES_PER_HOME))
    moments = sorted(draw.uniform(0, for_s) for _ in homes)
    began, fallen, asked = time.monotonic(), list[Fall](), False
    for home, moment in zip(homes, moments, strict=True):
        if not asked and moment > for_s / 2:
            asked = True
            if hub.figures()[COLLECTIONS] <= collected:
                hub.send_signal(signal.SIGUSR1)
        time.sleep(max(began + moment - time.monotonic(), 0))
        fallen.append(ends.fall(f"L{home:04d}"))
    time.sleep(max(began + for_s - time.monotonic(), 0))
    return fallen


def _check(before: dict[str, float], after: dict[str, float], for_s: float) -> None:
    if after[COLLECTIONS] <= before[COLLECTIONS]:
        raise BenchError("the hub did no whole collection of garbage: the run says nothing about it")
    rounds = after["snapshot_rounds_total"] - before["snapshot_rounds_total"]
    if for_s >= SPANNING_S and rounds < ROUNDS:
        raise BenchError(f"only {rounds:.0f} rounds of snapshots within {for_s:.0f} s; measure longer")


def _slowest(fallen: list[Fall]) -> list[tuple[float, float, float]]:
    """The ten slowest: when in the run (s), by the hub and by the relay (ms)."""
    began = fallen[0].sent_at
    slow = sorted(fallen, key=lambda fall: fall.sent_at - fall.heard_at)[:10]
    return [
        (
            round(fall.sent_at - began, 1),
            round((fall.heard_at - fall.sent_at) * 1000, 1),
            round((fall.relayed_at - fall.sent_at) * 1000, 1) if fall.relayed_at else 0.0,
        )
        for fall in slow
    ]
