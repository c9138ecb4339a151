"""The devices of a case: how a home or facility is fitted out, in the words of whoever writes the case."""

from __future__ import annotations

import msgspec

from gateway.mistakes import near
from gateway.rulebook.story import RESERVED
from gateway.rulebook.story_time import length_ms
from rules.state import TEXT_MAX
from rules.vocabulary import DEVICE_KINDS
from rules.world import Device

HEARTBEAT = "10m"


class Fitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device in the long form."""

    kind: str
    room: str = ""
    via: str = ""
    heartbeat: str = HEARTBEAT


USUAL_HOME: dict[str, str | Fitted] = {
    "door": "contact 入户门",
    "living": "motion 客厅",
    "bedroom": "motion 卧室",
    "toilet": "radar 卫生间",
    "pendant": "pendant",
    "sos": "sos 卧室",
}


def fitted_as(as_written: str | Fitted) -> Fitted:
    """The long form of a device that may be written in the short one, ``KIND ROOM``."""
    if isinstance(as_written, Fitted):
        return as_written
    kind, _, room = as_written.strip().partition(" ")
    return Fitted(kind, room.strip())


def device_of(name: str, key: str, fitted: Fitted) -> Device:
    """The device as the registry would have it; raises ``ValueError`` with what to write instead."""
    if not 0 < len(name) <= TEXT_MAX or name in RESERVED:
        raise ValueError(f"{name!r} means something else in a story; give the device another name")
    if fitted.kind not in DEVICE_KINDS:
        known, hint = ", ".join(DEVICE_KINDS), near(fitted.kind, DEVICE_KINDS)
        raise ValueError(f"unknown device kind {fitted.kind!r}; known are: {known}{hint}")
    return Device(name, "", key, fitted.kind, fitted.room, length_ms(fitted.heartbeat) // 1000)
