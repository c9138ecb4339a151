"""Motion sensor (PIR): true at a movement, false once it has re-armed."""

from __future__ import annotations

from firmware_sim.daytime import SECOND
from firmware_sim.devices.device import Device
from firmware_sim.wire import Message, Value

REARM_S = 60


class Motion(Device):
    """A passive infrared sensor, blind to more movement until nothing has moved for ``REARM_S``."""

    kind = "motion"
    words = ("motion",)
    moving = False

    def state(self) -> dict[str, Value]:
        """After power-up the sensor has seen nothing."""
        self.moving = False
        return {"motion": False}

    def sense(self, at_ms: int | None, word: str) -> list[Message]:
        """Report the first movement; later ones only push the re-arming back."""
        if at_ms is not None:
            self.wake_at_ms = at_ms + REARM_S * SECOND
        if self.moving:
            return []
        self.moving = True
        return self.tell(at_ms, **{word: True})

    def wake(self, at_ms: int) -> list[Message]:
        """Report that nothing moves any more."""
        if not self.moving or self.wake_at_ms is None or at_ms < self.wake_at_ms:
            return []
        self.moving, self.wake_at_ms = False, None
        return self.tell(at_ms, motion=False)
