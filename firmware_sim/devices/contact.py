"""Door contact: says when the door opens and when it closes, and rarely stutters."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from firmware_sim.devices.device import Device
from firmware_sim.wire import Message, Value

STUTTERS_MS = 80, 900  # after the door moved; shorter ones the firmware's debounce takes away


@dataclass(frozen=True, slots=True)
class Flaws:
    """What share of door movements is followed by one more open and close (or the reverse) within a second.

    The reed itself bounces for 0.5 to 1 ms (reed-sensor.com, glossary: bounce time), which any debounce takes away. What
    comes through is the door: it springs back a little when it falls shut, and the sensor triggers twice
    (github.com/Koenkk/zigbee2mqtt, issue 1511). The share is an assumption.
    """

    bounces: float = 0.02


EXACT = Flaws(bounces=0.0)


class Contact(Device):
    """A magnet on the door leaf; ``contact`` is true while the door is closed."""

    kind = "contact"
    words = ("open", "close")
    closed = True
    flaws = EXACT

    def take_usual_flaws(self, draw: Random) -> None:
        """Stutter as door contacts do."""
        self.flaws = Flaws(bounces=draw.uniform(0.5, 1.5) * Flaws().bounces)

    def state(self) -> dict[str, Value]:
        """The door as it stands."""
        return {"contact": self.closed}

    def sense(self, at_ms: int | None, word: str) -> list[Message]:
        """Report a change; a door that is already so is not reported again."""
        closed = word == "close"
        if closed == self.closed:
            return []
        self.closed = closed
        self.forget("away", "back")
        if at_ms is not None and self.flaws.bounces and self._dice.random() < self.flaws.bounces:
            away, back = sorted(self._dice.sample(range(*STUTTERS_MS), 2))
            self.later(at_ms + away, "away")
            self.later(at_ms + back, "back")
        return self.tell(at_ms, contact=closed)

    def due(self, at_ms: int, what: str) -> list[Message]:
        """The stutter: away from where the door is, and back."""
        return self.tell(at_ms, contact=self.closed == (what == "back"))
