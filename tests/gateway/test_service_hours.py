"""The two service hours of a fault: counted in the hours in which somebody is there, holidays and shifts included."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.duty.plan import Desk, Plan, Shift
from gateway.fitting.service_hours import (
    ALWAYS,
    SUBSTITUTE_WITHIN_MS,
    USUAL,
    Hours,
    is_overdue,
    windows_of,
)
from rules.local_time import Window

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = 3_600_000
STATION = Hours(USUAL, ZONE, "cn")
PATH = "福田区/莲花街道/莲花社区/莲花二村"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        ("2026-03-02T09:00", "2026-03-02T11:00"),  # a Monday morning
        ("2026-03-02T16:30", "2026-03-03T09:30"),  # an hour today, an hour tomorrow
        ("2026-03-02T03:00", "2026-03-02T10:30"),  # at night nobody is there
        ("2026-03-06T17:00", "2026-03-09T10:00"),  # over a weekend
        (
            "2026-02-14T16:30",
            "2026-02-24T09:30",
        ),  # 14 February 2026 is worked (调休), then comes the Spring Festival
    ],
)
def test_a_substitute_is_due_after_two_service_hours(opened: str, due: str) -> None:
    found = STATION.after(at(opened), SUBSTITUTE_WITHIN_MS)
    assert found == at(due)
    assert STATION.between(at(opened), at(due)) == SUBSTITUTE_WITHIN_MS


def test_it_is_overdue_from_then_on_and_the_substitute_stops_the_clock() -> None:
    opened, due = at("2026-03-02T16:30"), at("2026-03-03T09:30")
    assert not is_overdue(opened, None, due, STATION)
    assert is_overdue(opened, None, due + 1, STATION)
    assert not is_overdue(opened, due, due + 9 * HOUR, STATION)
    assert is_overdue(opened, due + 60_000, due + 9 * HOUR, STATION)


def test_windows_that_overlap_or_meet_count_once() -> None:
    hours = Hours(
        (Window("08:00", "12:00"), Window("11:00", "14:00"), Window("14:00", "15:00")), ZONE, "none"
    )
    assert hours.between(at("2026-03-02T00:00"), at("2026-03-03T00:00")) == 7 * HOUR


def test_a_place_that_is_never_open_has_no_time_at_which_it_is_due() -> None:
    assert Hours((), ZONE, "cn").after(at("2026-03-02T09:00"), 1) is None


WINDOWS = st.builds(
    lambda begin, length, days: Window(
        f"{begin:02d}:00", f"{(begin + length) % 24:02d}:00", days  # type: ignore[arg-type]
    ),
    st.integers(0, 23), st.integers(1, 23), st.sampled_from(["every", "workdays", "weekends_and_holidays"]),
)  # fmt: skip
TIMES = st.integers(at("2026-01-01T00:00"), at("2026-12-01T00:00"))
HOURS = st.builds(
    lambda windows: Hours(tuple(windows), ZONE, "cn"), st.lists(WINDOWS, min_size=1, max_size=3)
)


@given(HOURS, TIMES, st.integers(0, 10 * 24 * HOUR), st.integers(0, 10 * 24 * HOUR))
def test_hours_add_up_and_never_exceed_the_time_that_passed(
    hours: Hours, begin: int, one: int, two: int
) -> None:
    first, second = hours.between(begin, begin + one), hours.between(begin + one, begin + one + two)
    assert first + second == hours.between(begin, begin + one + two)
    assert 0 <= first <= one
    assert hours.between(begin + one, begin) == 0


@given(HOURS, TIMES, st.integers(1, 20 * HOUR))
def test_after_is_the_first_moment_at_which_so_much_has_passed(hours: Hours, begin: int, span: int) -> None:
    due = hours.after(begin, span)
    assert due is not None
    assert hours.between(begin, due) == span
    assert hours.between(begin, due - 1) == span - 1


# whose hours


def desk(name: str, serves: str, where: str, *shifts: Window) -> Desk:
    return Desk(name, name, serves, where, shifts=tuple(Shift(window) for window in shifts))  # type: ignore[arg-type]


DAY, NIGHT = Window("08:00", "20:00"), Window("20:00", "08:00")


@pytest.mark.parametrize(
    ("desks", "windows"),
    [
        ((), USUAL),
        ((desk("a", "property", "", DAY),), USUAL),
        ((desk("a", "care", "福田区", DAY),), (DAY,)),
        ((desk("a", "care", "福田区", NIGHT), desk("m", "maintenance", "福田区", DAY)), (DAY,)),
        ((desk("m", "maintenance", "福田区", NIGHT), desk("n", "maintenance", PATH, DAY)), (DAY,)),
        ((desk("m", "maintenance", "南山区", NIGHT),), USUAL),
        ((desk("m", "maintenance", "福田"),), USUAL),
        ((desk("m", "maintenance", "福田区"),), ALWAYS),
        ((desk("m", "maintenance", "福田区", DAY, NIGHT),), (DAY, NIGHT)),
    ],
)
def test_the_nearest_desk_that_maintains_a_place_says_its_hours(
    desks: tuple[Desk, ...], windows: tuple[Window, ...]
) -> None:
    assert windows_of(Plan(desks=desks), "H1", PATH) == windows


def test_the_ladder_of_the_settings_says_nothing_of_hours() -> None:
    assert windows_of(Plan(desks=(desk("a", "care", ""),), heeds_hearing=False), "H1", PATH) == USUAL
