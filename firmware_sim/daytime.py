"""The town's clock face: local days and hours as epoch milliseconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ZONE = ZoneInfo("Asia/Shanghai")


def midnight_ms(day: date) -> int:
    """Epoch milliseconds at which that local day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp()) * SECOND


def days_touching(from_ms: int, to_ms: int) -> list[date]:
    """The local days that [from_ms, to_ms) touches, in order."""
    first = local_day(from_ms)
    return [first + timedelta(days=n) for n in range((local_day(to_ms - 1) - first).days + 1)]


def last_midnight_ms(at_ms: int) -> int:
    """Epoch milliseconds at which the local day of ``at_ms`` began."""
    return midnight_ms(local_day(at_ms))


def shown(at_ms: int) -> str:
    """Local time for people: ``11-23 14:05``."""
    return _local(at_ms).strftime("%m-%d %H:%M")


def local_day(at_ms: int) -> date:
    """The local day of that moment."""
    return _local(at_ms).date()


def _local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // SECOND, UTC).astimezone(ZONE)
