"""Where the person is: what the front door and the sensors inside tell together.

A door says that somebody passed, not which way. What follows tells: movement inside, and somebody is in; nothing for a
quarter of an hour, and whoever passed has left. While the person has left by it, the next time the door moves is a return,
whether or not anything is seen after: somebody may come home and fall in the hall. A door that moves while a bed or a seat
is held lets others in or out.

Measured on real homes: leaving and coming home are bursts of up to four movements of the door within a minute, and after
coming home up to an hour passes before anything else is seen.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, TypeAlias

import msgspec

Where: TypeAlias = Literal["in", "out", "presumed_out", "unknown"]
Posture: TypeAlias = Literal["up", "seat", "bed"]

PRESUME_OUT_MS = 900_000  # nothing for so long after the front door: whoever passed it has left
BURST_MS = 300_000  # movements of the door this close are one passing
HELD_MAX = 8  # beds, and seats, that are followed in a home
PRESENCE_BYTES_MAX = 64 + 2 * HELD_MAX * (4 * 64 + 5)  # ids have at most 64 characters


class Leg(IntEnum):
    """What the last passing of the door means."""

    UNKNOWN = 0
    IN = 1
    LEFT = 2  # the door moved, and nothing inside since
    BACK = 3  # the door moved while the person had left, and nothing inside since


class Presence(msgspec.Struct, array_like=True, gc=False):
    """When somebody was active last (the door included), when the door moved last, and which beds and seats are held.

    ``doubt``: what has been quiet since ``active_at`` may have been the hub's not hearing; nothing is learned from it.
    """

    active_at: int = 0
    door_at: int = 0
    leg: int = 0
    beds: list[str] = msgspec.field(default_factory=list)
    seats: list[str] = msgspec.field(default_factory=list)
    doubt: bool = False

    def step_clock(self, by: int) -> None:
        """The hub's clock jumped ahead by ``by`` ms."""
        self.active_at += by if self.active_at else 0
        self.door_at += by if self.door_at else 0


_UNKNOWN, _IN, _LEFT, _BACK = (int(leg) for leg in Leg)  # an enum is slow to look up, movement by movement


def saw_inside(p: Presence, at: int) -> bool:
    """Somebody was active inside; whether that changes where the person is, or may be."""
    if at > p.active_at:
        p.active_at = at
        p.doubt = False
        if p.leg != _IN:
            p.leg = _IN
            return True
    return False


def saw_door(p: Presence, at: int) -> bool:
    """The front door moved; whether that changes where the person is, or may be."""
    if at <= p.active_at:
        return False
    burst = p.leg != _IN and p.door_at and at - p.door_at <= BURST_MS
    p.active_at = p.door_at = at
    p.doubt = False
    if not burst:
        if p.beds or p.seats:
            p.leg = _IN
        else:
            p.leg = _BACK if p.leg == _LEFT else _LEFT
    return True


def held(p: Presence, device: str, at: int, *, on: bool, bed: bool) -> bool:
    """A bed or a seat is taken or left; whether that changes where the person is, or may be."""
    names = p.beds if bed else p.seats
    if not on:
        if device in names:
            names.remove(device)
    elif device not in names and len(names) < HELD_MAX:
        names.append(device)
        names.sort()
    return saw_inside(p, at)


def forget(p: Presence, device: str) -> None:
    """The device is no longer there: it holds nobody."""
    for names in (p.beds, p.seats):
        if device in names:
            names.remove(device)


def where(p: Presence, at: int, *, away: bool = False) -> Where:
    """Where the person is at ``at``; ``away``: somebody has said that they are out."""
    if away:
        return "out"
    if p.leg == _UNKNOWN:
        return "unknown"
    if p.leg == _LEFT and at - p.door_at >= PRESUME_OUT_MS:
        return "presumed_out"
    return "in"


def next_change(p: Presence, at: int) -> int | None:
    """When ``where`` changes by time alone, in ms; None: not unless something happens."""
    due = p.door_at + PRESUME_OUT_MS
    return due if p.leg == _LEFT and due > at else None


def posture(p: Presence) -> Posture:
    """What holds the person, as far as is known: a bed, a seat or nothing."""
    return "bed" if p.beds else "seat" if p.seats else "up"
