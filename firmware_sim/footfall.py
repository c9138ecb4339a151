"""Who comes to a facility and goes, by which door and when: the truth that its counters are measured by.

Five kinds, as a district has them. Days differ (weather, an event), people come in groups, go out for a smoke and come back,
and a cleaner comes before it opens. All figures are plausible ones, not measured; a real entrance is CalIt2 (docs/adr/0034).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from firmware_sim.chance import dice
from firmware_sim.daytime import MINUTE, SECOND, midnight_ms

DAYS_DIFFER_SD = 0.25  # of the logarithm of a day's visits
CLOSED_DAYS = 0.03  # nobody has told the hub: repairs, a typhoon
SHORT_LEAVES = 0.12  # of visitors who go out for some minutes and come back
LAST_OUT_MIN = 10  # until after closing


@dataclass(frozen=True, slots=True)
class Rush:
    """A time at which people arrive: around a minute of the day, give or take, with its share of the day's visits."""

    minute: int
    spread: int
    share: float


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of facility. ``doors`` are the shares of entries and of exits by each door; stays in minutes."""

    name: str
    opens: int
    closes: int
    weekend: float
    visits: float
    stays: tuple[int, int]
    rushes: tuple[Rush, ...]
    groups: float
    doors: tuple[tuple[float, float], ...]
    leave_together: bool = False
    cleaner: bool = False


HALL = Kind(
    "hall", 510, 1080, 0.8, 130, (20, 150), (Rush(570, 50, 0.4), Rush(870, 60, 0.6)), 0.3, ((0.7, 0.7), (0.3, 0.3))
)  # fmt: skip
CANTEEN = Kind(
    "canteen", 600, 1170, 0.7, 260, (18, 45), (Rush(690, 20, 0.65), Rush(1050, 25, 0.35)), 0.4, ((1.0, 0.0), (0.0, 1.0)),
)  # fmt: skip
STATION = Kind(
    "station", 510, 1050, 0.0, 70, (5, 90), (Rush(600, 90, 0.6), Rush(900, 70, 0.4)), 0.15, ((1.0, 1.0),)
)
CLASSROOM = Kind(
    "classroom", 540, 1020, 0.3, 45, (70, 100), (Rush(565, 7, 0.55), Rush(865, 7, 0.45)), 0.25, ((1.0, 1.0),),
    leave_together=True,
)  # fmt: skip
CENTRE = Kind(
    "centre", 420, 1320, 1.2, 420, (15, 140), (Rush(600, 70, 0.3), Rush(900, 80, 0.3), Rush(1170, 45, 0.4)), 0.35,
    ((0.5, 0.45), (0.3, 0.25), (0.2, 0.3)), cleaner=True,
)  # fmt: skip
KINDS_OF_FACILITY = (HALL, CANTEEN, STATION, CLASSROOM, CENTRE)


@dataclass(frozen=True, slots=True)
class Passage:
    """One person passes one door."""

    at_ms: int
    door: int
    word: str


class Footfall:
    """All passages of some days, in order of time, and how many people were there at any moment."""

    def __init__(self, kind: Kind, name: str, first: date, days: int, *, seed: int) -> None:
        self.kind = kind
        self.passages = sorted(
            (each for n in range(days) for each in _day(kind, name, first + timedelta(days=n), seed)),
            key=lambda each: (each.at_ms, each.word, each.door),
        )
        self._times = [each.at_ms for each in self.passages]
        self._people = [0]
        for each in self.passages:
            self._people.append(self._people[-1] + (1 if each.word == "enter" else -1))

    def people_at(self, at_ms: int) -> int:
        """How many people are there at that moment."""
        return self._people[bisect_right(self._times, at_ms)]

    def is_open(self, at_ms: int, day: date) -> bool:
        """Whether it is open by its hours; ``day`` is the local date of the moment."""
        if day.isoweekday() > 5 and not self.kind.weekend:  # noqa: PLR2004 Friday
            return False
        minute = (at_ms - midnight_ms(day)) // MINUTE
        return self.kind.opens <= minute < self.kind.closes


def _day(kind: Kind, name: str, day: date, seed: int) -> Iterator[Passage]:
    draw, midnight = dice(seed, name, "footfall", day), midnight_ms(day)
    weekend = day.isoweekday() > 5  # noqa: PLR2004 Friday
    busy = draw.lognormvariate(-(DAYS_DIFFER_SD**2) / 2, DAYS_DIFFER_SD)
    wanted = kind.visits * busy * (kind.weekend if weekend else 1.0)
    if draw.random() < CLOSED_DAYS or not wanted:
        return
    if kind.cleaner:
        come = kind.opens - draw.randint(40, 70)
        yield from _visit(kind, draw, midnight, come * 60.0, draw.uniform(25, 40) * 60, kind.opens * 60.0)
    ends = {rush: (rush.minute + draw.uniform(*kind.stays)) * 60 for rush in kind.rushes}
    closing = (kind.closes + LAST_OUT_MIN) * 60.0
    came = 0
    while came < wanted:
        rush = draw.choices(kind.rushes, [each.share for each in kind.rushes])[0]
        second = draw.gauss(rush.minute, rush.spread) * 60
        if not kind.opens * 60 <= second < (kind.closes - 5) * 60:
            continue
        people = 1 + (draw.random() < kind.groups) * draw.choices((1, 2, 3), (6, 3, 1))[0]
        stay = draw.uniform(*kind.stays) * 60
        if kind.leave_together:
            stay = max(ends[rush] + draw.expovariate(1 / 120) - second, 60.0)
        for _ in range(people):
            yield from _visit(kind, draw, midnight, second, stay, closing)
            second, stay = second + draw.uniform(0.3, 2.5), stay + draw.uniform(-0.5, 0.5)
        came += people


def _visit(
    kind: Kind, draw: Random, midnight: int, enters: float, stay: float, closing: float
) -> Iterator[Passage]:
    """Comes in, perhaps goes out for a while, and leaves, at the latest when it has closed (seconds of the day)."""
    leaves = max(min(enters + stay, closing - draw.uniform(0, LAST_OUT_MIN * 60)), enters + 10)
    yield _passage(kind, draw, midnight, enters, "enter")
    out, back = enters + draw.uniform(0.2, 0.6) * stay, draw.uniform(2, 10) * 60
    if draw.random() < SHORT_LEAVES and out + back < leaves - 60:
        yield _passage(kind, draw, midnight, out, "leave")
        yield _passage(kind, draw, midnight, out + back, "enter")
    yield _passage(kind, draw, midnight, leaves, "leave")


def _passage(kind: Kind, draw: Random, midnight: int, second: float, word: str) -> Passage:
    shares = [door[word == "leave"] for door in kind.doors]
    door = draw.choices(range(len(shares)), shares)[0]
    return Passage(midnight + int(second * SECOND), door, word)
