"""``carehub-sim device``: one device by argument and from the keyboard."""

from __future__ import annotations

import itertools
import re

import pytest
from parts import Broker, free_port, wait_until
from sim_parts import listening
from typer.testing import CliRunner

from firmware_sim.cli import app


def device(
    broker: Broker, device_id: str, kind: str, *options: str, lines: str | None = None
) -> tuple[int, str, str]:
    options = (
        "device",
        "--port",
        str(broker.port),
        "--site",
        "lianhua",
        "--id",
        device_id,
        "--kind",
        kind,
        *options,
    )
    result = CliRunner().invoke(app, options, input=lines)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_an_event_is_published_acknowledged_and_said_in_one_line(mosquitto: Broker, protocol: str) -> None:
    topic = "care/v1/lianhua/H0001-pendant/event"
    with listening(mosquitto) as peer:
        code, out, _ = device(
            mosquitto, "H0001-pendant", "pendant", "--event", "fall", "--protocol", protocol
        )
        assert code == 0
        wait_until(lambda: peer.heard, what="the fall")
        assert [each[0] for each in peer.heard] == [topic]  # no birth, no will, nothing else
        fall = peer.said(topic)[0]
    assert fall["type"] == "fall"
    assert fall["seq"] == 1
    assert 0 <= fall["data"]["confidence"] <= 1
    assert re.fullmatch(r"[0-9a-f]{4}", fall["boot"])
    assert len(out.splitlines()) == 1
    assert "acknowledged by" in out
    assert topic in out


def test_readings_go_out_in_one_message_and_without_a_clock_if_asked(mosquitto: Broker) -> None:
    with listening(mosquitto) as peer:
        code, _, _ = device(
            mosquitto, "H0001-door", "contact", "--set", "contact=false", "--set", "battery=5", "--no-ts"
        )
        assert code == 0
        wait_until(lambda: peer.heard, what="the reading")
        said = peer.said("care/v1/lianhua/H0001-door/telemetry")
    assert [each["m"] for each in said] == [{"contact": False, "battery": 5}]
    assert "ts" not in said[0]


def test_a_fall_that_the_firmware_must_first_be_sure_of_is_waited_for(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(1_750_000_000_000, 40_000)  # 40 s later whenever somebody looks
    monkeypatch.setattr("firmware_sim.keyboard._now_ms", lambda: next(clock))
    with listening(mosquitto) as peer:
        code, out, _ = device(mosquitto, "H0001-pendant", "pendant", "--event", "fall_hard")
        assert code == 0
        wait_until(lambda: peer.heard, what="the fall")
        assert [each["type"] for each in peer.said("care/v1/lianhua/H0001-pendant/event")] == ["fall"]
    assert "nothing sent yet" in out.splitlines()[0]
    assert "acknowledged by" in out.splitlines()[1]


def test_every_process_has_its_own_boot(mosquitto: Broker) -> None:
    with listening(mosquitto) as peer:
        for _ in range(3):
            device(mosquitto, "H0001-sos", "sos", "--event", "sos")
        wait_until(lambda: len(peer.heard) == 3, what="three calls")
        assert len({boot for _, boot, _ in peer.devices()}) == 3


def test_the_keyboard_is_obeyed_line_by_line(mosquitto: Broker) -> None:
    with listening(mosquitto) as peer:
        code, out, err = device(
            mosquitto,
            "H0001-door",
            "contact",
            lines="open\nopen\nclose\n电量 5\nbattery x\nfall\nstate\nquit\n",
        )
        assert code == 0
        wait_until(lambda: len(peer.heard) == 3, what="three readings")
        said = peer.said("care/v1/lianhua/H0001-door/telemetry")
    assert [(each["seq"], each["m"]) for each in said] == [
        (1, {"contact": False}),
        (2, {"contact": True}),
        (3, {"battery": 5}),
    ]
    assert "nothing changed" in out
    assert "contact=true battery=5" in out
    assert "'x' is not a number" in err
    assert "a contact does not know 'fall'" in err


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--event", "open"), "a pendant does not know 'open'"),
        (("--set", "battery"), "METRIC=VALUE"),
        (("--site", "莲花", "--event", "fall"), "--site"),
    ],
)
def test_a_wrong_word_says_which_are_right(mosquitto: Broker, options: tuple[str, ...], word: str) -> None:
    code, _, err = device(mosquitto, "H0001-pendant", "pendant", *options)
    assert code == 2
    assert word in err


def test_a_wrong_kind_names_the_kinds(mosquitto: Broker) -> None:
    code, _, err = device(mosquitto, "H0001-x", "toaster", "--event", "fall")
    assert code == 2
    assert "contact, counter, gateway" in err


def test_no_broker_is_said_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_sim.keyboard.PATIENCE_S", 0.1)
    options = ["device", "--port", str(free_port()), "--id", "x", "--kind", "sos", "--event", "sos"]
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 1
    assert "--host and --port" in result.stderr
