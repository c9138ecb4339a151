"""Counts that nobody can be told apart by: a small one is hidden, and nothing that is shown gives it away.

The rule: a count from 1 to 4 is shown as "<5"; 0 is 0, it is about nobody. Only counts that have no alert or home in common are
hidden or shown by themselves; every total and every share is worked out from *what is shown* and from nothing else, so that it
is a range where something in it is hidden. Whoever subtracts learns what they knew already.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SMALLEST = 5


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A count as it may be shown: it lies from ``low`` to ``high``."""

    low: int
    high: int

    @property
    def hidden(self) -> bool:
        """Whether it is not told exactly."""
        return self.low != self.high

    @property
    def shown(self) -> str:
        """As people read it: 12, <5, 41–44."""
        if not self.hidden:
            return str(self.low)
        return f"<{SMALLEST}" if self.high < SMALLEST else f"{self.low}–{self.high}"


@dataclass(frozen=True, slots=True)
class Share:
    """A share in whole percent, from ``low`` to ``high``."""

    low: int
    high: int

    @property
    def shown(self) -> str:
        """As people read it: 97%, 92–98%."""
        return f"{self.low}%" if self.low == self.high else f"{self.low}–{self.high}%"


NONE = Cell(0, 0)


def cell(count: int) -> Cell:
    """A count as it may be shown."""
    if count < 0:
        raise ValueError("a count is not negative")
    return Cell(1, SMALLEST - 1) if 0 < count < SMALLEST else Cell(count, count)


def total(cells: Iterable[Cell]) -> Cell:
    """The sum of what is shown."""
    every = list(cells)
    return Cell(sum(one.low for one in every), sum(one.high for one in every))


def share(within: Cell, beyond: Cell) -> Share | None:
    """Which share of both is ``within``, as far as what is shown says it; None where there may be fewer than five."""
    if within.low + beyond.low < SMALLEST:
        return None
    low = 100 * within.low // (within.low + beyond.high)
    high = -(-100 * within.high // (within.high + beyond.low))
    if not within.hidden and not beyond.hidden:
        low = high = round(100 * within.low / (within.low + beyond.low))
    return Share(low, high)
