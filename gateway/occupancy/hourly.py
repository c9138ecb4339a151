"""How many people a facility held, hour by hour: from the counters' summaries, put right by what people have counted.

The counters' figures stay as they are; the hours are reckoned anew each time, with the estimate that the rules use
(``rules.headcount``), at the end of each hour. What the counters thought on average within the hour is shifted by as much as
they are off at its end. An hour in which a counter said nothing is not known: that is no zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from rules.emptiness import empty_at
from rules.headcount import COUNTED, OCCUPANCY, Headcount, correct, hear, present
from rules.local_time import Window, is_open

HOUR_MS = 3_600_000


class Summed(Protocol):
    """One metric of one counter in one hour."""

    @property
    def begin(self) -> int:
        """Beginning of the hour, epoch ms."""

    @property
    def device(self) -> str:
        """The counter."""

    @property
    def metric(self) -> str:
        """Of ``rules.headcount.COUNTED``."""

    @property
    def mean(self) -> float:
        """Of what it said."""

    @property
    def max(self) -> float:
        """The most it said."""

    @property
    def last(self) -> float:
        """What it said last."""

    @property
    def last_at(self) -> int:
        """When that was, epoch ms."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a person has counted, epoch ms."""

    at: int
    people: int


@dataclass(frozen=True, slots=True)
class When:
    """When a facility is open (None: nobody has said), in which zone and by whose calendar."""

    hours: Sequence[Window] | None
    zone: ZoneInfo
    calendar: str

    def is_open(self, at: int) -> bool | None:
        """Whether it is open then; None where nobody has said."""
        if self.hours is None:
            return None
        return any(is_open(window, at, self.zone, self.calendar) for window in self.hours)


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour: people on average and at most, None where a counter was silent; how many came and went."""

    begin: int
    people: float | None
    peak: float | None
    passed: float


def hours_of(
    rows: Iterable[Summed],
    counters: Sequence[str],
    corrections: Sequence[Counted],
    begin: int,
    end: int,
    when: When,
) -> list[Hour]:
    """The hours from ``begin`` up to, not including, ``end`` (epoch ms, whole hours). Without a counter none is known."""
    by_hour: dict[int, dict[str, dict[str, Summed]]] = {}
    for row in rows:
        if row.device in counters and row.metric in COUNTED:
            by_hour.setdefault(row.begin, {}).setdefault(row.device, {})[row.metric] = row
    count, found = Headcount(), []
    told = sorted(corrections, key=lambda one: one.at)
    at_next = 0
    for hour in range(begin, end, HOUR_MS):
        said = by_hour.get(hour, {})
        before, passed = present(count, empty_at=_empty(count, hour, when)), 0.0
        for device in sorted(said):
            row = max(said[device].values(), key=lambda one: one.last_at)
            metrics = {name: one.last for name, one in said[device].items()}
            passed += hear(count, device, metrics, row.last_at, empty_at=_empty(count, row.last_at, when))
        while at_next < len(told) and told[at_next].at < hour + HOUR_MS:
            correct(count, told[at_next].people, max(told[at_next].at, hour), command="")
            at_next += 1
        after = present(count, empty_at=_empty(count, hour + HOUR_MS, when))
        whole = bool(counters) and all(device in said for device in counters)
        people, peak = _within(said, before, after) if whole else (None, None)
        found.append(Hour(hour, people, peak, passed))
    return found


def _within(said: Mapping[str, Mapping[str, Summed]], before: float, after: float) -> tuple[float, float]:
    own = [metrics[OCCUPANCY] for metrics in said.values() if OCCUPANCY in metrics]
    if len(own) < len(said):  # a counter without a count of its own
        return (before + after) / 2, max(before, after)
    off = after - sum(one.last for one in own)
    mean = max(sum(one.mean for one in own) + off, 0.0)
    return mean, max(sum(one.max for one in own) + off, mean)


def _empty(count: Headcount, at: int, when: When) -> int | None:
    return empty_at(max(count.moved_at, count.since), at, when.hours, when.zone, when.calendar)
