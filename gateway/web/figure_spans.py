"""A day, a week, a month or a year of figures, in buckets of an hour, three hours, a day, a week. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Final, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

from gateway.figures_kept.reading import Point
from rules.local_time import local_day, moment

SpanName: TypeAlias = Literal["day", "week", "month", "year"]
SPANS: Final[tuple[SpanName, ...]] = get_args(SpanName)
HOUR_MS: Final = 3_600_000
DAYS: Final[dict[SpanName, int]] = {"day": 1, "week": 7, "month": 31, "year": 53 * 7}
BUCKET_DAYS: Final[dict[SpanName, int]] = {"month": 1, "year": 7}
BUCKET_MS: Final[dict[SpanName, int]] = {"day": HOUR_MS, "week": 3 * HOUR_MS}
SATURDAY = 5
Fold: TypeAlias = Callable[[Sequence[float]], float]


@dataclass(frozen=True, slots=True)
class Span:
    """When its buckets begin (epoch ms), and where the last one ends: a little after now."""

    name: SpanName
    begins: tuple[int, ...]
    end: int

    @property
    def begin(self) -> int:
        """Where it begins."""
        return self.begins[0]

    def bucket(self, at: int) -> int | None:
        """Which bucket a moment lies in."""
        return bisect_right(self.begins, at) - 1 if self.begin <= at < self.end else None


def span_of(name: SpanName, now: int, zone: ZoneInfo) -> Span:
    """The last day (24 hours), 7 days, 31 days or 53 weeks up to now; days and weeks begin at midnight here."""
    if name == "day":
        step = BUCKET_MS[name]
        end = (now // step + 1) * step
        return Span(name, tuple(range(end - 24 * HOUR_MS, end, step)), end)
    today = local_day(now, zone)
    first = today - timedelta(days=DAYS[name] - 1)
    end = moment(today + timedelta(days=1), 0, zone)
    if name == "week":
        return Span(name, tuple(range(moment(first, 0, zone), end, BUCKET_MS[name])), end)
    days = range(0, DAYS[name], BUCKET_DAYS[name])
    return Span(name, tuple(moment(first + timedelta(days=day), 0, zone) for day in days), end)


def by_day(span: Span, now: int, zone: ZoneInfo) -> Span:
    """The same for what is told once a day: a day a bucket, of seven days at least; in a year a week."""
    if span.name in BUCKET_DAYS:
        return span
    today = local_day(now, zone)
    days = [moment(today - timedelta(days=6 - day), 0, zone) for day in range(8)]
    return Span(span.name, tuple(days[:-1]), days[-1])


def bucketed(span: Span, points: Iterable[Point], fold: Fold) -> list[float | None]:
    """One number for each bucket, of those that lie in it; None where none does."""
    parts: list[list[float]] = [[] for _ in span.begins]
    for point in points:
        at = span.bucket(point.at)
        if at is not None:
            parts[at].append(point.value)
    return [fold(part) if part else None for part in parts]


def mean(numbers: Sequence[float]) -> float:
    """Their mean."""
    return sum(numbers) / len(numbers)


def summed_by_time(points: Iterable[Point]) -> list[Point]:
    """Of all places and devices together: at each moment the sum of what is there."""
    found: dict[int, float] = {}
    for point in points:
        found[point.at] = found.get(point.at, 0.0) + point.value
    return [Point("", "", "", at, value) for at, value in sorted(found.items())]


def increases(points: Sequence[Point]) -> list[Point]:
    """By how much a count since a start has grown from point to point; after a new start it has grown by what it says."""
    return [
        Point(
            after.metric,
            after.place,
            after.device,
            after.at,
            after.value - (before.value if after.value >= before.value else 0.0),
        )
        for before, after in pairwise(points)
    ]


def moments(span: Span, now: int, zone: ZoneInfo) -> list[int]:
    """The hours at which a long span looks at what is told every hour: noon of each day, of a week its first working day.

    Of the last bucket the last whole hour before now. By the plain week: a holiday is a day like others here.
    """
    found = []
    for begin, end in zip(span.begins, [*span.begins[1:], span.end], strict=True):
        first = local_day(begin, zone)
        days = [first + timedelta(days=day) for day in range(max(1, (end - begin) // (24 * HOUR_MS)))]
        day = next((one for one in days if one.weekday() < SATURDAY), first)
        at = moment(day, 12 * 60, zone) if end <= now else now
        found.append(at // HOUR_MS * HOUR_MS)
    return found


def lengths_s(span: Span, now: int) -> list[float]:
    """How long each bucket is, in seconds; the last one so far."""
    ends = [*span.begins[1:], span.end]
    return [max(1.0, (min(end, now) - begin) / 1000) for begin, end in zip(span.begins, ends, strict=True)]
