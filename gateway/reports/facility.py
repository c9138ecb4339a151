"""The report of a facility's use in a month, drawn up from its hours; pure. What a counter did not say is not zero."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.occupancy.hourly import HOUR_MS, Hour
from gateway.occupancy.use import use_of
from gateway.reports import facility_words as words
from gateway.reports.asked import Asked
from gateway.reports.document import Cell, Column, Picture, Report, Section, Series, Table, Text, Value
from gateway.reports.facts import FacilityFacts, Zone
from gateway.reports.figures import figures_of, keys_of, percent, ratio

KNOWN_MIN = 0.5  # of the hours, below which a room is not called idle
DAY_HOURS = 24


def facility_report(facts: FacilityFacts, asked: Asked) -> Report:
    """Draw it up."""
    now = _use(facts.whole, facts) | _rooms(facts, asked) | _corrections(facts, asked)
    before = _use(facts.before, facts) | _rooms(facts, asked, before=True) | _corrections(facts, asked.before)
    figures = figures_of((*words.USE, *words.ROOMS), now, before)
    sections = (
        Section(
            key="use", title={"zh": "使用情况", "en": "Use"}, figures=keys_of(words.USE),
            pictures=(_by_day(facts, asked), _by_hour(facts)), notes=_peak_note(facts),
        ),
        Section(
            key="rooms", title={"zh": "功能室", "en": "Rooms"}, figures=keys_of(words.ROOMS), tables=(_room_table(facts, asked),)
        ),
        Section(key="counters", title={"zh": "计数器", "en": "Counters"}, tables=(_counter_table(facts),)),
    )  # fmt: skip
    return Report(
        kind="facility", period=asked.period, begin=asked.begin, end=asked.end, until=asked.until, zone=asked.zone,
        at=facts.at, place=facts.id, subject=facts.name,
        title={"zh": f"{facts.name} 场所使用月报", "en": f"{facts.name} use of the facility, monthly"},
        figures=figures, sections=sections, notes=_notes(facts),
    )  # fmt: skip


def _use(hours: Sequence[Hour], facts: FacilityFacts) -> dict[str, Value]:
    """The figures of one period; where no hour is known only how many are not."""
    when = facts.when
    known = [one for one in hours if one.people is not None]
    is_open = [one for one in hours if when.is_open(one.begin)]
    found: dict[str, Value] = {
        "use.open_h": len(is_open) if when.hours is not None and hours else None,
        "use.unknown_h": len(hours) - len(known) if hours else None,
    }
    if not known:
        return found
    open_known = [one for one in is_open if one.people is not None]
    peak = max(one.peak or 0.0 for one in known)
    used = use_of(open_known, when).in_use_h or 0
    mean = ratio(sum(one.people or 0.0 for one in open_known), len(open_known))
    return found | {
        "use.people_h": round(sum(one.people or 0.0 for one in known), 1),
        "use.used_h": use_of(hours, when).in_use_h,
        "use.utilisation": percent(ratio(used, len(open_known))),
        "use.mean": None if mean is None else round(mean, 1),
        "use.peak": round(peak),
        "use.peak_share": percent(ratio(round(peak), facts.capacity or 0)),
        "use.passages": round(sum(one.passed for one in known)),
    }


def _corrections(facts: FacilityFacts, asked: Asked) -> dict[str, Value]:
    return {"use.corrections": sum(asked.begin <= at < asked.until for at in facts.corrections)}


def _rooms(facts: FacilityFacts, asked: Asked, *, before: bool = False) -> dict[str, Value]:
    if not facts.rooms:
        return {}
    states = {room: _state(zone_of(facts, room), before=before) for room in facts.rooms}
    hours = [
        (zone.area_m2, use_of(_hours(zone, before=before), facts.when).in_use_h)
        for zone in facts.zones
        if zone.area_m2 is not None
    ]
    used = [area * known for area, known in hours if area is not None and known is not None]
    anything = asked.until > asked.begin and any(state != "unknown" for state in states.values())
    return {
        "rooms": None if before else len(facts.rooms),
        "rooms.idle": sum(state == "idle" for state in states.values()) if anything else None,
        "rooms.unknown": sum(state == "unknown" for state in states.values()),
        "rooms.m2_h": round(sum(used), 1) if used else None,
    }


def zone_of(facts: FacilityFacts, room: str) -> Zone | None:
    """The zone of a room; None where it has no counter of its own."""
    return next((zone for zone in facts.zones if zone.room == room), None)


def _hours(zone: Zone, *, before: bool) -> Sequence[Hour]:
    return zone.before if before else zone.hours


def _state(zone: Zone | None, *, before: bool = False) -> str:
    """used, idle or unknown."""
    hours = _hours(zone, before=before) if zone is not None else ()
    known = [one for one in hours if one.people is not None]
    if any(one.passed > 0 or (one.people or 0.0) >= 1 for one in known):
        return "used"
    return "idle" if known and len(known) >= KNOWN_MIN * len(hours) else "unknown"


_STATES: dict[str, Text] = {
    "used": {"zh": "在用", "en": "in use"},
    "idle": {"zh": "闲置", "en": "idle"},
    "unknown": {"zh": "无法判断", "en": "not known"},
}


def _room_table(facts: FacilityFacts, asked: Asked) -> Table:
    columns = (
        Column(label={"zh": "功能室", "en": "room"}, width=18),
        Column(label={"zh": "面积 ㎡", "en": "area m²"}, decimals=1),
        Column(label={"zh": "使用小时", "en": "hours in use"}),
        Column(label={"zh": "占全部小时 %", "en": "of all hours %"}, decimals=1),
        Column(label={"zh": "人时", "en": "people-hours"}, decimals=1),
        Column(label={"zh": "㎡·时", "en": "m²-hours"}, decimals=1),
        Column(label={"zh": "无数据小时", "en": "hours unknown"}),
        Column(label={"zh": "情况", "en": "state"}),
    )
    rows: list[tuple[Cell, ...]] = []
    for room, area in sorted(facts.rooms.items()):
        zone = zone_of(facts, room)
        use = use_of(zone.hours, facts.when) if zone is not None else None
        used = use.in_use_h if use is not None else None
        known = use.hours - use.unknown_h if use is not None else 0
        rows.append(
            (
                room, area, used, percent(ratio(used, known)) if used is not None else None,
                use.people_h if use is not None else None, round(area * used, 1) if area is not None and used is not None else None,
                use.unknown_h if use is not None else (asked.until - asked.begin) // HOUR_MS, _STATES[_state(zone)],
            )
        )  # fmt: skip
    empty: Text = {"zh": "没有登记功能室。", "en": "No room is entered."}
    return Table(
        key="rooms.list",
        title={"zh": "各功能室", "en": "By room"},
        columns=columns,
        rows=tuple(rows),
        empty=empty,
    )


def _counter_table(facts: FacilityFacts) -> Table:
    columns = (
        Column(label={"zh": "计数器", "en": "counter"}, width=20),
        Column(label={"zh": "位置", "en": "room"}, width=16),
        Column(label={"zh": "有数据小时", "en": "hours heard"}),
        Column(label={"zh": "无数据小时", "en": "hours silent"}),
    )
    hours = {one.begin for one in facts.whole}
    rows = tuple(
        (one.id, one.room, len(hours & one.heard), len(hours - one.heard))
        for one in sorted(facts.counters, key=lambda one: one.id)
    )
    empty: Text = {"zh": "没有登记计数器。", "en": "No counter is registered."}
    return Table(
        key="counters.list",
        title={"zh": "各计数器", "en": "By counter"},
        columns=columns,
        rows=rows,
        empty=empty,
    )


def _by_day(facts: FacilityFacts, asked: Asked) -> Picture:
    days: dict[int, list[float]] = {}
    for one in facts.whole:
        if one.people is not None:
            days.setdefault(_local(one, facts).day, []).append(one.people)
    values = tuple(round(sum(days[day.day]), 1) if day.day in days else None for day in asked.days)
    return Picture(
        key="use.by_day", title={"zh": "每日人时", "en": "People-hours by day"}, shape="bars",
        labels=tuple(day.day for day in asked.days), series=(Series(name={"zh": "人时", "en": "people-hours"}, values=values),),
        unit={"zh": "人·时", "en": "people-hours"},
    )  # fmt: skip


def _by_hour(facts: FacilityFacts) -> Picture:
    """People on average at each hour of the day, this period against the one before."""

    def means(hours: Sequence[Hour]) -> tuple[float | None, ...]:
        found: dict[int, list[float]] = {}
        for one in hours:
            if one.people is not None:
                found.setdefault(_local(one, facts).hour, []).append(one.people)
        return tuple(
            round(sum(found[at]) / len(found[at]), 1) if at in found else None for at in range(DAY_HOURS)
        )

    return Picture(
        key="use.by_hour", title={"zh": "各时段平均在场人数", "en": "People on average by hour of the day"}, shape="lines",
        labels=tuple(range(DAY_HOURS)), unit={"zh": "人", "en": "people"},
        series=(
            Series(name={"zh": "本期", "en": "this period"}, values=means(facts.whole)),
            Series(name={"zh": "上期", "en": "before"}, values=means(facts.before)),
        ),
    )  # fmt: skip


def _local(hour: Hour, facts: FacilityFacts) -> datetime:
    return datetime.fromtimestamp(hour.begin / 1000, facts.when.zone)


def _peak_note(facts: FacilityFacts) -> tuple[Text, ...]:
    known = [one for one in facts.whole if one.peak is not None]
    if not known:
        return ()
    most = max(known, key=lambda one: (one.peak or 0.0, -one.begin))
    at = f"{_local(most, facts):%m-%d %H:%M}"
    return (
        {"zh": f"最高在场出现在 {at} 起的一小时内。", "en": f"The most at once was in the hour from {at}."},
    )


def _notes(facts: FacilityFacts) -> tuple[Text, ...]:
    notes: list[Text] = []
    if facts.when.hours is None:
        notes.append(
            {
                "zh": "没有登记开放时间：开放小时和使用率无数据。请在场所页面填写。",
                "en": "No opening hours are set: hours open and utilisation are not known. Set them on the facility's page.",
            }
        )
    if facts.capacity is None:
        notes.append({"zh": "没有登记核定容量。", "en": "No capacity is set."})
    notes.append(
        {
            "zh": "在场人数是由进出计数估计的，可能有一成左右的误差；“无数据”不等于 0。",
            "en": "The people there are estimated from counters and may be out by a tenth; “no data” is not 0.",
        }
    )
    return tuple(notes)
