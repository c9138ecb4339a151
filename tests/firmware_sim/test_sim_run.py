"""The town against a real broker: driven with a hub that echoes, told to one that does not, and live."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from parts import Broker, free_port, listens, wait_until
from sim_parts import Peer, echoing_hub, listening
from typer.testing import CliRunner

from firmware_sim import driven
from firmware_sim.cli import app

TOWN = [sys.executable, "-c", "from firmware_sim.cli import main; main()", "town", "--json"]

PLAYED = "care/v1/_sim/played"


def run_town(broker: Broker, *options: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*TOWN, "--port", str(broker.port), *options], stdout=stdout, stderr=subprocess.PIPE, text=True
    )


def finish(town: subprocess.Popen[str], *, within_s: float = 60) -> tuple[dict, str]:
    out, err = town.communicate(timeout=within_s)
    assert town.returncode == 0, err
    return json.loads(out), err


def ledger_lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def clocks(peer: Peer) -> list[dict]:
    return peer.said("care/v1/_sim/clock")


@pytest.mark.parametrize(("protocol", "hours"), [("5", 24), ("3.1.1", 3)])
def test_a_driven_day_is_told_in_steps_of_ten_seconds(
    mosquitto: Broker, tmp_path: Path, protocol: str, hours: int
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    with listening(mosquitto) as peer, echoing_hub(mosquitto):
        town = run_town(
            mosquitto, "--protocol", protocol, "--homes", "8", "--drive", f"{hours}h", "--ledger", str(ledger),
            "--until", "0.2", "--speed", "60",
        )  # fmt: skip
        summary, err = finish(town)
        wait_until(lambda: peer.from_devices >= summary["acked"], what="everything heard")
        wait_until(lambda: any(b'"run"' in said for _, said, _ in list(peer.heard)), what="time running")
        times = clocks(peer)
        heard = peer.devices()
    assert summary["published"] == summary["acked"] == len(heard) == len(set(heard)) > 100 * hours
    assert sorted((each["device"], each["boot"], each["seq"]) for each in ledger_lines(ledger)) == sorted(
        heard
    )
    assert summary["connections"] == summary["connects"] == 2
    assert len(summary["incidents"]) == 8 or hours < 24
    assert "past day: 100 %" in err

    told = next(at for at, each in enumerate(times) if "run" in each)  # and said again now and then
    last = times[told]
    steps = [
        each for each, _ in itertools.groupby(times[:told])
    ]  # the first is said again to a hub that starts
    assert all(each["until"] == each["ts"] + driven.STEP_MS for each in steps)
    whole = hours * 3_600_000 // driven.STEP_MS
    assert {b["ts"] - a["ts"] for a, b in itertools.pairwise(steps[: whole + 1])} == {driven.STEP_MS}
    assert last == {"ts": steps[-1]["ts"], "run": 60}
    assert abs(last["ts"] - time.time() * 1000) < 60_000


def test_nothing_overtakes_the_clock_and_all_comes_in_order_of_time(mosquitto: Broker) -> None:
    with listening(mosquitto) as peer, echoing_hub(mosquitto):
        finish(run_town(mosquitto, "--homes", "3", "--drive", "2h", "--until", "0.1"))
        wait_until(lambda: any("run" in each for each in clocks(peer)), what="time running")
        told, until, newest = 0, 0, 0
        for topic, payload, _ in peer.heard:
            body = json.loads(payload)
            if topic == "care/v1/_sim/clock":
                if "run" in body:
                    break
                told, until = body["ts"], body["until"]
            elif topic.split("/")[-1] in ("telemetry", "event", "status") and "ts" in body:
                assert max(told + 1, newest) <= body["ts"] <= until
                newest = body["ts"]


def test_without_a_hub_the_driven_phase_says_what_is_missing(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driven, "ECHO_WITHIN_S", 0.3)
    monkeypatch.setattr(driven, "CLOCK_AGAIN_S", 0.1)
    result = CliRunner().invoke(app, ["town", "--port", str(mosquitto.port), "--homes", "1", "--drive", "1h"])
    assert result.exit_code == 1
    assert "no hub answered care/v1/_sim/echo" in result.stderr
    assert "simulation.enabled" in result.stderr


def test_a_town_goes_so_far_ahead_of_its_hub_and_says_the_last_word_again_to_one_that_died(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driven, "CLOCK_AGAIN_S", 0.3)
    monkeypatch.setattr(driven, "AHEAD_STEPS_MAX", 4)
    dead = 2 + driven.AHEAD_STEPS_MAX  # it died behind the second word, and is back when a word comes again
    with listening(mosquitto, "care/v1/_sim/clock") as hub:
        first = len(hub.heard)

        def answer(_topic: str, payload: bytes) -> tuple[str, bytes] | None:
            words = list(dict.fromkeys(body for _, body, _ in hub.heard[first:]))
            again = len(hub.heard) - first > len(words)
            return ("care/v1/_sim/echo", payload) if len(words) < 2 or again else None

        hub.answer = answer
        drive = ["--homes", "1", "--drive", "3m", "--until", "0.1", "--json"]
        result = CliRunner().invoke(app, ["town", "--port", str(mosquitto.port), *drive])
        assert result.exit_code == 0, result.stderr
        said = [each["ts"] for each in clocks(hub)]
        again = next(n for n, (a, b) in enumerate(itertools.pairwise(said)) if n and a == b)
        assert again == dead - 1


def test_at_full_speed_a_town_lives_through_its_days_and_ends(mosquitto: Broker) -> None:
    with listening(mosquitto) as peer, echoing_hub(mosquitto):
        summary, _ = finish(run_town(mosquitto, "--homes", "1", "--drive", "2h", "--speed", "max"))
        wait_until(lambda: clocks(peer)[-1]["until"] == summary["to_ms"], what="time standing still")
        assert not any("run" in each for each in clocks(peer))
        assert len(peer.devices()) == summary["published"] == summary["acked"] > 0
    assert summary["to_ms"] % 86_400_000 == 16 * 3_600_000, "midnight in Shanghai"


def test_history_is_readings_of_the_past_and_no_clock(mosquitto: Broker) -> None:
    before_ms = time.time() * 1000
    with listening(mosquitto) as peer:
        summary, _ = finish(run_town(mosquitto, "--homes", "8", "--history", "24h", "--until", "0.3"))
        wait_until(lambda: peer.from_devices >= summary["acked"], what="everything heard")
    assert summary["incidents"] == []
    assert {topic.split("/")[-1] for topic, _, _ in peer.heard} == {"status", "telemetry"}
    times = [json.loads(p)["ts"] for topic, p, _ in peer.heard if topic.endswith("telemetry")]
    assert min(times) < before_ms - 23.9 * 3_600_000
    assert max(times) > before_ms - 3_600_000


def test_sigterm_ends_it_cleanly_with_its_ledger_and_summary(mosquitto: Broker, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    with listening(mosquitto) as peer:
        town = run_town(mosquitto, "--homes", "8", "--speed", "3000", "--ledger", str(ledger))
        wait_until(lambda: peer.from_devices > 100, within_s=30, what="the town being live")
        town.send_signal(signal.SIGTERM)
        summary, _ = finish(town, within_s=15)
        wait_until(lambda: peer.from_devices >= summary["acked"], what="everything heard")
    assert summary["published"] == summary["acked"] == len(ledger_lines(ledger))
    assert not [payload for _, payload, _ in peer.heard if payload == b'{"online":false}']


def test_a_broker_killed_in_the_middle_costs_nothing(mosquitto: Broker, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    town = run_town(mosquitto, "--homes", "8", "--speed", "3000", "--ledger", str(ledger))
    with listening(mosquitto) as peer:
        wait_until(lambda: peer.from_devices > 100, within_s=30, what="the town being live")
    mosquitto.kill()
    mosquitto.start()
    with listening(mosquitto) as peer:
        wait_until(lambda: peer.from_devices > 100, within_s=30, what="the town being back")
        town.send_signal(signal.SIGTERM)
        summary, err = finish(town, within_s=15)
    assert summary["published"] == summary["acked"] == len(ledger_lines(ledger))
    assert summary["dropped"] == 0
    assert summary["connects"] == 2 * summary["connections"]
    assert "lost" in err


def test_wrong_options_say_what_to_write() -> None:
    for options, word in (
        (["--drive", "24"], "24h"),
        (["--drive", "24h", "--history", "24h"], "exclude"),
        (["--speed", "0"], "more than 0"),
        (["--speed", "fast"], "or max"),
        (["--speed", "max"], "--drive 30d"),
        (["--ledger", "/nowhere/at/all.jsonl"], "/nowhere/at/all.jsonl"),
        (["--truth", "/nowhere/at/all.json"], "--truth"),
    ):
        result = CliRunner().invoke(app, ["town", *options])
        assert result.exit_code == 2, options
        assert word in result.stderr, options


def test_scenes_are_played_while_time_runs(mosquitto: Broker) -> None:
    with listening(mosquitto) as peer:
        town = run_town(mosquitto, "--homes", "12", "--speed", "6")
        wait_until(lambda: peer.from_devices > 5, within_s=30, what="the town being live")

        def play(scene: str) -> dict:
            peer.say("care/v1/_sim/play", json.dumps({"play": scene, "ref": f"r-{scene}"}).encode())
            wait_until(lambda: scene in {p["play"] for p in peer.said(PLAYED)}, what=f"{scene} played")
            return next(p for p in peer.said(PLAYED) if p["play"] == scene)

        assert play("fall_bathroom")["ref"] == "r-fall_bathroom"
        radar = "care/v1/lianhua/H0001-radar/event"
        wait_until(lambda: [e["type"] for e in peer.said(radar)] == ["fall"], what="the radar's fall")

        play("hall_over_capacity")
        counter = "care/v1/lianhua/F-hall-counter/telemetry"
        wait_until(
            lambda: any(said["m"].get("occupancy", 0) > 30 for said in peer.said(counter)),
            within_s=15,
            what="the hall over capacity within half a town minute",
        )

        gateway = "care/v1/lianhua/GW-01/status"
        play("gateway_unplugged")
        wait_until(lambda: peer.said(gateway)[-1] == {"online": False}, what="the will")
        play("gateway_plugged")
        wait_until(lambda: peer.said(gateway)[-1]["online"], what="the gateway being back")

        peer.say("care/v1/_sim/play", b'{"play":"fire"}')
        peer.say("care/v1/_sim/play", b"nonsense")
        play("fall_unattended")
        town.send_signal(signal.SIGTERM)
        summary, err = finish(town)
    kinds = [each["kind"] for each in summary["incidents"] if each["played"]]
    assert sorted(kinds) == ["fall_bathroom", "fall_unattended", "gateway_unplugged", "hall_over_capacity"]
    assert "no scene 'fire'" in err
    assert "care/v1/_sim/play wants" in err


AMQTT_CONF = """\
listeners:
  default:
    type: tcp
    bind: 127.0.0.1:{port}
plugins:
  amqtt.plugins.authentication.AnonymousAuthPlugin:
    allow_anonymous: true
"""


def test_the_town_runs_on_amqtt_too(tmp_path: Path) -> None:
    port, conf = free_port(), tmp_path / "amqtt.yaml"
    conf.write_text(AMQTT_CONF.format(port=port))
    amqtt = subprocess.Popen(
        [str(Path(sys.executable).with_name("amqtt")), "-c", str(conf)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: listens(port), within_s=30, what="amqtt listening")
        broker = Broker("amqtt", tmp_path, port=port)
        with echoing_hub(broker, protocol=paho.MQTTv311):
            summary, _ = finish(
                run_town(broker, "--protocol", "3.1.1", "--homes", "3", "--drive", "2h", "--until", "0.1")
            )
        assert summary["published"] == summary["acked"] > 100
    finally:
        amqtt.terminate()
        amqtt.wait(10)
