"""What a broker does to a hub: redelivers, keeps and replays, speaks for the dead, goes away and comes back."""

from __future__ import annotations

import os
from pathlib import Path

import paho.mqtt.client as paho
import pytest
import quick_rules
from hub_process import HubProcess, a_hub, channel, ids, json_bytes
from ledger_publisher import Publisher, now_ms
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from parts import Broker, wait_until
from receiver import receiving
from tcp_proxy import TcpProxy

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
PROTOCOLS = ["5", "3.1.1"]  # where the two sessions differ; deep: everywhere
OLD_TOO = PROTOCOLS if DEEP else ["5"]
QUICK_RULES = quick_rules.FALL + quick_rules.DOOR + quick_rules.silent()
FALL = "care/v1/lianhua/H0001-pendant/event"


def speaks(protocol: str) -> str:
    return f'protocol = "{protocol}"'


def heard(hub: HubProcess, publisher: Publisher, device: str = "H0003-sos") -> None:
    """Wait until the hub has applied and stored everything published until now."""
    _, _, seq = publisher.telemetry(device, battery=77)
    publisher.settled()
    wait_until(
        lambda: any(row["seq"] == seq for row in hub.readings(device, "battery", 1)),
        within_s=30,
        what="the last message being stored",
    )


def redelivered(broker: Broker) -> list[tuple[bytes, bool]]:
    """Take over the hub's session with a client that acknowledges nothing: payload and DUP of what waits in it."""
    found: list[tuple[bytes, bool]] = []
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id="carehub", protocol=paho.MQTTv5, manual_ack=True
    )
    client.on_message = lambda _client, _data, message: found.append((bytes(message.payload), message.dup))
    expiry = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no types there
    expiry.SessionExpiryInterval = 0xFFFFFFFF
    client.connect(broker.host, broker.port, clean_start=False, properties=expiry)
    client.loop_start()
    wait_until(lambda: found, what="the redelivery")
    client.disconnect()
    client.loop_stop()
    return found


def test_a_fall_redelivered_as_a_duplicate_that_was_never_stored_is_raised_once(
    mosquitto: Broker, tmp_path: Path
) -> None:
    with (
        receiving() as receiver,
        a_hub(tmp_path, mosquitto, more=channel(receiver.url)) as hub,
        Publisher(mosquitto) as publisher,
    ):
        hub.kill()
        publisher.fall("H0001-pendant")
        publisher.raw(FALL, json_bytes(type="fall"))  # and one without any identity
        publisher.settled()
        redelivered(mosquitto)  # the broker has now sent it once: from here on it is DUP
        assert [dup for _, dup in redelivered(mosquitto)][:1] == [True]
        hub.start()
        heard(hub, publisher)
        assert hub.rules_open() == ["fall", "fall"]
        hub.kill()
        hub.start()
        heard(hub, publisher)
        assert hub.rules_open() == ["fall", "fall"]
        wait_until(lambda: len(set(receiver.ids())) == 2, what="both being delivered")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_fall_whose_acknowledgement_was_lost_with_the_hub_is_not_raised_again(
    mosquitto: Broker, tmp_path: Path, protocol: str
) -> None:
    with (
        TcpProxy(mosquitto.port) as proxy,
        a_hub(tmp_path, mosquitto, broker_port=proxy.port, mqtt=speaks(protocol)) as hub,
        Publisher(mosquitto) as publisher,
    ):
        proxy.muted = True
        publisher.fall("H0001-pendant")
        publisher.raw(FALL, json_bytes(type="fall", data={"confidence": 0.9}))  # no boot, no seq, no id
        wait_until(lambda: len(hub.alerts()) == 2, what="both falls being raised")
        before = ids(hub.alerts())
        hub.kill()
        proxy.muted = False
        proxy.cut()
        hub.start()
        heard(hub, publisher)
        assert ids(hub.alerts()) == before
        publisher.raw(FALL, json_bytes(type="fall", data={"confidence": 0.9}))  # it really fell again
        wait_until(lambda: len(hub.alerts()) == 3, what="a fall like the last one, raised as its own")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_5000_messages_that_waited_for_an_absent_hub_all_arrive(
    mosquitto: Broker, tmp_path: Path, protocol: str
) -> None:
    with a_hub(tmp_path, mosquitto, mqtt=speaks(protocol)) as hub, Publisher(mosquitto) as publisher:
        hub.stop()
        began = now_ms() - 5_000 * 100  # ten a second: a sensor that moved a lot, not one that is mad
        for number in range(5_000):
            publisher.telemetry("H0001-pir", motion=number % 2 > 0, ts=began + number * 100)
        publisher.settled()
        hub.start()
        heard(hub, publisher)
        rows = hub.readings("H0001-pir", "motion")
        assert sorted(row["seq"] for row in rows) == list(range(1, 5_001))
        assert hub.figures()["broker_dropped_total"] == 0
        assert hub.rules_open() == []


