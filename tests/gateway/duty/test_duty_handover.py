"""The hand-over of a desk: when, from whom to whom, and whether it wants confirming."""

from __future__ import annotations

from duty_town import CHANNELS, EXAMPLE, MINUTE, PERSONAL, SHANGHAI, by_day, local, ms
from hypothesis import given
from hypothesis import strategies as st

from gateway.duty.file import load_plan
from gateway.duty.handover import CONFIRM_MS, EARLY_MS, Handover, due, is_late, next_change, unconfirmed
from gateway.duty.plan import Desk, Plan, Rotation, Shift, Substitute
from rules.local_time import Window

EXAMPLE_PLAN = load_plan(EXAMPLE, channels=CHANNELS, personal=PERSONAL)
STATION, CENTRE = EXAMPLE_PLAN.desks[1], EXAMPLE_PLAN.desks[2]


def last(desk: Desk, text: str, plan: Plan = EXAMPLE_PLAN) -> Handover | None:
    return due(plan, desk, at=ms(text), zone=SHANGHAI, calendar="cn")


def coming(desk: Desk, text: str, plan: Plan = EXAMPLE_PLAN) -> Handover | None:
    return next_change(plan, desk, at=ms(text), zone=SHANGHAI, calendar="cn")


def told(found: Handover | None) -> tuple[str, tuple[str, ...], tuple[str, ...], bool] | None:
    return found and (local(found.at), found.goes, found.comes, found.needs_confirming)


def test_a_day_at_a_desk_round_the_clock() -> None:
    assert told(last(CENTRE, "2026-03-03 19:59")) == ("03-03 08:00", ("sunyan",), ("chenjing",), True)
    assert told(last(CENTRE, "2026-03-03 20:00")) == ("03-03 20:00", ("chenjing",), ("zhaolei",), True)
    assert told(coming(CENTRE, "2026-03-02 08:00")) == ("03-02 20:00", ("zhaolei",), ("sunyan",), True)


def test_the_example_lets_nobody_work_day_and_night_on_end() -> None:
    for day in range(2, 9):
        for hour in ("08", "20"):
            change = last(CENTRE, f"2026-03-{day:02} {hour}:00")
            assert change is not None
            assert change.needs_confirming


def test_a_desk_that_closes_hands_over_when_it_opens_to_somebody_else() -> None:
    assert told(last(STATION, "2026-03-07 21:00")) == ("03-07 20:00", ("limin",), (), False)
    assert told(coming(STATION, "2026-03-08 12:00")) == ("03-09 08:00", ("limin",), ("wangfang",), True)
    assert told(last(STATION, "2026-03-09 08:05")) == ("03-09 08:00", ("limin",), ("wangfang",), True)
    alone = Desk("d", "站", "care", shifts=(by_day("ann"),))
    assert told(last(alone, "2026-03-09 09:00", Plan())) == ("03-09 08:00", ("ann",), ("ann",), False)


def test_a_substitute_is_whom_it_is_handed_to() -> None:
    assert told(last(STATION, "2026-03-07 08:00")) == ("03-07 08:00", ("limin",), ("limin",), False)
    desk = Desk("d", "站", "care", shifts=(by_day("ann"),))
    plan = Plan(desks=(desk,), substitutes=(Substitute("d", "2026-03-03", "ann", "bob"),))
    assert told(last(desk, "2026-03-03 12:00", plan)) == ("03-03 08:00", ("ann",), ("bob",), True)
    assert told(last(desk, "2026-03-04 12:00", plan)) == ("03-04 08:00", ("bob",), ("ann",), True)


def test_where_nobody_changes_there_is_no_handover() -> None:
    always = Desk("d", "站", "care", shifts=(Shift(Window(), ("ann",)),))
    for desk in (always, Desk("d", "站", "care")):
        assert last(desk, "2026-03-03 12:00", Plan()) is None
        assert coming(desk, "2026-03-03 12:00", Plan()) is None


def test_what_is_not_confirmed_is_due_until_it_is_and_late_after_a_quarter_of_an_hour() -> None:
    def open_at(text: str, confirmed: str = "") -> Handover | None:
        at = ms(confirmed) if confirmed else None
        return unconfirmed(EXAMPLE_PLAN, CENTRE, at=ms(text), confirmed_at=at, zone=SHANGHAI, calendar="cn")

    change = ms("2026-03-03 20:00")
    found = open_at("2026-03-03 20:05")
    assert found is not None
    assert found.at == change
    assert [is_late(found, change + after) for after in (0, CONFIRM_MS - 1, CONFIRM_MS)] == [
        False,
        False,
        True,
    ]
    assert open_at("2026-03-03 20:05", "2026-03-02 20:03") == found, "that was the one before"
    assert open_at("2026-03-03 20:20", "2026-03-03 20:10") is None
    assert open_at("2026-03-03 20:20", "2026-03-03 19:45") is None, "whoever relieves came early"
    assert found.confirmed(change - EARLY_MS)
    assert not found.confirmed(change - EARLY_MS - MINUTE)


def test_who_stays_on_beside_a_newcomer_hides_no_handover() -> None:
    overlapping = Desk(
        "d", "站", "care", shifts=(Shift(Window("08:00", "16:00"), ("ann",)), Shift(Window("15:00", "22:00"), ("bob",)))
    )  # fmt: skip
    assert told(last(overlapping, "2026-03-03 16:10", Plan())) == (
        "03-03 16:00",
        ("ann", "bob"),
        ("bob",),
        False,
    )
    at = ms("2026-03-03 16:10")
    found = unconfirmed(Plan(), overlapping, at=at, confirmed_at=None, zone=SHANGHAI, calendar="cn")
    assert told(found) == ("03-03 15:00", ("ann",), ("ann", "bob"), True)


TEAMS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True).map(tuple)
SHIFTS = st.builds(
    Shift,
    st.sampled_from([Window(), Window("08:00", "20:00", "workdays"), Window("20:00", "08:00")]),
    st.just(()),
    st.builds(Rotation, TEAMS, st.sampled_from(["day", "week"]), st.just("2026-03-02")),
)


@given(st.lists(SHIFTS, min_size=1, max_size=2), st.integers(ms("2026-02-10 00:00"), ms("2026-03-31 00:00")))
def test_the_next_change_is_the_last_once_its_time_has_come(shifts: list[Shift], at: int) -> None:
    desk = Desk("d", "站", "care", shifts=tuple(shifts))
    coming = next_change(Plan(), desk, at=at, zone=SHANGHAI, calendar="cn")
    if coming is None:
        return
    assert coming.at > at
    assert due(Plan(), desk, at=coming.at, zone=SHANGHAI, calendar="cn") == coming
    before = due(Plan(), desk, at=coming.at - 1, zone=SHANGHAI, calendar="cn")
    assert before is None or before.at <= at
