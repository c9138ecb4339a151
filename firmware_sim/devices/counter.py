"""Occupancy counter: counts people in and out of a facility's door, and miscounts as its kind does."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from firmware_sim.devices.device import Device
from firmware_sim.wire import Message, Value

ABREAST_MS = 1_200  # who follows so close may be taken for the same person


@dataclass(frozen=True, slots=True)
class Flaws:
    """What share of people a counter misses on their way in and out, counts twice, and misses of those close behind another.

    Vendors claim 80 % (a beam in difficult conditions) to 98 % (the best) of people counted right; none is exact unless it
    says so.
    """

    misses_in: float = 0.0
    misses_out: float = 0.0
    doubles: float = 0.0
    abreast: float = 0.0


EXACT = Flaws()


def usual_flaws(draw: Random) -> Flaws:
    """A counter as they hang over doors: 94 to 99 % right for single people, worse where two come side by side.

    Each way by itself: people come in one by one and leave in a group, or the sun stands in one beam of the pair.
    """
    return Flaws(
        misses_in=draw.uniform(0.005, 0.04), misses_out=draw.uniform(0.005, 0.04),
        doubles=draw.uniform(0.0, 0.015), abreast=draw.uniform(0.05, 0.25),
    )  # fmt: skip


class Counter(Device):
    """A battery-powered beam pair over the door; keeps its own head count, which never goes below zero.

    ``bits`` is how wide its figures are (None: wide enough for good): after the last one comes 0 again. While something
    covers it, it goes on reporting and counts nobody.
    """

    kind = "counter"
    words = ("enter", "leave", "cover", "uncover")
    heartbeat_s = 300
    battery_life_days = 900.0
    occupancy = 0
    entered = 0
    left = 0
    flaws = EXACT
    bits: int | None = None
    covered = False
    _passed_ms = -ABREAST_MS

    def take_usual_flaws(self, draw: Random) -> None:
        """Miss and double as counters over doors do."""
        self.flaws = usual_flaws(draw)

    def state(self) -> dict[str, Value]:
        """Head count, and people in and out since power-up."""
        if self.bits is None:
            return {"occupancy": self.occupancy, "in": self.entered, "out": self.left}
        return {
            "occupancy": self.occupancy,
            "in": self.entered % (1 << self.bits),
            "out": self.left % (1 << self.bits),
        }

    def at_heartbeat(self) -> dict[str, Value]:
        """The figures: an empty room is a figure too."""
        return self.state()

    def sense(self, at_ms: int | None, word: str) -> list[Message]:
        """Count one person, none or two, and report all three figures."""
        if word in {"cover", "uncover"}:
            self.covered = word == "cover"
            return []
        people = self._seen(at_ms or 0, word)
        if not people:
            return []
        if word == "enter":
            self.entered += people
            self.occupancy += people
        else:
            self.left += people
            self.occupancy = max(self.occupancy - people, 0)
        return self.tell(at_ms, **self.state())

    def _seen(self, at_ms: int, word: str) -> int:
        if self.covered:
            return 0
        flaws = self.flaws
        if flaws == EXACT:
            return 1
        behind, self._passed_ms = at_ms - self._passed_ms, at_ms
        misses = flaws.misses_in if word == "enter" else flaws.misses_out
        if behind < ABREAST_MS:
            misses += flaws.abreast
        if self._dice.random() < misses:
            return 0
        return 2 if self._dice.random() < flaws.doubles else 1

    def _boot(self) -> None:
        super()._boot()
        self.occupancy = self.entered = self.left = 0
