"""What the hours of a facility are reckoned from: the counters' summaries, what people have counted, when it is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from rules.local_time import Window, is_open


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
