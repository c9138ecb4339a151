"""Duplicates: the same message comes again, byte for byte."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.daytime import MINUTE
from firmware_sim.faults.fault import Fault, Turned
from firmware_sim.wire import Message


@dataclass(kw_only=True)
class Duplicates(Fault):
    """A ``share`` (0 to 1) of readings and events comes ``times`` more, each within ``within_ms``."""

    name = "duplicates"
    zh = "重复：同一条消息收到多次"
    en = "The same message comes more than once"
    share: float = 0.5
    times: int = 1
    within_ms: int = MINUTE

    def turn(self, message: Message, at_ms: int) -> Turned:
        """The message and its copies."""
        if message.kind == "status" or self.dice.random() >= self.share:
            return [(at_ms, message)]
        again = [at_ms + self.dice.randint(0, max(self.within_ms, 0)) for _ in range(self.times)]
        return [(at_ms, message), *((later, message) for later in sorted(again))]
