"""How many usually come: by time of day, from the days of the same kind within the last weeks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import fmean, median
from typing import Protocol, TypeAlias
from zoneinfo import ZoneInfo

from gateway.occupancy.chance import DISPERSION
from gateway.occupancy.hourly import HOUR_MS
from rules.local_time import is_workday

WEEKS = 4  # of memory
DAYS_MIN = 3  # of the kind, before anything is said
TIMES_MIN = 2  # in the memory, before something is part of the weekly programme
SPREAD_MIN = 4.0  # people; below them counts are too coarse to measure how much they vary
SQUARES_MIN = 20
SPREAD_SLACK = 1.2  # on CalIt2, to which the threshold was set with a dispersion of 2, up to 3.2 are measured
MEDIAN_OF_SQUARES = 0.455  # of a standard normal
SPREAD_MS = HOUR_MS // 2  # slots this near are alike: what is usual is smoothed over them


class Slot(Protocol):
    """What passed all counters of a facility within one slot; None where one of them was silent."""

    @property
    def begin(self) -> int:
        """Epoch ms."""

    @property
    def came(self) -> float | None:
        """People in."""

    @property
    def went(self) -> float | None:
        """People out."""


Days: TypeAlias = Mapping[
    int, Sequence[tuple[int, Slot]]
]  # local day (``date.toordinal``) -> (minute of the day, slot)


@dataclass(frozen=True, slots=True)
class Ways:
    """How a facility's days are told apart, how long its slots are, and how they are looked at (see ``unusual``)."""

    zone: ZoneInfo
    calendar: str
    slot_ms: int = HOUR_MS
    programme: bool = False
    hindsight: bool = False

    def works(self, day: int) -> bool:
        """Whether it is a working day."""
        return is_workday(date.fromordinal(day), self.calendar)


@dataclass(frozen=True, slots=True)
class Usual:
    """Arrivals that are usual in a slot: the same twice unless a weekly programme has its own; and how much they vary.

    ``dispersion`` is variance over mean, that of a small house at least.
    """

    low: float
    high: float
    dispersion: float = DISPERSION


def by_day(slots: Iterable[Slot], zone: ZoneInfo) -> Days:
    """The slots by local day and minute."""
    found: dict[int, list[tuple[int, Slot]]] = {}
    for one in slots:
        at = datetime.fromtimestamp(one.begin // 1000, UTC).astimezone(zone)
        found.setdefault(at.toordinal(), []).append((at.hour * 60 + at.minute, one))
    return found


def usual_day(days: Days, day: int, ways: Ways) -> dict[int, Usual]:
    """What is usual on a day, by minute of the day, as the days before it (in hindsight also after it) have it."""
    kind, memory = ways.works(day), 7 * WEEKS
    near = [
        one
        for one in range(day - memory, day + memory + 1)
        if one != day and one in days and ways.works(one) == kind
    ]
    before = [one for one in near if one < day]
    which = near if ways.hindsight and len(before) < DAYS_MIN else before
    told = {at: came for at, came in _by_minute(days, which).items() if len(came) >= DAYS_MIN}
    pooled = _smooth({at: _midmean(came) for at, came in told.items()}, ways.slot_ms)
    spread = _spread(told)
    if not ways.programme:
        return {at: Usual(usual, usual, spread) for at, usual in pooled.items()}
    same = _by_minute(days, range(day - memory, day, 7))
    told = {at: came for at, came in same.items() if len(came) >= TIMES_MIN}
    weekly = _smooth({at: median(came) for at, came in told.items()}, ways.slot_ms)
    spread = min(spread, _spread(told)) if weekly else spread
    return {
        at: Usual(min(usual, weekly.get(at, usual)), max(usual, weekly.get(at, usual)), spread)
        for at, usual in pooled.items()
    }


def _spread(told: Mapping[int, Sequence[float]]) -> float:
    """Variance over mean, measured where people do come: each time against the others, by the median, which no event moves."""
    squares = []
    for came in told.values():
        many, together = len(came), sum(came)
        if together < SPREAD_MIN * many:
            continue
        for one in came:
            off = one - (together - one) / (many - 1)
            squares.append(off * off * (many - 1) / together)
    if len(squares) < SQUARES_MIN:
        return DISPERSION
    return max(median(squares) / MEDIAN_OF_SQUARES - SPREAD_SLACK, DISPERSION)


def _by_minute(days: Days, which: Iterable[int]) -> dict[int, list[float]]:
    found: dict[int, list[float]] = {}
    for day in which:
        for minute, one in days.get(day, ()):
            if one.came is not None:
                found.setdefault(minute, []).append(one.came)
    return found


def _midmean(values: Sequence[float]) -> float:
    """The mean of the middle half."""
    off = min(-(-len(values) // 4), (len(values) - 1) // 2)
    return fmean(sorted(values)[off : len(values) - off])


def _smooth(usual: Mapping[int, float], slot_ms: int) -> dict[int, float]:
    """Each with its neighbours within ``SPREAD_MS``, the nearer the more; hours stand for themselves.

    Where that would move it by more than a count differs by chance (in a big house, at opening time), it stays.
    """
    reach = SPREAD_MS // slot_ms
    found: dict[int, float] = {}
    for at, own in usual.items():
        near = [(reach + 1 - abs(step), at + step * slot_ms // 60_000) for step in range(-reach, reach + 1)]
        known = [(weight, usual[minute]) for weight, minute in near if minute in usual]
        off = sum(weight * value for weight, value in known) / sum(weight for weight, _ in known) - own
        chance = DISPERSION * max(own, 1.0)
        found[at] = own + off * chance / (chance + off * off)
    return found
