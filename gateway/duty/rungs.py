"""The ladder of an alert: which desks cover its place and serve its class, the nearest first. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.duty.plan import SERVES, WAITS, Class, Desk, Plan

OF_A_FACILITY = -10  # nearer than any place in the tree, which has four levels


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
class Rung:
    """The desks of one node, and how many seconds after the raise they are told."""

    after_s: int
    desks: tuple[Desk, ...]


def rungs_of(plan: Plan, matter: Matter) -> tuple[Rung, ...]:
    """The ladder of a matter, nearest desks first; empty where no desk covers its place, and it is not life safety."""
    if matter.kind in plan.routes:
        return _written(plan, matter.kind)
    serving = [desk for desk in plan.desks if desk.serves == SERVES[matter.kind]]
    nodes = _by_node([desk for desk in serving if covers(desk, matter)])
    if not nodes and matter.kind == "life_safety" and serving:
        nodes = [tuple(sorted(serving, key=_id))]
    waits = plan.waits.get(matter.kind) or WAITS[matter.kind]
    return tuple(Rung(_wait(waits, number), node) for number, node in enumerate(nodes))


def _written(plan: Plan, kind: Class) -> tuple[Rung, ...]:
    """The rungs of a route that is written out; what is told at one time is one rung."""
    desk_of = {desk.id: desk for desk in plan.desks}
    rungs: dict[int, list[Desk]] = {}
    for step in plan.routes[kind]:
        rungs.setdefault(step.after_s, []).append(desk_of[step.tell])
    return tuple(Rung(after_s, tuple(rungs[after_s])) for after_s in sorted(rungs))


def covers(desk: Desk, matter: Matter) -> bool:
    """Whether a desk serves the place of a matter: one of its facilities, or one below its node."""
    if desk.places:
        return matter.place_id in desk.places
    return not desk.at or matter.path == desk.at or matter.path.startswith(desk.at + "/")


def guards(plan: Plan, matter: Matter) -> list[tuple[Desk, ...]]:
    """The property desks that cover a place by its path, by node, the nearest first."""
    serving = [desk for desk in plan.desks if desk.serves == "property" and not desk.places]
    return _by_node([desk for desk in serving if covers(desk, matter)])


def own_desks(plan: Plan, matter: Matter) -> list[Desk]:
    """The property desks that serve this facility by name."""
    own = [desk for desk in plan.desks if desk.serves == "property" and matter.place_id in desk.places]
    return sorted(own, key=_id)


def _by_node(desks: list[Desk]) -> list[tuple[Desk, ...]]:
    """Desks that cover a place, by node: those of the facility alone first, then those of the longest path."""
    nodes: dict[int, list[Desk]] = {}
    for desk in sorted(desks, key=_id):
        depth = len(desk.at.split("/")) if desk.at else 0
        nodes.setdefault(OF_A_FACILITY if desk.places else -depth, []).append(desk)
    return [tuple(nodes[node]) for node in sorted(nodes)]


def _id(desk: Desk) -> str:
    return desk.id


def _wait(waits: tuple[int, ...], number: int) -> int:
    """Seconds after the raise; rungs beyond those that are given follow at the last distance."""
    if number < len(waits):
        return waits[number]
    step = waits[-1] - waits[-2] if len(waits) > 1 else 60
    return waits[-1] + step * (number - len(waits) + 1)
