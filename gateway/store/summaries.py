"""Summaries of readings by the hour and by the day: what is kept when the readings themselves are gone.

An hour is one of UTC, a day one of the hub's time zone, made of the hours that begin in it. A series without a reading has no
summary: a gap stays a gap. Texts (such as a firmware's name) are not summarised. Both stores get their figures from the same
``SUMMARISE``, so they are the same where the readings are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias
from zoneinfo import ZoneInfo

HOUR_MS = 3_600_000
Span: TypeAlias = Literal["1h", "1d"]
Class: TypeAlias = Literal["raw", "1h", "1d"]  # of data, each with a retention of its own

SUMMARY_COLUMNS = "device, place, home, metric, begin_ms, count, min, max, mean, sum, last, first_at, last_at, on_ms, known_ms"

# fsum adds without losing digits, so the order of the rows does not matter. The state of an on/off metric is known from its
# first to its last reading of the hour: before and after it nothing is assumed.
SUMMARISE = """
WITH seen AS (
    SELECT device, place, home, metric, time_ns // 3600000000000 * 3600000 AS begin_ms, time_ns, value
    FROM {source}
    WHERE {where} AND (text IS NULL OR metric = 'online' OR starts_with(metric, 'event.'))
), state AS (
    SELECT *, lead(time_ns) OVER (PARTITION BY device, place, home, metric, begin_ms ORDER BY time_ns) // 1000000
        - time_ns // 1000000 AS lasts
    FROM seen WHERE metric IN ({on_off})
), share AS (
    SELECT device, place, home, metric, begin_ms, coalesce(sum(CASE WHEN value = 1 THEN lasts END), 0)::BIGINT AS on_ms,
        coalesce(sum(lasts), 0)::BIGINT AS known_ms
    FROM state GROUP BY ALL HAVING bool_and(value IN (0, 1))
), figures AS (
    SELECT device, place, home, metric, begin_ms, count(*) AS count, min(value) AS min, max(value) AS max,
        fsum(value) / count(*) AS mean, fsum(value) AS sum, arg_max(value, time_ns) AS last,
        min(time_ns) // 1000000 AS first_at, max(time_ns) // 1000000 AS last_at
    FROM seen GROUP BY ALL
)
SELECT f.*, s.on_ms, s.known_ms FROM figures f
LEFT JOIN share s USING (device, place, home, metric, begin_ms)
"""

# Of hours of one day: {source} has SUMMARY_COLUMNS.
SUMMARISE_DAY = """
SELECT device, place, home, metric, {begin_ms}::BIGINT AS begin_ms, sum(count)::BIGINT AS count,
    min(min) AS min, max(max) AS max,
    fsum(sum) / sum(count) AS mean, fsum(sum) AS sum, arg_max(last, last_at) AS last, min(first_at) AS first_at,
    max(last_at) AS last_at, sum(on_ms)::BIGINT AS on_ms, sum(known_ms)::BIGINT AS known_ms
FROM {source} WHERE {where} GROUP BY device, place, home, metric
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a series was from ``begin_ms`` on, for an hour or a day; times are epoch ms.

    ``on_ms`` of ``known_ms`` an on/off metric was on; both None for other metrics.
    """

    device: str
    place: str
    home: bool
    metric: str
    begin_ms: int
    count: int
    min: float
    max: float
    mean: float
    sum: float
    last: float
    first_at: int
    last_at: int
    on_ms: int | None
    known_ms: int | None

    @property
    def begin(self) -> int:
        """The same as ``begin_ms``, by the name that whoever reckons with hours gives it."""
        return self.begin_ms


@dataclass(frozen=True, slots=True)
class Series:
    """Which series: of one device or of one place; '' matches all. From ≤ hour < to, epoch ms."""

    from_ms: int
    to_ms: int
    device: str = ""
    place: str = ""
    metric: str = ""


PLACE_FILES = ("readings.parquet", "hours.parquet", "days.parquet")  # of ``copy_place``


class Keeping(Protocol):
    """What a store offers to the one who keeps it in bounds. Raises ``StoreUnavailable``."""

    def hours_stored(self) -> set[tuple[bool, int]]:
        """Of homes or not, and the beginning (epoch ms) of every hour that has readings."""

    def summarise_hour(self, begin_ms: int, *, home: bool) -> None:
        """Write the summaries of that hour anew."""

    def summarise_day(self, begin_ms: int, end_ms: int, *, home: bool) -> None:
        """Write the summaries of that day anew, from those of its hours."""

    def fresh(self, series: Series) -> list[Summary]:
        """The hours of a series as its readings have them now."""

    def kept(self, span: Span, series: Series) -> list[Summary]:
        """Its hours or days as they were written."""

    def copy_class(self, from_ms: int, to_ms: int, file: Path, *, home: bool) -> int:
        """Write the readings of that time into a Parquet file with the columns of ``Readings``; how many."""

    def forget(self, kind: Class, before_ms: int, *, home: bool) -> None:
        """Remove what lies before that time."""

    def tidy(self) -> None:
        """Make room of what was removed."""

    def copy_place(self, place: str, folder: Path) -> None:
        """Write all that is kept of a place into ``PLACE_FILES`` in that folder, with the columns of readings and summaries."""

    def erase_place(self, place: str) -> None:
        """Remove all that is kept of a place, readings and summaries."""


def texts(words: Sequence[str] | frozenset[str]) -> str:
    """The words as SQL writes a list of them, at least one."""
    return ", ".join("'" + word.replace("'", "''") + "'" for word in sorted(words)) or "''"


def hour_of(time_ms: int) -> int:
    """The beginning of its hour."""
    return time_ms // HOUR_MS * HOUR_MS


def day_of(time_ms: int, zone: ZoneInfo) -> tuple[int, int]:
    """Beginning and end of the day in which that hour begins, on whole hours of UTC."""
    day = datetime.fromtimestamp(time_ms / 1000, zone).date()
    begin, end = (
        datetime.combine(each, time(), zone).timestamp() * 1000 for each in (day, day + timedelta(days=1))
    )
    return _whole_hour(int(begin)), _whole_hour(int(end))


def summary_of(row: Sequence[Any]) -> Summary:
    """A row with ``SUMMARY_COLUMNS``."""
    return Summary(*row)


def _whole_hour(time_ms: int) -> int:
    return -(-time_ms // HOUR_MS) * HOUR_MS
