"""The figures of a station's report, from facts that are written out."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from report_cases import NOW, STATION, asked

from gateway.alerts.record import Record
from gateway.fitting.service_hours import ALWAYS, Hours
from gateway.reports.document import Report
from gateway.reports.facts import Alerted, Call, Fault, FollowUpFact, StationFacts
from gateway.reports.station import counted, station_report

HOUR, DAY = 3_600_000, 86_400_000
QUESTION = asked("station", at="区/街/社区")
BEGIN, END = QUESTION.begin, QUESTION.end
NOTHING = StationFacts(
    at="区/街/社区", name="站", known_from=BEGIN - 40 * DAY, homes=2, devices={"pendant": 2}, alerts=[], calls=[], visits=[],
    visits_from=None, follow_ups=[], weekly=[], ledger_days=[], accepted_at=[], signed_off_at=[], faults=[],
)  # fmt: skip


def alert(
    number: int, at: int, *, closed: int | None = None, verdict: str | None = None, **other: object
) -> Alerted:
    about = {"rule": "fall", "kind": "life_safety", "place": "H1", "station": "区/街/社区"} | other
    record = Record(number=number, raised_at=at, closed=closed is not None, verdict=verdict, **about)  # type: ignore[arg-type]
    return Alerted(record, "critical", closed)


def fault(at: int, *, over: int | None = None, substitute: int | None = None, kind: str = "pendant") -> Fault:
    hours = Hours(ALWAYS, ZoneInfo("Asia/Shanghai"), "cn")
    return Fault(
        number=1, device_kind=kind, opened_at=at, substitute_at=substitute, over_at=over, hours=hours
    )


def test_what_was_counted_and_is_none_is_zero_and_what_nobody_counted_is_no_data() -> None:
    found = counted(NOTHING, QUESTION)
    assert found["alerts"] == 0
    assert found["calls"] == 0
    assert found["response.accept"] is None
    assert found["alerts.false_share"] is None
    assert found["visits"] is None
    assert found["checks.week"] is None
    assert counted(replace(NOTHING, visits_from=BEGIN - DAY), QUESTION)["visits"] == 0


def test_of_a_time_before_the_first_alert_nothing_is_known() -> None:
    young = replace(NOTHING, known_from=BEGIN + DAY)
    assert "alerts" not in counted(young, QUESTION.before)
    report = station_report(young, QUESTION)
    assert report.figures["alerts"].value == 0
    assert report.figures["alerts"].before is None
    assert report.figures["alerts"].change is None
    assert "2026-10-02" in report.notes[0]["zh"]
    empty = station_report(replace(NOTHING, known_from=None), QUESTION)
    assert empty.figures["alerts"].value is None
    assert empty.sections[1].tables[0].rows[0][1] is None


def test_a_period_ends_where_the_next_begins() -> None:
    facts = replace(
        NOTHING,
        alerts=[alert(1, BEGIN - 1), alert(2, BEGIN), alert(3, END - 1), alert(4, END)],
        calls=[Call(BEGIN - 1, "ok"), Call(BEGIN, "ok"), Call(END, "help")],
    )
    assert counted(facts, QUESTION)["alerts"] == 2
    assert counted(facts, QUESTION)["calls"] == counted(facts, QUESTION)["calls.ok"] == 1
    assert counted(facts, QUESTION.before)["alerts"] == 1


def test_what_was_closed_after_the_end_was_open_at_the_end() -> None:
    facts = replace(
        NOTHING,
        alerts=[
            alert(1, BEGIN, closed=END, verdict="true"),
            alert(2, BEGIN, closed=END - 1, verdict="false"),
            alert(3, BEGIN),
        ],
    )
    found = counted(facts, QUESTION)
    assert found["alerts.open"] == 2
    assert found["alerts.unresolved"] == 1
    assert (found["alerts.true"], found["alerts.false"], found["alerts.false_share"]) == (1, 1, 50.0)


def test_who_still_waits_at_the_end_is_late_and_who_was_just_raised_is_not_judged() -> None:
    facts = replace(
        NOTHING, alerts=[alert(1, BEGIN, accepted_ms=59_000), alert(2, BEGIN), alert(3, END - 30_000)]
    )
    found = counted(facts, QUESTION)
    assert found["response.accept"] == 50.0
    assert found["response.late"] == 1
    assert found["response.accept_p50"] == 59.0


def test_two_service_hours_without_a_substitute_are_too_long_for_what_a_life_depends_on() -> None:
    two = 2 * HOUR
    faults = [
        fault(BEGIN, over=BEGIN + two), fault(BEGIN, over=BEGIN + two + 1),
        fault(BEGIN, substitute=BEGIN + two, over=BEGIN + DAY),
        fault(BEGIN, over=BEGIN + DAY, kind="motion"), fault(END - HOUR), fault(BEGIN - DAY, over=BEGIN + 1),
    ]  # fmt: skip
    found = counted(replace(NOTHING, faults=faults), QUESTION)
    assert (found["faults"], found["faults.life"], found["faults.late"]) == (5, 4, 1)
    assert (found["faults.over"], found["faults.open"]) == (5, 1)


def test_a_button_counts_as_tested_in_the_seven_days_before_the_end() -> None:
    facts = replace(NOTHING, weekly=[(END - 7 * DAY,), (END - 7 * DAY - 1,), (), (BEGIN - 1, END)])
    found = counted(facts, QUESTION)
    assert (found["checks.devices"], found["checks.week"], found["checks.period"]) == (4, 1, 2)
    assert found["checks.week_share"] == 25.0


def test_a_follow_up_done_after_the_end_was_not_done_in_time() -> None:
    facts = replace(
        NOTHING,
        follow_ups=[FollowUpFact(BEGIN, BEGIN + 1), FollowUpFact(BEGIN, END), FollowUpFact(BEGIN, None)],
    )
    found = counted(facts, QUESTION)
    assert (found["follow_ups"], found["follow_ups.done"]) == (3, 1)


def test_every_figure_has_words_a_definition_and_a_place_in_the_report(reports: dict[str, Report]) -> None:
    for report in reports.values():
        shown = [key for section in report.sections for key in section.figures]
        assert sorted(shown) == sorted(report.figures), report.kind
        for figure in report.figures.values():
            assert figure.label["zh"]
            assert figure.definition["zh"]
            assert figure.definition["en"].isascii() or "÷" in figure.definition["en"], figure.key


def test_the_classes_the_severities_and_the_verdicts_each_add_up(reports: dict[str, Report]) -> None:
    for name in ("month", "day", "underway"):
        figures = reports[name].figures
        value = {key: one.value for key, one in figures.items()}
        for parts in (
            ("life_safety", "care", "facility", "device"), ("critical", "urgent", "notice"),
            ("true", "false", "test", "unconfirmed", "cleared", "merged", "unresolved"),
        ):  # fmt: skip
            assert sum(value[f"alerts.{part}"] for part in parts) == value["alerts"], name  # type: ignore[misc]


def test_the_days_of_the_month_add_up_to_the_month(reports: dict[str, Report]) -> None:
    (picture,) = reports["month"].sections[1].pictures
    assert (
        sum(value or 0 for series in picture.series for value in series.values)
        == reports["month"].figures["alerts"].value
    )
    (underway,) = reports["underway"].sections[1].pictures
    assert underway.series[0].values[20] is None, "what is to come is a gap"


def test_the_month_before_the_town_began_knows_nothing(reports: dict[str, Report]) -> None:
    assert reports["before"].figures["alerts"].value is None
    assert reports["month"].figures["alerts"].before is not None
    assert STATION in reports["month"].at
    assert reports["month"].end < NOW
