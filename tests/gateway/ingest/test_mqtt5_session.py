"""The MQTT 5 session on a broker that says exactly what it is told to say."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

import mqtt5
import pytest
from mqtt_hearing import OK, TOPIC, Hearing, runs, until
from parts import free_port

from gateway.ingest import mqtt5_session
from gateway.ingest.mqtt5_session import Mqtt5Session
from gateway.ingest.source import (
    FILTERS,
    Arrival,
    BrokerAddress,
    Connected,
    Disconnected,
    Inbox,
    Message,
)

# ---- a broker that says what it is told


Sendable: TypeAlias = bytes | mqtt5.Packet


class Script:
    """A broker for one connection at a time: what it hears, and bytes to answer with."""

    def __init__(self, answer: Callable[[Script, mqtt5.Packet], Awaitable[None]]) -> None:
        self.answer = answer
        self.heard: list[mqtt5.Packet] = []
        self.connections = 0
        self.writer: asyncio.StreamWriter

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writer, pending = writer, b""
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                pending += data
                while pending:
                    try:
                        packet, size = mqtt5.read(memoryview(pending))
                    except IndexError:
                        break
                    pending = pending[size:]
                    self.heard.append(packet)
                    await self.answer(self, packet)
        writer.close()

    def say(self, *packets: Sendable) -> None:
        self.writer.write(b"".join(p if isinstance(p, bytes) else p.write() for p in packets))


def connack(
    *, session_present: bool = False, reason_code: mqtt5.ConnAckReasonCode = OK, receive_max: int = 65_535
) -> mqtt5.ConnAckPacket:
    return mqtt5.ConnAckPacket(
        session_present=session_present, reason_code=reason_code, receive_max=receive_max
    )


def suback(*codes: mqtt5.SubAckReasonCode) -> mqtt5.SubAckPacket:
    granted = mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE
    return mqtt5.SubAckPacket(1, list(codes) or [granted] * (len(FILTERS) + 1))


def message(n: int, payload: bytes = b"x") -> mqtt5.PublishPacket:
    return mqtt5.PublishPacket(TOPIC, payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=n)


async def polite(script: Script, packet: mqtt5.Packet) -> None:
    """Accepts, subscribes, answers pings."""
    match packet:
        case mqtt5.ConnectPacket():
            script.say(connack())
        case mqtt5.SubscribePacket():
            script.say(suback())
        case mqtt5.PingReqPacket():
            script.say(mqtt5.PingRespPacket())
        case _:
            pass


@asynccontextmanager
async def scripted(
    answer: Callable[[Script, mqtt5.Packet], Awaitable[None]] = polite,
    *,
    username: str = "",
    password: str = "",
) -> AsyncIterator[tuple[Script, Hearing]]:
    script = Script(answer)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    address = BrokerAddress(
        host="127.0.0.1", port=port, client_id="carehub", username=username, password=password
    )
    hearing = Hearing(Mqtt5Session, address)
    try:
        yield script, hearing
    finally:
        await hearing.stop()
        server.close()
        await asyncio.sleep(0)


def test_it_introduces_itself_once_and_subscribes_to_everything() -> None:
    async def run() -> None:
        async with scripted(username="hub", password="pässword") as (script, hearing):
            await hearing.connected()
            connect, subscribe = script.heard[:2]
            assert isinstance(connect, mqtt5.ConnectPacket)
            assert (connect.client_id, connect.clean_start, connect.session_expiry_interval) == (
                "carehub",
                False,
                0xFFFFFFFF,
            )
            assert (connect.username, connect.password) == ("hub", "pässword".encode())
            assert isinstance(subscribe, mqtt5.SubscribePacket)
            assert len(subscribe.topic_filters) == len(FILTERS) + 1

    runs(run())


def test_a_kept_session_is_not_subscribed_again() -> None:
    async def answer(script: Script, packet: mqtt5.Packet) -> None:
        if isinstance(packet, mqtt5.ConnectPacket):
            script.say(connack(session_present=True, receive_max=20), message(1))

    async def run() -> None:
        async with scripted(answer) as (script, hearing):
            assert await hearing.connected() == Connected(kept=True, receive_max=20)
            await until(lambda: hearing.payloads, "what came with the CONNACK")
            assert isinstance(hearing.heard[0], Connected)
            hearing.source.acknowledge([m.packet_id for m in hearing.of(Message)])
            await until(lambda: any(isinstance(p, mqtt5.PubAckPacket) for p in script.heard), "acknowledged")
            assert not any(isinstance(p, mqtt5.SubscribePacket) for p in script.heard)

    runs(run())


def test_what_came_with_the_connack_can_be_answered_at_once() -> None:
    """The line may be quicker than the session's own task: neither an acknowledgement nor the fence may be dropped."""

    async def run() -> None:
        script = Script(polite)

        async def answer(script: Script, packet: mqtt5.Packet) -> None:
            if isinstance(packet, mqtt5.ConnectPacket):
                script.say(connack(session_present=True), message(7))

        script.answer = answer
        server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
        inbox = Inbox()
        port = server.sockets[0].getsockname()[1]
        session = Mqtt5Session(BrokerAddress(host="127.0.0.1", port=port, client_id="c"), inbox, lambda: 1)
        put = inbox.put

        def answered_at_once(arrivals: Iterable[Arrival]) -> None:
            given = list(arrivals)
            put(given)
            for arrival in given:
                if isinstance(arrival, Connected):
                    session.publish("fence", b"1")
                elif isinstance(arrival, Message):
                    session.acknowledge([arrival.packet_id])

        inbox.put = answered_at_once  # type: ignore[method-assign]  # a line that is as quick as can be
        task = asyncio.ensure_future(session.run())
        await until(lambda: len(script.heard) == 3, "fence and acknowledgement")
        assert [type(packet) for packet in script.heard[1:]] == [mqtt5.PublishPacket, mqtt5.PubAckPacket]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        server.close()

    runs(run())


