"""Occupancy counter: counts people in and out of a facility's door."""

from __future__ import annotations

from firmware_sim.devices.device import Device
from firmware_sim.wire import Message, Value


class Counter(Device):
    """A battery-powered beam pair over the door; keeps its own head count, which never goes below zero."""

    kind = "counter"
    words = ("enter", "leave")
    heartbeat_s = 300
    battery_life_days = 900.0
    occupancy = 0
    entered = 0
    left = 0

    def state(self) -> dict[str, Value]:
        """Head count, and people in and out since power-up."""
        return {"occupancy": self.occupancy, "in": self.entered, "out": self.left}

    def heartbeat(self, at_ms: int) -> list[Message]:
        """The sign of life, with the figures: an empty room is a figure too."""
        return self.tell(at_ms, **self._vitals(at_ms), **self.state()) if self.powered else []

    def sense(self, at_ms: int | None, word: str) -> list[Message]:
        """Count one person and report all three figures."""
        if word == "enter":
            self.entered += 1
            self.occupancy += 1
        else:
            self.left += 1
            self.occupancy = max(self.occupancy - 1, 0)
        return self.tell(at_ms, **self.state())
