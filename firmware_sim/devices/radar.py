"""Fall radar: sees whether somebody is in the room, and reports a fall; at the door it sometimes loses its track."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from firmware_sim.daytime import SECOND
from firmware_sim.devices.device import Device
from firmware_sim.wire import Message, Value

# How often somebody leaves a bathroom in a usual week: what ``false_per_week`` is spread over.
LEAVES_PER_WEEK = 45


@dataclass(frozen=True, slots=True)
class Flaws:
    """What a radar finds and makes up: shares, a rate by the week, and times in seconds (shortest, longest).

    ``detects`` of the falls in its room are reported, after ``decides_s`` of somebody on the floor; of those who leave, it
    loses the share ``loses`` at the door and takes the room for occupied ``lingers_s`` longer; some of these it takes for
    fallen, ``false_per_week`` of them where ``LEAVES_PER_WEEK`` leave. ``misses`` who enter are not seen.

    0.9 and 0.1 a week are the project's assumptions, between what laboratories and homes report: 95 to 98 % of played falls
    (4D radar, preprints.org 202504.0809; 97.9 %, Sci Rep 2026, s41598-026-40330-y, fewer where something stands between), and
    all of six natural falls in six apartments, ceiling Doppler radar (Liu et al. 2016, doi 10.3233/AIS-160388). Deciding:
    Milesight's VS373 confirms for 50 s, recommended 30 to 60; others may be set from 5 s on. Lingering: 30 s to 5 min after
    somebody has left unseen (github.com/EverythingSmartHome/everything-presence-lite, issue 233). Shares lost and missed
    are assumptions.
    """

    detects: float = 0.9
    false_per_week: float = 0.1
    loses: float = 0.06
    misses: float = 0.01
    decides_s: tuple[int, int] = (10, 60)
    lingers_s: tuple[int, int] = (30, 300)


EXACT = Flaws(detects=1.0, false_per_week=0.0, loses=0.0, misses=0.0)


class Radar(Device):
    """A 60 GHz radar on the ceiling of one room, on mains."""

    kind = "radar"
    words = ("enter", "leave", "fall", "fall_hard", "fall_soft")
    heartbeat_s = 900
    battery_life_days = None
    present = False
    flaws = EXACT

    def take_usual_flaws(self, draw: Random) -> None:
        """See as fall radars do; how often one loses its track depends on where it hangs."""
        self.flaws = Flaws(loses=draw.uniform(0.5, 1.5) * Flaws().loses)

    def state(self) -> dict[str, Value]:
        """Whether somebody is in the room."""
        return {"presence": self.present}

    def sense(self, at_ms: int | None, word: str) -> list[Message]:
        """Report who comes and goes; raise a fall with its confidence (0–1) once it is sure of it.

        ``fall`` is reported at once and always: somebody tries it out.
        """
        match word:
            case "fall":
                return self._fallen(at_ms, 75, 99)
            case "enter":
                return self._enter(at_ms)
            case "leave":
                return self._leave(at_ms)
            case _:
                return self._fall(at_ms)

    def due(self, at_ms: int, what: str) -> list[Message]:
        """What it has become sure of: somebody lies there, or seems to, or nobody is there any more."""
        match what:
            case "vacant":
                self.present = False
                return self.tell(at_ms, presence=False)
            case "lies":
                return self._fallen(at_ms, 75, 99)
            case _:
                return self._fallen(at_ms, 60, 95)

    def _enter(self, at_ms: int | None) -> list[Message]:
        self.forget("vacant", "seems")  # whoever was lost is found
        if self.present or (self.flaws.misses and self._dice.random() < self.flaws.misses):
            return []
        self.present = True
        return self.tell(at_ms, presence=True)

    def _leave(self, at_ms: int | None) -> list[Message]:
        self.forget("lies")  # whoever walks out has got up
        if not self.present:
            return []
        false = self.flaws.false_per_week / LEAVES_PER_WEEK
        loses = max(self.flaws.loses, false)
        if at_ms is not None and loses and (found := self._dice.random()) < loses:
            self.later(at_ms + self._dice.randint(*self.flaws.lingers_s) * SECOND, "vacant")
            if found < false:
                self.later(at_ms + self._dice.randint(*self.flaws.decides_s) * SECOND, "seems")
            return []
        self.present = False
        return self.tell(at_ms, presence=False)

    def _fall(self, at_ms: int | None) -> list[Message]:
        if self._dice.random() >= self.flaws.detects:
            return []
        if at_ms is None:
            return self._fallen(at_ms, 75, 99)
        self.later(at_ms + self._dice.randint(*self.flaws.decides_s) * SECOND, "lies")
        return []

    def _fallen(self, at_ms: int | None, lowest: int, highest: int) -> list[Message]:
        return self.raise_event(at_ms, "fall", confidence=self._dice.randint(lowest, highest) / 100)