def test_packets_may_be_cut_anywhere() -> None:
    bodies = [b"", b"\x00\xff", b"x" * 300]
    stream = b"".join(message(n + 1, body).write() for n, body in enumerate(bodies))

    async def run() -> None:
        async with scripted() as (script, hearing):
            await hearing.connected()
            count = 0
            for cut in range(1, len(stream), 7):
                script.say(stream[:cut])
                await script.writer.drain()
                await asyncio.sleep(0.001)
                script.say(stream[cut:])
                count += len(bodies)
            await until(lambda: len(hearing.payloads) == count, "every packet whole")
            assert hearing.payloads == bodies * (count // len(bodies))

    runs(run())


@pytest.mark.parametrize("step", [1, 3])
def test_byte_by_byte_is_read_as_well(step: int) -> None:
    stream = connack().write()

    async def run() -> None:
        inbox = Inbox()
        address = BrokerAddress(host="h", port=1, client_id="c")
        connection = mqtt5_session._Connection(address, inbox, lambda: 5, 1)
        whole = connack(session_present=True).write() + message(3, b"y" * 200).write() + stream[:0]
        for begin in range(0, len(whole), step):
            part = whole[begin : begin + step]
            connection.get_buffer(-1)[: len(part)] = part
            connection.buffer_updated(len(part))
        heard = await inbox.take(10, within_s=0)
        assert [type(arrival) for arrival in heard] == [Connected, Message]
        connection.close()

    runs(run())


def test_a_payload_of_many_megabytes_is_read_and_its_room_given_back() -> None:
    async def run() -> None:
        async with scripted() as (script, hearing):
            await hearing.connected()
            script.say(message(1, b"z" * (5 << 20)), message(2, b"small"))
            await until(lambda: len(hearing.payloads) == 2, "both heard")
            assert [len(payload) for payload in hearing.payloads] == [5 << 20, 5]
            session = hearing.source
            assert isinstance(session, Mqtt5Session)
            assert session._connection is not None
            assert len(session._connection._buffer) == mqtt5_session.READ_BYTES

    runs(run())


REFUSALS: list[tuple[list[Any], list[Any], str]] = [
    ([connack(reason_code=mqtt5.ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD)], [], "check [mqtt] username"),
    ([connack()], [suback(*[mqtt5.SubAckReasonCode.NOT_AUTHORIZED] * (len(FILTERS) + 1))], "ACL refuses care/v1/+/+/telemetry"),
    ([connack()], [suback(mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE)], "malformed"),
    ([connack()], [mqtt5.DisconnectPacket(reason_code=mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER)], "SESSION_TAKEN_OVER"),
    ([connack()], [b"\x00\x00"], "malformed packet"),
    ([b"HTTP/1.1 400 Bad Request\r\n" + b"x" * 200], [], "malformed packet"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "word"), REFUSALS)
def test_a_refusal_is_told_with_its_reason_and_tried_again(
    first: list[Any], second: list[Any], word: str
) -> None:
    async def answer(script: Script, packet: mqtt5.Packet) -> None:
        if isinstance(packet, mqtt5.ConnectPacket):
            script.say(*first)
        elif isinstance(packet, mqtt5.SubscribePacket) and second:
            script.say(*second)

    async def run() -> None:
        async with scripted(answer) as (script, hearing):
            await until(lambda: len(hearing.of(Disconnected)) > 1, "told twice")
            assert word in hearing.of(Disconnected)[0].reason
            assert script.connections > 1

    runs(run())


def test_a_broker_that_falls_silent_is_left_since_it_was_last_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt5_session, "PING_EVERY_S", 0.1)

    async def deaf(script: Script, packet: mqtt5.Packet) -> None:
        if not isinstance(packet, mqtt5.PingReqPacket):
            await polite(script, packet)

    async def run() -> None:
        async with scripted(deaf) as (script, hearing):
            await hearing.connected()
            heard_last = next(hearing.now)
            await until(lambda: hearing.of(Disconnected), "left")
            lost = hearing.of(Disconnected)[0]
            assert "nothing heard" in lost.reason
            assert lost.since < heard_last
            assert any(isinstance(packet, mqtt5.PingReqPacket) for packet in script.heard)

    runs(run())


