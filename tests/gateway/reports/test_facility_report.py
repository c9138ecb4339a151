"""The report of a facility's use: what a counter did not say is not zero."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from report_cases import asked

from gateway.occupancy.hourly import HOUR_MS, Hour, When
from gateway.reports.document import Report
from gateway.reports.facility import facility_report
from gateway.reports.facts import FacilityFacts, Zone
from rules.local_time import Window

QUESTION = asked("facility", place="F")
OPEN = When((Window("09:00", "11:00"),), ZoneInfo("Asia/Shanghai"), "cn")


def hours(*people: float | None, passed: float = 0.0) -> list[Hour]:
    return [
        Hour(QUESTION.begin + at * HOUR_MS, one, None if one is None else one + 1, passed if one else 0.0)
        for at, one in enumerate(people)
    ]


def facility(whole: list[Hour], zones: tuple[Zone, ...] = (), rooms: dict[str, float | None] | None = None) -> FacilityFacts:
    return FacilityFacts(
        id="F", name="馆", at="区/街/社区", capacity=10, when=OPEN, whole=whole, before=(), zones=zones,
        rooms=rooms or {}, counters=(), corrections=(),
    )  # fmt: skip


def values(report: Report) -> dict[str, object]:
    return {key: one.value for key, one in report.figures.items()}


def test_an_hour_without_a_counter_is_counted_as_unknown_and_as_nothing_else() -> None:
    found = values(facility_report(facility(hours(*[0.0] * 9, 4.0, None, 2.0)), QUESTION))
    assert found["use.unknown_h"] == 1
    assert found["use.people_h"] == 6.0
    assert found["use.open_h"] == 2
    assert found["use.mean"] == 4.0, "over the open hours that are known"
    assert found["use.utilisation"] == 100.0
    assert (found["use.peak"], found["use.peak_share"]) == (5, 50.0)


def test_where_no_hour_is_known_nothing_is_said_but_that() -> None:
    found = values(facility_report(facility(hours(None, None)), QUESTION))
    assert found["use.unknown_h"] == 2
    assert found["use.people_h"] is found["use.used_h"] is found["use.peak"] is None


def test_without_opening_hours_there_is_no_utilisation_and_a_note_says_where_to_set_them() -> None:
    report = facility_report(replace(facility(hours(1.0)), when=When(None, OPEN.zone, "cn")), QUESTION)
    assert report.figures["use.open_h"].value is None
    assert report.figures["use.utilisation"].value is None
    assert "开放时间" in report.notes[0]["zh"]


def test_a_room_is_idle_only_where_its_counter_says_so() -> None:
    def zone(room: str, *people: float | None, area: float | None = 10.0) -> Zone:
        return Zone(room=room, area_m2=area, hours=hours(*people), before=())

    zones = (zone("空", 0.0, 0.0, 0.0), zone("聋", None, None, 0.0), zone("用", *[0.0] * 9, 3.0), zone("无面积", *[0.0] * 9, 3.0, area=None))
    rooms = {"空": 10.0, "聋": 10.0, "用": 10.0, "无面积": None, "无计数": 30.0}
    report = facility_report(facility(hours(0.0), zones, rooms), QUESTION)
    found = values(report)
    assert (found["rooms"], found["rooms.idle"], found["rooms.unknown"]) == (5, 1, 2)
    assert found["rooms.m2_h"] == 10.0
    table = report.sections[1].tables[0]
    states = {row[0]: row[-1] for row in table.rows}
    assert states["空"] == {"zh": "闲置", "en": "idle"}
    assert states["无计数"] == {"zh": "无法判断", "en": "not known"}


def test_the_towns_facility(reports: dict[str, Report]) -> None:
    figures = values(reports["facility"])
    assert figures["use.unknown_h"] == 5 * 24, "one of three counters said nothing for five days"
    assert figures["rooms.idle"] == 1
    assert figures["rooms.unknown"] == 1
    silent = values(reports["silent"])
    assert silent["use.people_h"] is None
    assert silent["use.unknown_h"] == 31 * 24
