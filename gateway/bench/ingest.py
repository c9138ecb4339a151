"""How fast the hub drains a broker, beside the bare drain of the same messages by the same codec, and beside Node-RED.

All start with a full queue at a real Mosquitto (QoS 1, a session kept for them), all run in a process of their own pinned to
one core. The bare drain reads and acknowledges and does nothing else. The hub does everything: decode, journal, judge,
store; its clock stops when the last row is committed in the store and the last fall's alert is in its table, and every row and
alert is counted afterwards. Node-RED decodes, compares with a threshold and appends to a file (``bench/peers/nodered``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.bench.nodered import Peer
from gateway.bench.station import (
    BenchError,
    bench_broker,
    bring_registry,
    load_command,
    machine,
    run_child,
    run_load,
)
from gateway.demo.broker import DemoBroker

METRICS = 2  # readings in a message
PEER_MESSAGES_MAX = 100_000  # a peer is measured on fewer: its rate does not depend on how many


def bench(*, messages: int, devices: int, peers: bool, progress: Callable[[str], None]) -> dict[str, Any]:
    """Run it; the keys are those of ``carehub bench ingest --json``. Raises ``SettingsError`` without Mosquitto."""
    with bench_broker() as (broker, folder):
        found = _measure(broker, folder, messages, devices)
        peer = _peer(broker, folder, min(messages, PEER_MESSAGES_MAX), devices, progress) if peers else None
    rate = peer.msgs_per_s if peer is not None else None
    return {
        **found,
        "nodered_msgs_per_s": rate,
        "nodered": peer.why if peer is not None else "not asked for (--no-peers)",
        "times_nodered": round(found["hub_msgs_per_s"] / rate, 2) if rate else None,
        "machine": machine(),
    }


def _measure(broker: DemoBroker, folder: Path, messages: int, devices: int) -> dict[str, Any]:
    data = folder / "data"
    bring_registry(broker.port, folder, data, devices)
    run_child("gateway.bench.bare", broker.port, 0)  # makes the session
    run_load(load_command(broker.port, messages=messages, devices=devices))
    bare = run_child("gateway.bench.bare", broker.port, messages)

    run_child("gateway.bench.whole", broker.port, 0, 0, data)
    falls = run_load(load_command(broker.port, messages=messages, devices=devices))["events"]
    hub = run_child("gateway.bench.whole", broker.port, messages, falls, data)
    _check(hub, messages=messages, falls=falls)

    bare_rate, hub_rate = messages / bare["seconds"], messages / hub["seconds"]
    return {
        "messages": messages,
        "devices": devices,
        "bare_msgs_per_s": round(bare_rate),
        "hub_msgs_per_s": round(hub_rate),
        "ratio": round(hub_rate / bare_rate, 3),
        "cpu_us_per_msg": round(hub["cpu_s"] / messages * 1e6, 2),
        "bare_cpu_us_per_msg": round(bare["cpu_s"] / messages * 1e6, 2),
        "hub_read": hub["read"],
        "rows_stored": hub["rows"],
        "alerts": hub["alerts"],
        "fall_alerts": hub["fall_alerts"],
        "rss_mb": hub["rss_mb"],
    }


def _check(hub: dict[str, Any], *, messages: int, falls: int) -> None:
    wanted = {"read": messages, "rows": (messages - falls) * METRICS + falls, "fall_alerts": falls}
    missing = [f"{name}: {hub[name]} of {number}" for name, number in wanted.items() if hub[name] != number]
    if missing:
        raise BenchError(f"the hub did not bring everything home: {', '.join(missing)}")


def _peer(
    broker: DemoBroker, folder: Path, messages: int, devices: int, progress: Callable[[str], None]
) -> Peer:
    peer = Peer(broker.port, folder / "nodered")
    if peer.why:
        return peer
    progress("Node-RED: the same job as a flow …")
    try:
        peer.subscribe()
        run_load(load_command(broker.port, messages=messages, devices=devices))
        peer.drain(messages)
    finally:
        peer.stop()
    return peer
