"""The use of a facility over a month or any span: what its page, its report and the kept figures say, each from here.

``facility_hours`` reckons the hours once; ``facility_use`` sums them up, ``days_of`` and ``zone_days_of`` by the day,
``use_of`` for whoever has rooms there in exchange for service (以场地换服务). Pure: who calls brings the summaries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.occupancy.hourly import HOUR_MS, Counted, Hour, Reckoned, Residual, Summed, When, reckoned
from gateway.occupancy.zones import (
    IDLE_WEEKS,
    PurposeUse,
    Room,
    ZoneHour,
    ZoneUse,
    by_purpose,
    in_use,
    open_in,
    purpose_of,
    rooms_of,
    seen_hours,
    zone_hours,
    zone_use,
)
from rules.local_time import local_day, moment

COUNTER = "counter"
NO_SENSORS = frozenset({COUNTER, "gateway"})
DAY_MS = 24 * HOUR_MS
IDLE_MS = IDLE_WEEKS * 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class Use:
    """What the counters say of a month so far: None is 无数据, never zero.

    ``in_use_h``: hours in which somebody passed a counter, or somebody was there while it was open. ``people_h``: people times
    hours. ``unknown_h`` of ``hours`` a counter said nothing.
    """

    in_use_h: int | None
    people_h: float | None
    unknown_h: int
    hours: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A device of a facility: its kind, and the room it stands in ('' where none is registered)."""

    id: str
    kind: str
    room: str


@dataclass(frozen=True, slots=True)
class FacilityHours:
    """A facility hour by hour, as a whole and by room; ``doors`` are the hours of rooms with counters."""

    whole: Reckoned
    rooms: list[Room]
    zones: Mapping[str, list[ZoneHour]]
    doors: Mapping[str, list[Hour]]
    sensed: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUse:
    """A local day from ``begin``; None is 无数据. ``used_h`` of ``known_h`` of ``hours`` somebody was there.

    ``open_h``: hours open; None where nobody has said when. ``drift``: people by which the count was put right, signed.
    """

    begin: int
    hours: int
    known_h: int
    used_h: int | None
    open_h: int | None
    open_known_h: int
    open_used_h: int
    people_h: float | None
    peak: float | None
    peak_at: int | None
    came: float | None
    went: float | None
    drift: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneDay:
    """A local day of a room; None is 无数据. ``m2_h`` only where its area is known."""

    begin: int
    known_h: int
    used_h: int | None
    open_h: int | None
    open_known_h: int
    open_used_h: int
    people_h: float | None
    m2_h: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityUse:
    """The use of a facility from ``begin`` up to ``end`` (epoch ms). None is 无数据, never zero.

    ``utilisation``: of the known open hours, the share in which somebody was there. ``peak_at``: the hour of the most people.
    ``drift``: people by which counts were put right, without sign. ``m2_h`` sums the rooms whose area and use are known.
    ``idle`` are rooms that stood empty in the last four weeks, ``idle_unknown`` those of which too little is known.
    """

    begin: int
    end: int
    hours: int
    unknown_h: int
    used_h: int | None
    open_h: int | None
    open_known_h: int
    open_used_h: int | None
    utilisation: float | None
    people_h: float | None
    peak: float | None
    peak_at: int | None
    came: float | None
    went: float | None
    drift: float | None
    residuals: list[Residual]
    zones: list[ZoneUse]
    purposes: list[PurposeUse]
    m2_h: float | None
    idle: list[str]
    idle_unknown: list[str]


def facility_hours(
    rows: Sequence[Summed],
    devices: Sequence[Fitted],
    rooms: Mapping[str, Room],
    corrections: Sequence[Counted],
    begin: int,
    end: int,
    when: When,
) -> FacilityHours:
    """Reckon from ``begin`` up to ``end`` (epoch ms, whole hours), as a whole and by room.

    ``rows`` are the hourly summaries of all metrics of its devices: a sensor's sign of life shows that it would have seen
    somebody. Begin a day or more before what is asked for: the first hours rest on the counters' own counts.
    """
    counters = [one for one in devices if one.kind == COUNTER]
    sensors = [one for one in devices if one.kind not in NO_SENSORS]
    whole = reckoned(rows, [one.id for one in counters], corrections, begin, end, when)
    found = rooms_of(rooms, (one.room for one in devices if one.kind != "gateway"))
    zones: dict[str, list[ZoneHour]] = {}
    counted: dict[str, list[Hour]] = {}
    for room in found:
        doors = [one.id for one in counters if one.room == room.name]
        hours = None
        if doors:  # who counts a facility's people counts no single door's
            own = whole if len(doors) == len(counters) else reckoned(rows, doors, [], begin, end, when)
            counted[room.name] = hours = own.hours
        seeing = [one.id for one in sensors if one.room == room.name]
        seen = seen_hours(rows, seeing, begin, end) if seeing else None
        zones[room.name] = zone_hours(hours, seen, when, begin, end)
    return FacilityHours(whole, found, zones, counted, frozenset(one.room for one in sensors))


