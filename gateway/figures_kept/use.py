"""The use of facilities as figures: how many people are there now, and by the hour, by the day, by the room. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.figures_kept.saying import Saying
from gateway.occupancy.hourly import Hour, When
from gateway.occupancy.use import DayUse, ZoneDay
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


def say_day(said: Saying, place: str, day: DayUse, capacity: int | None) -> None:
    """Say a day, of its hours so far; where none is known, nothing."""
    if not day.known_h:
        return
    for name, value in (
        ("people_h", day.people_h), ("peak", day.peak), ("came", day.came), ("went", day.went), ("drift", day.drift),
        ("known_h", day.known_h), ("used_h", day.used_h), ("open_h", day.open_h), ("capacity", capacity),
        *_of_open(day),
    ):  # fmt: skip
        said.facility(f"use_1d.{name}", place, day.begin, value)


def say_zone(said: Saying, place: str, room: str, day: ZoneDay) -> None:
    """Say the day of one of its rooms; square metres times hours only where its area is known."""
    if not day.known_h:
        return
    for name, value in (
        ("used_h", day.used_h), ("people_h", day.people_h), ("known_h", day.known_h), ("m2_h", day.m2_h),
        ("open_h", day.open_h), *_of_open(day),
    ):  # fmt: skip
        said.facility(f"zone_1d.{name}", place, day.begin, value, device=room)


def _of_open(day: DayUse | ZoneDay) -> tuple[tuple[str, float | None], ...]:
    """What utilisation is made of; nothing where nobody has said when it is open."""
    if day.open_h is None:
        return ()
    return ("open_known_h", day.open_known_h), ("open_used_h", day.open_used_h)


def hours_between(hours: Sequence[Hour], begin: int, end: int) -> list[Hour]:
    """Those of them that begin then."""
    return [one for one in hours if begin <= one.begin < end]
