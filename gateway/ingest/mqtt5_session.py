"""MQTT 5 over the sans-I/O codec ``mqtt5``: the thinnest session that reads as fast as the broker sends.

One connection is one ``_Connection`` (a protocol of asyncio): bytes in, packets out, no queue of its own. ``Mqtt5Session``
keeps one of them alive, with back-off. A PUBACK is sent only when the hub says that the message is safe.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterable

import mqtt5

from gateway.ingest.source import (
    BACKOFF_S,
    KEEP_ALIVE_S,
    RECEIVE_MAX,
    Arrival,
    BrokerAddress,
    Connected,
    Disconnected,
    Inbox,
    Message,
)

log = logging.getLogger(__name__)
SESSION_NEVER_EXPIRES = 0xFFFFFFFF
READ_BYTES = 1 << 20
PING_EVERY_S = KEEP_ALIVE_S / 2
ROOM_EVERY_S = 0.005  # how often a held session looks whether the inbox has room again
CLOSED = "the connection was closed; if this goes on, another hub has the same [mqtt] client_id"
REFUSED_FROM = 0x80  # MQTT 5, 2.4: reason codes from here on are failures
GRANTED = (
    mqtt5.SubAckReasonCode.GRANTED_QOS_AT_MOST_ONCE,
    mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE,
    mqtt5.SubAckReasonCode.GRANTED_QOS_EXACTLY_ONCE,
)


class Mqtt5Session:
    """The ``Source`` for brokers that speak MQTT 5."""

    def __init__(self, address: BrokerAddress, inbox: Inbox, now: Callable[[], int]) -> None:
        self._address = address
        self._inbox = inbox
        self._now = now
        self._connection: _Connection | None = None
        self._generation = 0

    async def run(self) -> None:
        """Connect, read until the connection ends, wait a little, again."""
        failures = 0
        while True:
            # A connection that may not read would only bring what waits already once more.
            while self._inbox.full:  # noqa: ASYNC110 the inbox has a threading event, for the other session's thread
                await asyncio.sleep(ROOM_EVERY_S)
            self._generation += 1
            connection = _Connection(self._address, self._inbox, self._now, self._generation)
            self._connection = connection  # before it stands: its first messages may be answered at once
            try:
                await self._connect(connection)
                failures = 0
                reason = await connection.ended
            except (OSError, ConnectionError, TimeoutError) as error:
                reason = str(error) or type(error).__name__
            finally:
                self._connection = None
                connection.close()
            log.warning("broker %r: %s", self._address, reason)
            self._inbox.put([Disconnected(reason, connection.heard_at)])
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures += 1

    async def _connect(self, connection: _Connection) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(KEEP_ALIVE_S):
            await loop.create_connection(
                lambda: connection, self._address.host, self._address.port, ssl=self._address.ssl_context()
            )
            await connection.ready

    def acknowledge(self, packet_ids: Iterable[int]) -> None:
        """Send PUBACK for these in one write."""
        if self._connection is not None:
            generation = self._generation
            self._connection.send(
                b"".join([_puback(p & 0xFFFF) for p in packet_ids if p >> 16 == generation])
            )

    def publish(self, topic: str, payload: bytes) -> None:
        """Send at QoS 1."""
        if self._connection is None or not self._connection.stands:
            raise ConnectionError("not connected to the broker")
        self._connection.publish(topic, payload)


def _puback(packet_id: int) -> bytes:
    return b"\x40\x02" + packet_id.to_bytes(2, "big")  # MQTT 5, 3.4: reason code success may be left out


class _Connection(asyncio.BufferedProtocol):
    """One TCP connection from CONNECT to its end."""

    def __init__(self, address: BrokerAddress, inbox: Inbox, now: Callable[[], int], generation: int) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[str] = loop.create_future()
        self._address = address
        self._inbox = inbox
        self._now = now
        self._above = generation << 16
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(READ_BYTES)
        self._filled = 0
        self._packet_ids = itertools.cycle(range(1, 0x10000))
        self._ping: asyncio.TimerHandle | None = None
        self._ping_every_s = PING_EVERY_S
        self._heard = True
        self._held = False
        self._connack: mqtt5.ConnAckPacket | None = None
        self.heard_at = now()

    @property
    def stands(self) -> bool:
        """Whether the session is accepted and subscribed, and not over."""
        return self.ready.done() and not self.ended.done()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Introduce ourselves; the session is kept for ever, so that an absence loses nothing."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 TCP and TLS give one
        self._transport = transport
        address = self._address
        packet = mqtt5.ConnectPacket(
            address.client_id,
            username=address.username or None,
            password=address.password.encode() if address.password else None,
            clean_start=False,
            keep_alive=KEEP_ALIVE_S,
            session_expiry_interval=SESSION_NEVER_EXPIRES,
            receive_max=RECEIVE_MAX,
        )
        transport.write(packet.write())

    def get_buffer(self, sizehint: int) -> bytearray | memoryview:  # noqa: ARG002 asyncio's name
        """Room behind what is not yet a whole packet."""
        if self._filled == len(self._buffer):
            self._buffer.extend(bytes(len(self._buffer)))
        return memoryview(self._buffer)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """Read every whole packet; keep the rest."""
        self._heard, self.heard_at = True, self._now()
        self._filled += nbytes
        arrivals: list[Arrival] = []
        done = 0
        try:
            done = self._read(arrivals)
        except ValueError as error:
            self._end(f"the broker sent a malformed packet: {error}")
        if done:  # else a packet of many megabytes would be copied at every piece of it
            rest = self._filled - done
            self._buffer[:rest] = self._buffer[done : self._filled]
            self._filled = rest
        if not self._filled and len(self._buffer) > READ_BYTES:
            self._buffer = bytearray(READ_BYTES)
        if arrivals:
            self._inbox.put(arrivals)
            self._hold_while_full()

    def eof_received(self) -> bool:
        """The broker has nothing more to say."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._end(str(exc) if exc else CLOSED)

    # reading

    def _read(self, arrivals: list[Arrival]) -> int:
        now, done, above = self._now(), 0, self._above
        with memoryview(self._buffer) as view, view[: self._filled] as filled:
            while done < self._filled:
                try:
                    packet, size = mqtt5.read(filled[done:])
                except IndexError:
                    break  # a packet is still on its way
                done += size
                if isinstance(packet, mqtt5.PublishPacket):
                    packet_id = above | packet.packet_id if packet.packet_id else 0
                    arrivals.append(
                        Message(packet.topic, packet.payload, packet_id, packet.retain, packet.duplicate, now)
                    )
                else:
                    self._control(packet, arrivals)
        return done

    def _control(self, packet: mqtt5.Packet, arrivals: list[Arrival]) -> None:
        match packet:
            case mqtt5.ConnAckPacket():
                self._accepted(packet, arrivals)
            case mqtt5.SubAckPacket():
                self._subscribed(packet, arrivals)
            case mqtt5.DisconnectPacket():
                self._end(f"the broker closed: {packet.reason_code.name}")
            case mqtt5.PubAckPacket() if packet.reason_code.value >= REFUSED_FROM:
                log.error(
                    "broker %r refuses what the hub writes (%s): let %s write care/v1/_hub/# in its ACL",
                    self._address,
                    packet.reason_code.name,
                    self._address.username or "anonymous",
                )
            case _:
                pass  # PUBACK of our own, PINGRESP: hearing them was the point

    def _accepted(self, packet: mqtt5.ConnAckPacket, arrivals: list[Arrival]) -> None:
        if packet.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
            self._end(f"the broker refused us: {packet.reason_code.name}; check [mqtt] username and password")
            return
        self._connack = packet
        if packet.server_keep_alive:  # the broker's word counts
            self._ping_every_s = min(packet.server_keep_alive / 2, PING_EVERY_S)
        self._ping = asyncio.get_running_loop().call_later(self._ping_every_s, self._keep_alive)
        if packet.session_present:
            self._stand(arrivals)
            return
        topics = [
            mqtt5.TopicFilter(f, max_qos=mqtt5.QoS.AT_LEAST_ONCE, retain_as_published=False)
            for f in self._address.filters
        ]
        self.send(mqtt5.SubscribePacket(next(self._packet_ids), topics).write())

    def _subscribed(self, packet: mqtt5.SubAckPacket, arrivals: list[Arrival]) -> None:
        refused = [
            f
            for f, code in zip(self._address.filters, packet.reason_codes, strict=True)
            if code not in GRANTED and not f.startswith("$SYS")
        ]
        if refused:
            self._end(
                f"the broker's ACL refuses {', '.join(refused)} to {self._address.username or 'anonymous'}"
            )
            return
        self._stand(arrivals)

    def _stand(self, arrivals: list[Arrival]) -> None:
        assert self._connack is not None  # noqa: S101 CONNACK comes first
        arrivals.append(Connected(self._connack.session_present, self._connack.receive_max))
        if not self.ready.done():
            self.ready.set_result(None)

    # writing

    def send(self, data: bytes) -> None:
        """Write bytes, unless the connection is gone."""
        if self._transport is not None and data:
            self._transport.write(data)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a PUBLISH at QoS 1."""
        packet = mqtt5.PublishPacket(
            topic, payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=next(self._packet_ids)
        )
        self.send(packet.write())

    def close(self) -> None:
        """Say goodbye and end; acknowledgements that are still on their way out go first."""
        if self._transport is not None and self.ready.done():
            self._transport.write(mqtt5.DisconnectPacket().write())
            self._transport.close()
            self._transport = None
        self._end("closed")

    def _keep_alive(self) -> None:
        if not self._heard and not self._held:  # who does not listen cannot say that nobody speaks
            self._end(f"nothing heard for {self._ping_every_s:g} s")
            return
        self._heard = False
        self.send(mqtt5.PingReqPacket().write())
        self._ping = asyncio.get_running_loop().call_later(self._ping_every_s, self._keep_alive)

    def _hold_while_full(self) -> None:
        if self._inbox.full and self._transport is not None and not self._held:
            self._held = True
            self._transport.pause_reading()
            self._resume_when_room()

    def _resume_when_room(self) -> None:
        if self._transport is None:
            return
        if self._inbox.full:
            asyncio.get_running_loop().call_later(ROOM_EVERY_S, self._resume_when_room)
        else:
            self._held, self._heard = False, True
            self._transport.resume_reading()

    def _end(self, reason: str) -> None:
        if self._ping is not None:
            self._ping.cancel()
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(reason))
            self.ready.exception()  # seen, even if nobody waits any more
        if not self.ended.done():
            self.ended.set_result(reason)
