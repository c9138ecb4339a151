"""The soak bench measures what it says: every fall told once, every reading in the store; a lost one is exit code 1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from parts import Broker, real_part, wait_until
from typer.testing import CliRunner

from gateway.bench.command import bench_app
from gateway.bench.falls import Falls


def test_a_webhook_that_comes_twice_is_told_twice(mosquitto: Broker) -> None:
    ends = Falls(mosquitto.port)
    fall = ends.fall("L0001")
    for _ in range(2):
        httpx.post(ends.hub_url, json={"alert": {"id": fall.alert}})
    wait_until(lambda: fall.told == 2, what="both being counted")  # it is answered first
    assert fall.heard_at > fall.sent_at
    ends.close()


def test_a_broken_bound_is_told_and_is_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"samples": [], "rows": 7, "broken": ["1 of 300 falls were not delivered"]}
    monkeypatch.setattr("gateway.bench.soak.bench", lambda **_: found)
    done = CliRunner().invoke(bench_app, ["soak", "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout) == found, "the figures are told all the same"
    assert "1 of 300 falls" in done.stderr


def test_every_fall_and_every_reading_arrives_once() -> None:
    found = soak("--minutes", "0.04", "--devices", "100", "--rate", "100")
    assert found["not_judged"] == ["rate", "lag", "files", "threads", "memory"]
    assert_whole(found, messages=240)


if os.environ.get("CAREHUB_DEEP"):

    def test_a_minute_and_a_half_holds_every_bound_but_that_of_memory() -> None:
        found = soak("--minutes", "1.5", "--devices", "500", "--rate", "200")
        assert found["not_judged"] == ["memory"]
        assert found["rss_mb_per_h"] is None
        assert_whole(found, messages=18_000)


def soak(*arguments: str) -> dict[str, Any]:
    real_part("mosquitto")
    command = [str(Path(sys.executable).with_name("carehub")), "bench", "soak", "--json", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def assert_whole(found: dict[str, Any], *, messages: int) -> None:
    assert found["broken"] == []
    assert found["falls"] >= 1
    assert found["lost"] == found["doubled"] == 0
    assert found["rows"] == found["rows_wanted"] == 2 * messages + found["falls"]
    assert len(found["samples"]) >= 1
    assert {"at_s", "read", "rss_mb", "fds", "threads", "inbox", "behind_events"} <= found["samples"][
        0
    ].keys()
    assert found["samples"][-1]["read"] <= messages
    assert 0 < found["relay_p50_ms"] <= found["relay_p99_ms"]
    assert 0 < found["fall_p50_ms"] <= found["fall_p99_ms"]
    assert {"rss_mb_per_h", "pss_mb", "journal_bytes_per_msg", "store_bytes_per_msg"} <= found.keys()
