"""MQTT 5 over the sans-I/O ``mqtt5`` codec: writes are gathered per turn of the event loop."""

from __future__ import annotations

import asyncio
from typing import cast

import mqtt5

from firmware_sim.links.link import (
    KEEP_ALIVE_S,
    OPEN_TIMEOUT_S,
    BrokerAddress,
    BrokerRefusedError,
    LinkEvents,
)
from firmware_sim.wire import Message

PACKET_IDS = 65_535
CLOSE_TIMEOUT_S = 2.0
# Reason codes from here on are failures; the codec's enumerations compare only as integers.
REFUSED_FROM = 128
AT_LEAST_ONCE = mqtt5.QoS.AT_LEAST_ONCE


class Mqtt5Link(asyncio.Protocol):
    """See ``Link``."""

    def __init__(self, broker: BrokerAddress, client_id: str, will: Message | None) -> None:
        self._broker, self._client_id, self._will = broker, client_id, will
        self._loop = asyncio.get_running_loop()
        self._events: LinkEvents | None = None
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._out: list[bytes] = []
        self._tags: dict[int, int] = {}
        self._next_id = 0
        self._connected: asyncio.Future[mqtt5.ConnAckPacket] = self._loop.create_future()
        self._subscribed: asyncio.Future[None] = self._loop.create_future()
        self._ping: asyncio.TimerHandle | None = None
        self._heard_s = 0.0
        self._open = False
        self._gone = asyncio.Event()
        self._goodbye: str | None = None
        self._window = PACKET_IDS

    @property
    def window(self) -> int:
        """See ``Link``."""
        return self._window

    async def open(self, events: LinkEvents, subscriptions: tuple[str, ...]) -> None:
        """See ``Link``."""
        self._events = events
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await self._shake_hands(subscriptions)
        except BaseException:
            self.drop()
            await self._socket_gone()
            raise
        self._open = True
        self._ping = self._loop.call_later(KEEP_ALIVE_S / 2, self._keep_alive)

    def send(self, tag: int, topic: str, payload: bytes, *, retain: bool) -> None:
        """See ``Link``."""
        packet_id = self._take_id()
        self._tags[packet_id] = tag
        self._write(
            mqtt5.PublishPacket(topic, payload, qos=AT_LEAST_ONCE, retain=retain, packet_id=packet_id).write()
        )

    async def close(self) -> None:
        """See ``Link``."""
        self._open = False
        if self._transport is not None and not self._transport.is_closing():
            self._write(mqtt5.DisconnectPacket().write())
            self._flush()
            self._transport.close()
        self._end()
        await self._socket_gone()

    def drop(self) -> None:
        """See ``Link``."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say CONNECT (``asyncio.Protocol``)."""
        self._transport = cast("asyncio.Transport", transport)
        will: mqtt5.Will | None = None
        if self._will is not None:
            will = mqtt5.Will(self._will.topic, payload=self._will.payload, qos=AT_LEAST_ONCE, retain=True)
        password = self._broker.password
        self._write(
            mqtt5.ConnectPacket(
                self._client_id,
                username=self._broker.username,
                password=password.encode() if password is not None else None,
                clean_start=True,
                will=will,
                keep_alive=KEEP_ALIVE_S,
            ).write()
        )

    def data_received(self, data: bytes) -> None:
        """Take whole packets out of what has come (``asyncio.Protocol``)."""
        self._heard_s = self._loop.time()
        self._buffer += data
        taken = 0
        with memoryview(self._buffer) as view:
            while taken < len(view):
                try:
                    packet, size = mqtt5.read(view[taken:])
                except IndexError:  # the codec's word for: not all of it has come yet
                    break
                except ValueError as problem:
                    self._no_mqtt5(problem)
                    return
                taken += size
                self._take(packet)
        del self._buffer[:taken]

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits (``asyncio.Protocol``)."""
        self._end()
        reason = f"connection to {self._broker} lost: {self._goodbye or exc or 'closed by the broker'}"
        for waiting in (self._connected, self._subscribed):
            if not waiting.done():
                waiting.set_exception(ConnectionResetError(reason))
                waiting.exception()  # nobody may be waiting for it any more
        self._gone.set()
        if self._open and self._events is not None:
            self._open = False
            self._events.lost(reason)

    async def _shake_hands(self, subscriptions: tuple[str, ...]) -> None:
        await self._loop.create_connection(
            lambda: self, self._broker.host, self._broker.port, ssl=self._broker.ssl_context()
        )
        answer = await self._connected
        if int(answer.reason_code) >= REFUSED_FROM:
            raise BrokerRefusedError(f"{self._broker} refused the connection: {answer.reason_code.name}")
        self._window = min(answer.receive_max, PACKET_IDS)
        if subscriptions:
            filters = [mqtt5.TopicFilter(each, max_qos=AT_LEAST_ONCE) for each in subscriptions]
            self._write(mqtt5.SubscribePacket(self._take_id(), filters).write())
            await self._subscribed
        if self._gone.is_set():
            raise ConnectionResetError(f"connection to {self._broker} lost while connecting")

    async def _socket_gone(self) -> None:
        """Wait for the end of the socket; a peer that does not take our last words is not waited for long."""
        if self._transport is None:
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._gone.wait()
        except TimeoutError:
            self._transport.abort()

    def _no_mqtt5(self, problem: ValueError) -> None:
        """What came is no MQTT 5: a broker of 3.1.1 answers a CONNECT of 5 so, or it is no broker at all."""
        if not self._connected.done():
            self._connected.set_exception(
                BrokerRefusedError(f"{self._broker} does not speak MQTT 5 ({problem}): try --protocol 3.1.1")
            )
        self.drop()

    def _take(self, packet: mqtt5.Packet) -> None:
        events = cast("LinkEvents", self._events)
        match packet:
            case mqtt5.PubAckPacket():
                tag = self._tags.pop(packet.packet_id, None)
                if tag is not None:
                    refused = int(packet.reason_code) >= REFUSED_FROM
                    events.acked(tag, packet.reason_code.name if refused else None)
            case mqtt5.PublishPacket():
                if packet.packet_id is not None:
                    self._write(mqtt5.PubAckPacket(packet.packet_id).write())
                events.received(packet.topic, bytes(packet.payload))
            case mqtt5.ConnAckPacket() if not self._connected.done():
                self._connected.set_result(packet)
            case mqtt5.SubAckPacket() if not self._subscribed.done():
                refusals = [code.name for code in packet.reason_codes if int(code) >= REFUSED_FROM]
                if refusals:
                    self._subscribed.set_exception(
                        BrokerRefusedError(f"{self._broker} refused the subscription: {refusals[0]}")
                    )
                else:
                    self._subscribed.set_result(None)
            case mqtt5.DisconnectPacket():  # the end of the socket follows
                self._goodbye = packet.reason_code.name
            case _:  # PINGRESP has done its work by being heard
                pass

    def _take_id(self) -> int:
        while True:
            self._next_id = self._next_id % PACKET_IDS + 1
            if self._next_id not in self._tags:
                return self._next_id

    def _write(self, packet: bytes) -> None:
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(packet)

    def _flush(self) -> None:
        if self._out and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def _keep_alive(self) -> None:
        if self._loop.time() - self._heard_s > 1.5 * KEEP_ALIVE_S:
            self.drop()
            return
        self._write(mqtt5.PingReqPacket().write())
        self._ping = self._loop.call_later(KEEP_ALIVE_S / 2, self._keep_alive)

    def _end(self) -> None:
        if self._ping is not None:
            self._ping.cancel()
            self._ping = None
