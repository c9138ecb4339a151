"""The connection: acknowledgement, will, reconnect and resend, on a real Mosquitto and in both protocols."""

from __future__ import annotations

import asyncio

import pytest
from parts import Broker, free_port, until, wait_until
from sim_parts import listening

from firmware_sim import uplink as uplink_module
from firmware_sim.chance import dice
from firmware_sim.links import BrokerAddress, BrokerRefusedError, ProtocolVersion, new_link
from firmware_sim.uplink import Hooks, Uplink
from firmware_sim.wire import Identity, Message, last_will, status, telemetry

GATEWAY = Identity("lianhua", "GW-01")
SENSOR = Identity("lianhua", "H0001-door", "GW-01")
protocols = pytest.mark.parametrize("protocol", list(ProtocolVersion))


def address(broker: Broker, protocol: ProtocolVersion = ProtocolVersion.V5, **options: str) -> BrokerAddress:
    return BrokerAddress(broker.host, broker.port, protocol=protocol, **options)


def reading(seq: int) -> Message:
    return telemetry(SENSOR, 1_750_000_000_000 + seq, "7f3a", seq, {"contact": bool(seq % 2)})


def birth() -> list[Message]:
    return [status(each, 1_750_000_000_000, firmware="1.4.2", rssi=-60) for each in (GATEWAY, SENSOR)]


def gateway_uplink(broker: BrokerAddress, acked: list[int]) -> Uplink:
    hooks = Hooks(acked=lambda m, _sent, _acked: acked.append(m.seq) if m.seq else None, announce=birth)
    return Uplink(lambda: new_link(broker, "care-GW-01", last_will(GATEWAY)), hooks=hooks, dice=dice("test"))


@protocols
def test_every_publish_is_acknowledged_once_and_in_order(
    mosquitto: Broker, protocol: ProtocolVersion
) -> None:
    acked: list[int] = []

    async def publish() -> None:
        uplink = gateway_uplink(address(mosquitto, protocol), acked)
        await uplink.start(patience_s=5)
        for seq in range(1, 501):
            uplink.publish(reading(seq))
        await uplink.settled()
        await uplink.finish(within_s=10)

    with listening(mosquitto) as peer:
        asyncio.run(publish())
        wait_until(lambda: len(peer.devices()) == 500, what="all readings")
        assert [seq for _, _, seq in peer.devices()] == acked == list(range(1, 501))
        assert [s["online"] for s in peer.said("care/v1/lianhua/H0001-door/status")] == [True]


@protocols
def test_a_dropped_gateway_leaves_its_will_and_a_polite_one_does_not(
    mosquitto: Broker, protocol: ProtocolVersion
) -> None:
    topic = GATEWAY.topic("status")

    async def live_and_die(*, politely: bool) -> None:
        uplink = gateway_uplink(address(mosquitto, protocol), [])
        await uplink.start(patience_s=5)
        await uplink.settled()
        if not politely:
            uplink.unplug()
        await uplink.finish(within_s=10)

    with listening(mosquitto) as peer:
        asyncio.run(live_and_die(politely=True))
        asyncio.run(live_and_die(politely=False))
        wait_until(lambda: len(peer.said(topic)) == 3, what="the will")
        assert [each["online"] for each in peer.said(topic)] == [True, True, False]
        assert peer.said(topic)[-1] == {"online": False}
    with listening(mosquitto, topic) as late:
        wait_until(lambda: late.heard, what="the retained will")
        assert late.heard == [(topic, b'{"online":false}', True)]


@protocols
def test_what_a_dead_broker_did_not_acknowledge_is_sent_again_as_it_was(
    mosquitto: Broker, protocol: ProtocolVersion
) -> None:
    acked: list[int] = []

    async def publish_through_an_outage() -> Uplink:
        uplink = gateway_uplink(address(mosquitto, protocol), acked)
        await uplink.start(patience_s=5)
        uplink.publish(reading(1))
        await uplink.settled()
        mosquitto.kill()
        for seq in range(2, 52):
            uplink.publish(reading(seq))
        await until(lambda: uplink._link is None)
        for seq in range(52, 102):
            uplink.publish(reading(seq))
        assert acked == [1]
        await asyncio.to_thread(mosquitto.start)
        await uplink.settled()
        await uplink.finish(within_s=10)
        return uplink

    uplink = asyncio.run(publish_through_an_outage())
    assert acked == list(range(1, 102))
    assert uplink.connections == 2
    assert uplink.resent_count >= 1
    with listening(mosquitto, "care/v1/+/+/status") as peer:
        wait_until(lambda: len(peer.heard) == 2, what="both births, given anew")


def test_an_outage_longer_than_the_buffer_loses_the_oldest_readings_first(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uplink_module, "OFFLINE_BUFFER_MESSAGES_MAX", 10)
    acked: list[int] = []

    async def publish_too_much() -> Uplink:
        uplink = gateway_uplink(address(mosquitto), acked)
        await uplink.start(patience_s=5)
        await uplink.settled()
        mosquitto.stop()
        await until(lambda: uplink._link is None)
        for seq in range(1, 31):
            assert uplink.publish(reading(seq))
        await asyncio.to_thread(mosquitto.start)
        await uplink.settled()
        await uplink.finish(within_s=10)
        return uplink

    uplink = asyncio.run(publish_too_much())
    assert acked == list(range(21, 31))
    assert uplink.dropped_count == 20


@protocols
def test_a_broker_that_is_not_there_is_reported_after_a_while(protocol: ProtocolVersion) -> None:
    nowhere = BrokerAddress(port=free_port(), protocol=protocol)

    async def connect() -> None:
        await gateway_uplink(nowhere, []).start(patience_s=0.3)

    with pytest.raises(ConnectionRefusedError):
        asyncio.run(connect())


@protocols
def test_a_wrong_password_is_refused_at_once(mosquitto: Broker, protocol: ProtocolVersion) -> None:
    mosquitto.stop()
    mosquitto.conf = mosquitto.conf.replace("allow_anonymous true", "allow_anonymous false")
    mosquitto.start()

    async def connect() -> None:
        broker = address(mosquitto, protocol, username="town", password="wrong")
        await gateway_uplink(broker, []).start(patience_s=60)

    with pytest.raises(BrokerRefusedError, match="refused the connection"):
        asyncio.run(connect())


def test_a_publish_the_broker_forbids_is_an_error_with_its_topic(mosquitto: Broker) -> None:
    mosquitto.stop()
    acl = mosquitto.folder / "acl"
    acl.write_text("topic read care/#\ntopic write care/v1/lianhua/GW-01/status\n")
    acl.chmod(0o644)
    mosquitto.conf += f"acl_file {acl}\n"
    mosquitto.start()

    async def publish() -> None:
        uplink = gateway_uplink(address(mosquitto), [])
        await uplink.start(patience_s=5)
        uplink.publish(reading(1))
        try:
            await uplink.settled()
        finally:
            await uplink.finish(within_s=0)

    with pytest.raises(BrokerRefusedError, match=r"H0001-door.*NOT_AUTHORIZED.*access list"):
        asyncio.run(publish())
