"""The arithmetic of a score."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt

Z95 = 1.959964  # of the normal distribution: 95 % lie within


def wilson(hits: int, total: int) -> tuple[float, float] | None:
    """The 95 % confidence interval of a share (Wilson, J. Am. Stat. Assoc. 22, 1927); None for nothing."""
    if not total:
        return None
    share, square = hits / total, Z95 * Z95
    middle = share + square / (2 * total)
    spread = Z95 * sqrt(share * (1 - share) / total + square / (4 * total * total))
    low, high = (middle - spread) / (1 + square / total), (middle + spread) / (1 + square / total)
    return round(max(low, 0.0), 4), round(min(high, 1.0), 4)


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The least value that so many percent do not exceed (nearest rank); None for no values."""
    if not values:
        return None
    return round(sorted(values)[max(ceil(len(values) * percent / 100), 1) - 1], 1)


def share(part: int, whole: int) -> float | None:
    """Part of a whole, to four digits; None of nothing."""
    return round(part / whole, 4) if whole else None


def rate(count: int, per: float) -> float | None:
    """So many for each of ``per``, to four digits; None where there is none of these."""
    return round(count / per, 4) if per else None
