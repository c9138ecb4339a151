"""A series by the hour or by the day: what was summarised, and for what is still due the readings as they are now."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from gateway.store.keeping_book import KeepingBook
from gateway.store.summaries import HOUR_MS, Keeping, Series, Span, Summary, day_of


def summed(keeping: Keeping, book: KeepingBook, series: Series, span: Span, zone: ZoneInfo) -> list[Summary]:
    """The summaries that begin in that time, oldest first; where there was no reading there is none.

    Raises ``StoreUnavailable``.
    """
    found = hours(keeping, book, series) if span == "1h" else days(keeping, book, series, zone)
    return sorted(found, key=lambda one: (one.begin_ms, one.device, one.metric, one.place))


def hours(keeping: Keeping, book: KeepingBook, series: Series) -> list[Summary]:
    """By the hour."""
    due = {
        begin
        for (home, begin) in book.hours_due()
        if series.from_ms <= begin < series.to_ms and begin >= book.readings_from_ms(home=home)
    }
    found = [one for one in keeping.kept("1h", series) if one.begin_ms not in due]
    for begin, end in _runs(due):
        found += keeping.fresh(Series(begin, end, series.device, series.place, series.metric))
    return found


def days(keeping: Keeping, book: KeepingBook, series: Series, zone: ZoneInfo) -> list[Summary]:
    """By the day."""
    due = {begin for _, begin in book.due_days()} | {
        day_of(begin, zone)[0]
        for home, begin in book.hours_due()
        if begin >= book.readings_from_ms(home=home)
    }
    due = {begin for begin in due if series.from_ms <= begin < series.to_ms}
    found = [one for one in keeping.kept("1d", series) if one.begin_ms not in due]
    for begin in due:
        _, end = day_of(begin, zone)
        day = Series(begin, end, series.device, series.place, series.metric)
        found += _folded(hours(keeping, book, day), begin)
    return found


def _folded(given: Iterable[Summary], begin: int) -> Iterator[Summary]:
    """The hours of one day, a summary for each series."""
    parts: dict[tuple[str, str, bool, str], list[Summary]] = {}
    for one in sorted(given, key=lambda one: one.begin_ms):
        parts.setdefault((one.device, one.place, one.home, one.metric), []).append(one)
    for (device, place, home, metric), some in parts.items():
        count, total = sum(one.count for one in some), math.fsum(one.sum for one in some)
        known = [one for one in some if one.on_ms is not None and one.known_ms is not None]
        yield Summary(
            device, place, home, metric, begin, count, min(one.min for one in some),
            max(one.max for one in some), total / count, total, some[-1].last, some[0].first_at, some[-1].last_at,
            sum(one.on_ms or 0 for one in known) if known else None,
            sum(one.known_ms or 0 for one in known) if known else None,
        )  # fmt: skip


def _runs(hours_due: set[int]) -> Iterator[tuple[int, int]]:
    """Hours that follow one another, as one time each."""
    begin = end = -1
    for hour in sorted(hours_due):
        if hour != end:
            if end > begin:
                yield begin, end
            begin = hour
        end = hour + HOUR_MS
    if end > begin:
        yield begin, end
