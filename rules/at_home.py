"""One calm sentence about a home: whether somebody was active today, when last, and whether that is as usual.

It says no room. What is seen is always said. That nothing was seen is said only while every sensor that would have seen it can
be heard; else that nothing can be said.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from rules.conditions.absence import Absence
from rules.conditions.condition import Condition
from rules.conditions.learned import Learned
from rules.habit import Habit, is_learned
from rules.local_time import local_day, moment
from rules.modes import RETURNS
from rules.presence import Presence, posture, where

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Said: TypeAlias = Literal["paused", "active", "not_yet", "away", "blind", "no_sensors", "unknown"]
Usual: TypeAlias = Literal["usual", "quiet", "inactive", "alert", "away", "out", "blind", "learning", ""]

SEES = frozenset(
    {"contact", "opening", "motion", "bed", "seat", "flush", "appliance"}
)  # kinds of devices that see activity


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a home. ``sensors``: of each that sees activity, whether it can be heard now.

    ``mode`` is the one it is in ('' none); ``hears``: the hub hears the broker. ``alerts``: for each open alert about the
    person, whether it is one of inactivity.
    """

    presence: Presence
    habit: Habit
    sensors: Sequence[bool]
    mode: str = ""
    hears: bool = True
    alerts: Collection[bool] = ()


@dataclass(frozen=True, slots=True)
class AtHome:
    """What is said: of today (``said``), when somebody was active last (``at``, ms, 0: not known), how that is (``usual``)."""

    said: Said
    at: int
    usual: Usual


def at_home(seen: Seen, *, now: int, zone: ZoneInfo, rule: Learned | None = None) -> AtHome:
    """The sentence at ``now``; ``rule`` is the one by which a quiet counts as odd in that home."""
    if seen.mode == "paused":  # whoever has asked not to be watched is not told about
        return AtHome("paused", 0, _of_alerts(seen))
    last = seen.presence.active_at
    if last >= moment(local_day(now, zone), 0, zone):
        return AtHome("active", last, _usual(seen, now, zone, rule or Learned()))
    said = _nothing_today(seen)
    return AtHome(
        said, last, _usual(seen, now, zone, rule or Learned()) if said == "not_yet" else _of_alerts(seen)
    )


def is_inactivity(condition: Condition) -> bool:
    """Whether it says that a person has not been active."""
    return isinstance(condition, Absence | Learned) or any(map(is_inactivity, condition.parts))


def _nothing_today(seen: Seen) -> Said:
    if seen.mode in RETURNS:
        return "away"
    if not seen.sensors:
        return "no_sensors"
    if not _all_hear(seen):
        return "blind"
    return "not_yet" if seen.presence.active_at else "unknown"


def _usual(seen: Seen, now: int, zone: ZoneInfo, rule: Learned) -> Usual:
    """How it is now; the first that holds, the gravest first."""
    if seen.alerts:
        return _of_alerts(seen)
    if seen.mode in RETURNS:
        return "away"
    if not seen.hears or not any(seen.sensors):
        return "blind"
    if where(seen.presence, now) == "presumed_out":
        return "out"
    return _beside_the_habit(seen, now, zone, rule)


def _beside_the_habit(seen: Seen, now: int, zone: ZoneInfo, rule: Learned) -> Usual:
    """Whether the quiet that goes on is one of this person's."""
    allowed = rule.allowed(seen.habit, posture(seen.presence), seen.presence.active_at, zone)
    if allowed is None or not is_learned(seen.habit):
        return "learning"
    if now - seen.presence.active_at < allowed.limit_ms:
        return "usual"
    return "quiet" if _all_hear(seen) else "blind"


def _of_alerts(seen: Seen) -> Usual:
    return "inactive" if any(seen.alerts) else "alert" if seen.alerts else ""


def _all_hear(seen: Seen) -> bool:
    """Whether nothing could have happened unseen by a sensor that is there to see it."""
    return seen.hears and not seen.presence.doubt and all(seen.sensors)
