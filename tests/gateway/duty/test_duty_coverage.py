"""Hours in which no rung reaches a person: found to the minute, with what to do; closed hours alone are none."""

from __future__ import annotations

import time

import msgspec
import pytest
from duty_town import (
    CENTRE,
    CHANNELS,
    COMMUNITY,
    DAY,
    ESTATE,
    EXAMPLE,
    GUARDS,
    MAINTAINER,
    OPERATOR,
    PEOPLE,
    PERSONAL,
    POINT,
    SHANGHAI,
    STATION,
    STREET,
    TOWN,
    Place,
    by_day,
    local,
    ms,
    person,
)  # fmt: skip
from hypothesis import given
from hypothesis import strategies as st

from gateway.duty.coverage import Gap, doubts, gaps, matters_of
from gateway.duty.file import load_plan
from gateway.duty.plan import Desk, Plan, Rotation, Shift, Step, Substitute
from gateway.duty.route import Circumstances, Matter, begin
from rules.local_time import Window

HOME, HALL = Place("H1", "home", ESTATE), Place("F1", "facility", ESTATE)
MONDAY = ms("2026-03-02 00:00")


def found(plan: Plan, *places: Place, from_ms: int = MONDAY, days: int = 7) -> tuple[Gap, ...]:
    matters = matters_of(plan, places)
    return gaps(plan, matters, from_ms=from_ms, days=days, zone=SHANGHAI, calendar="cn")


def care(*desks: Desk, people: tuple[str, ...] = ()) -> Plan:
    mute = tuple(person(name) for name in people)
    return Plan(people=(*PEOPLE, *mute), desks=(*desks, GUARDS, MAINTAINER, OPERATOR))


def hours(those: tuple[Gap, ...], kind: str = "care") -> list[str]:
    return [f"{local(gap.from_ms)} {local(gap.to_ms)}" for gap in those if gap.kind == kind]


def test_the_example_has_no_gap_in_a_year_of_holidays() -> None:
    plan = load_plan(EXAMPLE, channels=CHANNELS, personal=PERSONAL)
    assert found(plan, HOME, HALL, days=366) == ()
    assert doubts(plan, "cn") == []


def test_closed_hours_are_no_gap_while_a_rung_above_is_there() -> None:
    assert found(TOWN, HOME, HALL) == ()


def test_nights_and_sunday_are_one_gap_each_where_all_are_closed() -> None:
    those = found(care(POINT, STATION), HOME)
    assert hours(those) == [
        "03-02 00:00 03-02 08:00", "03-02 20:00 03-03 08:00", "03-03 20:00 03-04 08:00", "03-04 20:00 03-05 08:00",
        "03-05 20:00 03-06 08:00", "03-06 20:00 03-07 08:00", "03-07 20:00 03-09 00:00",
    ]  # fmt: skip
    assert hours(those, "life_safety") == hours(those)
    assert {gap.kind for gap in those} == {"care", "life_safety"}
    assert those[1].remedy == {
        "zh": "此时各级都不在岗：给“服务站”（station）加一个20:00 到 08:00的班次，可以是待命人员",
        "en": "every desk is closed then; give station a shift from 20:00 to 08:00, of people on call if need be",
    }
    assert "round the clock" in those[6].remedy["en"]


def test_holidays_and_made_up_workdays_are_looked_at() -> None:
    plan = care(msgspec.structs.replace(CENTRE, shifts=(Shift(Window(days="workdays"), ("cho",)),)))
    assert hours(found(plan, HOME, from_ms=ms("2026-02-13 00:00"), days=17)) == [
        "02-15 00:00 02-24 00:00", "03-01 00:00 03-02 00:00",
    ]  # fmt: skip


def test_one_of_a_rotation_who_cannot_be_reached_is_a_gap_though_the_window_never_closes() -> None:
    turns = Rotation(("cho", "mute"), "day", "2026-03-02")
    plan = care(msgspec.structs.replace(CENTRE, shifts=(Shift(Window(), rotate=turns),)), people=("mute",))
    those = found(plan, HOME, days=4)
    assert hours(those) == ["03-03 00:00 03-04 00:00", "03-05 00:00 03-06 00:00"]
    assert those[0].remedy["en"].startswith("those on duty at centre then (mute) cannot be reached")


def test_a_group_or_an_open_console_is_somebody() -> None:
    for plan in (
        care(Desk("c", "中心", "care", STREET, ways=(("group",),))),
        care(Desk("c", "中心", "care", STREET, console=True)),
    ):
        assert found(plan, HOME) == ()
    assert hours(found(care(Desk("c", "中心", "care", STREET)), HOME)) == ["03-02 00:00 03-09 00:00"]