@pytest.mark.parametrize("protocol", OLD_TOO)
def test_a_retained_event_raises_nothing_and_a_retained_state_sets_state(
    mosquitto: Broker, tmp_path: Path, protocol: str
) -> None:
    with (
        a_hub(tmp_path, mosquitto, rules=QUICK_RULES, started=False, mqtt=speaks(protocol)) as hub,
        Publisher(mosquitto) as publisher,
    ):
        publisher.raw(FALL, json_bytes(type="fall", id="long-ago", ts=1_763_000_000_000), retain=True)
        publisher.raw(
            "care/v1/lianhua/H0001-radar/event", json_bytes(type="fall", boot="a", seq=1), retain=True
        )
        publisher.raw(
            "care/v1/lianhua/H0002-door/telemetry", json_bytes(m={"contact": False}), retain=True
        )  # open since who knows when
        publisher.settled()
        hub.start()
        wait_until(lambda: hub.rules_open() == ["door_left_open"], what="the door that stands open")
        heard(hub, publisher)
        assert hub.rules_open() == ["door_left_open"]
        assert {row["quality"] for row in hub.readings("H0002-door", "contact")} == {3}
        hub.stop()
        hub.mqtt += '\nclient_id = "carehub-anew"'  # a session the broker does not know: everything retained comes again
        hub.write_settings()
        hub.start()
        heard(hub, publisher)
        assert hub.rules_open() == ["door_left_open"]


@pytest.mark.parametrize("protocol", OLD_TOO)
def test_a_will_without_a_time_marks_the_device_offline(
    mosquitto: Broker, tmp_path: Path, protocol: str
) -> None:
    status = "care/v1/lianhua/H0001-pendant/status"
    with (
        a_hub(tmp_path, mosquitto, rules=QUICK_RULES, mqtt=speaks(protocol)) as hub,
        Publisher(mosquitto) as publisher,
    ):
        pendant = Publisher(mosquitto, will=(status, b'{"online":false}'))
        pendant.raw(status, json_bytes(online=True, fw="1.4.2", rssi=-61), retain=True)
        pendant.settled()
        heard(hub, publisher)
        assert hub.rules_open() == []
        pendant.vanish()
        wait_until(lambda: hub.rules_open() == ["device_silent"], what="the device being missed")
        alert = hub.alerts()[0]
        assert alert["device_id"] == "H0001-pendant", alert
        wait_until(
            lambda: [row["value"] for row in hub.readings("H0001-pendant", "online")] == [0.0, 1.0],
            what="both words in the store",
        )
        publisher.raw(status, json_bytes(online=True), retain=True)
        wait_until(lambda: hub.rules_open() == [], what="the alert clearing by itself")


@pytest.mark.parametrize("protocol", OLD_TOO)
def test_a_broker_that_goes_away_and_comes_back_is_told_about_and_raises_nothing(
    mosquitto: Broker, tmp_path: Path, protocol: str
) -> None:
    with a_hub(tmp_path, mosquitto, heartbeat_s=2, homes=1, rules=QUICK_RULES, mqtt=speaks(protocol)) as hub:
        lost = hub.get("/readyz")["feed_lost_since"]
        assert lost is None
        mosquitto.stop()
        wait_until(lambda: "cannot be heard" in hub.reasons(), within_s=5, what="readyz saying so")
        assert f":{mosquitto.port}" in hub.reasons()
        began = hub.http.get("/readyz").json()["feed_lost_since"]
        assert began > 0
        # The devices' patience (3 heartbeats of 2 s) runs out while nobody can be heard.
        wait_until(
            lambda: hub.figures()["journal_position"] and seconds_since(hub, began) > 3,
            within_s=20,
            what="3 s without a broker",
        )
        assert hub.rules_open() == []
        mosquitto.start()
        wait_until(hub.is_ready, within_s=20, what="the hub being connected again")
        with Publisher(mosquitto) as publisher:
            heard(hub, publisher, "H0001-sos")
            assert hub.rules_open() == []
            publisher.fall("H0001-pendant")
            wait_until(lambda: hub.rules_open() == ["fall"], within_s=5, what="a fall after it")


def seconds_since(hub: HubProcess, began_ms: int) -> float:
    """How long the feed is lost, by the wall clock the hub runs by here."""
    lost = hub.http.get("/readyz").json()["feed_lost_since"]
    assert lost == began_ms, "one loss is one loss"
    return (now_ms() - began_ms) / 1000
