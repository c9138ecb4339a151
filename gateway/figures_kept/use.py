"""The use of facilities as figures: how many people are there now, and by the hour, by the day, by the room. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.figures_kept.saying import Saying
from gateway.occupancy.hourly import Hour, When
from gateway.occupancy.usual import Week

EVERY_MS = 300_000  # between two estimates of one facility


@dataclass(frozen=True, slots=True)
class Present:
    """The people in a facility now; None where nothing is known, or the band is open."""

    place: str
    people: int | None
    lower: int | None
    upper: int | None
    capacity: int | None


@dataclass(frozen=True, slots=True)
class Used:
    """What hours were good for: in use where somebody passed, or was there while it was open (``gateway.occupancy.use``)."""

    known_h: int
    used_h: int
    open_h: int | None
    people_h: float | None


def say_present(said: Saying, found: Iterable[Present], at: int) -> None:
    """Say how many are there now."""
    for one in found:
        said.facility("use.people", one.place, at, one.people)
        if one.upper is not None:  # a band with one end is none
            said.facility("use.lower", one.place, at, one.lower)
            said.facility("use.upper", one.place, at, one.upper)
        said.facility("use.capacity", one.place, at, one.capacity)


def say_hours(
    said: Saying,
    place: str,
    hours: Sequence[Hour],
    *,
    usual: Week,
    unusual: Collection[int],
    judged: bool,
    when: When,
    capacity: int | None,
) -> None:
    """Say these hours. ``unusual``: when those begin that are flagged; ``judged``: whether there was enough to judge by."""
    for one in hours:
        if one.people is None:
            continue  # a counter was silent: that is no zero
        here = datetime.fromtimestamp(one.begin / 1000, when.zone)
        flag = float(one.begin in unusual) if judged else None
        for name, value in (
            ("people", one.people), ("lower", one.lower), ("upper", one.upper), ("peak", one.peak), ("came", one.came),
            ("went", one.went), ("usual", usual.get((here.weekday(), here.hour))), ("unusual", flag), ("drift", one.drift),
            ("capacity", capacity),
        ):  # fmt: skip
            said.facility(f"use_1h.{name}", place, one.begin, value)


def say_day(
    said: Saying, place: str, begin: int, hours: Sequence[Hour], when: When, capacity: int | None
) -> None:
    """Say the day that begins then, of its hours so far; where none is known, nothing."""
    used = used_of(hours, when)
    if not used.known_h:
        return
    known = [one for one in hours if one.people is not None]
    for name, value in (
        ("people_h", used.people_h), ("peak", max(one.peak or 0.0 for one in known)), ("came", _sum(one.came for one in known)),
        ("went", _sum(one.went for one in known)), ("drift", _sum(one.drift for one in known)), ("known_h", used.known_h),
        ("used_h", used.used_h), ("open_h", used.open_h), ("capacity", capacity),
    ):  # fmt: skip
        said.facility(f"use_1d.{name}", place, begin, value)


def say_zone(
    said: Saying,
    place: str,
    room: str,
    begin: int,
    hours: Sequence[Hour],
    when: When,
    *,
    area_m2: float | None,
) -> None:
    """Say the day of one of its rooms; square metres times hours only where its area is known."""
    used = used_of(hours, when)
    if not used.known_h:
        return
    for name, value in (
        ("used_h", used.used_h), ("people_h", used.people_h), ("known_h", used.known_h),
        ("m2_h", None if area_m2 is None else area_m2 * used.used_h),
    ):  # fmt: skip
        said.facility(f"zone_1d.{name}", place, begin, value, device=room)


def used_of(hours: Sequence[Hour], when: When) -> Used:
    """Sum up. ``open_h`` counts hours that are known as well as those that are not; None where nobody has said when."""
    known = [one for one in hours if one.people is not None]
    used = [one for one in known if _in_use(one, when)]
    opened = None if when.hours is None else sum(bool(when.is_open(one.begin)) for one in hours)
    return Used(
        known_h=len(known),
        used_h=len(used),
        open_h=opened,
        people_h=math.fsum(one.people or 0.0 for one in known) if known else None,
    )


def hours_between(hours: Sequence[Hour], begin: int, end: int) -> list[Hour]:
    """Those of them that begin then."""
    return [one for one in hours if begin <= one.begin < end]


def _in_use(hour: Hour, when: When) -> bool:
    return hour.passed > 0 or (bool(when.is_open(hour.begin)) and (hour.people or 0.0) >= 1)


def _sum(parts: Iterable[float | None]) -> float | None:
    """Of what is known of them; None where nothing is."""
    known = [part for part in parts if part is not None]
    return math.fsum(known) if known else None
