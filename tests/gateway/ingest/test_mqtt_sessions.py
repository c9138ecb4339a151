"""Both MQTT sessions on a real Mosquitto: order, acknowledgement, redelivery, restart."""

from __future__ import annotations

import asyncio

import paho.mqtt.client as paho
import pytest
from mqtt_hearing import TOPIC, Hearing, runs, until
from paho.mqtt.enums import CallbackAPIVersion
from parts import Broker, wait_until

from gateway.ingest.mqtt5_session import Mqtt5Session
from gateway.ingest.mqtt311_session import Mqtt311Session
from gateway.ingest.source import (
    BrokerAddress,
    Disconnected,
    Message,
)

# ---- a real broker

SESSIONS = pytest.mark.parametrize("make", [Mqtt5Session, Mqtt311Session])


def address_of(broker: Broker) -> BrokerAddress:
    return BrokerAddress(host=broker.host, port=broker.port, client_id="carehub")


def publish(broker: Broker, first: int, last: int) -> None:
    """Publish numbers at QoS 1, each acknowledged by the broker."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="publisher", protocol=paho.MQTTv311)
    client.connect(broker.host, broker.port)
    client.loop_start()
    sent = [client.publish(TOPIC, str(n).encode(), qos=1) for n in range(first, last)]
    wait_until(lambda: all(message.is_published() for message in sent), what="everything acknowledged")
    client.disconnect()
    client.loop_stop()


def numbers(first: int, last: int) -> list[bytes]:
    return [str(n).encode() for n in range(first, last)]


@SESSIONS
def test_order_is_kept_and_what_was_not_acknowledged_comes_again_and_nothing_else(
    mosquitto: Broker, make: type[Mqtt5Session | Mqtt311Session]
) -> None:
    async def run() -> None:
        hearing = Hearing(make, address_of(mosquitto))
        assert not (await hearing.connected()).kept
        await asyncio.to_thread(publish, mosquitto, 0, 300)
        await until(lambda: len(hearing.payloads) >= 300, "all heard")
        assert hearing.payloads == numbers(0, 300)
        packets = [message.packet_id for message in hearing.of(Message) if message.topic == TOPIC]
        hearing.source.acknowledge(packets[:200])
        hearing.source.publish(address_of(mosquitto).fence_topic, b"fence")
        await until(lambda: any(m.payload == b"fence" for m in hearing.of(Message)), "our own word came back")
        await hearing.stop()

        await asyncio.to_thread(publish, mosquitto, 300, 320)
        again = Hearing(make, address_of(mosquitto))
        assert (await again.connected()).kept
        await until(lambda: len(again.payloads) >= 120, "the rest comes again")
        assert again.payloads == numbers(200, 320)
        redelivered = [m for m in again.of(Message) if m.topic == TOPIC][:100]
        assert all(message.duplicate for message in redelivered)
        assert [m.packet_id & 0xFFFF for m in redelivered] == [p & 0xFFFF for p in packets[200:]]
        again.source.acknowledge([message.packet_id for message in again.of(Message)])
        again.source.publish(address_of(mosquitto).fence_topic, b"taken")  # behind the acknowledgements
        await until(lambda: any(m.payload == b"taken" for m in again.of(Message)), "they have been taken")
        await again.stop()

        last = Hearing(make, address_of(mosquitto))
        await last.connected()
        last.source.publish(address_of(mosquitto).fence_topic, b"fence")
        await until(lambda: last.of(Message), "the fence is behind everything queued")
        assert last.payloads == [], "the broker's queue is empty"
        await last.stop()

    runs(run())


@SESSIONS
def test_a_broker_that_was_restarted_is_found_again_with_its_session(
    mosquitto: Broker, make: type[Mqtt5Session | Mqtt311Session]
) -> None:
    async def run() -> None:
        hearing = Hearing(make, address_of(mosquitto))
        await hearing.connected()
        await asyncio.to_thread(mosquitto.stop)
        await until(lambda: hearing.of(Disconnected), "the loss is told")
        with pytest.raises(ConnectionError):
            hearing.source.publish("x", b"")
        hearing.source.acknowledge([1 << 16 | 1])
        await asyncio.to_thread(mosquitto.start)
        assert (await hearing.connected(2)).kept
        await asyncio.to_thread(publish, mosquitto, 0, 3)
        await until(lambda: len(hearing.payloads) == 3, "heard again")
        await hearing.stop()

    runs(run())


@SESSIONS
def test_an_acknowledgement_of_an_older_connection_never_reaches_the_new_one(
    mosquitto: Broker, make: type[Mqtt5Session | Mqtt311Session]
) -> None:
    async def run() -> None:
        hearing = Hearing(make, address_of(mosquitto))
        await hearing.connected()
        await asyncio.to_thread(publish, mosquitto, 0, 2)
        await until(lambda: len(hearing.payloads) == 2, "heard")
        old = [message.packet_id for message in hearing.of(Message) if message.topic == TOPIC]
        await asyncio.to_thread(mosquitto.stop)
        await until(lambda: hearing.of(Disconnected), "the loss is told")
        await asyncio.to_thread(mosquitto.start)
        await hearing.connected(2)
        await until(lambda: len(hearing.payloads) == 4, "both came again")
        hearing.source.acknowledge(old)
        new = [message.packet_id for message in hearing.of(Message) if message.topic == TOPIC][2:]
        assert not set(new) & set(old)
        await hearing.stop()
        again = Hearing(make, address_of(mosquitto))
        await again.connected()
        await until(lambda: len(again.payloads) == 2, "still not acknowledged")
        await again.stop()

    runs(run())
