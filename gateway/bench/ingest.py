"""How fast the hub drains a broker, beside the bare drain of the same messages by the same codec.

Both start with a full queue at a real Mosquitto (QoS 1, a session kept for them), both run in a process of their own pinned
to one core. The bare drain reads and acknowledges and does nothing else. The hub does everything: decode, journal, judge,
store; its clock stops when the last row is committed in the store.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from gateway.demo.broker import BrokerError, DemoBroker, start_broker
from gateway.operations.database import open_database
from gateway.registry import apply as registry
from gateway.registry.csv_file import parse
from gateway.settings import SettingsError

SIMULATOR = Path(sys.executable).with_name("carehub-sim")
CHILD_WITHIN_S = 900


def bench(*, messages: int, devices: int) -> dict[str, Any]:
    """Run it; the keys are those of ``carehub bench ingest --json``. Raises ``SettingsError`` without Mosquitto."""
    with tempfile.TemporaryDirectory(prefix="carehub-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            broker = start_broker(folder / "broker", port=0)
        except BrokerError as error:
            raise SettingsError(str(error)) from None
        try:
            if not broker.durable:
                raise SettingsError("bench ingest needs Mosquitto: install it (apt-get install mosquitto)")
            return _measure(broker, folder, messages, devices)
        finally:
            broker.stop()


def _measure(broker: DemoBroker, folder: Path, messages: int, devices: int) -> dict[str, Any]:
    sheet, data = folder / "load.csv", folder / "data"
    _load(broker, messages=1, devices=devices, registry=sheet)
    database = open_database(data / "operations.sqlite")
    registry.apply(database, parse(sheet.read_text(encoding="utf-8"), source=sheet.name), source=sheet.name)
    database.dispose()

    _child("gateway.bench.bare", broker.port, 0)  # makes the session
    _load(broker, messages=messages, devices=devices)
    bare = _child("gateway.bench.bare", broker.port, messages)

    _child("gateway.bench.whole", broker.port, 0, str(data))
    _load(broker, messages=messages, devices=devices)
    hub = _child("gateway.bench.whole", broker.port, messages, str(data))

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
        "rss_mb": hub["rss_mb"],
        "machine": f"{os.cpu_count()} cores, Python {sys.version.split()[0]}",
    }


def _load(broker: DemoBroker, *, messages: int, devices: int, registry: Path | None = None) -> None:
    command = [str(SIMULATOR), "load", "--port", str(broker.port), "--messages", str(messages)]
    command += ["--devices", str(devices), "--json"]
    command += ["--registry", str(registry)] if registry else []
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=CHILD_WITHIN_S)
    if done.returncode:
        raise SettingsError(f"the load was not published: {done.stderr.strip()[-500:]}")


def _child(module: str, port: int, messages: int, *more: str) -> dict[str, Any]:
    command = [sys.executable, "-m", module, str(port), str(messages), *more]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=CHILD_WITHIN_S)
    if done.returncode:
        raise SettingsError(f"{module} failed: {done.stderr.strip()[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
