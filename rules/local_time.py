"""Windows of the day: 22:00 to 06:00, on working days, in the local time of a zone and by the calendar of a country.

A window belongs to the day on which it opens: 22:00 to 06:00 on Fridays lasts into Saturday. It opens and closes once on each
of its days, whatever the clocks do: an hour that comes twice counts from its first coming, and a time that is skipped in
spring is read as if the clocks had not been changed yet (02:30 becomes 03:30), as calendars do it (RFC 5545, 3.3.5). Windows
that meet keep meeting.

In China, working days follow the State Council's calendar: a Saturday may be one (调休). It is announced year by year; where
the next year is not known yet, Monday to Friday count as working days (see ``calendar_knows``).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

import chinese_calendar
import msgspec

from rules.state import NEVER

Calendar: TypeAlias = Literal["cn", "none"]
Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Days: TypeAlias = Literal["every", "workdays", "weekends_and_holidays"] | tuple[Weekday, ...]

WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
DAY_MINUTES = 24 * 60
SEARCH_DAYS = 40  # no run of holidays, and none of working days, is longer


class Window(msgspec.Struct, frozen=True):
    """From ``from_time`` to ``to_time`` (``HH:MM``; past midnight if that is not later) on ``days``."""

    from_time: str = "00:00"
    to_time: str = "24:00"
    days: Days = "every"

    def __post_init__(self) -> None:
        if minutes(self.from_time) in {minutes(self.to_time), DAY_MINUTES}:
            raise ValueError(
                "from_time and to_time must differ, and from_time be before 24:00; a whole day is 00:00 to 24:00"
            )
        if not self.days:
            raise ValueError("days must name at least one; leave it out for every day")

    @property
    def always(self) -> bool:
        """Whether it never closes."""
        every = self.days == "every" or set(self.days) == set(WEEKDAYS)
        return every and minutes(self.to_time) - minutes(self.from_time) == DAY_MINUTES


def time_of_day(at: int, zone: ZoneInfo) -> str:
    """The local time at ``at`` (epoch ms), as ``HH:MM``."""
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(zone).strftime("%H:%M")


def is_open(window: Window, at: int, zone: ZoneInfo, calendar: str) -> bool:
    """Whether the window is open at ``at`` (epoch ms)."""
    return opened_at(window, at, zone, calendar) != 0


def opened_at(window: Window, at: int, zone: ZoneInfo, calendar: str) -> int:
    """When the window that is open at ``at`` opened, in ms; 0 if it is closed then."""
    today = _ordinal(at, zone)
    for day in (today, today - 1):
        opens, closes = opening(window, day, zone, calendar)
        if opens <= at < closes:
            return opens
    return 0


def next_edge(window: Window, at: int, zone: ZoneInfo, calendar: str) -> int:
    """When it opens or closes next after ``at``, in ms; ``NEVER`` if it is always open. Windows that meet are one."""
    if window.always:
        return NEVER
    today = _ordinal(at, zone)
    edge = 0  # where the windows that are open at ``at`` close, as far as they have been followed
    for day in range(today - 1, today + SEARCH_DAYS):
        opens, closes = opening(window, day, zone, calendar)
        if closes <= max(at, edge):
            continue
        if opens > max(at, edge):
            return edge or opens
        edge = closes
    return edge or NEVER


@lru_cache(maxsize=8192)
def opening(window: Window, ordinal: int, zone: ZoneInfo, calendar: str) -> tuple[int, int]:
    """From when to when the window of that day (``date.toordinal``) is open, in ms; (0, 0) if it is not its day."""
    day = date.fromordinal(ordinal)
    if not is_day(window.days, day, calendar):
        return 0, 0
    start, end = minutes(window.from_time), minutes(window.to_time)
    end += DAY_MINUTES if end < start else 0
    opens, closes = moment(day, start, zone), moment(day, end, zone)
    # Only its beginning is skipped in spring: then it keeps its length rather than be empty.
    return opens, closes if closes > opens else opens + (end - start) * 60_000


def minutes(text: str) -> int:
    """``HH:MM`` as minutes of the day, 00:00 to 24:00; raises ``ValueError`` on anything else."""
    hour, colon, minute = text.partition(":")
    if not (text.isascii() and len(text) == 5 and colon and hour.isdigit() and minute.isdigit()):  # noqa: PLR2004
        raise ValueError(f"{text!r} is no time of day; write HH:MM, 00:00 to 24:00")
    found = int(hour) * 60 + int(minute)
    if int(minute) >= 60 or found > DAY_MINUTES:  # noqa: PLR2004 minutes of an hour
        raise ValueError(f"{text!r} is no time of day; write HH:MM, 00:00 to 24:00")
    return found


def moment(day: date, minute: int, zone: ZoneInfo) -> int:
    """That minute of a local day in epoch ms: its first coming if it comes twice, an hour on if it is skipped."""
    wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
    return int(wall.timestamp() * 1000)


def local_day(at: int, zone: ZoneInfo) -> date:
    """The local date at ``at`` (epoch ms)."""
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(zone).date()


@lru_cache(maxsize=4096)
def is_workday(day: date, calendar: str) -> bool:
    """Whether people work on that day, by the calendar; Monday to Friday where it does not know the year."""
    if calendar == "cn" and calendar_knows(day.year):
        return bool(chinese_calendar.is_workday(day))
    return day.isoweekday() <= 5  # noqa: PLR2004 Friday


@lru_cache(maxsize=64)
def calendar_knows(year: int) -> bool:
    """Whether the holidays of that year in China are known: they are announced in the autumn before."""
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def _ordinal(at: int, zone: ZoneInfo) -> int:
    return local_day(at, zone).toordinal()


def is_day(days: Days, day: date, calendar: str) -> bool:
    """Whether a day is one of those."""
    if days == "every":
        return True
    if isinstance(days, tuple):
        return WEEKDAYS[day.weekday()] in days
    return is_workday(day, calendar) == (days == "workdays")
