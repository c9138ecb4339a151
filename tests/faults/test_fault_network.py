"""The network between devices, broker and hub fails in every way it can: nothing is lost, nothing is made up."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hub_process import HubProcess, a_hub, channel
from ledger_publisher import Flow, Publisher, flowing
from parts import Broker, wait_until
from quick_rules import DOOR, FALL, NO_ACTIVITY, WORN_AND_FIXED, silent
from receiver import receiving
from reckoning import drained, reckon, twin
from tcp_proxy import TcpProxy

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
HOMES = 3
AWAY_S = 600 if DEEP else 0
# Behind a long outage the broker sends anew up to 65,535 messages: of each radar no more falls may be among them than a hub
# remembers.
FLOW = {"pace": 2, "doors_every": 750, "fall_every": 1_999} if DEEP else {"doors_every": 1_500}
# What is silent for 6 s raises: a blind spot taken for silence would show.
RULES = FALL + silent(WORN_AND_FIXED) + NO_ACTIVITY
# Nothing heard for so long: well below what is called silent here, as in life, where that is minutes.
PATIENCE = {
    "gateway.ingest.mqtt5_session:PING_EVERY_S": 0.4,
    "gateway.ingest.mqtt311_session:KEEP_ALIVE_S": 2,
}


def lasts(flow: Flow, messages: int) -> None:
    """Let so many more messages be said."""
    moment = flow.said + messages
    wait_until(lambda: flow.has_come_to(moment), within_s=60, what="the next moment")


def is_deaf(hub: HubProcess) -> bool:
    return "cannot be heard" in hub.reasons()


def cut_off(proxy: TcpProxy, hub: HubProcess, flow: Flow) -> None:
    """Broken off and nobody there for a while; deep: for ten real minutes."""
    proxy.away = True
    proxy.cut()
    wait_until(lambda: is_deaf(hub), within_s=5, what="readyz saying so")
    lasts(flow, 1_000)
    threading.Event().wait(AWAY_S)
    proxy.away = False


def reset(proxy: TcpProxy, hub: HubProcess, flow: Flow) -> None:
    """RST in the middle of the stream, three times."""
    for _ in range(3):
        proxy.cut(reset=True)
        lasts(flow, 300)


def swallowed(proxy: TcpProxy, hub: HubProcess, flow: Flow) -> None:
    """No FIN, no RST: what is said gets lost and nobody is told."""
    proxy.dead = True
    wait_until(lambda: is_deaf(hub), within_s=40, what="readyz saying so")
    lasts(flow, 500)
    proxy.dead = False
    proxy.cut()


def half_swallowed(proxy: TcpProxy, hub: HubProcess, flow: Flow) -> None:
    """The hub hears all and its acknowledgements get lost; then all of it comes again."""
    proxy.muted = True
    lasts(flow, 800)
    proxy.muted = False
    proxy.cut()


def held_back(proxy: TcpProxy, hub: HubProcess, flow: Flow) -> None:
    """A pause shorter than anybody's patience; then everything at once."""
    proxy.hold()
    lasts(flow, 300)
    proxy.let()


FAULTS: list[Callable[[TcpProxy, HubProcess, Flow], None]] = [
    cut_off,
    reset,
    swallowed,
    half_swallowed,
    held_back,
]


@pytest.mark.parametrize("protocol", ["5", "3.1.1"] if DEEP else ["5"])
def test_whatever_befalls_the_line_between_hub_and_broker_nothing_is_lost_or_made_up(
    mosquitto: Broker, tmp_path: Path, protocol: str
) -> None:
    same = {"homes": HOMES, "heartbeat_s": 2, "rules": RULES + DOOR}
    with (
        receiving() as receiver,
        TcpProxy(mosquitto.port) as proxy,
        twin(tmp_path, mosquitto, **same) as undisturbed,
        a_hub(
            tmp_path,
            mosquitto,
            broker_port=proxy.port,
            mqtt=f'protocol = "{protocol}"',
            more=channel(receiver.url),
            constants=PATIENCE,
            **same,
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):
        publisher.telemetry("H0001-sos", motion=True)
        with flowing(publisher, homes=HOMES, **FLOW) as flow:
            for fault in FAULTS:
                fault(proxy, hub, flow)
                wait_until(
                    hub.is_ready,
                    within_s=120 if DEEP else 30,
                    what=f"the hub hearing again after {fault.__name__}",
                )
                lasts(flow, 300)
        reckon(publisher, hub, undisturbed=undisturbed, receiver=receiver, until=flow.ended)


@pytest.mark.skipif(not DEEP, reason="a long one: make test-deep")
def test_whatever_befalls_the_line_between_devices_and_broker_what_they_repeat_is_taken_once(
    mosquitto: Broker, tmp_path: Path
) -> None:
    """Their acknowledgements get lost: they connect again and say it again, as new messages to the broker."""
    with (
        receiving() as receiver,
        TcpProxy(mosquitto.port) as proxy,
        a_hub(tmp_path, mosquitto, homes=HOMES, rules=FALL, more=channel(receiver.url)) as hub,
        Publisher(mosquitto, port=proxy.port) as publisher,
    ):
        with flowing(publisher, homes=HOMES, pace=2) as flow:
            for how in ("cut", "reset", "swallowed", "away"):
                lasts(flow, 300)
                proxy.dead = how == "swallowed"
                proxy.away = how == "away"
                lasts(flow, 200)
                proxy.dead = False
                proxy.cut(reset=how == "reset")
                lasts(flow, 200)
                proxy.away = False
        drained(hub, publisher)
        repeated = hub.figures()["messages_repeated_total"]
        reckon(publisher, hub, receiver=receiver)
        print(f"{repeated:.0f} messages were said again")  # noqa: T201 a figure of the run


def test_a_broker_stopped_and_started_again_amid_the_flow_loses_nothing(
    mosquitto: Broker, tmp_path: Path
) -> None:
    """SIGTERM: it saves its queue. Devices and hub find it again by themselves; so with the hub away at the time."""
    with (
        receiving() as receiver,
        a_hub(
            tmp_path, mosquitto, homes=HOMES, heartbeat_s=2, rules=RULES, more=channel(receiver.url)
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):
        with flowing(publisher, homes=HOMES) as flow:
            lasts(flow, 500)
            mosquitto.stop()
            lasts(flow, 500)
            mosquitto.start()
            wait_until(hub.is_ready, within_s=20, what="the hub hearing again")
            hub.kill()
            lasts(flow, 1_000)
            mosquitto.stop()
            mosquitto.start()
            hub.start()
            lasts(flow, 500)
        drained(hub, publisher)
        assert hub.figures()["broker_dropped_total"] == 0
        reckon(publisher, hub, receiver=receiver, until=flow.ended)
