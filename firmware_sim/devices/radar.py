"""Fall radar: sees whether somebody is in the room, and reports a fall."""

from __future__ import annotations

from firmware_sim.devices.device import Device
from firmware_sim.wire import Message, Value


class Radar(Device):
    """A 60 GHz radar on the ceiling of one room, on mains."""

    kind = "radar"
    words = ("enter", "leave", "fall")
    heartbeat_s = 900
    battery_life_days = None
    present = False

    def state(self) -> dict[str, Value]:
        """Whether somebody is in the room."""
        return {"presence": self.present}

    def sense(self, at_ms: int | None, word: str) -> list[Message]:
        """Raise a fall with its confidence (0–1), or report that the room was entered or left."""
        if word == "fall":
            return self.raise_event(at_ms, "fall", confidence=self._dice.randint(75, 99) / 100)
        present = word == "enter"
        if present == self.present:
            return []
        self.present = present
        return self.tell(at_ms, presence=present)
