"""Times as people write them in a case: ``08:10``, ``+1d 07:00``, ``2026-03-04 07:00``; and lengths: ``30s``, ``10m``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MOMENT = re.compile(r"(?:\+(\d{1,3})d\s+|(\d{4}-\d{2}-\d{2})[ T]+)?(\d{1,2}):(\d{2})(?::(\d{2}))?")
LENGTH = re.compile(r"(\d{1,6})\s*([smhd])")
FIRST_YEAR, LAST_YEAR = 2000, 2199  # a slip of the hand rather than a time
UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True, slots=True)
class StoryTime:
    """The clock on the wall of a case, from its first day on; moments are epoch milliseconds."""

    day: date
    zone: ZoneInfo
    start: int = 0

    def moment(self, text: str) -> int:
        """That time of the first day, of a later one or of a date; raises ``ValueError`` with what to write instead."""
        at = self.any_moment(text)
        if at < self.start:
            raise ValueError(
                f"{text!r} is before the start, {self.text(self.start)}; the next day is written +1d 07:00"
            )
        return at

    def any_moment(self, text: str) -> int:
        """``moment``, though it may lie before the start."""
        found = MOMENT.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"{text!r} is no time; write 08:10, 08:10:30, +1d 07:00 or 2026-03-04 07:00")
        days, on, hour, minute, second = found.groups()
        try:
            day = date.fromisoformat(on) if on else self.day + timedelta(days=int(days or 0))
            local = datetime(
                day.year, day.month, day.day, int(hour), int(minute), int(second or 0), tzinfo=self.zone
            )
        except ValueError as error:
            raise ValueError(f"{text!r} is no time: {error}") from None
        if not FIRST_YEAR <= local.year <= LAST_YEAR:
            raise ValueError(f"{text!r}: write a year from {FIRST_YEAR} to {LAST_YEAR}")
        if local.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            raise ValueError(
                f"{text!r} does not exist in {self.zone.key}: the clocks are put forward over it"
            )
        return int(local.timestamp() * 1000)

    def text(self, at: int) -> str:
        """A moment as it would be written in the case."""
        local = datetime.fromtimestamp(at / 1000, self.zone)
        days = (local.date() - self.day).days
        return (f"+{days}d " if days else "") + local.strftime("%H:%M:%S").removesuffix(":00")


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name; raises ``ValueError`` with what to write instead."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, such as Asia
        raise ValueError(f"{name!r} is no time zone; write one like Asia/Shanghai") from None


def story_time(start: str, zone: ZoneInfo) -> StoryTime:
    """The clock of a case that begins at ``start``, a date with a time of day; raises ``ValueError``."""
    found = MOMENT.fullmatch(start.strip())
    if found is None or found[2] is None:
        raise ValueError(f"{start!r} is no date with a time; write 2026-03-02 08:00")
    try:
        day = date.fromisoformat(found[2])
    except ValueError as error:
        raise ValueError(f"{start!r} is no date with a time: {error}") from None
    return StoryTime(day, zone, StoryTime(day, zone).any_moment(start))


def length_ms(text: str) -> int:
    """A length of time in ms; raises ``ValueError`` with what to write instead."""
    found = LENGTH.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise ValueError(f"{text!r} is no length of time; write 30s, 10m, 2h or 1d")
    return int(found[1]) * UNIT_MS[found[2]]
