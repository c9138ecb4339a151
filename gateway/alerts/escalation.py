"""The escalation ladder: which channels an alert is brought to, and when the next rung follows while nobody accepts.

Pure: hub time is an argument. The first rung is climbed when the alert is raised; rung n follows ``after_s`` seconds after
the raise unless somebody has accepted. While time is accelerated the ladder is held: nothing is due, and the remaining
time is given back afterwards (``after_hold``), for no person can answer sixty times as fast.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TypeAlias

AFTER_S_MAX = 24 * 3600


@dataclass(frozen=True, slots=True)
class Rung:
    """Channels that are told when an alert has waited ``after_s`` seconds; none means the console alone."""

    after_s: int
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Climb:
    """A rung reached: tell ``channels`` now; ``escalate_at`` is the hub time of the next rung, None at the top."""

    rung: int
    channels: tuple[str, ...]
    escalate_at: int | None


Ladder: TypeAlias = tuple[Rung, ...]


class LadderError(ValueError):
    """The ladder in the settings cannot be used; the message says which rung, why, and what to do."""


def ladder_of(rungs: Iterable[Rung], *, channels: Collection[str]) -> Ladder:
    """Rungs sorted by time, beginning at 0 s (the console alone where the settings name none); raises ``LadderError``."""
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
        sorted_rungs.insert(0, Rung(0, ()))
    return tuple(sorted_rungs)


def first(ladder: Ladder, *, raised_at: int) -> Climb:
    """What is told when an alert is raised at hub time ``raised_at`` (ms)."""
    return _climb(ladder, 0, raised_at)


def due(
    ladder: Ladder, *, state: str, rung: int, escalate_at: int | None, now: int, held: bool = False
) -> Climb | None:
    """The next rung of an alert if its time has come, else None.

    One rung at a time: a hub that was away asks again until None, so that no rung is skipped. ``state`` other than
    ``raised`` means somebody has taken it; ``held`` means accelerated time.
    """
    if held or state != "raised" or escalate_at is None or escalate_at > now or rung + 1 >= len(ladder):
        return None
    return _climb(ladder, rung + 1, escalate_at)


def after_hold(escalate_at: int, *, raised_at: int, held_from: int, now: int) -> int:
    """``escalate_at`` after a hold from ``held_from`` to ``now``: the time that remained when it began remains.

    A hold that ended at once changes nothing; for an alert raised within the hold its whole first wait remains.
    """
    return now + max(0, escalate_at - max(raised_at, held_from)) if now >= held_from else escalate_at


def _climb(ladder: Ladder, rung: int, at: int) -> Climb:
    """Reach ``rung`` at its own time ``at``: the next one is counted from there, so lateness does not add up."""
    following = ladder[rung + 1] if rung + 1 < len(ladder) else None
    here = ladder[rung]
    wait_ms = None if following is None else (following.after_s - here.after_s) * 1000
    return Climb(rung, here.channels, None if wait_ms is None else at + wait_ms)
