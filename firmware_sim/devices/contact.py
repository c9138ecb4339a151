"""Door contact: says when the door opens and when it closes."""

from __future__ import annotations

from firmware_sim.devices.device import Device
from firmware_sim.wire import Message, Value


class Contact(Device):
    """A magnet on the door leaf; ``contact`` is true while the door is closed."""

    kind = "contact"
    words = ("open", "close")
    closed = True

    def state(self) -> dict[str, Value]:
        """The door as it stands."""
        return {"contact": self.closed}

    def sense(self, at_ms: int | None, word: str) -> list[Message]:
        """Report a change; a door that is already so is not reported again."""
        closed = word == "close"
        if closed == self.closed:
            return []
        self.closed = closed
        return self.tell(at_ms, contact=closed)
