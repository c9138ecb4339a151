"""How likely so many people, or so few, would be by chance: counts that vary more than a Poisson's (negative binomial)."""

from __future__ import annotations

from math import exp, lgamma, log, log1p

DISPERSION = 2.0  # variance over mean of an entrance's arrivals, at least; measured on UCI CalIt2: 1.6 to 2.7, median 2.1
SMALLEST = 1e-12  # a term that adds no more than this share is the last


def more_by_chance(people: int, expected: float, dispersion: float = DISPERSION) -> float:
    """-log10 of the chance that at least so many come where ``expected`` (above zero) do on average; it grows with people."""
    if people <= 0:
        return 0.0
    if people > expected:
        return -_log_upper(people, expected, dispersion) / log(10)
    return -log1p(-exp(_log_lower(people - 1, expected, dispersion))) / log(10)


def fewer_by_chance(people: int, expected: float, dispersion: float = DISPERSION) -> float:
    """-log10 of the chance that at most so many come; it falls with people."""
    if people < expected:
        return -_log_lower(people, expected, dispersion) / log(10)
    return -log1p(-exp(_log_upper(people + 1, expected, dispersion))) / log(10)


def _log_exactly(people: int, size: float, dispersion: float) -> float:
    """Log of the chance of exactly so many: mean ``size`` times (dispersion - 1), variance dispersion times the mean."""
    ways = lgamma(people + size) - lgamma(people + 1) - lgamma(size)
    return ways - size * log(dispersion) + people * log(1 - 1 / dispersion)


def _log_upper(people: int, expected: float, dispersion: float) -> float:
    """Log of the chance of that many or more: summed upwards, where each term is smaller than the one before."""
    size, total, term, count = expected / (dispersion - 1), 1.0, 1.0, people
    while term > SMALLEST * total:
        term *= (count + size) / (count + 1) * (1 - 1 / dispersion)
        total += term
        count += 1
    return _log_exactly(people, size, dispersion) + log(total)


def _log_lower(people: int, expected: float, dispersion: float) -> float:
    """Log of the chance of that many or fewer: summed downwards likewise."""
    size, total, term, count = expected / (dispersion - 1), 1.0, 1.0, people
    while count > 0 and term > SMALLEST * total:
        term *= count / ((count - 1 + size) * (1 - 1 / dispersion))
        total += term
        count -= 1
    return _log_exactly(people, size, dispersion) + log(total)
