"""What report is asked for: its kind, its period, its place; and the period before it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.alerts.record import Targets
from gateway.reports.document import Kind
from rules.local_time import moment

PERIOD: Final = r"20[0-9]{2}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?"
DAY_CHARS: Final = len("2026-10-21")


class PeriodError(ValueError):
    """No period, or none of a report of that kind; the message says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A report of ``kind`` over ``period`` (2026-10; of a station also 2026-10-21), in whole days of ``zone``.

    ``at`` is a path in the tree of places, of a station 区/街道/社区; of a facility ``place`` is its id. ``now`` is hub time
    (epoch ms): of a period that is not over nothing later is known. ``calendar`` says whose holidays count.
    """

    kind: Kind
    period: str
    now: int
    at: str = ""
    place: str = ""
    zone: str = "Asia/Shanghai"
    calendar: str = "cn"
    targets: Targets = field(default_factory=Targets)

    def __post_init__(self) -> None:
        days_of(self.kind, self.period)

    @property
    def daily(self) -> bool:
        """Whether it is about a day."""
        return len(self.period) == DAY_CHARS

    @property
    def begin(self) -> int:
        """The first moment of the period, epoch ms."""
        return moment(days_of(self.kind, self.period)[0], 0, ZoneInfo(self.zone))

    @property
    def end(self) -> int:
        """The first moment after it."""
        return moment(days_of(self.kind, self.period)[1], 0, ZoneInfo(self.zone))

    @property
    def until(self) -> int:
        """Up to when anything can be known of it."""
        return max(self.begin, min(self.end, self.now))

    @property
    def days(self) -> tuple[date, ...]:
        """Its days, in order."""
        first, after = days_of(self.kind, self.period)
        return tuple(first + timedelta(days=each) for each in range((after - first).days))

    @property
    def before(self) -> Asked:
        """The same of the period before."""
        last = days_of(self.kind, self.period)[0] - timedelta(days=1)
        return replace(self, period=last.isoformat() if self.daily else f"{last:%Y-%m}")


def days_of(kind: Kind, period: str) -> tuple[date, date]:
    """The first day of a period and the first after it; raises ``PeriodError``."""
    if not re.fullmatch(PERIOD, period):
        raise PeriodError(f"{period!r} is no period; write a month as 2026-10, a day as 2026-10-21")
    if len(period) == DAY_CHARS:
        if kind != "station":
            raise PeriodError(
                f"{period}: a report of a day there is of stations only; write a month, as 2026-10"
            )
        try:
            first = date.fromisoformat(period)
        except ValueError:
            raise PeriodError(f"{period}: there is no such day") from None
        return first, first + timedelta(days=1)
    first = date.fromisoformat(f"{period}-01")
    return first, (first + timedelta(days=32)).replace(day=1)
