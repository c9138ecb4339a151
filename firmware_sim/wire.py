"""The wire: what the simulated devices say, as topics and exact payload bytes.

All payloads are UTF-8 JSON without spaces, times epoch milliseconds, keys in the order written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

ROOT = "care/v1"
CLOCK = f"{ROOT}/_sim/clock"
ECHO = f"{ROOT}/_sim/echo"
PLAY = f"{ROOT}/_sim/play"
PLAYED = f"{ROOT}/_sim/played"

Value = bool | int | float | str
encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a device is on the wire: topic ids, and the radio gateway it is heard through (None: none)."""

    site: str
    device: str
    via: str | None = None

    @property
    def link(self) -> str:
        """The device whose MQTT connection carries this one's messages."""
        return self.via or self.device

    def topic(self, kind: str) -> str:
        """Topic of ``telemetry``, ``event``, ``status`` or ``cmd``."""
        return f"{ROOT}/{self.site}/{self.device}/{kind}"


@dataclass(frozen=True, slots=True)
class Message:
    """One publish. ``boot`` and ``seq`` are empty for status and control; ``names`` are metrics or the event type."""

    at_ms: int
    link: str
    device: str
    kind: Literal["telemetry", "event", "status", "control"]
    topic: str
    payload: bytes
    retain: bool = False
    boot: str = ""
    seq: int = 0
    names: tuple[str, ...] = ()


def telemetry(who: Identity, at_ms: int | None, boot: str, seq: int, values: dict[str, Value]) -> Message:
    """Readings of one moment; ``at_ms`` None leaves ``ts`` out, as a device without a clock does."""
    body = {**_ts(at_ms), "boot": boot, "seq": seq, "m": values}
    return Message(
        at_ms or 0,
        who.link,
        who.device,
        "telemetry",
        who.topic("telemetry"),
        encode(body),
        boot=boot,
        seq=seq,
        names=tuple(values),
    )


def event(
    who: Identity, at_ms: int | None, boot: str, seq: int, happened: str, data: dict[str, Value]
) -> Message:
    """Something that happened, such as ``fall`` or ``sos``; its id is unique over reboots."""
    body = {
        **_ts(at_ms),
        "boot": boot,
        "seq": seq,
        "id": f"{who.device}-{boot}-{seq}",
        "type": happened,
        "data": data,
    }
    return Message(
        at_ms or 0,
        who.link,
        who.device,
        "event",
        who.topic("event"),
        encode(body),
        boot=boot,
        seq=seq,
        names=(happened,),
    )


def status(who: Identity, at_ms: int, *, firmware: str, rssi: int) -> Message:
    """The retained birth message: online, with firmware version, rssi (dBm) and the radio gateway."""
    body: dict[str, Value] = {"ts": at_ms, "online": True, "fw": firmware, "rssi": rssi}
    if who.via:
        body["via"] = who.via
    return Message(at_ms, who.link, who.device, "status", who.topic("status"), encode(body), retain=True)


def last_will(who: Identity) -> Message:
    """The retained last will: offline, without a time, because the broker sends it."""
    return Message(
        0, who.link, who.device, "status", who.topic("status"), encode({"online": False}), retain=True
    )


def control(topic: str, body: dict[str, Value]) -> Message:
    """A message on a simulation topic."""
    return Message(0, "", "", "control", topic, encode(body))


def _ts(at_ms: int | None) -> dict[str, Value]:
    return {} if at_ms is None else {"ts": at_ms}
