"""Who is on duty at a desk at a moment: shifts by window, rotations, substitutes; working days by the calendar (调休).

A shift belongs to the day on which it begins: whoever has the night of Friday has it until Saturday morning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from gateway.duty.plan import Desk, Plan, Shift
from rules.local_time import Days, is_day, local_day, opened_at, opening

BLOCK = 64  # days that are counted at once


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when (epoch ms) the same people are on duty; None: closed."""

    from_ms: int
    to_ms: int
    people: tuple[str, ...] | None


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
        for person in of_shift(plan, desk, shift, local_day(opened, zone), calendar):
            found[person] = None
    return tuple(found) if is_open else None


def of_shift(plan: Plan, desk: Desk, shift: Shift, day: date, calendar: str) -> tuple[str, ...]:
    """Who has the shift that begins on that day, substitutes included."""
    return tuple(_standing_in(plan, desk, shift, day, each) for each in planned(shift, day, calendar))


def planned(shift: Shift, day: date, calendar: str) -> tuple[str, ...]:
    """Who has the shift that begins on that day, were there no substitutes."""
    turns = shift.rotate
    if turns is None:
        return shift.people
    since = date.fromisoformat(turns.since)
    if turns.every == "week":
        passed = (day - since).days // 7
    else:
        passed = _days_between(shift.window.days, since.toordinal(), day.toordinal(), calendar)
    return (*shift.people, turns.people[passed % len(turns.people)])


def edges(desks: Iterable[Desk], *, from_ms: int, to_ms: int, zone: ZoneInfo, calendar: str) -> list[int]:
    """The moments between the two at which a shift of these desks begins or ends, in order; windows that meet included."""
    days = range(local_day(from_ms, zone).toordinal() - 1, local_day(to_ms, zone).toordinal() + 1)
    windows = {shift.window for desk in desks for shift in desk.shifts}
    found = {edge for window in windows for day in days for edge in opening(window, day, zone, calendar)}
    return sorted(edge for edge in found if from_ms < edge < to_ms)


def spans(
    plan: Plan, desk: Desk, *, from_ms: int, to_ms: int, zone: ZoneInfo, calendar: str
) -> Iterator[Span]:
    """Who is on duty from when to when, without a break from ``from_ms`` to ``to_ms``; neighbours differ."""
    begins, before = from_ms, _named(plan, desk, from_ms, zone, calendar)
    for edge in edges([desk], from_ms=from_ms, to_ms=to_ms, zone=zone, calendar=calendar):
        people = _named(plan, desk, edge, zone, calendar)
        if people != before:
            yield Span(begins, edge, before)
            begins, before = edge, people
    yield Span(begins, to_ms, before)


def shifts_changed(plan: Plan, change: int, calendar: str) -> int:
    """How many shifts the substitute of that number in the plan takes over: 1, unless there is a mistake in it."""
    given = plan.substitutes[change]
    day = date.fromisoformat(given.date)
    return sum(
        given.instead_of in planned(shift, day, calendar)
        for desk in plan.desks
        if desk.id == given.desk
        for shift in desk.shifts
        if is_day(shift.window.days, day, calendar) and given.from_time in {"", shift.window.from_time}
    )


def _named(plan: Plan, desk: Desk, at: int, zone: ZoneInfo, calendar: str) -> tuple[str, ...] | None:
    people = on_duty(plan, desk, at=at, zone=zone, calendar=calendar)
    return None if people is None else tuple(sorted(people))


def _standing_in(plan: Plan, desk: Desk, shift: Shift, day: date, person: str) -> str:
    for change in plan.substitutes:
        if (
            change.desk == desk.id
            and change.instead_of == person
            and change.date == day.isoformat()
            and change.from_time in {"", shift.window.from_time}
        ):
            return change.person
    return person


def _days_between(days: Days, since: int, until: int, calendar: str) -> int:
    """How many of those days lie from one day up to another (``date.toordinal``); below 0 where it comes first."""
    if until < since:
        return -_days_between(days, until, since, calendar)
    found, at = 0, since
    while at < until:
        if at % BLOCK == 0 and at + BLOCK <= until:
            found += _days_of_block(days, at, calendar)
            at += BLOCK
        else:
            found += is_day(days, date.fromordinal(at), calendar)
            at += 1
    return found


@lru_cache(maxsize=4096)
def _days_of_block(days: Days, first: int, calendar: str) -> int:
    return sum(is_day(days, date.fromordinal(at), calendar) for at in range(first, first + BLOCK))
