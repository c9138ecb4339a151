"""``carehub-sim load``: counts what it did, and does what it was told."""

from __future__ import annotations

import csv
import itertools
import json
from collections import Counter
from pathlib import Path

import pytest
from parts import Broker, wait_until
from sim_parts import listening
from typer.testing import CliRunner

from firmware_sim.cli import app
from firmware_sim.registry import COLUMNS


def load(broker: Broker, *options: str) -> dict:
    result = CliRunner().invoke(app, ["load", "--port", str(broker.port), "--json", *options])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_every_message_is_counted_and_every_device_speaks_in_order(
    mosquitto: Broker, tmp_path: Path, protocol: str
) -> None:
    ledger, registry = tmp_path / "ledger.jsonl", tmp_path / "load.csv"
    with listening(mosquitto) as peer:
        done = load(
            mosquitto, "--messages", "3001", "--devices", "52", "--connections", "3", "--event-every", "100",
            "--ledger", str(ledger), "--registry", str(registry), "--protocol", protocol,
        )  # fmt: skip
        wait_until(lambda: len(peer.heard) == 3001, what="all messages")
        heard = peer.devices()
    assert (done["published"], done["acked"], done["events"]) == (3001, 3001, 30)
    assert done["msgs_per_s"] == pytest.approx(3001 / done["seconds"], rel=0.02)
    by_device: dict[str, list[int]] = {}
    for device, _, seq in heard:
        by_device.setdefault(device, []).append(seq)
    assert len(by_device) == 52
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in by_device.values())
    assert len(ledger.read_text().splitlines()) == 3001
    with registry.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert {row["device"] for row in rows} == set(by_device)
    assert Counter(row["home"] for row in rows)["L0001"] == 5


def test_the_share_of_changes_is_as_asked(mosquitto: Broker) -> None:
    with listening(mosquitto) as peer:
        load(mosquitto, "--messages", "2000", "--devices", "5", "--event-every", "0", "--change-share", "0.2")
        wait_until(lambda: len(peer.heard) == 2000, what="all messages")
        doors = [each["m"]["contact"] for each in peer.said("care/v1/load/L0001-door/telemetry")]
    assert len(doors) == 400
    changes = sum(a != b for a, b in itertools.pairwise(doors))
    assert 50 <= changes <= 110


def test_a_rate_is_kept(mosquitto: Broker) -> None:
    done = load(mosquitto, "--messages", "600", "--rate", "1000")
    assert done["msgs_per_s"] <= 1100


def test_a_broker_that_dies_is_said_with_the_count(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_sim.load.TICK_S", 0.001)
    options = ["load", "--port", str(mosquitto.port), "--messages", "1000000", "--rate", "100"]
    with listening(mosquitto) as peer:
        said: list[bool] = []

        def kill_once(_topic: str, _payload: bytes) -> None:
            if not said:
                said.append(True)
                mosquitto.kill()

        peer.answer = kill_once
        result = CliRunner().invoke(app, options)
    assert result.exit_code == 1
    assert "of 1000000 messages were acknowledged" in result.stderr
