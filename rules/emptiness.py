"""When a facility was truly empty: deep in the night, while it was closed and nobody passed its counters; sooner by sensors."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rules.local_time import Window, is_open, local_day, moment

NIGHT_MINUTES = (2 * 60, 5 * 60)  # as in the library's counter_drifting
HOUR_MS = 3_600_000
QUIET_MS = 30 * 60_000  # no presence sensor sees anybody and nobody passes, for so long


def empty_at(
    moved_at: int, now: int, hours: Sequence[Window] | None, zone: ZoneInfo, calendar: str
) -> int | None:
    """The end of the last night in which it was closed and nobody passed since ``moved_at``; None: there was none.

    Where no hours are known it is closed at night.
    """
    if now - moved_at < (NIGHT_MINUTES[1] - NIGHT_MINUTES[0]) * 60_000:
        return None
    begins, ends = NIGHT_MINUTES
    today = local_day(now, zone)
    if now < moment(today, ends, zone):
        today = local_day(moment(today, 0, zone) - HOUR_MS, zone)
    begin, end = moment(today, begins, zone), moment(today, ends, zone)
    if not moved_at < begin < end <= now:
        return None
    if any(
        is_open(window, at, zone, calendar) for at in range(begin, end, HOUR_MS) for window in hours or ()
    ):
        return None
    return end


def is_closed(at: int, hours: Sequence[Window] | None, zone: ZoneInfo, calendar: str) -> bool:
    """Whether it is closed then; where no hours are known it is nowhere known to be."""
    return hours is not None and not any(is_open(window, at, zone, calendar) for window in hours)
