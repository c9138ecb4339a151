"""Clock jumps: the clock is set wrong, set right, and set wrong again."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.daytime import HOUR, MINUTE
from firmware_sim.faults.clock_skew import retimed
from firmware_sim.faults.fault import Fault, Turned
from firmware_sim.wire import Message


@dataclass(kw_only=True)
class ClockJump(Fault):
    """Every ``every_ms`` the clock jumps by ``by_ms`` and back again; ``year_1970``: it begins at 1 January 1970 instead.

    1970 is what a clock without a battery says until a time server answers.
    """

    name = "clock_jump"
    zh = "时钟跳变：设备时间忽然跳走又跳回"
    en = "The device's clock jumps away and back"
    by_ms: int = -HOUR
    every_ms: int = 10 * MINUTE
    year_1970: bool = False

    def turn(self, message: Message, at_ms: int) -> Turned:
        """The message as the clock stands then."""
        if (at_ms - self.from_ms) // max(self.every_ms, 1) % 2:
            return [(at_ms, message)]
        return [(at_ms, retimed(message, -self.from_ms if self.year_1970 else self.by_ms))]
