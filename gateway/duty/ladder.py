"""A ladder of channels, as the settings have it where no duty plan is written: the same for every place, told at any hour."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from gateway.duty.plan import CLASSES, Desk, Plan, Step

AFTER_S_MAX = 24 * 3600


@dataclass(frozen=True, slots=True)
class LadderRung:
    """Channels that are told when an alert has waited ``after_s`` seconds; none means the console alone."""

    after_s: int
    channels: tuple[str, ...]


class LadderError(ValueError):
    """The ladder in the settings cannot be used; the message says which rung, why, and what to do."""


def plan_of(rungs: Iterable[LadderRung], *, channels: Collection[str]) -> Plan:
    """The plan that a ladder stands for: a desk for each rung, by time, beginning at 0 s; raises ``LadderError``.

    Where no rung is at 0 s the console alone is. Such a desk is always staffed, and nobody asks whether it can hear.
    """
    sorted_rungs = sorted(rungs, key=lambda rung: rung.after_s)
    seen: set[int] = set()
    for rung in sorted_rungs:
        where = f"ladder: the rung with after_s = {rung.after_s}"
        if not 0 <= rung.after_s <= AFTER_S_MAX:
            raise LadderError(f"{where} is outside 0 to {AFTER_S_MAX}; write the seconds after the raise")
        if rung.after_s in seen:
            raise LadderError(f"{where} stands twice; put all its channels into one rung")
        seen.add(rung.after_s)
        for name in rung.channels:
            if name not in channels:
                known = ", ".join(sorted(channels)) or "none are set up"
                raise LadderError(f"{where} names the channel {name!r}; known are: {known}")
    if 0 not in seen:
        sorted_rungs.insert(0, LadderRung(0, ()))
    desks = tuple(
        Desk(f"rung-{number}", f"rung {number}", "care", ways=tuple((name,) for name in rung.channels))
        for number, rung in enumerate(sorted_rungs)
    )
    route = tuple(Step(rung.after_s, desk.id) for rung, desk in zip(sorted_rungs, desks, strict=True))
    return Plan(desks=desks, routes=dict.fromkeys(CLASSES, route), heeds_hearing=False)


def after_hold(due_at: int, *, raised_at: int, held_from: int, now: int) -> int:
    """``due_at`` after a hold from ``held_from`` to ``now``: the time that remained when it began remains.

    Time is held while it does not run at people's pace, for nobody can answer sixty times as fast. A hold that ended at once
    changes nothing; for an alert raised within the hold its whole first wait remains.
    """
    return now + max(0, due_at - max(raised_at, held_from)) if now >= held_from else due_at
