"""Clock skew: a device's clock is ahead or behind, and may run too fast or too slow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from firmware_sim.daytime import MINUTE
from firmware_sim.faults.fault import Fault, Turned, reworded
from firmware_sim.wire import Message

PPM = 1_000_000


@dataclass(kw_only=True)
class ClockSkew(Fault):
    """``ts`` is ``by_ms`` ahead (negative: behind) and runs away by ``ppm`` millionths; a cheap quartz does 20 to 100."""

    name = "clock_skew"
    zh = "时钟偏差：设备时间快了或慢了"
    en = "The device's clock is ahead or behind"
    by_ms: int = 10 * MINUTE
    ppm: float = 0.0

    def turn(self, message: Message, at_ms: int) -> Turned:
        """The message with the device's idea of the time."""
        off_ms = self.by_ms + round((at_ms - self.from_ms) * self.ppm / PPM)
        return [(at_ms, retimed(message, off_ms))]


def retimed(message: Message, off_ms: int) -> Message:
    """The message with another ``ts``; without one it stays as it is."""

    def shift(body: dict[str, Any]) -> None:
        if "ts" in body:
            body["ts"] = max(body["ts"] + off_ms, 0)

    return reworded(message, shift) if off_ms else message
