"""Radio gateways by the thousand on one event loop: each a connection with a last will, ten devices behind it.

They all break off at once, and all come back: what a power cut in a district looks like to a broker. Raw asyncio over the
``mqtt5`` codec, because a client with a thread of its own costs too much here. ``acknowledged`` is the senders' ledger.
"""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections.abc import Iterator, Sequence
from typing import cast

import mqtt5

DEVICES_EACH = 10
GATEWAYS_EACH = 5_000  # of a station: all of them, so that nothing may look through them
SITE = "lianhua"
AT_ONCE = 100  # connections being made at a time: the queue of a listening socket is short
Identity = tuple[str, str, int]


def allow_files(wanted: int) -> int:
    """Raise the limit of open files as far as this process may; gives the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = min(max(wanted, soft), hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return limit


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class RadioGateway(asyncio.Protocol):
    """One connection: the gateway's own will, and its devices' messages at QoS 1."""

    def __init__(self, number: int, devices: Sequence[str], ledger: set[Identity]) -> None:
        self.name = f"GW-{number:04d}"
        self.devices = devices
        self._ledger = ledger
        self._waiting: dict[int, Identity | None] = {}
        self._buffer = bytearray()
        self._next_id = 0
        self._seqs: dict[str, int] = {}
        self._transport: asyncio.Transport | None = None
        self.power_up = 0

    async def comes(self, host: str, port: int) -> None:
        """Connect, say that it and its devices are there, and what each of them measures."""
        loop = asyncio.get_running_loop()
        self.power_up += 1
        self._seqs.clear()
        self._buffer.clear()
        self._waiting.clear()
        self._stands: asyncio.Future[None] = loop.create_future()
        self._settled: asyncio.Future[None] = loop.create_future()
        self._gone: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(lambda: self, host, port)
        await self._stands
        self._say(self.name, "status", {"online": True}, retain=True)
        for device in self.devices:
            self._say(device, "status", {"online": True, "via": self.name}, retain=True)
            self._say(device, "telemetry", {"m": {"battery": 90}}, numbered=True)

    async def settles(self) -> None:
        """Wait for every PUBACK."""
        await self._settled

    async def drops(self) -> None:
        """Gone without a word: the broker sends the will."""
        assert self._transport is not None
        self._transport.abort()
        await self._gone

    async def leaves(self) -> None:
        """Gone with a word: no will."""
        assert self._transport is not None
        self._transport.write(mqtt5.DisconnectPacket().write())
        self._transport.close()
        await self._gone

    def _say(
        self, device: str, kind: str, body: dict[str, object], *, retain: bool = False, numbered: bool = False
    ) -> None:
        identity = None
        body = {"ts": now_ms()} | body
        if numbered:
            seq = self._seqs[device] = self._seqs.get(device, 0) + 1
            identity = (device, f"boot{self.power_up}", seq)
            body |= {"boot": identity[1], "seq": seq}
        self._next_id = self._next_id % 0xFFFF + 1
        self._waiting[self._next_id] = identity
        packet = mqtt5.PublishPacket(
            f"care/v1/{SITE}/{device}/{kind}",
            json.dumps(body).encode(),
            qos=mqtt5.QoS.AT_LEAST_ONCE,
            retain=retain,
            packet_id=self._next_id,
        )
        assert self._transport is not None
        self._transport.write(packet.write())

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        topic = f"care/v1/{SITE}/{self.name}/status"
        will = mqtt5.Will(topic, payload=b'{"online":false}', qos=mqtt5.QoS.AT_LEAST_ONCE, retain=True)
        connect = mqtt5.ConnectPacket(self.name, clean_start=True, will=will, keep_alive=600)
        self._transport.write(connect.write())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        for packet in self._packets():
            if isinstance(packet, mqtt5.ConnAckPacket):
                assert packet.reason_code == mqtt5.ConnAckReasonCode.SUCCESS, packet
                self._stands.set_result(None)
            elif isinstance(packet, mqtt5.PubAckPacket):
                identity = self._waiting.pop(packet.packet_id)
                if identity is not None:
                    self._ledger.add(identity)
                if not self._waiting and not self._settled.done():
                    self._settled.set_result(None)

    def _packets(self) -> Iterator[mqtt5.Packet]:
        done = 0
        with memoryview(bytes(self._buffer)) as view:
            while done < len(view):
                try:
                    packet, size = mqtt5.read(view[done:])
                except IndexError:
                    break
                done += size
                yield packet
        del self._buffer[:done]

    def connection_lost(self, exc: Exception | None) -> None:
        for waiting in (self._stands, self._settled):
            if not waiting.done():
                waiting.set_exception(ConnectionResetError(f"{self.name}: {exc or 'closed by the broker'}"))
                waiting.exception()
        self._gone.set_result(None)


class District:
    """All of them; ``acknowledged`` holds (device, boot, seq) of every reading PUBACKed."""

    def __init__(self, *, gateways: int, host: str, port: int) -> None:
        self.acknowledged: set[Identity] = set()
        self._host, self._port = host, port
        self.gateways = [
            RadioGateway(
                number,
                [f"D{number:04d}-{device}" for device in range(DEVICES_EACH)],
                self.acknowledged,
            )
            for number in range(1, gateways + 1)
        ]

    def registry(self, columns: str, path: str, *, heartbeat_s: int) -> str:
        """A home with ten devices for each radio gateway, and one station for up to ``GATEWAYS_EACH`` of these."""
        lines = [columns]
        for number, gateway in enumerate(self.gateways, 1):
            home = f"{SITE},{path},D{number:04d},"
            rest = f",王女士,莲花二村{number}号,,女儿 陈静,13800000001,,,密码 2580#"
            for device in gateway.devices:
                kind = "pendant" if device.endswith("-0") else "motion"
                lines.append(f"{home}{rest},{device},{kind},客厅,{heartbeat_s}")
                rest = ",,,,,,,,"
        for number, gateway in enumerate(self.gateways):
            name = f"F-{number // GATEWAYS_EACH:03d}"
            rest = (
                f"{name},服务站 {name},莲花二村1栋,,,,,,"
                if number % GATEWAYS_EACH == 0
                else f"{name},,,,,,,,"
            )
            lines.append(f"{SITE},{path},,{rest},{gateway.name},gateway,值班室,{heartbeat_s}")
        return "\n".join(lines) + "\n"

    async def come(self) -> None:
        """All connect, as many at a time as a listening socket bears, and say what they have to."""
        doors = asyncio.Semaphore(AT_ONCE)

        async def one(gateway: RadioGateway) -> None:
            async with doors:
                await gateway.comes(self._host, self._port)
            await gateway.settles()

        await asyncio.gather(*(one(gateway) for gateway in self.gateways))

    async def drop(self) -> None:
        """All at once."""
        await asyncio.gather(*(gateway.drops() for gateway in self.gateways))

    async def leave(self) -> None:
        """All, in an orderly way."""
        await asyncio.gather(*(gateway.leaves() for gateway in self.gateways))