def test_a_full_inbox_holds_the_broker_back_and_the_connection_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the disk is full: a hub that does not read must not take the broker for dead."""
    monkeypatch.setattr(mqtt5_session, "PING_EVERY_S", 0.025)
    monkeypatch.setattr("gateway.ingest.source.INBOX_MAX", 50)
    script = Script(polite)

    async def run() -> None:
        server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
        inbox = Inbox()
        port = server.sockets[0].getsockname()[1]
        session = Mqtt5Session(BrokerAddress(host="127.0.0.1", port=port, client_id="c"), inbox, lambda: 1)
        task = asyncio.ensure_future(session.run())
        await until(lambda: len(inbox._arrivals) == 1, "connected")
        script.say(*(message(n % 65_000 + 1, b"x" * 4_000) for n in range(20_000)))
        await until(lambda: inbox.full, "full")
        pings = sum(isinstance(packet, mqtt5.PingReqPacket) for packet in script.heard)
        await until(
            lambda: sum(isinstance(p, mqtt5.PingReqPacket) for p in script.heard) > pings + 6, "still pinging"
        )
        held = len(inbox._arrivals)
        assert held < 2_000, "a read at most"
        assert script.connections == 1
        taken: list[Arrival] = []
        async with asyncio.timeout(20):
            while len(taken) < 20_001:
                taken += await inbox.take(1_000, within_s=0.05)
        assert script.connections == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        server.close()

    runs(run())


def test_a_broker_that_refuses_the_fence_is_told_to_the_operator(caplog: pytest.LogCaptureFixture) -> None:
    async def answer(script: Script, packet: mqtt5.Packet) -> None:
        await polite(script, packet)
        if isinstance(packet, mqtt5.PublishPacket):
            assert packet.packet_id is not None
            script.say(
                mqtt5.PubAckPacket(packet.packet_id, reason_code=mqtt5.PubAckReasonCode.NOT_AUTHORIZED)
            )

    async def run() -> None:
        async with scripted(answer, username="hub") as (_, hearing):
            await hearing.connected()
            hearing.source.publish("care/v1/_hub/carehub/fence", b"1")
            await until(lambda: caplog.records, "told")

    with caplog.at_level(logging.ERROR):
        runs(run())
    assert "let hub write care/v1/_hub/# in its ACL" in caplog.text


def test_a_broker_that_is_not_there_is_tried_again_and_again_with_pauses() -> None:
    async def run() -> None:
        address = BrokerAddress(
            host="127.0.0.1", port=free_port(), client_id="c", tls=True, ca_file="/nowhere"
        )
        hearing = Hearing(Mqtt5Session, address)
        await until(lambda: len(hearing.of(Disconnected)) > 2, "three times")
        assert hearing.of(Message) == []
        await hearing.stop()

    runs(run())


def test_the_password_is_in_no_word_about_the_address() -> None:
    address = BrokerAddress(host="h", port=1, client_id="c", username="u", password="s3cret", tls=True)
    assert f"{address!r} {address}" == "mqtts://h:1 mqtts://h:1"
