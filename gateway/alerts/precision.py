"""How often alerts were right, by the verdicts given at their close; and which devices are wrong so often that they do harm."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from gateway.alerts.message import Words
from gateway.alerts.record import DAY_MS, MONTH_DAYS, Record
from gateway.alerts.remedies import remedy_for

Z_TWO_SIDED = 1.959964  # 95 % of a normal distribution lie within
Z_ONE_SIDED = 1.644854  # 95 % of it lie below
FALSE_MIN = 3
# A device that is surely wrong more often than right teaches people not to come. "Surely" asks one side only: three false
# alarms of three are listed then (upper bound 0.47), three false beside one true are not (0.64).
OFTEN_FALSE_BELOW = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Right alerts of those that were right or wrong, with its 95 % interval (Wilson): 1 of 1 is 0.21 to 1.

    None where there are none. Those that could not be confirmed, and tests, are counted apart.
    """

    right: int
    wrong: int
    unconfirmed: int
    test: int
    precision: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OftenFalse:
    """A device that is often wrong (高频误报设备), in the last 30 days of the span: why, as people say, and what to do."""

    device: str
    kind: str
    place: str
    right: int
    wrong: int
    at_best: float
    reasons: dict[str, int]
    remedy: Words


def wilson(right: int, of: int, z: float = Z_TWO_SIDED) -> tuple[float, float]:
    """The interval in which the true share lies, for ``right`` of ``of`` (E. B. Wilson, 1927); stays within 0 and 1."""
    share, square = right / of, z * z
    middle = share + square / (2 * of)
    half = z * sqrt(share * (1 - share) / of + square / (4 * of * of))
    scale = 1 + square / of
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def precision_of(records: Iterable[Record]) -> Precision:
    """How right these alerts were."""
    verdicts = Counter(record.verdict for record in records)
    right, wrong = verdicts["true"], verdicts["false"]
    judged = right + wrong
    low, high = wilson(right, judged) if judged else (None, None)
    return Precision(
        right=right,
        wrong=wrong,
        unconfirmed=verdicts["unconfirmed"],
        test=verdicts["test"],
        precision=right / judged if judged else None,
        low=low,
        high=high,
    )


def often_false(records: Iterable[Record], end: int) -> list[OftenFalse]:
    """The devices that are surely more often wrong than right over the 30 days before ``end``; most false alarms first."""
    of: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.device and end - MONTH_DAYS * DAY_MS <= record.raised_at < end:
            of[record.device].append(record)
    found = [_often_false(device, alarms) for device, alarms in of.items()]
    return sorted((one for one in found if one is not None), key=lambda one: (-one.wrong, one.device))


def _often_false(device: str, records: Sequence[Record]) -> OftenFalse | None:
    right = sum(record.verdict == "true" for record in records)
    false = [record for record in records if record.verdict == "false"]
    if len(false) < FALSE_MIN:
        return None
    at_best = wilson(right, right + len(false), Z_ONE_SIDED)[1]
    if at_best >= OFTEN_FALSE_BELOW:
        return None
    reasons = Counter(record.reason or "other" for record in false)
    newest = max(records, key=lambda record: (record.raised_at, record.number, record.place))
    return OftenFalse(
        device=device,
        kind=newest.device_kind,
        place=newest.place,
        right=right,
        wrong=len(false),
        at_best=at_best,
        reasons=dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
        remedy=remedy_for(reasons),
    )


def false_per_resident_month(
    records: Iterable[Record], homes: Mapping[str, int], begin: int, until: int
) -> float | None:
    """False alarms at homes for each home and 30 days; None without homes or time. A home is counted as one resident."""
    months = sum(homes.values()) * (until - begin) / (MONTH_DAYS * DAY_MS)
    if months <= 0:
        return None
    return sum(record.home and record.verdict == "false" for record in records) / months
