"""Stand-ins for what is on the other side of the broker: a hub that only echoes, and a listener."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import IPPROTO_TCP, TCP_NODELAY

import paho.mqtt.client as paho
from parts import Broker, wait_until


class Peer:
    """An MQTT client of its own (paho); remembers all it hears as (topic, payload, retained)."""

    def __init__(
        self, broker: Broker, topic: str, *, protocol: paho.MQTTProtocolVersion = paho.MQTTv5
    ) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self.from_devices = 0  # telemetry and events: counted as they come, so that who waits decodes nothing
        self.answer: Callable[[str, bytes], tuple[str, bytes] | None] = lambda _topic, _payload: None
        self._ready = False
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=protocol)
        self.client.on_socket_open = lambda _c, _d, sock: sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        self.client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self.client.on_subscribe = lambda *_: setattr(self, "_ready", True)
        self.client.on_message = self._on_message
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        wait_until(lambda: self._ready, what="the peer being subscribed")

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self.heard.append((message.topic, message.payload, message.retain))
        self.from_devices += message.topic.endswith(("/telemetry", "/event"))
        answer = self.answer(message.topic, message.payload)
        if answer is not None:
            self.client.publish(*answer, qos=1)

    def said(self, topic: str) -> list[dict]:
        """What was heard on that topic, decoded."""
        return [json.loads(payload) for heard, payload, _ in list(self.heard) if heard == topic]

    def devices(self) -> list[tuple[str, str, int]]:
        """(device, boot, seq) of every telemetry and event heard."""
        decoded = [(topic.split("/"), json.loads(payload)) for topic, payload, _ in list(self.heard)]
        return [
            (parts[3], body["boot"], body["seq"])
            for parts, body in decoded
            if parts[-1] in ("telemetry", "event")
        ]

    def say(self, topic: str, payload: bytes) -> None:
        self.client.publish(topic, payload, qos=1)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def listening(broker: Broker, topic: str = "care/v1/#") -> Iterator[Peer]:
    peer = Peer(broker, topic)
    yield peer
    peer.close()


@contextmanager
def echoing_hub(broker: Broker, *, protocol: paho.MQTTProtocolVersion = paho.MQTTv5) -> Iterator[Peer]:
    """A hub that has settled everything at once."""

    def echo(_topic: str, payload: bytes) -> tuple[str, bytes]:
        return "care/v1/_sim/echo", json.dumps({"ts": json.loads(payload)["ts"]}).encode()

    peer = Peer(broker, "care/v1/_sim/clock", protocol=protocol)
    peer.answer = echo
    yield peer
    peer.close()
