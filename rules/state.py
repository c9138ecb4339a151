"""What the rules remember of one key (a home or a facility). Serialised as it stands; its size is bounded by the world.

States are trees, never cyclic: ``gc=False`` keeps a city's millions of parts from the garbage collector's sight. So do tuples
of numbers, which it soon looks away from; of lists it looks at every one.
"""

from __future__ import annotations

import msgspec

from rules import headcount as counting
from rules.events import Value
from rules.habit import HABIT_BYTES_MAX, Habit
from rules.headcount import Headcount
from rules.identity import BOOTS_MAX, EVENT_IDS_MAX, RANGES_MAX, Boot, remember, seen
from rules.modes import Mode
from rules.presence import PRESENCE_BYTES_MAX, Presence

STATE_VERSION = 2  # the shape of the bytes: a snapshot of another version is not read
NEVER = 1 << 62
PAST_MAX = 32  # times a condition may remember
TEXT_MAX = 64  # characters of an id, a metric's name or a text value that the state keeps


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One thing a device said: ``what`` is a metric or ``event.<type>``, ``at`` when it was observed."""

    device: str
    what: str
    value: Value
    at: int


class Slot(msgspec.Struct, array_like=True, gc=False):
    """The memory of one condition about one subject.

    ``since``: the condition holds from then on (0: it does not). ``due``: a lower bound of its next deadline (0: none).
    ``alert``: id of the alert that stands for it (empty: none). ``cause``: what began it. ``held``: since when it stands
    (0: it does not). ``past``: times with values, for what needs more than one. ``held_back``: a mode keeps it
    from people.
    """

    since: int = 0
    due: int = 0
    alert: str = ""
    event: str = ""
    cause: Fact | None = None
    held: int = 0
    past: tuple[tuple[int, float], ...] = ()
    held_back: bool = False


class Latest(msgspec.Struct, array_like=True, gc=False):
    """The newest value of a metric: when it was last reported, and since when it has been this."""

    at: int
    value: Value
    changed_at: int


class DeviceState(msgspec.Struct, array_like=True, gc=False):
    """What is known of one device. ``credit`` ms are added to its silence: the time the hub itself could not hear.

    ``latest`` holds only metrics that rules watch; ``away`` is how many ms it had been missing when it came back.
    ``active_at`` is when it last saw somebody do something, ``active_by`` the metric that said so ('' before the first).
    """

    heard_at: int
    online: bool = True
    changed_at: int = 0
    via: str = ""
    credit: int = 0
    missing: bool = False  # a silence alert stands
    boots: list[Boot] = msgspec.field(default_factory=list)
    ids: list[str] = msgspec.field(default_factory=list)
    latest: dict[str, Latest] = msgspec.field(default_factory=dict)
    away: int = 0
    active_at: int = 0
    active_by: str = ""
    boot: str = ""  # the power-up it is in, and how far that has counted without a gap: ahead of ``boots``
    seq: int = 0


class Link(msgspec.Struct, array_like=True, gc=False):
    """A radio gateway as its devices' home sees it, since ``at``; ``away`` ms it had been off when it came back."""

    online: bool
    at: int
    away: int = 0


class Agenda(msgspec.Struct, array_like=True, gc=False):
    """Deadlines in order, where there are many: see ``rules.agenda``. ``behind``: devices of each radio gateway."""

    seen: list[tuple[int, str]] = msgspec.field(default_factory=list)
    quiet: list[tuple[int, str]] = msgspec.field(default_factory=list)
    standing: dict[str, int] = msgspec.field(default_factory=dict)
    behind: dict[str, int] = msgspec.field(default_factory=dict)


class KeyState(msgspec.Struct, array_like=True, gc=False):
    """Everything the rules remember of one key. ``wake`` is a lower bound of the next deadline.

    ``slots`` holds only those in use (see ``slot_of``); ``waiting`` names those that ask for every activity;
    ``silence_due`` is a lower bound of when the first device counts as silent; where there are many devices ``agenda`` has it,
    which is not stored.
    """

    key: str
    stamp: int = 0  # the latest moment this key has been told of
    wake: int = NEVER
    lost_at: int = 0  # the feed is lost since then (0: it is not)
    devices: dict[str, DeviceState] = msgspec.field(default_factory=dict)
    slots: dict[str, Slot] = msgspec.field(default_factory=dict)
    gateways: dict[str, Link] = msgspec.field(default_factory=dict)
    silence_due: int = 0
    waiting: list[str] = msgspec.field(default_factory=list)
    presence: Presence = msgspec.field(default_factory=Presence)
    habit: Habit = msgspec.field(default_factory=Habit)
    mode: Mode | None = None
    agenda: Agenda | None = None
    headcount: Headcount | None = None  # of a facility, once a counter or a person has said something


def remember_message(device: DeviceState, boot: str, seq: int) -> bool:
    """Put a message into the device's memory; False when it was there already."""
    if device.boot:
        if has_message(device, boot, seq):
            return False
        device.boots[-1].seen_until(device.seq)
    remember(device.boots, boot, seq)
    newest = device.boots[-1]
    device.boot, device.seq = newest.name, newest.ends[-1]
    return True


def has_message(device: DeviceState, boot: str, seq: int) -> bool:
    """Whether the message is in the device's memory."""
    if device.boot and boot == device.boot and seq >= device.boots[-1].starts[-1]:
        return seq <= device.seq
    return seen(device.boots, boot, seq)


def highest_message(device: DeviceState, boot: str) -> int | None:
    """The highest number in the device's memory of that power-up; None where nothing of it is."""
    if device.boot and boot == device.boot:
        return max(device.seq, device.boots[-1].ends[-1])
    return next((known.ends[-1] for known in device.boots if known.name == boot), None)


def slot_of(state: KeyState, name: str) -> Slot:
    """The slot of that name; an empty one is put there if it is not in use."""
    slot = state.slots.get(name)
    if slot is None:
        slot = state.slots[name] = Slot()
    return slot


def encode(state: KeyState) -> bytes:
    """The state as bytes (MessagePack), without what is empty; ``decode`` gives a state that judges alike."""
    used = {name: slot for name, slot in sorted(state.slots.items()) if slot != EMPTY}
    return _encoder.encode(msgspec.structs.replace(state, slots=used, agenda=None))


def decode(body: bytes) -> KeyState:
    """The state from its bytes; raises ``msgspec.DecodeError`` on anything else."""
    return _decoder.decode(body)


def bytes_max(devices: int, slots: int, metrics: int) -> int:
    """The declared bound of the serialised size, from the number of devices, slots and watched (device, metric) pairs."""
    text = 4 * TEXT_MAX + 5  # UTF-8, with its length
    boot = 3 * 5 + text + RANGES_MAX * 2 * 9
    fact = 5 + 3 * text + max(9, text)
    latest = 5 + text + 18 + max(9, text)
    device = 10 * 9 + 4 * text + BOOTS_MAX * boot + EVENT_IDS_MAX * text + 3 * 5
    slot = 5 + 4 * 9 + 4 * text + fact + PAST_MAX * 19
    link = text + 5 + 19
    mode = 5 + 18 + 2 * text
    whole = 64 + text + PRESENCE_BYTES_MAX + HABIT_BYTES_MAX + mode
    whole += counting.bytes_max(devices, text)
    return whole + devices * (device + link) + slots * (slot + text) + metrics * latest


EMPTY = Slot()
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(KeyState)