def facility_use(found: FacilityHours, begin: int, end: int, when: When) -> FacilityUse:
    """Sum up what lies from ``begin`` up to ``end``; idle rooms go by the four weeks before ``end``."""
    hours = [one for one in found.whole.hours if begin <= one.begin < end]
    zones = [
        zone_use(
            room, [one for one in found.zones[room.name] if one.begin < end], begin,
            counted=room.name in found.doors, sensed=room.name in found.sensed,
        )
        for room in found.rooms
    ]  # fmt: skip
    day = _summed(hours, begin, when)
    m2_h = [one.m2_h for one in zones if one.m2_h is not None]
    drifts = [abs(one.people - one.counted) for one in found.whole.residuals if begin <= one.at < end]
    used = [one for one in zones if purpose_of(one.room) != "entrance"]
    return FacilityUse(
        begin=begin, end=end, hours=day.hours, unknown_h=day.hours - day.known_h, used_h=day.used_h,
        open_h=day.open_h, open_known_h=day.open_known_h,
        open_used_h=day.open_used_h if day.open_known_h else None,
        utilisation=day.open_used_h / day.open_known_h if day.open_known_h else None,
        people_h=day.people_h, peak=day.peak, peak_at=day.peak_at, came=day.came, went=day.went,
        drift=sum(drifts) if drifts else None,
        residuals=[one for one in found.whole.residuals if begin <= one.at < end],
        zones=zones, purposes=by_purpose(zones), m2_h=sum(m2_h) if m2_h else None,
        idle=[one.room.name for one in used if one.idle],
        idle_unknown=[one.room.name for one in used if one.idle is None],
    )  # fmt: skip


def days_of(hours: Sequence[Hour], when: When) -> list[DayUse]:
    """By the local day, oldest first."""
    found: dict[int, list[Hour]] = {}
    for one in hours:
        found.setdefault(moment(local_day(one.begin, when.zone), 0, when.zone), []).append(one)
    return [_summed(some, begin, when) for begin, some in sorted(found.items())]


def zone_days_of(room: Room, hours: Sequence[ZoneHour], when: When) -> list[ZoneDay]:
    """The same of a room."""
    found: dict[int, list[ZoneHour]] = {}
    for one in hours:
        found.setdefault(moment(local_day(one.begin, when.zone), 0, when.zone), []).append(one)
    days = []
    for begin, some in sorted(found.items()):
        use = zone_use(room, some, begin, counted=any(one.people is not None for one in some), sensed=False)
        days.append(
            ZoneDay(
                begin=begin, known_h=use.known_h, used_h=use.used_h, open_h=use.open_h, open_known_h=use.open_known_h,
                open_used_h=use.open_used_h or 0, people_h=use.people_h, m2_h=use.m2_h,
            )
        )  # fmt: skip
    return days


def use_of(hours: Sequence[Hour], when: When) -> Use:
    """Sum up; where no hour at all is known, nothing is."""
    day = _summed(hours, 0, when)
    return Use(
        in_use_h=day.used_h,
        people_h=None if day.people_h is None else round(day.people_h, 1),
        unknown_h=day.hours - day.known_h,
        hours=day.hours,
    )


def month_of(text: str, zone: ZoneInfo) -> tuple[int, int]:
    """``YYYY-MM`` from its first hour up to the first of the next, epoch ms, in the zone; raises ``ValueError``."""
    first = datetime.strptime(f"{text}-01", "%Y-%m-%d").replace(tzinfo=zone)
    following = (first + timedelta(days=32)).replace(day=1)
    return _whole_hour(first), _whole_hour(following)


def _summed(hours: Sequence[Hour], begin: int, when: When) -> DayUse:
    known = [one for one in hours if one.people is not None]
    used = [one for one in known if in_use(one, when)]
    said_open = [open_in(one.begin, when) for one in hours]
    opened = [
        one for one, is_open in zip(hours, said_open, strict=True) if is_open and one.people is not None
    ]
    most = max(known, key=lambda one: one.peak or 0.0, default=None)
    drift = [one.drift for one in known if one.drift is not None]
    return DayUse(
        begin=begin, hours=len(hours), known_h=len(known), used_h=len(used) if known else None,
        open_h=None if None in said_open or not hours else sum(map(bool, said_open)),
        open_known_h=len(opened), open_used_h=sum(bool(in_use(one, when)) for one in opened),
        people_h=sum(one.people or 0.0 for one in used) if known else None,
        peak=most.peak if most else None, peak_at=most.begin if most else None,
        came=sum(one.came or 0.0 for one in known) if known else None,
        went=sum(one.went or 0.0 for one in known) if known else None,
        drift=sum(drift) if drift else None,
    )  # fmt: skip


def _whole_hour(at: datetime) -> int:
    return int(at.timestamp() * 1000) // HOUR_MS * HOUR_MS
