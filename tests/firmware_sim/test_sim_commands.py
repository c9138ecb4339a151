"""Commands of the hub to devices: understood or not, answered, done once; at once on mains, by sleepers when they wake."""

from __future__ import annotations

import asyncio
import itertools
import json
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts import Broker, until, wait_until
from sim_parts import listening
from test_sim_run import finish, run_town

from firmware_sim.chance import dice
from firmware_sim.daytime import HOUR, MINUTE, SECOND
from firmware_sim.devices import KINDS, Device
from firmware_sim.keyboard import Keyboard
from firmware_sim.links import BrokerAddress
from firmware_sim.places import settle
from firmware_sim.town import Town
from firmware_sim.wire import Identity, Message

T0 = 1_750_000_000_000


def made(kind: str) -> Device:
    who = Identity("lianhua", f"H0001-{kind}", "GW-01")
    return KINDS[kind](who, dice=dice("commands", kind), since_ms=T0)


def order(**said: object) -> bytes:
    return json.dumps(said).encode()


def metrics(messages: list[Message]) -> list[dict]:
    return [json.loads(each.payload)["m"] for each in messages if each.kind == "telemetry"]


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        (order(id="c1", cmd="identify"), {"command": "c1", "answer": "done", "fw": "1.4.2"}),
        (order(cmd="identify"), {"answer": "done", "fw": "1.4.2"}),
        (order(id="c1", cmd="interval", seconds=60), {"command": "c1", "answer": "done"}),
        (
            order(id="c1", cmd="interval", seconds=5),
            {"command": "c1", "answer": "refused: seconds is a whole number, 10 to 86400"},
        ),
        (
            order(id="c1", cmd="interval", seconds=True),
            {"command": "c1", "answer": "refused: seconds is a whole number, 10 to 86400"},
        ),
        (order(id="c1", cmd="dance"), {"command": "c1", "answer": "unknown: dance"}),
        (order(id="c1", cmd=3), {"command": "c1", "answer": "malformed: cmd is a text"}),
        (order(id=7, cmd="identify"), {"answer": "malformed: id is a text of at most 64"}),
        (b"[1]", {"answer": "malformed: no JSON object"}),
        (b"\xff{", {"answer": "malformed: no JSON object"}),
    ],
)
def test_a_mains_device_answers_at_once(payload: bytes, answer: dict) -> None:
    assert metrics(made("radar").command(T0, payload)) == [answer]


@given(
    st.binary(max_size=80) | st.dictionaries(st.text(max_size=4) | st.just("cmd"), st.text()).map(json.dumps)
)
def test_whatever_comes_is_answered_in_one_short_message(payload: bytes | str) -> None:
    said = made("radar").command(T0, payload if isinstance(payload, bytes) else payload.encode())
    assert len(said[0].names) <= 3
    assert all(len(text) <= 64 for text in metrics(said)[0].values())


def test_a_reboot_is_answered_under_the_old_boot_and_done_once() -> None:
    radar = made("radar")
    old = radar.boot
    said = radar.command(T0, order(id="c1", cmd="reboot"))
    assert [(m.kind, m.boot) for m in said] == [
        ("telemetry", old), ("status", ""), ("telemetry", radar.boot),
    ]  # fmt: skip
    assert radar.boot != old
    again, new = radar.command(T0 + 1, order(id="c1", cmd="reboot")), radar.boot
    assert metrics(again) == [{"command": "c1", "answer": "done"}]
    assert radar.boot == new


@pytest.mark.parametrize("wakes", ["heartbeat", "word", "timer"])
def test_a_sleeper_answers_when_it_wakes(wakes: str) -> None:
    pir = made("motion")
    if wakes == "timer":
        pir.feel(T0, "motion")
    assert pir.command(T0 + SECOND, order(id="c1", cmd="identify")) == []
    match wakes:
        case "heartbeat":
            said = pir.heartbeat(T0 + HOUR)
        case "word":
            said = pir.feel(T0 + HOUR, "motion")
        case _:
            said = pir.wake(T0 + MINUTE)
    assert metrics(said)[1:] == [{"command": "c1", "answer": "done", "fw": "1.4.2"}]
    assert pir.heartbeat(T0 + 2 * HOUR)[0].seq == said[-1].seq + 1  # nothing waits any more


