"""MQTT 3.1.1 through paho-mqtt with manual acknowledgement, for brokers without MQTT 5.

paho runs its own thread; what it reads crosses to the loop in order. 3.1.1 has no receive maximum: while the inbox is full
paho's thread waits, so TCP holds the broker back.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from gateway.ingest.source import (
    BACKOFF_S,
    KEEP_ALIVE_S,
    BrokerAddress,
    Connected,
    Disconnected,
    Inbox,
    Message,
)

log = logging.getLogger(__name__)
RECEIVE_MAX_UNSAID = 65_535  # 3.1.1 names no limit


class Mqtt311Session:
    """The ``Source`` for brokers that speak only MQTT 3.1.1."""

    def __init__(self, address: BrokerAddress, inbox: Inbox, now: Callable[[], int]) -> None:
        self._address = address
        self._inbox = inbox
        self._now = now
        self._kept = False
        self._generation = 0
        self._stopping = False
        self._refusal = ""
        self._is_up = False  # paho's own word comes only after it has told of the loss
        self._client = self._new_client()

    def _new_client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._address.client_id,
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        if self._address.username:
            client.username_pw_set(self._address.username, self._address.password)
        context = self._address.ssl_context()
        if context is not None:
            client.tls_set_context(context)
        client.reconnect_delay_set(min_delay=1, max_delay=int(BACKOFF_S[-1]))
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        client.on_connect_fail = self._on_connect_fail
        return client

    async def run(self) -> None:
        """Let paho's thread read until cancelled."""
        address = self._address
        self._client.connect_async(address.host, address.port, keepalive=KEEP_ALIVE_S)
        self._client.loop_start()
        try:
            await asyncio.Event().wait()
        finally:
            self._stopping = True
            self._inbox.has_room.set()
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)

    def acknowledge(self, packet_ids: Iterable[int]) -> None:
        """Send PUBACK for these."""
        for packet_id in packet_ids:
            if packet_id >> 16 == self._generation:
                self._client.ack(packet_id & 0xFFFF, 1)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send at QoS 1."""
        if not self._is_up:
            raise ConnectionError("not connected to the broker")
        self._client.publish(topic, payload, qos=1)

    # paho's thread

    def _on_connect(
        self,
        client: paho.Client,
        _userdata: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        if reason.is_failure:
            self._refusal = f"the broker refused us: {reason}; check [mqtt] username and password"
            return  # the broker closes now: on_disconnect tells it
        self._refusal, self._is_up = "", True
        self._generation += 1
        self._kept = flags.session_present
        if self._kept:
            self._inbox.put_from_thread(Connected(kept=True, receive_max=RECEIVE_MAX_UNSAID))
        else:
            client.subscribe([(pattern, 1) for pattern in self._address.filters])

    def _on_subscribe(
        self,
        _client: paho.Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: object,
    ) -> None:
        refused = [
            pattern
            for pattern, reason in zip(self._address.filters, reasons, strict=True)
            if reason.is_failure and not pattern.startswith("$SYS")
        ]
        if refused:
            who = self._address.username or "anonymous"
            self._tell_lost(f"the broker's ACL refuses {', '.join(refused)} to {who}")
            return
        self._inbox.put_from_thread(Connected(kept=False, receive_max=RECEIVE_MAX_UNSAID))

    def _on_message(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        if self._stopping:
            return
        packet_id = self._generation << 16 | message.mid if message.qos else 0
        self._inbox.put_from_thread(
            Message(
                message.topic, bytes(message.payload), packet_id, message.retain, message.dup, self._now()
            )
        )

    def _on_disconnect(
        self, _client: paho.Client, _userdata: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        self._is_up = False
        if not self._stopping:
            self._generation += 1  # from now on nothing of that connection is acknowledged
            self._tell_lost(self._refusal or str(reason))

    def _on_connect_fail(self, _client: paho.Client, _userdata: Any) -> None:  # noqa: ANN401 paho's signature
        if not self._stopping:
            self._tell_lost(
                str(sys.exc_info()[1] or "cannot connect")
            )  # paho calls this while it handles the error

    def _tell_lost(self, reason: str) -> None:
        log.warning("broker %r: %s", self._address, reason)
        self._inbox.put_from_thread(Disconnected(reason, self._now()))
