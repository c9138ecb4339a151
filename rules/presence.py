"""Whether somebody is at home: what the front door and the sensors inside tell together. (First sketch: helper A's to replace.)"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Where: TypeAlias = Literal["in", "out", "presumed_out", "unknown"]
PRESUME_OUT_MS = 900_000


class Presence(msgspec.Struct, array_like=True):
    """When the front door moved last, when somebody was seen inside last, and which beds and seats are held."""

    door_at: int = 0
    inside_at: int = 0
    holding: list[str] = msgspec.field(default_factory=list)

    def step_clock(self, by: int) -> None:
        """The hub's clock jumped ahead by ``by`` ms."""
        self.door_at += by if self.door_at else 0
        self.inside_at += by if self.inside_at else 0


def saw_door(p: Presence, at: int) -> bool:
    """The front door moved; whether that changes where the person is, or may."""
    p.door_at = max(p.door_at, at)
    return True


def saw_inside(p: Presence, at: int) -> bool:
    """Somebody was active inside."""
    moved = p.door_at >= p.inside_at
    p.inside_at = max(p.inside_at, at)
    return moved


def held(p: Presence, device: str, on: bool, at: int) -> bool:
    """A bed or a seat is taken or left."""
    return saw_inside(p, at)


def where(p: Presence, at: int) -> Where:
    """Where the person is at ``at``."""
    if not p.door_at and not p.inside_at:
        return "unknown"
    if p.inside_at > p.door_at:
        return "in"
    return "presumed_out" if at - p.door_at >= PRESUME_OUT_MS else "in"


def next_change(p: Presence, at: int) -> int | None:
    """When ``where`` changes by time alone."""
    due = p.door_at + PRESUME_OUT_MS
    return due if p.door_at > p.inside_at and due > at else None


PRESENCE_BYTES_MAX = 2_048