def test_a_dead_device_answers_when_it_has_a_battery_again() -> None:
    sos = made("sos")
    sos.feel(T0, "die")
    assert sos.command(T0, order(id="c1", cmd="identify")) == sos.heartbeat(T0 + HOUR) == []
    sos.feel(T0 + HOUR, "swap")
    assert {"command": "c1", "answer": "done", "fw": "1.4.2"} in metrics(sos.heartbeat(T0 + 2 * HOUR))


def test_of_many_commands_to_a_sleeper_the_last_eight_are_kept() -> None:
    sos = made("sos")
    for n in range(20):
        sos.command(T0, order(id=f"c{n}", cmd="identify"))
    assert [each.get("command") for each in metrics(sos.heartbeat(T0))[1:]] == [
        f"c{n}" for n in range(12, 20)
    ]


def test_an_interval_holds_from_the_heartbeat_that_took_it() -> None:
    town = Town(settle(homes=1, seed=7), seed=7, start_ms=T0)
    assert town.command("H0001-sos", order(id="c1", cmd="interval", seconds=600)) == []
    beats = [m.at_ms for m in town.advance(T0 + 3 * HOUR) if m.device == "H0001-sos" and "rssi" in m.names]
    gaps = [b - a for a, b in itertools.pairwise(beats[1:])]
    assert len(gaps) > 10
    assert all(540 * SECOND <= gap <= 600 * SECOND for gap in gaps)


def test_a_live_town_answers_over_the_broker(mosquitto: Broker) -> None:
    with listening(mosquitto, "care/v1/lianhua/#") as peer:
        town = run_town(mosquitto, "--homes", "1")
        wait_until(lambda: peer.said("care/v1/lianhua/GW-01/status"), what="the town's birth")
        peer.say("care/v1/lianhua/H0001-radar/cmd", order(id="c1", cmd="identify"))
        peer.say("care/v1/lianhua/GW-01/cmd", order(id="c2", cmd="reboot"))

        def answers(device: str) -> list[dict]:
            return [
                each["m"]
                for each in peer.said(f"care/v1/lianhua/{device}/telemetry")
                if "answer" in each["m"]
            ]

        wait_until(lambda: answers("H0001-radar") and answers("GW-01"), what="both answers")
        wait_until(lambda: len(peer.said("care/v1/lianhua/GW-01/status")) > 1, what="the birth after it")
        town.send_signal(signal.SIGTERM)
        finish(town)
        assert answers("H0001-radar") == [{"command": "c1", "answer": "done", "fw": "1.4.2"}]
        assert answers("GW-01") == [{"command": "c2", "answer": "done"}]


@pytest.mark.parametrize("kind", ["stove", "contact"])
def test_a_single_device_answers_over_the_broker(mosquitto: Broker, kind: str) -> None:
    """One on mains at once; a sleeper with the next thing it says."""
    who = Identity("lianhua", f"H0001-{kind}")

    async def obey() -> None:
        keyboard = Keyboard(BrokerAddress(port=mosquitto.port), who, kind, clock=True)
        await keyboard.open()
        try:
            peer.say(who.topic("cmd"), order(id="c1", cmd="reboot"))
            if kind == "contact":
                await until(lambda: keyboard._device._waiting, "the command at the device")
                await keyboard.touch("open")
            await until(
                lambda: len(peer.said(who.topic("telemetry"))) >= 2, "the answer and the report after it"
            )
        finally:
            await keyboard.close()

    with listening(mosquitto, who.topic("+")) as peer:
        asyncio.run(obey())
        said = [each["m"] for each in peer.said(who.topic("telemetry"))]
        births = peer.said(who.topic("status"))
    assert {"command": "c1", "answer": "done"} in said
    assert births == []  # nothing retained for a device that may live elsewhere
