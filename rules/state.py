"""What the rules remember of one key (a home or a facility). Serialised as it stands; its size is bounded by the world."""

from __future__ import annotations

import msgspec

from rules.events import Value
from rules.identity import BOOTS_MAX, EVENT_IDS_MAX, RANGES_MAX, Boot

STATE_VERSION = 1  # the shape of the bytes: a snapshot of another version is not read
NEVER = 1 << 62
TEXT_MAX = 64  # characters of an id, a metric's name or a text value that the state keeps


class Fact(msgspec.Struct, frozen=True, array_like=True):
    """One thing a device said: ``what`` is a metric or ``event.<type>``, ``at`` when it was observed."""

    device: str
    what: str
    value: Value
    at: int


class Slot(msgspec.Struct, array_like=True):
    """The memory of one rule about one subject.

    ``since``: the condition holds from then on (0: it does not). ``due``: not to be settled before then (0: nothing to
    settle). ``alert``: id of the alert that stands for it (empty: none). ``cause``: what began it.
    """

    since: int = 0
    due: int = 0
    alert: str = ""
    event: str = ""
    cause: Fact | None = None


class DeviceState(msgspec.Struct, array_like=True):
    """What is known of one device. ``credit`` ms are added to its silence: the time the hub itself could not hear.

    ``latest`` holds only metrics that rules watch; ``away`` is how many ms it had been missing when it came back.
    """

    heard_at: int
    online: bool = True
    changed_at: int = 0
    via: str = ""
    credit: int = 0
    missing: bool = False  # a silence alert stands
    boots: list[Boot] = msgspec.field(default_factory=list)
    ids: list[str] = msgspec.field(default_factory=list)
    latest: dict[str, tuple[int, Value]] = msgspec.field(default_factory=dict)
    away: int = 0


class Link(msgspec.Struct, array_like=True):
    """A radio gateway as its devices' home sees it, since ``at``; ``away`` ms it had been off when it came back."""

    online: bool
    at: int
    away: int = 0


class KeyState(msgspec.Struct, array_like=True):
    """Everything the rules remember of one key. ``wake`` is a lower bound of the next deadline."""

    key: str
    stamp: int = 0  # the latest moment this key has been told of
    wake: int = NEVER
    lost_at: int = 0  # the feed is lost since then (0: it is not)
    devices: dict[str, DeviceState] = msgspec.field(default_factory=dict)
    slots: dict[str, Slot] = msgspec.field(default_factory=dict)
    gateways: dict[str, Link] = msgspec.field(default_factory=dict)


def encode(state: KeyState) -> bytes:
    """The state as bytes (MessagePack); ``decode`` gives an equal state."""
    return _encoder.encode(state)


def decode(body: bytes) -> KeyState:
    """The state from its bytes; raises ``msgspec.DecodeError`` on anything else."""
    return _decoder.decode(body)


def bytes_max(devices: int, slots: int, metrics: int) -> int:
    """The declared bound of the serialised size, from the number of devices, slots and watched (device, metric) pairs."""
    text = 4 * TEXT_MAX + 5  # UTF-8, with its length
    boot = 3 * 5 + text + RANGES_MAX * 2 * 9
    device = 7 * 9 + 2 * text + BOOTS_MAX * boot + EVENT_IDS_MAX * text + 3 * 5
    fact = 5 + 3 * text + max(9, text)
    slot = 5 + 3 * 9 + 3 * text + fact
    latest = 5 + text + 9 + max(9, text)
    link = text + 5 + 19
    return 64 + text + devices * (device + link) + slots * slot + metrics * latest


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(KeyState)
