"""Who at some desks is told of something now, and whether anybody there can hear it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from gateway.duty.plan import Desk, Plan
from gateway.duty.roster import on_duty

Role: TypeAlias = Literal["desk", "family", "guard"]


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody to tell: a person or contact by id ('' for a group), on behalf of which desk, by which channels in order."""

    to: str
    role: Role
    desk: str
    ways: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """When it is asked, in which zone and calendar, and which desks cannot hear (by id)."""

    at: int
    zone: ZoneInfo
    calendar: str
    deaf: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking some desks: whom to tell, whether somebody hears it, and which desks do not, and why."""

    told: tuple[Told, ...]
    heard: bool
    silent: tuple[tuple[Desk, str], ...]


def ask(plan: Plan, desks: Iterable[Desk], now: Circumstances) -> Asked:
    """Who at these desks is told now, and which of them reach nobody. A console alone needs no message."""
    told: list[Told] = []
    silent: list[tuple[Desk, str]] = []
    heard = False
    for desk in desks:
        people = on_duty(plan, desk, at=now.at, zone=now.zone, calendar=now.calendar)
        if people is None:
            silent.append((desk, "closed"))
            continue
        ways = of_desk(plan, desk, people)
        told += ways
        if plan.heeds_hearing and desk.id in now.deaf:
            silent.append((desk, "deaf"))
        elif plan.heeds_hearing and not ways and not desk.console:
            silent.append((desk, "unreachable"))
        else:
            heard = True
    return Asked(tuple(told), heard, tuple(silent))


def of_desk(plan: Plan, desk: Desk, people: Iterable[str]) -> list[Told]:
    """The groups of a desk, and those of these people who have an address."""
    known = {one.id: one for one in plan.people}
    groups = [Told("", "desk", desk.id, way) for way in desk.ways]
    reached = (known[each] for each in people if each in known and known[each].reach)
    return [
        *groups,
        *(Told(one.id, "desk", desk.id, tuple(way.channel for way in one.reach)) for one in reached),
    ]


def ever_on_duty(plan: Plan, desk: Desk) -> list[str]:
    """All who ever have a shift there."""
    people = [one for shift in desk.shifts for one in shift.people]
    people += [one for shift in desk.shifts if shift.rotate for one in shift.rotate.people]
    return [*people, *(change.person for change in plan.substitutes if change.desk == desk.id)]
