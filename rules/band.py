"""From what was counted since the last truth to the people there, and the range in which they lie in nine cases of ten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.drift import beyond

if TYPE_CHECKING:
    from rules.headcount import Headcount

PEOPLE_MAX = 100_000  # more are in no facility
WORTH_MIN = 0.02  # people squared: an error below is none


def sum_of(count: Headcount, came: float, went: float) -> float:
    """People by the counters' sum and what was learned of them; may be below zero."""
    return (count.start or 0.0) + came - went + count.drift.corrected(came, went) + count.lost


def depth(count: Headcount, came: float, went: float) -> float:
    """How far that sum is below zero, by its standard deviation."""
    variance = count.drift.variance(came, went)
    return -sum_of(count, came, went) / float(variance**0.5) if variance > WORTH_MIN else -1e9


def raised(count: Headcount) -> float:
    """By how much the error must be above zero now, because the sum was below it once."""
    came, went = count.low_came, count.low_went
    low = -sum_of(count, came, went)
    if low <= 0:
        return 0.0
    then = count.drift.variance(came, went)
    if then <= WORTH_MIN:
        return low
    return low * max(count.drift.together(count.came, count.went, came, went) / then, 0.0)


def likely(count: Headcount) -> float:
    """The estimate, with the people whom a counter does not count now."""
    return bounded(sum_of(count, count.came, count.went) + raised(count) + count.unseen, PEOPLE_MAX)


def band_of(
    count: Headcount, *, known: bool = False, missed: float = 0.0, width2: float = 0.0
) -> tuple[float, float, float]:
    """Lower end, estimate and upper end, with ``missed`` people and a variance put in; ``known``: since the house was empty."""
    drift = count.drift
    mean = middle = missed
    variance = width2
    if not known and count.start is None:  # a state of before
        variance += drift.variance(count.passages / 2, count.passages / 2)
        mean = middle = missed + count.people
    elif not known:
        variance += drift.variance(count.came, count.went) + count.lost_variance
        mean += sum_of(count, count.came, count.went)
        middle = mean + raised(count)
        came, went = count.low_came, count.low_went
        then = drift.variance(came, went)
        if then > WORTH_MIN:
            more, spread = beyond(-sum_of(count, came, went), then)
            part = max(drift.together(count.came, count.went, came, went) / then, 0.0)
            mean += part * more
            variance = max(variance - part * part * (then - spread), 0.0)
    wide = drift.z * float(variance**0.5)
    most = float(PEOPLE_MAX)
    low, high = min(max(mean - wide, 0.0), most), min(max(mean + wide, 0.0), most)
    return low, min(max(middle, 0.0), most), high


def bounded(value: float, most: float) -> float:
    """Between nobody and so many."""
    return min(max(value, 0.0), float(most))


def up(value: float) -> int:
    """The next whole person."""
    return -int(-value // 1)
