"""Whom an alert is brought to, rung by rung: a plan, what the alert concerns, and who can hear, to names and channels.

Pure: time is an argument. A rung is a node of the tree with the desks there. One that is closed or cannot hear reaches
nobody: life safety goes past it at once, anything else waits its time. Who is told besides (family, a guard) is told with the
first rung.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from gateway.duty.plan import SERVES, WAITS, Class, Desk, Plan
from gateway.duty.roster import on_duty

Role: TypeAlias = Literal["desk", "family", "guard"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What of an alert decides whom it is brought to.

    ``path`` is that of its place, '' for the hub itself. ``family`` are the consenting contacts by id; ``guard``: the home
    consents that a property guard is asked to knock.
    """

    kind: Class
    place_id: str
    path: str
    family: tuple[str, ...] = ()
    guard: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody to tell: a person or contact by id ('' for a group), on behalf of which desk, by which channels in order."""

    to: str
    role: Role
    desk: str
    ways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """A rung that reached nobody, and why: ``closed``, ``deaf`` or ``unreachable``."""

    rung: int
    desk: str
    why: str


@dataclass(frozen=True, slots=True)
class Climb:
    """A rung reached: tell ``told`` now; ``escalate_at`` is the hub time of the next one, None at the top."""

    rung: int
    told: tuple[Told, ...]
    passed: tuple[Passed, ...]
    escalate_at: int | None


@dataclass(frozen=True, slots=True)
class Rung:
    """The desks of one node, and how many seconds after the raise they are told."""

    after_s: int
    desks: tuple[Desk, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """When it is asked, in which zone and calendar, and which desks cannot hear (by id)."""

    at: int
    zone: ZoneInfo
    calendar: str
    deaf: Collection[str] = frozenset()


def rungs_of(plan: Plan, matter: Matter) -> tuple[Rung, ...]:
    """The ladder of a matter, nearest desks first; empty where no desk covers its place."""
    if matter.kind in plan.routes:
        desk_of = {desk.id: desk for desk in plan.desks}
        return tuple(Rung(step.after_s, (desk_of[step.tell],)) for step in plan.routes[matter.kind])
    nodes: dict[tuple[int, str], list[Desk]] = {}
    for desk in plan.desks:
        if desk.serves == SERVES[matter.kind] and covers(desk, matter):
            nodes.setdefault((0 if desk.places else 1, desk.at), []).append(desk)
    nearest = sorted(nodes, key=lambda node: (node[0], -len(node[1].split("/")) if node[1] else 0))
    waits = plan.waits.get(matter.kind, WAITS[matter.kind])
    return tuple(Rung(_wait(waits, number), tuple(nodes[node])) for number, node in enumerate(nearest))


def covers(desk: Desk, matter: Matter) -> bool:
    """Whether a desk serves the place of a matter: one of its facilities, or one below its node."""
    if desk.places:
        return matter.place_id in desk.places
    return not desk.at or matter.path == desk.at or matter.path.startswith(desk.at + "/")


def begin(plan: Plan, matter: Matter, now: Circumstances) -> Climb:
    """The first rung of an alert raised now, and who is told besides."""
    climb = _climb(plan, matter, rungs_of(plan, matter), 0, now)
    return Climb(climb.rung, (*climb.told, *_besides(plan, matter, now)), climb.passed, climb.escalate_at)


def climb(plan: Plan, matter: Matter, *, rung: int, now: Circumstances) -> Climb | None:
    """The rung after ``rung``, now that its time has come; None at the top."""
    rungs = rungs_of(plan, matter)
    return _climb(plan, matter, rungs, rung + 1, now) if rung + 1 < len(rungs) else None


def told_so_far(plan: Plan, matter: Matter, *, rung: int, now: Circumstances) -> tuple[Told, ...]:
    """Everybody on duty now on the rungs up to ``rung``, each once: who is told when it comes anew."""
    told = [one for step in rungs_of(plan, matter)[: rung + 1] for one in _reached(plan, step, now)[0]]
    return tuple({(one.to, one.ways): one for one in reversed(told)}.values())[::-1]


def _climb(plan: Plan, matter: Matter, rungs: tuple[Rung, ...], number: int, now: Circumstances) -> Climb:
    """Reach rung ``number``; a matter of life goes on past rungs that reach nobody, to the top if need be."""
    passed: list[Passed] = []
    told: tuple[Told, ...] = ()
    while number < len(rungs):
        told, why = _reached(plan, rungs[number], now)
        if told or not why:
            break
        passed.append(Passed(number, rungs[number].desks[0].id, why))
        if matter.kind != "life_safety" or number + 1 == len(rungs):
            break
        number += 1
    if number + 1 >= len(rungs):
        return Climb(max(0, number), told, tuple(passed), None)
    wait_ms = (rungs[number + 1].after_s - rungs[number].after_s) * 1000
    return Climb(number, told, tuple(passed), now.at + wait_ms)


def _reached(plan: Plan, rung: Rung, now: Circumstances) -> tuple[tuple[Told, ...], str]:
    """Who on a rung is told now; where nobody can hear it, why. A console alone needs no message."""
    told: list[Told] = []
    heard, why = False, ""
    for desk in rung.desks:
        shift = on_duty(plan, desk, at=now.at, zone=now.zone, calendar=now.calendar)
        if shift is None:
            why = why or "closed"
            continue
        people = [one for one in plan.people if one.id in shift]
        ways = [Told("", "desk", desk.id, way) for way in desk.ways]
        ways += [
            Told(one.id, "desk", desk.id, tuple(r.channel for r in one.reach)) for one in people if one.reach
        ]
        deaf = plan.heeds_hearing and desk.id in now.deaf
        if deaf:
            why = "deaf"
        elif not ways and not desk.console and plan.heeds_hearing:
            why = why or "unreachable"
        else:
            heard = True
        told += ways  # also to who is held for deaf: it costs nothing, and the test may be what is wrong
    return tuple(told), "" if heard else why


def _besides(plan: Plan, matter: Matter, now: Circumstances) -> tuple[Told, ...]:
    """Of life safety: the consenting family, and the guards on duty where the home consents."""
    if matter.kind != "life_safety":
        return ()
    told = [Told(contact, "family", "", plan.family) for contact in matter.family if plan.family]
    if matter.guard:
        for desk in guards_of(plan, matter):
            found, _ = _reached(plan, Rung(0, (desk,)), now)
            told += [Told(one.to, "guard", one.desk, one.ways) for one in found]
    return tuple(told)


def guards_of(plan: Plan, matter: Matter) -> tuple[Desk, ...]:
    """The property desks nearest to a place."""
    near = [
        desk for desk in plan.desks if desk.serves == "property" and not desk.places and covers(desk, matter)
    ]
    depth = max((len(desk.at.split("/")) for desk in near if desk.at), default=0)
    return tuple(desk for desk in near if (len(desk.at.split("/")) if desk.at else 0) == depth)


def everybody(plan: Plan, kind: Class, now: Circumstances) -> tuple[Told, ...]:
    """Everybody on duty at any desk that serves such alerts, wherever it stands."""
    desks = [desk for desk in plan.desks if desk.serves == SERVES[kind]] or list(plan.desks)
    return tuple(one for desk in desks for one in _reached(plan, Rung(0, (desk,)), now)[0])


def addresses(plan: Plan) -> Mapping[tuple[str, str], str]:
    """The address of each person on each channel."""
    return {(one.id, reach.channel): reach.address for one in plan.people for reach in one.reach}


def _wait(waits: tuple[int, ...], number: int) -> int:
    """Seconds after the raise; rungs beyond those that are given follow at the last distance."""
    if number < len(waits):
        return waits[number]
    step = waits[-1] - waits[-2] if len(waits) > 1 else 60
    return waits[-1] + step * (number - len(waits) + 1)
