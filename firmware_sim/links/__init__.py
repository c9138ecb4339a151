"""Connections to a broker: one small interface, an adapter for MQTT 5 and one for MQTT 3.1.1."""

from __future__ import annotations

from firmware_sim.links.link import BrokerAddress, BrokerRefusedError, Link, LinkEvents, ProtocolVersion
from firmware_sim.links.mqtt5_link import Mqtt5Link
from firmware_sim.links.mqtt311_link import Mqtt311Link
from firmware_sim.wire import Message


def new_link(broker: BrokerAddress, client_id: str, will: Message | None) -> Link:
    """A link of the protocol the address names, not yet open."""
    adapter = Mqtt5Link if broker.protocol is ProtocolVersion.V5 else Mqtt311Link
    return adapter(broker, client_id, will)


__all__ = ["BrokerAddress", "BrokerRefusedError", "Link", "LinkEvents", "ProtocolVersion", "new_link"]
