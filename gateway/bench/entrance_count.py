"""The head count at a real entrance: what the estimate says at 04:00, when the house is all but empty, before it is reset.

The recording has no true number. At 04:00 it is taken to be nobody; who works through the night makes that wrong now and then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gateway.bench.entrance import SLOT_MS, Entrance, date_of
from gateway.bench.entrance_flags import WAYS
from rules.emptiness import empty_at
from rules.headcount import Headcount, correct, estimate, hear

DAY_MS = 86_400_000
RESET_MS = 4 * 3_600_000  # of the day
DOOR = "entrance"

Figures: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Residual:
    """04:00 of a day: passages and in - out since the reset before (or the hub's last truth), and what the estimate says."""

    at: int
    passages: int
    net: int
    people: int
    lower: int
    upper: int | None

    @property
    def within(self) -> bool:
        """Whether the band holds nobody."""
        return self.lower <= 0


@dataclass(slots=True)
class Counted:
    """The days, and the lowest number that was ever given."""

    days: list[Residual] = field(default_factory=list)
    lowest: int = 0


def residuals(recording: Entrance, *, reset: bool) -> Counted:
    """Each 04:00 with a whole day before it: reset to nobody then, or (not ``reset``) only by the hub's own rule at night."""
    count, found, came, went, since = Headcount(), Counted(), 0, 0, (0, 0)
    hear(count, DOOR, {"in": 0.0, "out": 0.0}, recording.slots[0].begin, empty_at=None)
    correct(count, 0, recording.slots[0].begin, command="")
    for one in recording.slots:
        at = one.begin + SLOT_MS
        came, went = came + int(one.came or 0), went + int(one.went or 0)
        hear(
            count, DOOR, {"in": float(came), "out": float(went)}, at, empty_at=_empty(count, at, reset=reset)
        )
        told = estimate(count, empty_at=_empty(count, at, reset=reset), whole=True)
        found.lowest = min(found.lowest, told.people, told.lower)
        if at % DAY_MS != RESET_MS:
            continue
        if at - recording.slots[0].begin >= DAY_MS:
            net = came - went - (since[0] - since[1])
            passed = came + went - sum(since)
            found.days.append(Residual(at, passed, net, told.people, told.lower, told.upper))
        since = (came, went)
        if reset:
            correct(count, 0, at, command="")
    return found


def summary(counted: Counted) -> Figures:
    """Quantiles of the residual, signed as counted and as estimated, and the share of days whose band holds nobody."""
    nets, people = [one.net for one in counted.days], [one.people for one in counted.days]
    busy = [one for one in counted.days if one.passages >= 100]  # noqa: PLR2004 as in the rules' own band
    return {
        "days": len(counted.days),
        "lowest": counted.lowest,
        "net": _quantiles(nets),
        "people": _quantiles(people),
        "within": round(sum(one.within for one in counted.days) / len(counted.days), 3)
        if counted.days
        else None,
        "days_of_100": len(busy),
        "within_of_100": round(sum(one.within for one in busy) / len(busy), 3) if busy else None,
    }


def as_rows(counted: Counted) -> list[Figures]:
    """The days, for a table."""
    return [
        {
            "day": f"{date_of(one.at):%Y-%m-%d}",
            "passages": one.passages,
            "net": one.net,
            "people": one.people,
            "lower": one.lower,
            "upper": one.upper,
            "within": one.within,
        }
        for one in counted.days
    ]


def _quantiles(values: Sequence[int]) -> dict[str, int] | None:
    if not values:
        return None
    ordered = sorted(values)
    last = len(ordered) - 1
    return {f"p{q}": ordered[round(q / 100 * last)] for q in (0, 5, 25, 50, 75, 95, 100)}


def _empty(count: Headcount, at: int, *, reset: bool) -> int | None:
    """When it was last empty by the hub's own rule; not asked where it is reset at 04:00 anyway."""
    if reset:
        return None
    return empty_at(max(count.moved_at, count.since), at, None, WAYS.zone, WAYS.calendar)
