"""Flapping radio: a device is heard, is not, is heard again."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.daytime import MINUTE, SECOND
from firmware_sim.faults.fault import Fault, Turned
from firmware_sim.wire import Message


@dataclass(kw_only=True)
class FlappingRadio(Fault):
    """In each ``every_ms`` it is off for ``off_ms``: what is said comes after, but for the share (0 to 1) it ``loses``."""

    name = "flapping_radio"
    zh = "信号时断时续：设备一会儿收得到一会儿收不到"
    en = "A device's radio comes and goes"
    every_ms: int = 2 * MINUTE
    off_ms: int = 45 * SECOND
    loses: float = 0.1

    def turn(self, message: Message, at_ms: int) -> Turned:
        """The message now, when the radio is on again, or never."""
        into_ms = (at_ms - self.from_ms) % max(self.every_ms, 1)
        if into_ms >= self.off_ms or message.kind == "status":  # a birth is the gateway's word
            return [(at_ms, message)]
        if message.kind != "event" and self.dice.random() < self.loses:
            return []
        return [(min(at_ms - into_ms + self.off_ms, self.to_ms), message)]
