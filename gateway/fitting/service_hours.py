"""The clock of a fault (JGJ/T 484): a life-affecting device that is not repaired within two service hours needs a substitute.

Service hours are those in which somebody is there to see to it: the shifts of the desks that maintain the place, or of its
station, where the duty plan names any; else working days from 08:30 to 17:30.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from gateway.duty.plan import Desk, Plan
from rules.local_time import Window, local_day, opening

SUBSTITUTE_WITHIN_MS: Final = 2 * 3_600_000
USUAL: Final = (Window("08:30", "17:30", "workdays"),)
ALWAYS: Final = (Window(),)
DAYS_MAX: Final = 60  # no station is closed for longer
LIFE_AFFECTING: Final = frozenset({"pendant", "sos", "radar", "smoke", "gateway"})


@dataclass(frozen=True, slots=True)
class Hours:
    """The service hours of a place: windows in a zone, with the holidays of a calendar."""

    windows: tuple[Window, ...]
    zone: ZoneInfo
    calendar: str

    def between(self, begin: int, end: int) -> int:
        """How much of them lies between the two, in ms; 0 where ``end`` comes first."""
        return sum(min(closes, end) - max(opens, begin) for opens, closes in self._open(begin, end))

    def after(self, begin: int, span: int) -> int | None:
        """When so many ms of them have passed since ``begin``; None where that is not within ``DAYS_MAX``."""
        left = span
        for opens, closes in self._open(begin, begin + DAYS_MAX * 86_400_000):
            opened = max(opens, begin)
            if closes - opened >= left:
                return opened + left
            left -= closes - opened
        return None

    def _open(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """The times between the two at which at least one window is open, in order, none of them touching another."""
        days = range(local_day(begin, self.zone).toordinal() - 1, local_day(end, self.zone).toordinal() + 1)
        found = sorted(
            opening(window, day, self.zone, self.calendar) for day in days for window in self.windows
        )
        opens = closes = 0
        for opened, closed in found:
            if closed <= begin or opened >= end or end <= begin:
                continue
            if opened > closes:
                if closes:
                    yield opens, closes
                opens, closes = opened, closed
            closes = max(closes, closed)
        if closes:
            yield opens, closes


def windows_of(plan: Plan, place_id: str, path: str) -> tuple[Window, ...]:
    """When somebody sees to devices of a place: the nearest maintenance desks by their shifts, else the station's; else usual.

    The ladder of the settings alone has desks and no hours: it says nothing of when they are open.
    """
    if not plan.heeds_hearing:
        return USUAL
    for work in ("maintenance", "care"):
        serving = [desk for desk in plan.desks if desk.serves == work and _covers(desk, place_id, path)]
        if serving:
            return _windows([desk for desk in serving if len(desk.at) == max(len(one.at) for one in serving)])
    return USUAL


def _windows(desks: Sequence[Desk]) -> tuple[Window, ...]:
    if any(not desk.shifts for desk in desks):
        return ALWAYS
    return tuple(dict.fromkeys(shift.window for desk in desks for shift in desk.shifts))


def is_overdue(opened_at: int, substitute_at: int | None, now: int, hours: Hours) -> bool:
    """Whether a fault has stood, or stood, for more than two service hours without a substitute."""
    until = now if substitute_at is None else substitute_at
    return hours.between(opened_at, until) > SUBSTITUTE_WITHIN_MS


def _covers(desk: Desk, place_id: str, path: str) -> bool:
    if desk.places and place_id not in desk.places:
        return False
    return not desk.at or path == desk.at or path.startswith(desk.at + "/")
