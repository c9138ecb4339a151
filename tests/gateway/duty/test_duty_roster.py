"""Who is on duty: nobody's shift is empty, turns are fair, a substitute changes one shift, whatever clocks and holidays do."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest
from duty_town import BERLIN, CHANNELS, DAY, EXAMPLE, HOUR, MINUTE, PERSONAL, SHANGHAI, local, ms
from hypothesis import given
from hypothesis import strategies as st

from gateway.duty.file import load_plan
from gateway.duty.plan import Desk, Plan, Rotation, Shift, Substitute
from gateway.duty.roster import edges, of_shift, on_duty, planned, shifts_changed, spans
from rules.local_time import WEEKDAYS, Days, Window, is_day, is_open

DAY_WORDS: tuple[Days, ...] = ("every", "workdays", "weekends_and_holidays", ("mon", "wed"), WEEKDAYS[:6])
SINCE = date(2026, 3, 2)
ZONES = st.sampled_from([SHANGHAI, BERLIN])
DAYS = st.sampled_from(DAY_WORDS)
WINDOWS = st.builds(
    Window, st.sampled_from(["00:00", "02:30", "08:00", "22:00"]), st.sampled_from(["02:00", "07:30", "24:00"]), DAYS
)  # fmt: skip
TEAMS = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=7, unique=True).map(tuple)
TURNS = st.builds(
    Rotation, TEAMS, st.sampled_from(["day", "week"]), st.dates(date(2025, 1, 1), date(2027, 1, 1)).map(date.isoformat)
)  # fmt: skip
SHIFTS = st.lists(st.builds(Shift, WINDOWS, st.just(()), TURNS), min_size=1, max_size=3).map(tuple)
# The clocks of Berlin change on 2026-03-29 and 2026-10-25; China's spring festival is on 02-17, its National Day on 10-01.
MOMENTS = st.one_of(
    st.integers(ms("2026-02-10 00:00"), ms("2026-03-31 00:00")),
    st.integers(ms("2026-09-25 00:00"), ms("2026-10-27 00:00")),
    st.integers(ms("2026-03-29 00:00", BERLIN), ms("2026-03-29 05:00", BERLIN)),
    st.integers(ms("2026-10-25 00:00", BERLIN), ms("2026-10-25 05:00", BERLIN)),
)


def desk_of(*shifts: Shift) -> Desk:
    return Desk("d", "值班点", "care", shifts=shifts)


def turns(people: str, every: str = "day", since: date = SINCE) -> Rotation:
    return Rotation(tuple(people), every, since.isoformat())  # type: ignore[arg-type]


@given(SHIFTS, MOMENTS, ZONES)
def test_a_desk_is_closed_or_has_somebody(shifts: tuple[Shift, ...], at: int, zone: ZoneInfo) -> None:
    people = on_duty(Plan(), desk_of(*shifts), at=at, zone=zone, calendar="cn")
    should = any(is_open(shift.window, at, zone, "cn") for shift in shifts)
    assert (people is not None) == should
    assert people is None or 1 <= len(people) <= len(shifts)


@given(SHIFTS, MOMENTS, ZONES)
def test_spans_say_what_holds_at_every_moment(shifts: tuple[Shift, ...], at: int, zone: ZoneInfo) -> None:
    desk = desk_of(*shifts)
    begins = at - 3 * DAY
    found = list(spans(Plan(), desk, from_ms=begins, to_ms=at + DAY, zone=zone, calendar="cn"))
    assert found[0].from_ms == begins
    assert found[-1].to_ms == at + DAY
    for one, following in pairwise(found):
        assert one.to_ms == following.from_ms
        assert one.people != following.people
    people = on_duty(Plan(), desk, at=at, zone=zone, calendar="cn")
    (there,) = [span.people for span in found if span.from_ms <= at < span.to_ms]
    assert there == (None if people is None else tuple(sorted(people)))


@given(TEAMS, DAYS, st.dates(date(2025, 6, 1), date(2026, 12, 31)))
def test_a_rotation_gives_each_the_same_share(team: tuple[str, ...], days: Days, first: date) -> None:
    shift = Shift(Window("08:00", "20:00", days), rotate=Rotation(team, "day", SINCE.isoformat()))
    opened = [day for day in (first + timedelta(n) for n in range(100)) if is_day(days, day, "cn")]
    rounds = opened[: len(opened) // len(team) * len(team)]
    share = Counter(person for day in rounds for person in planned(shift, day, "cn"))
    assert set(share.values()) == {len(rounds) // len(team)}


@given(TEAMS, st.dates(date(2025, 6, 1), date(2027, 12, 31)))
def test_by_the_week_each_has_a_whole_week_in_turn(team: tuple[str, ...], day: date) -> None:
    shift = Shift(Window(), rotate=Rotation(team, "week", SINCE.isoformat()))
    weeks = (day - SINCE).days // 7
    assert planned(shift, day, "cn") == (team[weeks % len(team)],)
    monday = day - timedelta(days=day.weekday())
    assert len({planned(shift, monday + timedelta(n), "cn") for n in range(7)}) == 1


def test_seven_people_at_a_desk_closed_on_sundays_all_have_shifts() -> None:
    shift = Shift(Window("08:00", "20:00", WEEKDAYS[:6]), rotate=turns("abcdefg"))
    had = [planned(shift, SINCE + timedelta(n), "cn")[0] for n in range(13) if n % 7 != 6]
    assert "".join(had) == "abcdefgabcde"


def test_a_made_up_workday_takes_a_turn_and_a_holiday_does_not() -> None:
    shift = Shift(Window("09:00", "17:00", "workdays"), rotate=turns("abc", since=date(2026, 2, 13)))
    had = {}
    for n in range(16):
        day = date(2026, 2, 13) + timedelta(n)
        at = ms(f"{day} 12:00")
        people = on_duty(Plan(), desk_of(shift), at=at, zone=SHANGHAI, calendar="cn")
        if people is not None:
            had[day.isoformat()[5:]] = "".join(people)
    # Sunday the 15th is closed; Saturday the 14th and the 28th are worked (调休); the festival lasts from the 15th to the 23rd.
    assert had == {
        "02-13": "a", "02-14": "b", "02-24": "c", "02-25": "a", "02-26": "b", "02-27": "c", "02-28": "a",
    }  # fmt: skip


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    desk = desk_of(Shift(Window("20:00", "08:00", ("fri",)), rotate=turns("ab", since=date(2026, 3, 6))))
    for text, expected in (
        ("2026-03-06 19:59", None), ("2026-03-06 20:00", ["a"]), ("2026-03-07 07:59", ["a"]),
        ("2026-03-07 08:00", None), ("2026-03-14 03:00", ["b"]),
    ):  # fmt: skip
        people = on_duty(Plan(), desk, at=ms(text), zone=SHANGHAI, calendar="cn")
        assert (None if people is None else list(people)) == expected, text


@pytest.mark.parametrize(("night", "hours"), [("2026-03-28", 11), ("2026-03-30", 12), ("2026-10-24", 13)])
def test_where_clocks_change_day_and_night_leave_no_gap_and_no_double(night: str, hours: int) -> None:
    desk = desk_of(
        Shift(Window("08:00", "20:00"), rotate=turns("ab")),
        Shift(Window("20:00", "08:00"), rotate=turns("cd")),
    )
    begins = ms(f"{night} 08:00", BERLIN)
    found = list(spans(Plan(), desk, from_ms=begins, to_ms=begins + 36 * HOUR, zone=BERLIN, calendar="none"))
    assert all(span.people and len(span.people) == 1 for span in found)
    assert (found[1].to_ms - found[1].from_ms) == hours * HOUR
    assert [local(span.from_ms, BERLIN)[6:] for span in found[:3]] == ["08:00", "20:00", "08:00"]


@given(
    st.sampled_from(["a", "b", "c"]), st.integers(0, 40), st.sampled_from(["day", "week"]), st.sampled_from(["", "20:00"])
)  # fmt: skip
def test_a_substitute_changes_exactly_one_shift(person: str, day: int, every: str, which: str) -> None:
    night = Shift(Window("20:00", "08:00"), rotate=turns("abc", every))
    desk, other = desk_of(night), Desk("e", "另一处", "care", shifts=(night,))
    date_ = SINCE + timedelta(day)
    change = Substitute("d", date_.isoformat(), person, "z", which)
    before, after = Plan(desks=(desk, other)), Plan(desks=(desk, other), substitutes=(change,))
    differing = [
        (each.id, one)
        for each in (desk, other)
        for one in (SINCE + timedelta(n) for n in range(-2, 44))
        if of_shift(before, each, night, one, "cn") != of_shift(after, each, night, one, "cn")
    ]
    had = planned(night, date_, "cn") == (person,)
    assert differing == ([("d", date_)] if had else [])
    assert shifts_changed(after, 0, "cn") == len(differing)
    if had:
        noon = ms(f"{date_ + timedelta(1)} 03:00")
        assert on_duty(after, desk, at=noon, zone=SHANGHAI, calendar="cn") == ("z",)


def test_of_two_shifts_on_one_day_a_substitute_takes_the_one_that_is_named() -> None:
    early, late = Shift(Window("08:00", "12:00"), ("a",)), Shift(Window("14:00", "18:00"), ("a",))
    desk = desk_of(early, late)
    change = Substitute("d", "2026-03-02", "a", "z", "14:00")
    plan = Plan(desks=(desk,), substitutes=(change,))
    assert [of_shift(plan, desk, shift, SINCE, "cn") for shift in (early, late)] == [("a",), ("z",)]
    both = msgspec.structs.replace(plan, substitutes=(msgspec.structs.replace(change, from_time=""),))
    assert shifts_changed(both, 0, "cn") == 2


def test_a_desk_without_shifts_is_always_staffed() -> None:
    assert on_duty(Plan(), desk_of(), at=0, zone=SHANGHAI, calendar="cn") == ()


def test_windows_that_meet_have_their_edges() -> None:
    found = edges(
        [desk_of(Shift(Window(), rotate=turns("ab")))],
        from_ms=ms("2026-03-02 12:00"), to_ms=ms("2026-03-04 12:00"), zone=SHANGHAI, calendar="cn",
    )  # fmt: skip
    assert [local(edge) for edge in found] == ["03-03 00:00", "03-04 00:00"]


def test_the_example_has_somebody_at_the_centre_every_minute_of_its_first_days() -> None:
    plan = load_plan(EXAMPLE, channels=CHANNELS, personal=PERSONAL)
    centre = plan.desks[2]
    for at in range(ms("2026-03-02 00:00"), ms("2026-03-05 00:00"), 7 * MINUTE):
        assert len(on_duty(plan, centre, at=at, zone=SHANGHAI, calendar="cn") or ()) == 1, local(at)
