"""How the figures are asked of the store: never more than a picture of that span can show.

A year is asked for as it is kept: by the day where there are days, of hours one in a week; of minutes their days.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from gateway.figures_kept.reading import FigureQuery, Point
from gateway.web.figure_spans import HOUR_MS, Span, moments
from gateway.web.port import ReadingQuery, Summary

HOURLY_DAYS = frozenset(
    {"day", "week"}
)  # spans of which each hour is asked for; longer ones are looked at now and then
LEVELS = frozenset(
    {"lag", "loop_lag_s", "journal_mb", "outbox_waiting", "alerts_open"}
)  # of the hub's figures; others count


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of which time; ``places`` are those that may be seen and are asked for: never none.

    ``kept`` and ``summed`` ask the hub, from this thread: what is drawn of a year is not drawn on the loop.
    """

    kept: Callable[[FigureQuery], Sequence[Point]]
    summed: Callable[[ReadingQuery, Literal["1h", "1d"]], Sequence[Summary]]
    span: Span
    now: int
    zone: ZoneInfo
    places: Collection[str]


def between(asked: Asked, metrics: Sequence[str], span: Span) -> Sequence[Point]:
    """What there is of a span."""
    return asked.kept(FigureQuery(metrics, asked.places, span.begin, span.end))


def hourly(asked: Asked, metrics: Sequence[str]) -> Sequence[Point]:
    """What is told every hour: all hours of a short span, of a long one noon of its days or weeks."""
    if asked.span.name in HOURLY_DAYS:
        return between(asked, metrics, asked.span)
    span, looked = asked.span, tuple(moments(asked.span, asked.now, asked.zone))
    return asked.kept(FigureQuery(metrics, asked.places, span.begin, span.end, looked))


def latest(asked: Asked, metrics: Sequence[str]) -> list[Point]:
    """The newest of each series, of the last three hours."""
    begin = asked.now // HOUR_MS * HOUR_MS - 2 * HOUR_MS
    found = asked.kept(FigureQuery(metrics, asked.places, begin, asked.now + 1))
    return list({(one.metric, one.place, one.device): one for one in found}.values())


def of_hub(asked: Asked, metric: str) -> list[Point]:
    """A figure of the hub's: minute by minute for a day, else its hours or days as they are summed up."""
    span = asked.span
    if span.name == "day":
        return list(asked.kept(FigureQuery([metric], asked.places, span.begin, span.end)))
    every: Literal["1h", "1d"] = "1d" if span.name == "year" else "1h"
    limit = (span.end - span.begin) // HOUR_MS + 1
    query = ReadingQuery(
        place="hub", device="", metric=metric, from_ms=span.begin, to_ms=span.end, limit=limit
    )
    found = asked.summed(query, every)
    peaks = metric.removeprefix("hub.") in LEVELS
    points = [
        Point(metric, "hub", "", one.begin, one.max if peaks else one.last)
        for one in found
        if one.metric == metric
    ]
    return sorted(points, key=lambda one: one.at)


def named(points: Iterable[Point], metric: str) -> list[Point]:
    """Those of that name."""
    return [point for point in points if point.metric == metric]
