"""Whom an alert is brought to, rung by rung: a plan, what the alert concerns, and who can hear, to names and channels.

Pure: time is an argument. A rung is a node of the tree with the desks there. Whoever is told besides (family, a guard, those of
the facility itself) is told with the first rung.

A rung where nobody can hear
----------------------------
It is closed, or deaf, or nobody there has an address. What is not about somebody's life waits its time out and goes up then.
Life safety goes past it at once. A deaf desk is told all the same: it costs nothing, and the test may be what is wrong.

When life safety finds nobody up to the top, everybody on the whole way is told, on duty or not: the people and groups of
desks that are closed as well. Somebody woken for nothing is better than nobody woken. Where no desk at all covers the place,
every care desk of the plan is told.

Beyond the top
--------------
Life safety is never left lying. ``AGAIN_S`` after the top, and again and again from then on until somebody accepts,
everybody on duty on the whole way is asked again; each time after twice as long, up to ``AGAIN_MAX_S``. Such a
time counts as a rung of its own, beyond the top: its messages have ids of their own. Anything else ends at the top, if somebody
on duty was told there; if not, it is brought to the whole way when the next desk of it opens, or ``LOOK_AGAIN_S`` later where
none is closed.

The ladder of the settings alone (``heeds_hearing`` False) has no hours and no people: it ends at its top.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gateway.duty.hearing import Asked, Circumstances, Role, Told, ask, ever_on_duty, of_desk
from gateway.duty.plan import SERVES, Class, Desk, Plan
from gateway.duty.roster import on_duty
from gateway.duty.rungs import Matter, Rung, covers, guards, own_desks, rungs_of
from rules.local_time import next_edge

__all__ = [
    "AGAIN_S",
    "LOOK_AGAIN_S",
    "Circumstances",
    "Climb",
    "Matter",
    "Passed",
    "Role",
    "Rung",
    "Told",
    "addresses",
    "begin",
    "climb",
    "covers",
    "everybody",
    "guards_of",
    "rungs_of",
    "told_so_far",
]

AGAIN_S = 300  # as long as the last rung of WAITS has come to
AGAIN_MAX_S = 1800  # what is told every five minutes for a day is not read any more
LOOK_AGAIN_S = 3600


@dataclass(frozen=True, slots=True)
class Passed:
    """A desk of a rung that reached nobody, and why: ``closed``, ``deaf`` or ``unreachable``."""

    rung: int
    desk: str
    why: str


@dataclass(frozen=True, slots=True)
class Climb:
    """A rung reached: tell ``told`` now, each once; ``escalate_at`` is the hub time of the next one, None at the end.

    ``rung`` counts from 0; from the number of rungs on, everybody is asked again.
    """

    rung: int
    told: tuple[Told, ...]
    passed: tuple[Passed, ...]
    escalate_at: int | None


def begin(plan: Plan, matter: Matter, now: Circumstances) -> Climb:
    """The first rung of an alert raised now, and who is told besides."""
    climb = _climb(plan, matter, rungs_of(plan, matter), 0, now)
    return replace(climb, told=_once((*climb.told, *_besides(plan, matter, now))))


def climb(plan: Plan, matter: Matter, *, rung: int, now: Circumstances) -> Climb | None:
    """The rung after ``rung``, now that its time has come; None where there is nobody to tell, nor will be.

    Beyond the top everybody on duty is asked again (see above).
    """
    rungs = rungs_of(plan, matter)
    if not rungs or (rung + 1 >= len(rungs) and not plan.heeds_hearing):
        return None
    return _climb(plan, matter, rungs, rung + 1, now)


def told_so_far(plan: Plan, matter: Matter, *, rung: int, now: Circumstances) -> tuple[Told, ...]:
    """Everybody on duty now on the rungs up to ``rung``, each once: who is told when it comes anew."""
    return _whole_way(plan, matter, rungs_of(plan, matter)[: rung + 1], now).told


def _climb(plan: Plan, matter: Matter, rungs: tuple[Rung, ...], number: int, now: Circumstances) -> Climb:
    """Reach rung ``number``; a matter of life goes on past rungs where nobody hears, to the top if need be."""
    if not rungs:
        return Climb(0, (), (), None)
    if number >= len(rungs):
        return _beyond(plan, matter, rungs, number, now)
    vital = matter.kind == "life_safety"
    told: list[Told] = []
    passed: list[Passed] = []
    while True:
        found = ask(plan, rungs[number].desks, now)
        told += found.told
        if found.heard:
            break
        passed += [Passed(number, desk.id, why) for desk, why in found.silent]
        if not vital or number + 1 == len(rungs):
            break
        number += 1
    if number + 1 < len(rungs):
        at: int | None = now.at + (rungs[number + 1].after_s - rungs[number].after_s) * 1000
    else:
        at = _asked_again_at(plan, matter, rungs, now, heard=found.heard)
        if vital and not found.heard:
            told += _whole_way(plan, matter, rungs, now, rouse=True).told
    return Climb(number, _once(told), tuple(passed), at)


def _beyond(plan: Plan, matter: Matter, rungs: tuple[Rung, ...], number: int, now: Circumstances) -> Climb:
    """The whole way once more; nobody has accepted, or nobody was there."""
    found = _whole_way(plan, matter, rungs, now)
    at = _asked_again_at(plan, matter, rungs, now, heard=found.heard, times=number - len(rungs) + 1)
    passed = tuple(Passed(number, desk.id, why) for desk, why in (() if found.heard else found.silent))
    return Climb(number, found.told, passed, at)


def _asked_again_at(
    plan: Plan, matter: Matter, rungs: Iterable[Rung], now: Circumstances, *, heard: bool, times: int = 0
) -> int | None:
    """When the whole way is asked again, from the top on, after so many ``times``; None where it ends."""
    if not plan.heeds_hearing:
        return None
    if matter.kind == "life_safety":
        return now.at + min(AGAIN_MAX_S, AGAIN_S << min(times, 10)) * 1000
    if heard:
        return None
    closed = [
        desk
        for rung in rungs
        for desk in rung.desks
        if on_duty(plan, desk, at=now.at, zone=now.zone, calendar=now.calendar) is None
    ]
    openings = (
        next_edge(shift.window, now.at, now.zone, now.calendar) for desk in closed for shift in desk.shifts
    )
    return min(openings, default=now.at + LOOK_AGAIN_S * 1000)


def _whole_way(
    plan: Plan, matter: Matter, rungs: Iterable[Rung], now: Circumstances, *, rouse: bool = False
) -> Asked:
    """Everybody on duty on these rungs; where that is nobody who hears and a life is at stake, those off duty as well.

    ``rouse``: these in any case, of the desks where nobody hears.
    """
    found = ask(plan, [desk for rung in rungs for desk in rung.desks], now)
    rouse = rouse or (matter.kind == "life_safety" and plan.heeds_hearing and not found.heard)
    roused = [one for desk, _ in found.silent for one in of_desk(plan, desk, ever_on_duty(plan, desk))]
    return replace(found, told=_once((*found.told, *(roused if rouse else ()))))


def _once(told: Iterable[Told]) -> tuple[Told, ...]:
    """Each person and each group once, as the first desk has them: the ids of messages do not know desks."""
    found: dict[tuple[str, object], Told] = {}
    for one in told:
        found.setdefault((one.role, one.to or one.ways), one)
    return tuple(found.values())


def _besides(plan: Plan, matter: Matter, now: Circumstances) -> tuple[Told, ...]:
    """Of life safety: the consenting family, guards where the home consents, and a facility's own property desk."""
    if matter.kind != "life_safety":
        return ()
    told = [Told(contact, "family", "", plan.family) for contact in matter.family if plan.family]
    if matter.guard:
        told += [replace(one, role="guard") for one in _guards_told(plan, matter, now)]
    return (*told, *ask(plan, own_desks(plan, matter), now).told)


def _guards_told(plan: Plan, matter: Matter, now: Circumstances) -> list[Told]:
    """The guards on duty nearest to a place; where a guard's room is closed or deaf, the next one's as well."""
    told: list[Told] = []
    for node in guards(plan, matter):
        found = ask(plan, node, now)
        told += found.told
        if found.heard:
            break
    return told


def guards_of(plan: Plan, matter: Matter) -> tuple[Desk, ...]:
    """The property desks nearest to a place."""
    return next(iter(guards(plan, matter)), ())


def everybody(plan: Plan, kind: Class, now: Circumstances) -> tuple[Told, ...]:
    """Everybody on duty at any desk that serves such alerts, wherever it stands."""
    desks = [desk for desk in plan.desks if desk.serves == SERVES[kind]] or list(plan.desks)
    return _once(ask(plan, desks, now).told)


def addresses(plan: Plan) -> Mapping[tuple[str, str], str]:
    """The address of each person on each channel."""
    return {(one.id, reach.channel): reach.address for one in plan.people for reach in one.reach}
