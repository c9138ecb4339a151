"""How long many things took, in little memory: percentiles to within two in a hundred, the longest exactly."""

from __future__ import annotations

import math
from collections import defaultdict

# Neighbouring classes differ by this factor, so that a percentile is at most that much too long, and never too short.
STEP = 1.02
SHORTEST_MS = 0.01
_PER_CLASS = 1 / math.log(STEP)


class Delays:
    """Takes milliseconds in, gives percentiles out."""

    def __init__(self) -> None:
        self.max_ms = 0.0
        self._classes: defaultdict[int, int] = defaultdict(int)

    def note(self, ms: float) -> None:
        """One more; less than ``SHORTEST_MS`` counts as that."""
        self.max_ms = max(self.max_ms, ms)
        if ms > SHORTEST_MS:
            self._classes[math.ceil(math.log(ms / SHORTEST_MS) * _PER_CLASS)] += 1
        else:
            self._classes[0] += 1

    @property
    def count(self) -> int:
        """How many."""
        return sum(self._classes.values())

    def within(self, share: float) -> float:
        """So many milliseconds at most did that share (0–1) of them take; 0 of none."""
        wanted, seen = math.ceil(share * self.count), 0
        for each in sorted(self._classes):
            seen += self._classes[each]
            if seen >= wanted:
                return min(SHORTEST_MS * STEP**each, max(self.max_ms, SHORTEST_MS))
        return 0.0

    def summary(self) -> dict[str, float]:
        """p50, p99 and the longest, in milliseconds."""
        return {
            "p50": round(self.within(0.5), 2),
            "p99": round(self.within(0.99), 2),
            "max": round(self.max_ms, 2),
        }
