"""Stove sensor: says when the hob is hot and when it is cold again."""

from __future__ import annotations

from firmware_sim.devices.device import Device
from firmware_sim.wire import Message, Value


class Stove(Device):
    """A heat sensor over the hob, on mains; ``stove`` is true while something is on."""

    kind = "stove"
    words = ("on", "off")
    heartbeat_s = 3600
    battery_life_days = None
    hot = False

    def state(self) -> dict[str, Value]:
        """Whether the hob is hot."""
        return {"stove": self.hot}

    def sense(self, at_ms: int | None, word: str) -> list[Message]:
        """Report a change; a hob that is already so is not reported again."""
        hot = word == "on"
        if hot == self.hot:
            return []
        self.hot = hot
        return self.tell(at_ms, stove=hot)
