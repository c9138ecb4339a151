"""``carehub demo`` from its start to its sum: nothing lost, alerts of every kind raised and delivered."""

from __future__ import annotations

import json
import os

import pytest
from hub_process import carehub
from parts import free_port, real_part

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
KEYS = {
    "published",
    "received",
    "stored",
    "quarantined",
    "lost",
    "alerts_raised",
    "alerts_delivered",
    "alert_latency_ms",
}


@pytest.mark.parametrize("seed", [1, 2, 3, 7, 11] if DEEP else [5])
def test_the_demo_loses_nothing_and_delivers_every_alert(seed: int) -> None:
    real_part("mosquitto")
    size = [] if DEEP else ["--homes", "4"]
    ports = ["--port", str(free_port()), "--broker-port", str(free_port())]
    done = carehub("demo", "--for", "20s", "--speed", "60", "--json", "--seed", str(seed), *size, *ports)
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads(done.stdout)
    assert result.keys() >= KEYS
    assert result["lost"] == 0, result
    assert result["quarantined"] == 0, result
    assert result["stored"] == result["published"] > 1_000
    assert result["alerts_raised"] >= 5, result
    assert len(result["alerts_by_rule"]) >= 3, result
    assert result["alerts_by_rule"]["fall"] >= 1
    assert result["alerts_delivered"] == result["alerts_raised"]
    assert result["received_twice"] == 0
    assert result["alert_latency_ms"].keys() == {"p50", "p99"}
    if DEEP:  # a figure of a machine with nothing else to do
        assert result["alert_latency_ms"]["p99"] < 250, result
