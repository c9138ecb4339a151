"""Motion sensor (PIR): true at a movement, false once it has re-armed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from firmware_sim.daytime import SECOND
from firmware_sim.devices.device import Device
from firmware_sim.wire import Message, Value


@dataclass(frozen=True, slots=True)
class Flaws:
    """How long a sensor is blind after the last movement (s), and what share of movements before it goes unseen.

    Re-arming: 30 s (SwitchBot), 60 s (Netvox), 240 s (Aeotec MultiSensor 7) by their makers' manuals. A lens sees who walks
    across its beams, hardly who walks towards it or only moves their hands; the share is an assumption, and small, since
    what is felt as ``motion`` is already a movement of the body.
    """

    rearm_s: int = 60
    misses: float = 0.02


EXACT = Flaws(misses=0.0)


class Motion(Device):
    """A passive infrared sensor, blind to more movement until nothing has moved for ``flaws.rearm_s``."""

    kind = "motion"
    words = ("motion",)
    moving = False
    flaws = EXACT

    def take_usual_flaws(self, draw: Random) -> None:
        """Be of one of the common makes, and hung more or less well."""
        self.flaws = Flaws(
            rearm_s=draw.choice((30, 60, 60, 60, 120, 240)), misses=draw.uniform(0.0, 2.0) * Flaws().misses
        )

    def state(self) -> dict[str, Value]:
        """After power-up the sensor has seen nothing."""
        self.moving = False
        return {"motion": False}

    def sense(self, at_ms: int | None, word: str) -> list[Message]:
        """Report the first movement; later ones only push the re-arming back."""
        if self.flaws.misses and self._dice.random() < self.flaws.misses:
            return []
        if at_ms is not None:
            self.forget("rearm")
            self.later(at_ms + self.flaws.rearm_s * SECOND, "rearm")
        if self.moving:
            return []
        self.moving = True
        return self.tell(at_ms, **{word: True})

    def due(self, at_ms: int, what: str) -> list[Message]:
        """Report that nothing moves any more: the sensor has re-armed."""
        del what
        self.moving = False
        return self.tell(at_ms, motion=False)
