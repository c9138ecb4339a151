"""Who is on duty at a desk at a moment: shifts by window, rotations, substitutes; working days by the calendar (调休)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from zoneinfo import ZoneInfo

from gateway.duty.plan import Desk, Plan, Shift
from rules.local_time import local_day, opened_at

DAYS_OF = {"day": 1, "week": 7}


def on_duty(plan: Plan, desk: Desk, *, at: int, zone: ZoneInfo, calendar: str) -> Collection[str] | None:
    """Ids of the people on duty there at ``at`` (epoch ms), None when it is closed.

    Empty where it is staffed and nobody is named: its group, or whoever sits at its console. A desk without shifts is always
    staffed.
    """
    if not desk.shifts:
        return ()
    found: dict[str, None] = {}
    is_open = False
    for shift in desk.shifts:
        opened = opened_at(shift.window, at, zone, calendar)
        if not opened:
            continue
        is_open = True
        day = local_day(opened, zone)
        for person in _of_shift(shift, day):
            found[_standing_in(plan, desk, day, person)] = None
    return tuple(found) if is_open else None


def _of_shift(shift: Shift, day: date) -> tuple[str, ...]:
    """Who has the shift that begins on that day."""
    if shift.rotate is None:
        return shift.people
    turns = shift.rotate
    passed = (day - date.fromisoformat(turns.since)).days // DAYS_OF[turns.every]
    return (*shift.people, turns.people[passed % len(turns.people)])


def _standing_in(plan: Plan, desk: Desk, day: date, person: str) -> str:
    for change in plan.substitutes:
        if change.desk == desk.id and change.instead_of == person and change.date == day.isoformat():
            return change.person
    return person
