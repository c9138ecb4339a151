"""The report of an area: the minimum cell, the plan's indicators, and what has to be typed for them."""

from __future__ import annotations

import re
from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from report_cases import asked

from gateway.duty.plan import Desk
from gateway.reports.area import area_report
from gateway.reports.document import Report
from gateway.reports.facts import AreaFacts, CommunityFacts, Typed

QUESTION = asked("area", at="区")
COUNTS = st.integers(0, 9)


def community(
    homes: int = 30, *, alerts: int = 0, visits: int | None = 0, kept: tuple[int, int] = (0, 0)
) -> CommunityFacts:
    return CommunityFacts(
        homes=homes, neighbourhoods=frozenset({"区/街/社/甲", "区/街/社/乙"}), alerts={"life_safety": alerts}, alerts_before={},
        kept={"accept": kept}, kept_before={}, visits=visits, visits_before=None,
    )  # fmt: skip


def facts(
    *every: CommunityFacts, desks: tuple[Desk, ...] = (), typed: dict[str, Typed] | None = None
) -> AreaFacts:
    return AreaFacts(
        at="区", known_from=0, ageing=(), communities={f"区/街/社区{at}": one for at, one in enumerate(every)}, desks=desks,
        denominators=typed or {},
    )  # fmt: skip


def numbers(report: Report) -> list[str]:
    """Every count about homes as it is shown, of the figures and of the tables."""
    keys = ("homes", "alerts.life_safety", "visits")
    shown = [str(report.figures[key].value) for key in keys]
    for section in report.sections:
        for table in section.tables:
            if table.key == "cover.list":
                shown += [str(row[1]) for row in table.rows]
            if table.key == "counts.list":
                shown += [str(cell) for row in table.rows for cell in row[1:]]
        shown += [str(each) for one in section.pictures for series in one.series for each in series.values]
    return shown


@given(st.lists(st.tuples(COUNTS, COUNTS, COUNTS), min_size=1, max_size=6))
def test_no_count_from_one_to_four_is_ever_shown(every: list[tuple[int, int, int]]) -> None:
    report = area_report(
        facts(*(community(homes, alerts=alerts, visits=visits) for homes, alerts, visits in every)), QUESTION
    )
    assert not {"1", "2", "3", "4"} & set(numbers(report))


@given(st.lists(COUNTS, min_size=1, max_size=6), st.lists(COUNTS, min_size=1, max_size=6))
def test_who_sees_the_same_cells_sees_the_same_report(one: list[int], other: list[int]) -> None:
    """Where two towns differ in hidden counts only, their reports do not differ: nothing gives a hidden count away."""

    def hidden(counts: list[int]) -> list[int]:
        return [1 if 0 < count < 5 else count for count in counts]

    if hidden(one) == hidden(other):
        left, right = (
            area_report(facts(*(community(alerts=count) for count in each)), QUESTION)
            for each in (one, other)
        )
        assert left == right
    same = area_report(facts(*(community(alerts=count) for count in hidden(one))), QUESTION)
    assert same == area_report(facts(*(community(alerts=count) for count in one)), QUESTION)


def test_a_share_of_fewer_than_five_is_not_shown_and_one_of_hidden_parts_is_a_range() -> None:
    few = area_report(facts(community(kept=(3, 0))), QUESTION)
    assert few.figures["response.accept"].value is None
    many = area_report(facts(community(kept=(18, 2))), QUESTION)
    assert many.figures["response.accept"].value == "81–95"
    whole = area_report(facts(community(kept=(18, 0))), QUESTION)
    assert whole.figures["response.accept"].value == 100


def test_an_indicator_without_its_denominator_is_no_data_and_says_what_to_type() -> None:
    report = area_report(facts(community()), QUESTION)
    assert [
        report.figures[f"plan.{key}"].value
        for key in ("street_centres", "community_stations", "ageing_stations", "platform_use")
    ] == [None] * 4
    said = " ".join(note["zh"] for note in report.sections[1].notes)
    for words in ("街道总数", "社区总数", "老龄化社区总数", "60 岁及以上长者数"):
        assert words in said


def test_with_its_denominator_the_share_stands_beside_source_and_date() -> None:
    typed = {
        "streets": Typed(value=8, source="民政局", as_of="2026-06-30"),
        "elders_60": Typed(value=1200, source="统计局", as_of="2026-01-01"),
        "ageing_communities": Typed(value=2, source="民政局", as_of="2026-06-30"),
    }
    desks = (
        Desk(id="c", name="中心", serves="care", at="区/街"),
        Desk(id="s", name="站", serves="care", at="区/街/社区0"),
    )
    known = facts(community(), community(), desks=desks, typed=typed)
    report = area_report(known, QUESTION)
    assert report.figures["plan.street_centres"].value == 12.5
    assert report.figures["plan.platform_use"].value == 5.0
    assert report.figures["plan.ageing_stations"].value is None, (
        "nobody has said which communities are ageing"
    )
    assert "民政局" in report.sections[1].notes[0]["zh"]
    marked = area_report(replace(known, ageing=("区/街/社区0", "区/街/社区1")), QUESTION)
    assert marked.figures["plan.ageing_stations"].value == 50.0
    few = area_report(replace(known, communities={"区/街/社区0": community(3)}), QUESTION)
    assert few.figures["plan.platform_use"].value == "0–0.3"
    too_many = area_report(
        replace(known, denominators={"elders_60": Typed(value=9, source="x", as_of="y")}), QUESTION
    )
    assert too_many.figures["plan.platform_use"].value is None
    assert "请核对" in too_many.sections[1].notes[3]["zh"]


def test_the_rest_of_the_plan_is_listed_with_why_it_cannot_be_computed(reports: dict[str, Report]) -> None:
    table = next(one for one in reports["area"].sections[1].tables if one.key == "plan.not_known")
    assert len(table.rows) >= 5
    assert all(isinstance(why, dict) and why["zh"] and why["en"] for _, why in table.rows)


def test_no_home_is_named_in_any_report(reports: dict[str, Report]) -> None:
    for name, report in reports.items():
        text = msgspec.json.encode(report).decode()
        assert not re.search(r"刘女士|3栋|社区\d+-\d{3}|李敏|陈国强", text), name
