"""Fall pendant: worn around the neck, reports a fall and whether it is worn."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from firmware_sim.daytime import SECOND
from firmware_sim.devices import acceleration, fall_detector
from firmware_sim.devices.device import Device
from firmware_sim.wire import Message, Value

# How often in a usual week of wear it is knocked, put down hard or dropped into bed with: ``bump``, ``drop`` and ``flop``
# together. What ``false_per_week`` is spread over.
HANDLINGS_PER_WEEK = 35
# A pendant just taken off may still be dropped and feel it; what lies in a drawer feels nothing.
DROPPED_WITHIN_MS = 5 * SECOND


@dataclass(frozen=True, slots=True)
class Flaws:
    """What share of waking hours it is worn, of falls it detects while it is, and how many falls a week it makes up.

    AIDE-MOI, a threshold detector on 20 people of 86 years (Scheurer et al. 2019, Sensors 19:1357, doi 10.3390/s19061357):
    80 % of 31 real falls, 0.17 false alarms a week and person: taken for hard falls and for false ones. Worn: over two thirds
    of 155 clients most or all of the time, less than 8 % always (Taylor 2010, telecareaware.com, "pendant alarms"), 39 % always
    in the shower (De San Miguel and Lewin 2008, doi 10.1111/j.1741-6612.2008.00286.x): 0.7 of waking hours, off in shower and
    bed. Half of soft falls (slumping, sliding from a chair) is the project's assumption: thirteen published detectors found
    57 +- 27 % of 29 real falls (Bagala et al. 2012, doi 10.1371/journal.pone.0037062).
    """

    worn: float = 0.7
    detects_hard: float = 0.8
    detects_soft: float = 0.5
    false_per_week: float = 0.17


EXACT = Flaws(worn=1.0, detects_hard=1.0, detects_soft=1.0, false_per_week=0.0)


class Pendant(Device):
    """An accelerometer on a cord, with a skin sensor. It feels falls and handlings only while it is worn.

    ``fall`` is a test and always reported, at once. The others are felt as acceleration and judged by its firmware, which
    knows after some 13 to 30 s of lying still.
    """

    kind = "pendant"
    words = ("test", "fall", "wear", "doff", "fall_hard", "fall_soft", "bump", "drop", "flop")
    battery_life_days = 365.0
    worn = True
    flaws = EXACT
    _doffed_ms: int | None = None

    def take_usual_flaws(self, draw: Random) -> None:
        """Detect as pendants do; some people wear theirs more faithfully than others."""
        self.flaws = Flaws(worn=Flaws().worn + draw.uniform(-0.2, 0.2))

    def state(self) -> dict[str, Value]:
        """Whether somebody wears it."""
        return {"worn": self.worn}

    def sense(self, at_ms: int | None, word: str) -> list[Message]:
        """Raise a fall with its confidence (0–1), or report that it was put on or taken off."""
        match word:
            case "fall":
                return self.raise_event(at_ms, "fall", confidence=self._dice.randint(70, 98) / 100)
            case "test":
                return self.raise_event(at_ms, "test")
            case "wear" | "doff":
                return self._put(at_ms, worn=word == "wear")
            case _:
                return self._moved(at_ms, word) if self._feels(at_ms, word) else []

    def due(self, at_ms: int, what: str) -> list[Message]:
        """The fall the firmware has become sure of."""
        return self.raise_event(at_ms, "fall", confidence=int(what) / 100)

    def _put(self, at_ms: int | None, *, worn: bool) -> list[Message]:
        if worn == self.worn:
            return []
        self.worn, self._doffed_ms = worn, None if worn else at_ms
        return self.tell(at_ms, worn=worn)

    def _feels(self, at_ms: int | None, word: str) -> bool:
        if self.worn:
            return True
        just_doffed = self._doffed_ms is not None and (at_ms or 0) - self._doffed_ms <= DROPPED_WITHIN_MS
        return word == "drop" and just_doffed

    def _moved(self, at_ms: int | None, word: str) -> list[Message]:
        shares = {"fall_hard": self.flaws.detects_hard, "fall_soft": self.flaws.detects_soft}
        share = shares.get(word, self.flaws.false_per_week / HANDLINGS_PER_WEEK)
        found = fall_detector.judge(acceleration.felt(word, share, self._dice))
        if found is None:
            return []
        percent = round(100 * found.confidence)
        if at_ms is None:
            return self.raise_event(at_ms, "fall", confidence=percent / 100)
        self.later(at_ms + found.after_ms, str(percent))
        return []
