"""In how many days a battery is empty, from what it said day by day. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import median

from gateway.alerts.record import DAY_MS

POINTS_MIN = 4
SPAN_MIN_MS = 7 * DAY_MS
POINTS_MAX = 15  # the newest; of fifteen there are 105 pairs
CHANGED = 5.0  # percent that a battery does not rise by itself: it was changed or charged
BEFORE = 3  # days by whose median a rise is judged: one wrong value is no change
FAR_DAYS = 3_650.0  # what is further off is no forecast


def days_left(said: Sequence[tuple[int, float]]) -> float | None:
    """Days from the last of ``said`` (epoch ms, percent; ascending) until nothing is left; None where that cannot be said.

    A straight line by the median of the slopes between all pairs (Theil and Sen), so that a few wrong values move nothing; only
    since the battery was last changed. Too few days, or a battery that does not fall: nothing is said.
    """
    since = _since_changed(said)[-POINTS_MAX:]
    if len(since) < POINTS_MIN or since[-1][0] - since[0][0] < SPAN_MIN_MS:
        return None
    slope = median(
        (after[1] - before[1]) / (after[0] - before[0])
        for before, after in combinations(since, 2)
        if after[0] > before[0]
    )
    if slope >= 0:
        return None
    last = since[-1][0]
    level = median(value + slope * (last - at) for at, value in since)
    left = max(level, 0.0) / -slope / DAY_MS
    return left if left <= FAR_DAYS else None


def _since_changed(said: Sequence[tuple[int, float]]) -> Sequence[tuple[int, float]]:
    for at in range(len(said) - 1, 0, -1):
        if said[at][1] - median(value for _, value in said[max(0, at - BEFORE) : at]) > CHANGED:
            return said[at:]
    return said
