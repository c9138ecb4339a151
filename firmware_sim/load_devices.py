"""The devices of a load, and what they say in turn.

Five devices a home (pendant, door contact, motion, SOS, radar), homes L0001 and up, all in one neighbourhood.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from firmware_sim import wire
from firmware_sim.chance import dice
from firmware_sim.daytime import SECOND
from firmware_sim.devices.device import Device
from firmware_sim.places import COMMUNITY, Facility, Fitted, Home, Layout
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
RSSI = -60


@dataclass(frozen=True, slots=True)
class Speech:
    """What is said: so many readings a message, so often a change, every n-th message a fall (0: none)."""

    messages: int
    metrics: int
    change_share: float
    event_every: int
    seed: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many devices over so many connections.

    A home's devices share a connection while there are homes enough, so that its messages stay in order.
    """

    devices: int
    connections: int

    @property
    def homes(self) -> int:
        """How many homes the devices fill."""
        return -(-self.devices // len(KIT))

    @property
    def own(self) -> bool:
        """Whether each device has a connection to itself."""
        return self.connections == self.devices

    def connection_of(self, device: int) -> int:
        """Whose messages go where."""
        if self.connections > self.homes:
            return device % self.connections
        return device // len(KIT) % self.connections

    def holder(self, connection: int) -> Identity:
        """Whom a connection's birth and will speak of: the device itself, or a radio gateway."""
        return _who(connection) if self.own else Identity(SITE, f"L-GW-{connection + 1:04d}")

    def birth(self, connection: int) -> Message:
        """What the holder says of itself once it is connected."""
        at_ms = int(time.time() * SECOND)
        return wire.status(self.holder(connection), at_ms, firmware=Device.firmware, rssi=RSSI)

    def layout(self, *, gateways: bool) -> Layout:
        """The places of these devices, for the registry; ``gateways``: with what holds the connections."""
        homes = tuple(_home(n, self.devices) for n in range(1, self.homes + 1))
        if self.own or not gateways:
            return Layout(SITE, homes, ())
        hung = tuple(Fitted(self.holder(n), "gateway", "值班室") for n in range(self.connections))
        station = Facility("L-station", f"{COMMUNITY}/压测小区", "压测服务站", "压测小区", None, hung)
        return Layout(SITE, homes, (station,))

    def shares(self) -> list[list[int]]:
        """Which devices speak over each connection."""
        shares: list[list[int]] = [[] for _ in range(self.connections)]
        for device in range(self.devices):
            shares[self.connection_of(device)].append(device)
        return shares

    def places(self, mine: list[int], messages: int) -> Iterator[int]:
        """Where in the round-robin over all devices these ones' messages stand, from 0."""
        for first in range(0, messages, self.devices):
            yield from (first + device for device in mine if first + device < messages)

    def messages(self, connection: int, mine: list[int], speech: Speech, boot: str) -> Iterator[Message]:
        """What these devices say at their ``places``; each message is made, and dated, when it is asked for."""
        draw = dice(speech.seed, "load", connection)
        speakers = {n: _Speaker(n, boot) for n in mine}
        for place in self.places(mine, speech.messages):
            device = place % self.devices
            faller = self._faller(place, device, speech.event_every)
            if faller is not None:
                yield speakers[faller].fall()
            else:
                speaker = speakers[device]
                speaker.state ^= draw.random() < speech.change_share
                yield speaker.report(speech.metrics)

    def _faller(self, place: int, device: int, every: int) -> int | None:
        """The pendant that reports a fall in place of this message; one on its own connection does so at its own turn."""
        if not every:
            return None
        in_home = device % len(KIT)
        if self.connections <= self.homes:
            return device - in_home if (place + 1) % every == 0 else None
        fitted = min(len(KIT), self.devices - device)
        return device if in_home == 0 and -(place + 1) % every < fitted else None


class _Speaker:
    """One device of the load."""

    def __init__(self, number: int, boot: str) -> None:
        suffix, _, _, self._main = KIT[number % len(KIT)]
        self._who, self._boot, self._seq = _who(number), boot, 0
        self.state = suffix == "door"

    def report(self, metrics: int) -> Message:
        self._seq += 1
        every: dict[str, Value] = {
            self._main: self.state,
            "battery": 90 - self._seq // 10_000,
            "rssi": RSSI - self._seq % 7,
            "temperature": 21.5,
        }
        values = dict(list(every.items())[:metrics])
        return wire.telemetry(self._who, int(time.time() * SECOND), self._boot, self._seq, values)

    def fall(self) -> Message:
        self._seq += 1
        at_ms = int(time.time() * SECOND)
        return wire.event(self._who, at_ms, self._boot, self._seq, "fall", {"confidence": 0.9})


def _who(number: int) -> Identity:
    return Identity(SITE, f"L{number // len(KIT) + 1:04d}-{KIT[number % len(KIT)][0]}")


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
