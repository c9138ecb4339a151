"""A scenario played to a real broker: driven with a hub that confirms each step, and live."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from parts import Broker, free_port, wait_until
from sim_parts import echoing_hub, listening
from typer.testing import CliRunner

from firmware_sim.cli import app
from firmware_sim.faults import Word
from firmware_sim.scenario.heard import births, heard
from firmware_sim.scenario.library import found
from firmware_sim.scenario.play import Play
from firmware_sim.scenario.reading import read_scenario

AT = 1_772_416_800_000  # 2026-03-02T10:00 in Shanghai
SHORT = """\
format: carehub-scenario/1
name: {zh: 试, en: try}
shows: {zh: 试, en: try}
lasts: 20s
places:
  - {is: home, id: H0001}
steps:
  - {at: 2500ms, device: H0001-pendant, feels: fall, note: {zh: 跌倒, en: falls}}
  - {at: 4s, topic: other/make, sends_hex: "00ff"}
  - {at: 5s, unplug: GW-01}
expect:
  - {says: fall, kind: fall_hard, from: 2s, to: 20s, by: 10s}
"""


INSTANT = """\
format: carehub-scenario/1
name: {zh: 试, en: try}
shows: {zh: 试, en: try}
lasts: 100ms
places:
  - {is: home, id: H0001}
steps:
  - {at: 50ms, device: H0001-sos, feels: sos}
"""


def run(broker: Broker, *options: str) -> tuple[int, dict, str]:
    result = CliRunner().invoke(app, ["scenario", *options, "--port", str(broker.port), "--json"])
    return result.exit_code, json.loads(result.stdout or "{}"), result.stderr


def test_driven_it_says_what_it_says_without_a_hub_and_each_step_is_confirmed(
    mosquitto: Broker, tmp_path: Path
) -> None:
    truth = tmp_path / "truth.json"
    play = Play(read_scenario(found(Path("gateway_power_cut"))), start_ms=AT, seed=7)
    said = [*births(play), *heard(play, play.advance(play.end_ms))]
    expected = sorted((each.topic, each.payload) for each in said if not isinstance(each, Word))
    with listening(mosquitto, "care/v1/lianhua/#") as peer, echoing_hub(mosquitto) as hub:
        code, summary, told = run(
            mosquitto,
            "gateway_power_cut",
            "--speed",
            "max",
            "--at",
            "2026-03-02T10:00",
            "--truth",
            str(truth),
        )
        assert code == 0, told
        wait_until(
            lambda: len(hub.heard) == 181, what="a clock for each ten seconds of 30 minutes and the start"
        )
        wait_until(lambda: len(peer.heard) == len(expected), what="everything that is said without a hub")
    assert sorted((topic, payload) for topic, payload, _ in peer.heard) == expected
    assert summary["expect"][0]["says"] == ["gateway"]
    assert summary["published"] == summary["acked"] > 50
    incident = json.loads(truth.read_text(encoding="utf-8"))["incidents"][0]
    assert (incident["kind"], incident["place"]) == ("gateway_lost", "F-station")
    assert "网关插头被拔" in told


def test_live_it_goes_by_the_clock_and_tells_the_hub_how_fast(mosquitto: Broker, tmp_path: Path) -> None:
    file = tmp_path / "short.yaml"
    file.write_text(SHORT, encoding="utf-8")
    with listening(mosquitto, "#") as peer:
        code, summary, told = run(mosquitto, str(file), "--speed", "50")
        assert code == 0, told
        wait_until(lambda: ("other/make", b"\x00\xff", False) in peer.heard, what="the foreign message")
        wait_until(lambda: b'{"online":false}' in [payload for _, payload, _ in peer.heard], what="the will")
    clocks = peer.said("care/v1/_sim/clock")
    assert clocks[0]["run"] == 50
    assert clocks[-1]["until"] == clocks[-1]["ts"] == summary["to_ms"]
    fall = peer.said("care/v1/lianhua/H0001-pendant/event")[0]
    assert fall["ts"] == summary["from_ms"] + 2_500
    assert summary["foreign"] == 1
    assert summary["stopped_at_ms"] is None


def test_by_the_wall_clock_no_hub_is_told_the_time(mosquitto: Broker, tmp_path: Path) -> None:
    file = tmp_path / "instant.yaml"
    file.write_text(INSTANT, encoding="utf-8")
    began = int(time.time() * 1000)
    with listening(mosquitto, "#") as peer:
        code, _, told = run(mosquitto, str(file), "--now")
        assert code == 0, told
        wait_until(lambda: peer.said("care/v1/lianhua/H0001-sos/event"), what="the call")
    assert not peer.said("care/v1/_sim/clock")
    assert began <= peer.said("care/v1/lianhua/H0001-sos/event")[0]["ts"] <= int(time.time() * 1000)


def test_without_a_hub_that_confirms_it_says_what_is_missing(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_sim.driven.ECHO_WITHIN_S", 0.1)
    monkeypatch.setattr("firmware_sim.driven.CLOCK_AGAIN_S", 0.05)
    code, _, told = run(mosquitto, "sos", "--speed", "max")
    assert code == 1
    assert "simulation.enabled" in told


def test_without_a_broker_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_sim.scenario.run.PATIENCE_S", 0.1)
    result = CliRunner().invoke(app, ["scenario", "sos", "--port", str(free_port())])
    assert result.exit_code == 1
    assert "--host and --port" in result.stderr
