"""The report of a facility's use: what a counter did not say is not zero."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from report_cases import asked

from gateway.occupancy.hourly import HOUR_MS, Hour, Reckoned, Residual
from gateway.occupancy.said import When
from gateway.occupancy.use import FacilityHours
from gateway.occupancy.zones import Room, ZoneHour
from gateway.reports.document import Report
from gateway.reports.facility import facility_report
from gateway.reports.facts import FacilityFacts
from rules.local_time import Window

QUESTION = asked("facility", place="F")
OPEN = When((Window("09:00", "11:00"),), ZoneInfo("Asia/Shanghai"), "cn")
DAY_H = 24


def hours(*people: float | None) -> list[Hour]:
    return [
        Hour(QUESTION.begin + at * HOUR_MS, one, None if one is None else one + 1, 0.0)
        for at, one in enumerate(people)
    ]


def room_hours(*, used: bool | None) -> list[ZoneHour]:
    """The four weeks before the end of the month: every day from nine to eleven, used or not."""
    begin = QUESTION.end - 28 * DAY_H * HOUR_MS
    every = range(begin, QUESTION.end, HOUR_MS)
    return [
        ZoneHour(at, used, None, OPEN.is_open(at) or False) for at in every
    ]  # fmt: skip


def facility(
    whole: list[Hour], rooms: dict[Room, list[ZoneHour]] | None = None, residuals: tuple[Residual, ...] = ()
) -> FacilityFacts:
    zones = rooms or {}
    found = FacilityHours(
        Reckoned(whole, list(residuals)),
        list(zones),
        {room.name: some for room, some in zones.items()},
        {},
        frozenset(),
    )
    return FacilityFacts(
        id="F", name="馆", at="区/街/社区", capacity=10, when=OPEN, hours=found, counters=(), corrections=()
    )


def values(report: Report) -> dict[str, object]:
    return {key: one.value for key, one in report.figures.items()}


def test_an_hour_without_a_counter_is_counted_as_unknown_and_as_nothing_else() -> None:
    found = values(facility_report(facility(hours(*[0.0] * 9, 4.0, None, 0.0)), QUESTION))
    assert found["use.unknown_h"] == 1
    assert found["use.used_h"] == 1
    assert found["use.people_h"] == 4.0
    assert found["use.open_h"] == 2
    assert found["use.utilisation"] == 100.0, "of the open hours that are known"
    assert (found["use.peak"], found["use.peak_share"]) == (5, 50.0)


def test_where_no_hour_is_known_nothing_is_said_but_that() -> None:
    found = values(facility_report(facility(hours(None, None)), QUESTION))
    assert found["use.unknown_h"] == 2
    for key in ("people_h", "used_h", "peak", "came", "drift", "corrections"):
        assert found[f"use.{key}"] is None, key


def test_without_opening_hours_there_is_no_utilisation_and_a_note_says_where_to_set_them() -> None:
    report = facility_report(replace(facility(hours(1.0)), when=When(None, OPEN.zone, "cn")), QUESTION)
    assert report.figures["use.open_h"].value is None
    assert report.figures["use.utilisation"].value is None
    assert "开放时间" in report.notes[0]["zh"]


def test_a_room_is_idle_only_where_that_is_known() -> None:
    rooms = {
        Room("空", 10.0): room_hours(used=False), Room("聋", 10.0): room_hours(used=None),
        Room("用", 10.0, "office"): room_hours(used=True), Room("大门", None, "entrance"): room_hours(used=True),
    }  # fmt: skip
    report = facility_report(facility(hours(0.0), rooms), QUESTION)
    found = values(report)
    assert (found["rooms"], found["rooms.idle"], found["rooms.unknown"]) == (3, 1, 1)
    assert found["rooms.m2_h"] == 10.0 * 28 * DAY_H
    table, purposes = report.sections[1].tables
    states = {row[0]: row[-1] for row in table.rows}
    assert states["空"] == {"zh": "闲置", "en": "idle"}
    assert states["聋"] == {"zh": "无法判断", "en": "not known"}
    assert {row[0]["zh"] for row in purposes.rows if isinstance(row[0], dict)} == {"办公", "未填"}


def test_the_towns_facility(reports: dict[str, Report]) -> None:
    figures = values(reports["facility"])
    assert figures["use.unknown_h"] == 5 * DAY_H, "one of three counters said nothing for five days"
    assert figures["rooms.idle"] == 1
    assert figures["rooms.unknown"] == 1
    silent = values(reports["silent"])
    assert silent["use.people_h"] is None
    assert silent["use.unknown_h"] == 31 * DAY_H