def test_a_place_that_no_desk_covers_and_a_hub_without_an_operator() -> None:
    plan = Plan(people=PEOPLE, desks=(STATION, CENTRE, MAINTAINER))
    those = found(plan, HOME, Place("H2", "home", "南山区/a/b/c"), HALL, days=1)
    assert [(gap.kind, gap.path) for gap in those] == [
        ("hub", ""), ("life_safety", "南山区/a/b/c"), ("care", "南山区/a/b/c"), ("facility", ESTATE),
    ]  # fmt: skip
    assert (
        those[0].remedy["en"]
        == "no desk that serves operator covers it; add one with serves: operator and without at"
    )
    assert those[1].remedy["zh"].endswith("增加一个 serves: care 的值班点，例如 at: 南山区/a/b")


def test_a_facility_that_a_desk_names_is_looked_at_by_itself() -> None:
    own = Desk("hall", "会堂", "property", places=("F1",), shifts=(by_day("max"),))
    plan = Plan(people=PEOPLE, desks=(own, CENTRE, MAINTAINER, OPERATOR))
    other = Place("F2", "facility", ESTATE)
    those = found(plan, HALL, other, days=1)
    assert [(gap.place_id, local(gap.from_ms), local(gap.to_ms)) for gap in those] == [
        ("F1", "03-02 00:00", "03-02 08:00"), ("F1", "03-02 20:00", "03-03 00:00"), ("", "03-02 00:00", "03-03 00:00"),
    ]  # fmt: skip


def test_a_route_that_is_written_out_is_what_is_looked_at() -> None:
    plan = msgspec.structs.replace(TOWN, routes={"care": (Step(0, "station"),)})
    assert hours(found(plan, HOME, days=1)) == ["03-02 00:00 03-02 08:00", "03-02 20:00 03-03 00:00"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Substitute("station", "2026-03-07", "bob", "ann"), ""),
        (Substitute("station", "2026-03-08", "bob", "ann"), "has no shift there that day; check the date"),
        (Substitute("station", "2026-03-07", "bob", "ann", "09:00"), "has no shift there that day"),
    ],
)
def test_a_substitute_for_no_shift_is_doubtful(change: Substitute, words: str) -> None:
    told = doubts(msgspec.structs.replace(TOWN, substitutes=(change,)), "cn")
    assert bool(told) == bool(words)
    assert all(words in each["en"] for each in told)


WINDOWS = st.sampled_from(
    [Window(), Window("08:00", "20:00"), Window("20:00", "09:00", ("fri", "sun")), Window("00:00", "12:00", "workdays")]
)  # fmt: skip
SHIFTS = st.lists(
    st.builds(Shift, WINDOWS, st.sampled_from([("ann",), ("mute",), ()])), min_size=1, max_size=2
)


@given(
    st.lists(SHIFTS, min_size=1, max_size=3), st.lists(st.integers(0, 7 * DAY - 1), min_size=5, max_size=5)
)
def test_a_gap_is_where_an_alert_finds_nobody_on_duty(shifts: list[list[Shift]], times: list[int]) -> None:
    nodes = (ESTATE, COMMUNITY, STREET)
    desks = [Desk(f"d{at}", "", "care", nodes[at], shifts=tuple(each)) for at, each in enumerate(shifts)]
    plan = care(*desks, people=("mute",))
    those = [gap for gap in found(plan, HOME) if gap.kind == "life_safety"]
    for time_ms in times:
        at = MONDAY + time_ms
        now = Circumstances(at=at, zone=SHANGHAI, calendar="cn")
        climb = begin(plan, Matter(kind="life_safety", place_id="H1", path=ESTATE), now)
        nobody = {each.rung for each in climb.passed} == set(range(len(desks)))
        assert any(gap.from_ms <= at < gap.to_ms for gap in those) == nobody


def test_a_city_of_ten_thousand_homes_is_looked_at_in_a_moment() -> None:
    streets = [f"{d}区/{s}街道" for d in "甲乙丙丁" for s in "东南西北中"]
    communities = [f"{street}/{c}社区" for street in streets for c in range(5)]
    estates = [f"{community}/{e}村" for community in communities for e in range(4)]
    people = tuple(person(f"p{at}", "sms") for at in range(700))
    team = Rotation(("p0", "p1", "p2"), "day", "2026-03-02")
    desks = [
        Desk(f"s{at}", "", "care", where, shifts=(Shift(Window(), rotate=team),))
        for at, where in enumerate(streets)
    ]
    desks += [
        Desk(f"c{at}", "", "care", where, shifts=(by_day("p3"),)) for at, where in enumerate(communities)
    ]
    desks += [
        Desk(f"e{at}", "", "property", where, shifts=(by_day("p4"),)) for at, where in enumerate(estates)
    ]
    plan = Plan(people=people, desks=(*desks, MAINTAINER, OPERATOR))
    places = [Place(f"H{at}", "home", estates[at % len(estates)]) for at in range(10_000)]
    begun = time.perf_counter()
    matters = matters_of(plan, places)
    those = gaps(plan, matters, from_ms=MONDAY, zone=SHANGHAI, calendar="cn")
    took = time.perf_counter() - begun
    assert len(matters) == 3 * len(estates) + 1
    assert {gap.kind for gap in those} == {"device", "hub"}, "whoever they name is not among these people"
    assert took < 5, f"{took:.1f} s"
