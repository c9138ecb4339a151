"""Fall pendant: worn around the neck, reports a fall and whether it is worn."""

from __future__ import annotations

from firmware_sim.devices.device import Device
from firmware_sim.wire import Message, Value


class Pendant(Device):
    """An accelerometer on a cord, with a skin sensor."""

    kind = "pendant"
    words = ("fall", "wear", "doff")
    battery_life_days = 365.0
    worn = True

    def state(self) -> dict[str, Value]:
        """Whether somebody wears it."""
        return {"worn": self.worn}

    def sense(self, at_ms: int | None, word: str) -> list[Message]:
        """Raise a fall with its confidence (0–1), or report that it was put on or taken off."""
        if word == "fall":
            return self.raise_event(at_ms, "fall", confidence=self._dice.randint(70, 98) / 100)
        worn = word == "wear"
        if worn == self.worn:
            return []
        self.worn = worn
        return self.tell(at_ms, worn=worn)
