"""Reordering: some messages take longer and are overtaken by later ones."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.daytime import MINUTE
from firmware_sim.faults.fault import Fault, Turned
from firmware_sim.wire import Message


@dataclass(kw_only=True)
class Reordering(Fault):
    """A ``share`` (0 to 1) of readings and events leaves up to ``by_ms`` later; each keeps its own time."""

    name = "reordering"
    zh = "乱序：后发生的先到，先发生的后到"
    en = "Later messages overtake earlier ones"
    share: float = 0.3
    by_ms: int = 3 * MINUTE

    def turn(self, message: Message, at_ms: int) -> Turned:
        """The message, now or later."""
        if message.kind == "status" or self.dice.random() >= self.share:
            return [(at_ms, message)]
        return [(at_ms + self.dice.randint(1, max(self.by_ms, 1)), message)]
