"""The rooms of a facility: which hours they were used in, by their counters and by what senses people there.

A *zone* is a room. It may have counters at its door (then people are known), sensors that see somebody (then only that is
known), or both, or nothing (then nothing is). What is not known is no hour of disuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, get_args

from gateway.occupancy.hourly import HOUR_MS, Hour, Summed, When
from rules.rooms import kind_of

Purpose: TypeAlias = Literal["service", "activity", "office", "other", "entrance"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
SENSED = frozenset({"motion", "presence", "seat", "bed"})  # 1 where somebody is
HEARD_WITHIN_H = (
    4  # a sensor reports changes and a sign of life; one that is quiet for longer is not believed
)
IDLE_WEEKS = 4
IDLE_BELOW = (
    0.1  # of the open hours: less than one of a day of ten. A figure of this hub, printed beside the list
)
KNOWN_SHARE = 0.5  # of the open hours must be known before a room is called idle
OPEN_HOURS_MIN = 20  # and so many of them


@dataclass(frozen=True, slots=True)
class Room:
    """A room as people have entered it; None is not known. An entrance is no room to be used: it has no area."""

    name: str
    area_m2: float | None = None
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True)
class ZoneHour:
    """An hour of a room; None is not known. ``is_open`` None: nobody has said when it is open."""

    begin: int
    used: bool | None
    people: float | None
    is_open: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneUse:
    """The use of a room over some hours. None is 无数据, never zero.

    ``used_h`` of ``known_h`` hours somebody was there; ``utilisation`` is the share of the known open hours. ``m2_h``: its
    area times ``used_h``. ``idle`` of the last four weeks; None where too little is known to say.
    """

    room: Room
    counted: bool
    sensed: bool
    hours: int
    known_h: int
    used_h: int | None
    open_h: int | None
    open_known_h: int
    open_used_h: int | None
    utilisation: float | None
    people_h: float | None
    m2_h: float | None
    idle: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeUse:
    """The rooms of one purpose: their area, and how much of it was used how long; shares of all rooms whose area is known.

    ``m2_h`` sums the rooms whose use is known: ``unknown`` have none, or no area.
    """

    purpose: Purpose | None
    rooms: int
    unknown: int
    area_m2: float | None
    area_share: float | None
    m2_h: float | None
    use_share: float | None


def in_use(hour: Hour, when: When) -> bool | None:
    """Whether somebody used it in that hour: anybody passed, or was there while it was open; None where that is not known."""
    if hour.passed > 0:
        return True
    if hour.people is None:
        return None
    return hour.people >= 1 and bool(open_in(hour.begin, when))


def open_in(begin: int, when: When) -> bool | None:
    """Whether it is open in that hour, by its middle: half an hour at the edge counts as none or as one, on average right."""
    return when.is_open(begin + HOUR_MS // 2)


def purpose_of(room: Room) -> Purpose | None:
    """What it is for, as entered; a door is known by its name."""
    if room.purpose is not None:
        return room.purpose
    return "entrance" if kind_of(room.name) == "entrance" or room.name.endswith("门") else None


def seen_hours(rows: Iterable[Summed], sensors: Sequence[str], begin: int, end: int) -> list[bool | None]:
    """Whether any of the sensors saw somebody, by the hour; None while all are silent. What one saw last goes on meanwhile."""
    told: dict[int, dict[str, list[Summed]]] = {}
    known = frozenset(sensors)
    for row in rows:
        if row.device in known:
            told.setdefault(row.begin, {}).setdefault(row.device, []).append(row)
    heard: dict[str, int] = {}
    held: dict[str, bool] = {}
    found: list[bool | None] = []
    for hour in range(begin, end, HOUR_MS):
        now: list[bool] = []
        for device in sorted(known):
            said = told.get(hour, {}).get(device, [])
            senses = [one for one in said if one.metric in SENSED]
            seen = held.get(device, False) or any(one.max >= 1 for one in senses)
            if senses:
                held[device] = any(one.last >= 1 for one in senses)
            if said:
                heard[device] = hour
            if device in heard and hour - heard[device] < HEARD_WITHIN_H * HOUR_MS:
                now.append(seen)
            else:
                held.pop(device, None)
        found.append(any(now) if now else None)
    return found


def zone_hours(
    counted: Sequence[Hour] | None, seen: Sequence[bool | None] | None, when: When, begin: int, end: int
) -> list[ZoneHour]:
    """The hours of a room from what counts there and what sees somebody there; both cover from ``begin`` up to ``end``."""
    found = []
    for at, hour in enumerate(range(begin, end, HOUR_MS)):
        said = [in_use(counted[at], when) if counted else None, seen[at] if seen else None]
        known = [one for one in said if one is not None]
        people = counted[at].people if counted else None
        found.append(ZoneHour(hour, any(known) if known else None, people, open_in(hour, when)))
    return found


def zone_use(room: Room, hours: Sequence[ZoneHour], begin: int, *, counted: bool, sensed: bool) -> ZoneUse:
    """Sum up from ``begin`` on; whether it is idle goes by the last four weeks of ``hours``."""
    mine = [one for one in hours if one.begin >= begin]
    known = [one for one in mine if one.used is not None]
    used = [one for one in known if one.used]
    opened = [one for one in known if one.is_open]
    open_used = [one for one in opened if one.used]
    people = [one.people for one in used if one.people is not None]
    said_open = any(one.is_open is not None for one in mine)
    area = room.area_m2 if purpose_of(room) != "entrance" else None
    return ZoneUse(
        room=room, counted=counted, sensed=sensed, hours=len(mine), known_h=len(known),
        used_h=len(used) if known else None,
        open_h=sum(bool(one.is_open) for one in mine) if said_open else None,
        open_known_h=len(opened), open_used_h=len(open_used) if opened else None,
        utilisation=len(open_used) / len(opened) if opened else None,
        people_h=sum(people) if counted and any(one.people is not None for one in mine) else None,
        m2_h=area * len(used) if area is not None and known else None,
        idle=is_idle(room, hours),
    )  # fmt: skip


def is_idle(room: Room, hours: Sequence[ZoneHour]) -> bool | None:
    """Whether it stood empty nearly always while open in the last four weeks (闲置); None: too little is known (无数据)."""
    if not hours or purpose_of(room) == "entrance":
        return None
    since = hours[-1].begin + HOUR_MS - IDLE_WEEKS * 7 * 24 * HOUR_MS
    opened = [one for one in hours if one.begin >= since and one.is_open]
    known = [one for one in opened if one.used is not None]
    return idle_by(len(opened), len(known), sum(bool(one.used) for one in known))


def idle_by(opened: float, known: float, used: float) -> bool | None:
    """The same of so many open hours, those of them that are known, and those in which it was used."""
    if known < max(KNOWN_SHARE * opened, OPEN_HOURS_MIN):
        return None
    return used < IDLE_BELOW * known


def by_purpose(zones: Sequence[ZoneUse]) -> list[PurposeUse]:
    """Service rooms beside offices (服务、办公用房面积与使用): only rooms, no entrances; in the order of ``PURPOSES``."""
    rooms = [one for one in zones if purpose_of(one.room) != "entrance"]
    areas: dict[Purpose | None, list[ZoneUse]] = {}
    for one in rooms:
        areas.setdefault(purpose_of(one.room), []).append(one)
    area_all = sum(one.room.area_m2 or 0.0 for one in rooms)
    use_all = sum(one.m2_h or 0.0 for one in rooms)
    found = []
    for purpose in (*PURPOSES, None):
        mine = areas.get(purpose)
        if not mine:
            continue
        known = [one.room.area_m2 for one in mine if one.room.area_m2 is not None]
        used = [one.m2_h for one in mine if one.m2_h is not None]
        found.append(
            PurposeUse(
                purpose=purpose, rooms=len(mine), unknown=len(mine) - len(used),
                area_m2=sum(known) if known else None,
                area_share=sum(known) / area_all if known and area_all else None,
                m2_h=sum(used) if used else None, use_share=sum(used) / use_all if used and use_all else None,
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class WeekHour:
    """An hour of the week (weekday from 0 for Monday): used in ``used`` of ``known`` weeks; people on average where counted."""

    weekday: int
    hour: int
    known: int
    used: int
    people: float | None
    is_open: bool


def week_of(hours: Sequence[ZoneHour], when: When) -> dict[tuple[int, int], WeekHour]:
    """The week of a room; hours that were never known have ``known`` 0."""
    found: dict[tuple[int, int], list[ZoneHour]] = {}
    for one in hours:
        at = datetime.fromtimestamp(one.begin / 1000, when.zone)
        found.setdefault((at.weekday(), at.hour), []).append(one)
    return {at: _week_hour(at, some) for at, some in sorted(found.items())}


def _week_hour(at: tuple[int, int], some: Sequence[ZoneHour]) -> WeekHour:
    known = [one for one in some if one.used is not None]
    people = [one.people for one in some if one.people is not None]
    return WeekHour(
        *at, len(known), sum(bool(one.used) for one in known), sum(people) / len(people) if people else None,
        any(one.is_open for one in some),
    )  # fmt: skip


def rooms_of(entered: Mapping[str, Room], registered: Iterable[str]) -> list[Room]:
    """Every room that was entered or has a device, by name; those with a device only are nothing but their name."""
    return [
        entered.get(name) or Room(name) for name in sorted({*entered, *(one for one in registered if one)})
    ]
