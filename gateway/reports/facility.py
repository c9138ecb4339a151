"""The report of a facility's use in a month, drawn up from its hours; pure. What a counter did not say is not zero.

What the figures are is said once, in ``gateway.occupancy.use``: the facility's page shows the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.occupancy.hourly import HOUR_MS, Hour
from gateway.occupancy.use import FacilityUse, days_of, facility_use
from gateway.occupancy.zones import ZoneUse, purpose_of
from gateway.reports import facility_words as words
from gateway.reports.asked import Asked
from gateway.reports.document import Cell, Column, Picture, Report, Section, Series, Table, Text, Value
from gateway.reports.facts import FacilityFacts
from gateway.reports.figures import figures_of, keys_of, percent, ratio

DAY_HOURS = 24


def facility_report(facts: FacilityFacts, asked: Asked) -> Report:
    """Draw it up."""
    use, earlier = _use(facts, asked), _use(facts, asked.before)
    before = {key: value for key, value in _counted(facts, earlier, asked.before).items() if key != "rooms"}
    figures = figures_of((*words.USE, *words.ROOMS), _counted(facts, use, asked), before)
    sections = (
        Section(
            key="use",
            title={"zh": "使用情况", "en": "Use"},
            figures=keys_of(words.USE),
            pictures=(_by_day(facts, asked), _by_hour(facts, asked)),
            notes=_peak_note(facts, use),
        ),
        Section(
            key="rooms",
            title={"zh": "功能室", "en": "Rooms"},
            figures=keys_of(words.ROOMS),
            tables=(_room_table(use), _purpose_table(use)),
        ),
        Section(
            key="counters", title={"zh": "计数器", "en": "Counters"}, tables=(_counter_table(facts, use),)
        ),
    )
    return Report(
        kind="facility",
        period=asked.period,
        begin=asked.begin,
        end=asked.end,
        until=asked.until,
        zone=asked.zone,
        at=facts.at,
        place=facts.id,
        subject=facts.name,
        title={"zh": f"{facts.name} 场所使用月报", "en": f"{facts.name} use of the facility, monthly"},
        figures=figures,
        sections=sections,
        notes=_notes(facts),
    )


def _use(facts: FacilityFacts, asked: Asked) -> FacilityUse:
    begin, end = (at // HOUR_MS * HOUR_MS for at in (asked.begin, asked.until + HOUR_MS - 1))
    return facility_use(facts.hours, begin, end, facts.when)


def _counted(facts: FacilityFacts, use: FacilityUse, asked: Asked) -> dict[str, Value]:
    """Every figure of a period by key; None is 无数据."""
    peak = None if use.peak is None else round(use.peak)
    rooms = [one for one in use.zones if purpose_of(one.room) != "entrance"]
    anything = any(one.idle is not None for one in rooms)
    counted = sum(asked.begin <= at < asked.until for at in facts.corrections)
    return {
        "use.people_h": use.people_h,
        "use.used_h": use.used_h,
        "use.open_h": use.open_h if use.hours else None,
        "use.utilisation": percent(use.utilisation),
        "use.peak": peak,
        "use.peak_share": None if peak is None else percent(ratio(peak, facts.capacity or 0)),
        "use.came": None if use.came is None else round(use.came),
        "use.went": None if use.went is None else round(use.went),
        "use.drift": use.drift,
        "use.unknown_h": use.unknown_h if use.hours else None,
        "use.corrections": counted if counted or use.people_h is not None else None,
        "rooms": len(rooms),
        "rooms.idle": len(use.idle) if anything else None,
        "rooms.unknown": len(use.idle_unknown),
        "rooms.m2_h": use.m2_h,
    }


def _state(one: ZoneUse) -> Text:
    if purpose_of(one.room) == "entrance":
        return {"zh": "—", "en": "—"}
    if one.idle is None:
        return {"zh": "无法判断", "en": "not known"}
    return {"zh": "闲置", "en": "idle"} if one.idle else {"zh": "在用", "en": "in use"}


def _room_table(use: FacilityUse) -> Table:
    columns = (
        Column(label={"zh": "功能室", "en": "room"}, width=18),
        Column(label={"zh": "用途", "en": "purpose"}),
        Column(label={"zh": "面积 ㎡", "en": "area m²"}, decimals=1),
        Column(label={"zh": "使用小时", "en": "hours in use"}),
        Column(label={"zh": "使用率 %", "en": "utilisation %"}, decimals=1),
        Column(label={"zh": "人时", "en": "people-hours"}, decimals=1),
        Column(label={"zh": "㎡·时", "en": "m²-hours"}, decimals=1),
        Column(label={"zh": "无数据小时", "en": "hours unknown"}),
        Column(label={"zh": "情况", "en": "state"}),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            one.room.name,
            words.PURPOSES[purpose_of(one.room)],
            one.room.area_m2,
            one.used_h,
            percent(one.utilisation),
            one.people_h,
            one.m2_h,
            one.hours - one.known_h,
            _state(one),
        )
        for one in use.zones
    ]
    empty: Text = {"zh": "没有登记功能室。", "en": "No room is entered."}
    return Table(
        key="rooms.list",
        title={"zh": "各功能室", "en": "By room"},
        columns=columns,
        rows=tuple(rows),
        empty=empty,
    )


def _purpose_table(use: FacilityUse) -> Table:
    """Service rooms beside offices: office space least, service space most."""
    columns = (
        Column(label={"zh": "用途", "en": "purpose"}),
        Column(label={"zh": "间数", "en": "rooms"}),
        Column(label={"zh": "面积 ㎡", "en": "area m²"}, decimals=1),
        Column(label={"zh": "占面积 %", "en": "of the area %"}, decimals=1),
        Column(label={"zh": "㎡·时", "en": "m²-hours"}, decimals=1),
        Column(label={"zh": "占使用 %", "en": "of the use %"}, decimals=1),
        Column(label={"zh": "其中无数据", "en": "of them not known"}),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            words.PURPOSES[one.purpose],
            one.rooms,
            one.area_m2,
            percent(one.area_share),
            one.m2_h,
            percent(one.use_share),
            one.unknown,
        )
        for one in use.purposes
    )
    empty: Text = {"zh": "没有登记功能室。", "en": "No room is entered."}
    return Table(
        key="purposes.list",
        title={"zh": "按用途", "en": "By purpose"},
        columns=columns,
        rows=rows,
        empty=empty,
    )


def _counter_table(facts: FacilityFacts, use: FacilityUse) -> Table:
    columns = (
        Column(label={"zh": "计数器", "en": "counter"}, width=20),
        Column(label={"zh": "位置", "en": "room"}, width=16),
        Column(label={"zh": "有数据小时", "en": "hours heard"}),
        Column(label={"zh": "无数据小时", "en": "hours silent"}),
    )
    hours = frozenset(range(use.begin, use.end, HOUR_MS))
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


def _hours(facts: FacilityFacts, asked: Asked) -> list[Hour]:
    return [one for one in facts.hours.whole.hours if asked.begin <= one.begin < asked.until]


def _by_day(facts: FacilityFacts, asked: Asked) -> Picture:
    days = {_local(one.begin, facts).day: one.people_h for one in days_of(_hours(facts, asked), facts.when)}
    known = (days.get(day.day) for day in asked.days)
    return Picture(
        key="use.by_day",
        title={"zh": "每日人时", "en": "People-hours by day"},
        shape="bars",
        labels=tuple(day.day for day in asked.days),
        series=(
            Series(
                name={"zh": "人时", "en": "people-hours"},
                values=tuple(None if one is None else round(one, 1) for one in known),
            ),
        ),
        unit={"zh": "人·时", "en": "people-hours"},
    )


def _by_hour(facts: FacilityFacts, asked: Asked) -> Picture:
    """People on average at each hour of the day, this period against the one before."""

    def means(hours: Sequence[Hour]) -> tuple[float | None, ...]:
        found: dict[int, list[float]] = {}
        for one in hours:
            if one.people is not None:
                found.setdefault(_local(one.begin, facts).hour, []).append(one.people)
        return tuple(
            round(sum(found[at]) / len(found[at]), 1) if at in found else None for at in range(DAY_HOURS)
        )

    return Picture(
        key="use.by_hour",
        title={"zh": "各时段平均在场人数", "en": "People on average by hour of the day"},
        shape="lines",
        labels=tuple(range(DAY_HOURS)),
        unit={"zh": "人", "en": "people"},
        series=(
            Series(name={"zh": "本期", "en": "this period"}, values=means(_hours(facts, asked))),
            Series(name={"zh": "上期", "en": "before"}, values=means(_hours(facts, asked.before))),
        ),
    )


def _local(at: int, facts: FacilityFacts) -> datetime:
    return datetime.fromtimestamp(at / 1000, facts.when.zone)


def _peak_note(facts: FacilityFacts, use: FacilityUse) -> tuple[Text, ...]:
    if use.peak_at is None:
        return ()
    at = f"{_local(use.peak_at, facts):%m-%d %H:%M}"
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
