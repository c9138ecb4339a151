"""When a battery is empty: a straight line where there is one, and otherwise nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.figures_kept.forecast import FAR_DAYS, POINTS_MAX, days_left

DAY = 86_400_000


def falling(days: int, *, start: float = 90.0, a_day: float = 1.0) -> list[tuple[int, float]]:
    return [(day * DAY, start - a_day * day) for day in range(days)]


def test_a_straight_line_is_followed_to_its_end() -> None:
    assert days_left(falling(10)) == pytest.approx(81.0)  # it is at 81 and falls by one a day


def test_a_wrong_value_moves_nothing() -> None:
    said = falling(12)
    said[5] = (5 * DAY, 3.0)
    assert days_left(said) == pytest.approx(79.0, abs=2.0)


@pytest.mark.parametrize(
    "said",
    [
        [],
        falling(3),
        falling(7),  # six days
        falling(20, a_day=0.0),
        falling(20, a_day=-0.1),
        falling(20, a_day=0.001),  # empty in two hundred years
    ],
)
def test_where_nothing_can_be_said_nothing_is(said: list[tuple[int, float]]) -> None:
    assert days_left(said) is None


def test_after_a_change_only_what_followed_counts() -> None:
    changed = [(at + 40 * DAY, value) for at, value in falling(10, start=100.0, a_day=2.0)]
    assert days_left([*falling(40, start=50.0), *changed]) == pytest.approx(41.0)
    assert days_left([*falling(40, start=50.0), *changed[:3]]) is None


@given(
    st.floats(0.05, 5),
    st.floats(20, 100),
    st.integers(8, 60),
    st.lists(st.floats(-0.4, 0.4), min_size=60, max_size=60),
)
def test_rounding_of_the_gauge_is_no_news(a_day: float, start: float, days: int, noise: list[float]) -> None:
    said = [(day * DAY, max(start - a_day * day + noise[day], 0.0)) for day in range(days)]
    found = days_left(said)
    assert found is None or 0 <= found <= FAR_DAYS
    if a_day >= 1 and start > a_day * days + 1:
        true = (start - a_day * (days - 1)) / a_day
        assert found == pytest.approx(true, rel=0.3, abs=2.0)


def test_many_days_are_the_newest() -> None:
    assert days_left(falling(POINTS_MAX * 2)) == pytest.approx(90 - POINTS_MAX * 2 + 1)
