"""A synthetic stream, as fast as the broker takes it or at a rate, and an honest word on what was achieved.

Five devices a home (pendant, door contact, motion, SOS, radar), homes L0001 and up, all in one neighbourhood;
they report in turn. A home's devices share a connection, so that each device's messages stay in order.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from firmware_sim import wire
from firmware_sim.chance import dice
from firmware_sim.daytime import SECOND
from firmware_sim.ledger import Ledger
from firmware_sim.links import BrokerAddress, Link, new_link
from firmware_sim.places import COMMUNITY, Fitted, Home, Layout
from firmware_sim.wire import Identity, Message, Value

SITE = "load"
KIT = (
    ("pendant", "pendant", "随身", "worn"),
    ("door", "contact", "入户门", "contact"),
    ("pir", "motion", "客厅", "motion"),
    ("sos", "sos", "床头", "worn"),
    ("radar", "radar", "卫生间", "presence"),
)
METRICS_MAX = 4
IN_FLIGHT_MAX = 4_000
TICK_S = 0.005
STALLED_S = 30.0


class StalledError(TimeoutError):
    """The broker stopped acknowledging, or a connection was lost."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to publish, with QoS 1. ``rate`` in messages a second over all, 0 for as fast as possible."""

    broker: BrokerAddress = field(default_factory=BrokerAddress)
    messages: int = 100_000
    devices: int = 1_000
    connections: int = 4
    rate: float = 0.0
    metrics: int = 2
    change_share: float = 0.2
    event_every: int = 10_000
    seed: int = 7
    ledger: Path | None = None

    def layout(self) -> Layout:
        """The places of these devices, for the registry."""
        homes = range(1, -(-self.devices // len(KIT)) + 1)
        return Layout(SITE, tuple(_home(n, self.devices) for n in homes), ())

    async def run(self) -> dict[str, object]:
        """Publish everything and wait for the last PUBACK; the clock runs from the first send to it."""
        # A fresh boot id for every run: the same device and sequence number under an old one would be a duplicate.
        ledger, boot = Ledger(self.ledger), secrets.token_hex(2)
        streams = [_Stream(self, number, boot, ledger) for number in range(self.connections)]
        try:
            for stream in streams:
                await stream.open()
            began = time.monotonic()
            await self._publish(streams, began)
            seconds = time.monotonic() - began
        finally:
            for stream in streams:
                await stream.close()
            ledger.close()
        acked = sum(stream.acked_count for stream in streams)
        return {
            "published": sum(stream.sent_count for stream in streams),
            "acked": acked,
            "refused": sum(stream.refused_count for stream in streams),
            "events": sum(stream.event_count for stream in streams),
            "devices": self.devices,
            "connections": self.connections,
            "rate_asked": self.rate,
            "seconds": round(seconds, 3),
            "msgs_per_s": round(acked / seconds, 1),
        }

    async def _publish(self, streams: list[_Stream], began: float) -> None:
        heard, heard_at = 0, began
        while not all(stream.done for stream in streams):
            allowed = self.messages + 1
            if self.rate:
                allowed = int((time.monotonic() - began) * self.rate / self.connections) + 1
            for stream in streams:
                stream.grant(allowed)
            await asyncio.sleep(TICK_S)
            acked = sum(stream.acked_count + stream.refused_count for stream in streams)
            waiting = any(stream.in_flight for stream in streams)
            if acked != heard or not waiting:
                heard, heard_at = acked, time.monotonic()
            lost = next((stream.loss for stream in streams if stream.loss), None)
            if lost or time.monotonic() - heard_at > STALLED_S:
                raise StalledError(
                    f"{lost or f'{self.broker} acknowledged nothing for {STALLED_S:.0f} s'};"
                    f" {acked} of {self.messages} messages were acknowledged"
                )


class _Stream:
    """One connection's share of the load."""

    def __init__(self, load: Load, number: int, boot: str, ledger: Ledger) -> None:
        self.sent_count = self.acked_count = self.refused_count = self.event_count = self.in_flight = 0
        self.loss: str | None = None
        self._exhausted = False
        self._granted = 0
        self._link: Link = new_link(load.broker, f"care-sim-load-{load.seed}-{number}", None)
        self._window = IN_FLIGHT_MAX
        self._ledger = ledger if load.ledger is not None else None
        self._sent: dict[int, tuple[Message, float]] = {}
        self._messages = _messages(load, number, boot)

    @property
    def done(self) -> bool:
        """Everything sent and answered."""
        return self._exhausted and not self.in_flight

    async def open(self) -> None:
        await self._link.open(self, ())
        self._window = min(self._link.window, IN_FLIGHT_MAX)

    async def close(self) -> None:
        await self._link.close()

    def grant(self, total: int) -> None:
        """Allow so many messages in all, and send what is allowed."""
        self._granted = total
        self._pump()

    def acked(self, tag: int, refusal: str | None) -> None:
        self.in_flight -= 1
        sent = self._sent.pop(tag, None)
        if refusal is not None:
            self.refused_count += 1
        else:
            self.acked_count += 1
            if sent is not None and self._ledger is not None:
                self._ledger.note(*sent, time.time() * 1000)
        self._pump()

    def received(self, topic: str, payload: bytes) -> None:
        raise AssertionError(f"nothing is subscribed, yet {topic} came with {payload!r}")

    def lost(self, reason: str) -> None:
        self.loss = reason

    def _pump(self) -> None:
        if self.loss:
            return
        while self.in_flight < self._window and self.sent_count < self._granted:
            message = next(self._messages, None)
            if message is None:
                self._exhausted = True
                return
            self.sent_count += 1
            self.event_count += message.kind == "event"
            self.in_flight += 1
            if self._ledger is not None:
                self._sent[self.sent_count] = (message, time.time() * 1000)
            self._link.send(self.sent_count, message.topic, message.payload, retain=False)


class _Speaker:
    """One device of the load."""

    def __init__(self, number: int, boot: str) -> None:
        suffix, _, _, self._main = KIT[number % len(KIT)]
        self._who, self._boot, self._seq = Identity(SITE, f"L{number // len(KIT) + 1:04d}-{suffix}"), boot, 0
        self.state = suffix == "door"

    def report(self, at_ms: int, metrics: int) -> Message:
        self._seq += 1
        every: dict[str, Value] = {
            self._main: self.state,
            "battery": 90 - self._seq // 10_000,
            "rssi": -60 - self._seq % 7,
            "temperature": 21.5,
        }
        values = dict(list(every.items())[:metrics])
        return wire.telemetry(self._who, at_ms, self._boot, self._seq, values)

    def fall(self, at_ms: int) -> Message:
        self._seq += 1
        return wire.event(self._who, at_ms, self._boot, self._seq, "fall", {"confidence": 0.9})


def _messages(load: Load, number: int, boot: str) -> Iterator[Message]:
    """The connection's share of the round-robin over all devices."""
    draw, kit = dice(load.seed, "load", number), len(KIT)
    speakers = {n: _Speaker(n, boot) for n in range(load.devices) if n // kit % load.connections == number}
    for first in range(0, load.messages, load.devices):
        for device, speaker in speakers.items():
            if first + device >= load.messages:
                break
            at_ms = int(time.time() * SECOND)
            if load.event_every and (first + device + 1) % load.event_every == 0:
                yield speakers[device - device % kit].fall(at_ms)
            else:
                speaker.state ^= draw.random() < load.change_share
                yield speaker.report(at_ms, load.metrics)


def _home(number: int, devices: int) -> Home:
    home = f"L{number:04d}"
    fitted = tuple(
        Fitted(Identity(SITE, f"{home}-{suffix}"), kind, room)
        for n, (suffix, kind, room, _) in enumerate(KIT)
        if (number - 1) * len(KIT) + n < devices
    )
    contacts = (("女儿 测试甲", "13800000001"), ("儿子 测试乙", "13800000002"))
    name, address = f"压测{number}号长者", f"压测小区{number}号"
    return Home(home, f"{COMMUNITY}/压测小区", name, address, contacts, "压测数据，无须上门", fitted)
