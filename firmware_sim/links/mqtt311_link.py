"""MQTT 3.1.1 over paho-mqtt, its socket watched by the event loop: no thread, hence no waiting for one."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Literal

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from firmware_sim.links.link import (
    KEEP_ALIVE_S,
    OPEN_TIMEOUT_S,
    BrokerAddress,
    BrokerRefusedError,
    LinkEvents,
)
from firmware_sim.wire import Message

# 3.1.1 brokers do not state their window; this many are taken by every broker we know.
WINDOW = 100
# paho looks at its keep-alive when it is called for housekeeping. Late by this much, its ping still comes well before a broker
# gives a client up (1.5 times the keep-alive), and thousands of connections do not each ask for a turn every second.
HOUSEKEEPING_S = 5.0


class Mqtt311Link:
    """See ``Link``."""

    def __init__(self, broker: BrokerAddress, client_id: str, will: Message | None) -> None:
        self._broker = broker
        self._loop = asyncio.get_running_loop()
        self._events: LinkEvents | None = None
        self._tags: dict[int, int] = {}
        self._open = self._gone = False
        self._housekeeping: asyncio.TimerHandle | None = None
        self._connected: asyncio.Future[None] = self._loop.create_future()
        self._subscribed: asyncio.Future[None] = self._loop.create_future()
        self._client = client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(WINDOW)
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        context = broker.ssl_context()
        if context is not None:
            client.tls_set_context(context)
        client.on_socket_open, client.on_socket_close = self._on_socket_open, self._on_socket_close
        client.on_socket_register_write = self._on_write_wanted
        client.on_socket_unregister_write = self._on_write_done
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe, client.on_publish = self._on_subscribe, self._on_publish
        client.on_message = self._on_message

    @property
    def window(self) -> int:
        """See ``Link``."""
        return WINDOW

    async def open(self, events: LinkEvents, subscriptions: tuple[str, ...]) -> None:
        """See ``Link``."""
        self._events = events
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await self._shake_hands(subscriptions)
        except BaseException:
            self.drop()
            raise
        self._open = True

    def send(self, tag: int, topic: str, payload: bytes, *, retain: bool) -> None:
        """See ``Link``."""
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            raise OSError(f"{self._broker}: paho would not publish to {topic}: {info.rc!r}")
        self._tags[info.mid] = tag

    async def close(self) -> None:
        """See ``Link``."""
        self._open = False
        self._client.disconnect()
        self._end()

    def drop(self) -> None:
        """See ``Link``."""
        connection = self._client.socket()
        if not isinstance(connection, socket.socket):
            return
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was faster: the socket is down already, which is what was asked for
        self._loop.call_soon(self._read)

    async def _shake_hands(self, subscriptions: tuple[str, ...]) -> None:
        # paho connects synchronously: name resolution and TCP may take their time, so not in the event loop.
        await asyncio.to_thread(self._client.connect, self._broker.host, self._broker.port, KEEP_ALIVE_S)
        self._keep_house()
        await self._connected
        if subscriptions:
            self._client.subscribe([(each, 1) for each in subscriptions])
            await self._subscribed
        if self._gone:
            raise ConnectionResetError(f"connection to {self._broker} lost while connecting")

    def _keep_house(self) -> None:
        self._housekeeping = self._loop.call_later(HOUSEKEEPING_S, self._keep_house)
        self._client.loop_misc()

    def _read(self) -> None:
        self._client.loop_read()
        connection = self._client.socket()
        if isinstance(connection, ssl.SSLSocket) and connection.pending():
            self._loop.call_soon(self._read)  # decrypted already, so the socket will not announce it

    def _watch(self, connection: paho.SocketLike, what: Literal["reads", "writes", "no writes"]) -> None:
        if self._client.socket() is not connection:
            return  # closed meanwhile, its number may be another's by now
        match what:
            case "reads":
                self._loop.add_reader(connection.fileno(), self._read)
            case "writes":
                self._loop.add_writer(connection.fileno(), self._client.loop_write)
            case "no writes":
                self._loop.remove_writer(connection.fileno())

    def _end(self) -> None:
        if self._housekeeping is not None:
            self._housekeeping.cancel()
            self._housekeeping = None

    # paho's callbacks

    def _on_socket_open(self, _client: paho.Client, _data: object, connection: paho.SocketLike) -> None:
        if isinstance(connection, socket.socket):
            # Without it, small writes wait about 40 ms for the broker's TCP acknowledgement.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop.call_soon_threadsafe(self._watch, connection, "reads")

    def _on_socket_close(self, _client: paho.Client, _data: object, connection: paho.SocketLike) -> None:
        self._loop.remove_reader(connection.fileno())
        self._loop.remove_writer(connection.fileno())

    def _on_write_wanted(self, _client: paho.Client, _data: object, connection: paho.SocketLike) -> None:
        self._loop.call_soon_threadsafe(self._watch, connection, "writes")

    def _on_write_done(self, _client: paho.Client, _data: object, connection: paho.SocketLike) -> None:
        self._loop.call_soon_threadsafe(self._watch, connection, "no writes")

    def _on_connect(
        self, _client: paho.Client, _data: object, _flags: object, code: ReasonCode, _props: Properties | None
    ) -> None:
        if self._connected.done():
            return
        if code.is_failure:
            self._connected.set_exception(
                BrokerRefusedError(f"{self._broker} refused the connection: {code}")
            )
        else:
            self._connected.set_result(None)

    def _on_subscribe(
        self,
        _client: paho.Client,
        _data: object,
        _mid: int,
        codes: list[ReasonCode],
        _props: Properties | None,
    ) -> None:
        refused = [str(code) for code in codes if code.is_failure]
        if self._subscribed.done():
            return
        if refused:
            self._subscribed.set_exception(
                BrokerRefusedError(f"{self._broker} refused the subscription: {refused[0]}")
            )
        else:
            self._subscribed.set_result(None)

    def _on_publish(
        self, _client: paho.Client, _data: object, mid: int, _code: ReasonCode, _props: Properties
    ) -> None:
        # Only after the turn of the loop in which ``send`` wrote the tag down.
        self._loop.call_soon(self._acked, mid)

    def _acked(self, mid: int) -> None:
        tag = self._tags.pop(mid, None)
        if tag is not None and self._events is not None:
            self._events.acked(tag, None)

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if self._events is not None:
            self._events.received(message.topic, bytes(message.payload))

    def _on_disconnect(
        self, _client: paho.Client, _data: object, _flags: object, code: ReasonCode, _props: Properties | None
    ) -> None:
        self._end()
        self._gone = True
        # Behind the acknowledgements that came before it.
        self._loop.call_soon(self._lost, f"connection to {self._broker} lost: {code}")

    def _lost(self, reason: str) -> None:
        for waiting in (self._connected, self._subscribed):
            if not waiting.done():
                waiting.set_exception(ConnectionResetError(reason))
                waiting.exception()  # nobody may be waiting for it any more
        if self._open and self._events is not None:
            self._open = False
            self._events.lost(reason)
