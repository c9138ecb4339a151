"""SOS button: one press, one event."""

from __future__ import annotations

from firmware_sim.devices.device import Device
from firmware_sim.wire import Message


class Sos(Device):
    """A button on the wall or by the bed."""

    kind = "sos"
    words = ("sos", "test")
    battery_life_days = 900.0

    def sense(self, at_ms: int | None, word: str) -> list[Message]:
        """Raise the call, or say that somebody tries it out."""
        return self.raise_event(at_ms, word)
