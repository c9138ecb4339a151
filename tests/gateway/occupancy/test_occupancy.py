"""How full, hour by hour, and what is usual: nothing below nobody, and no zero where nothing is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.occupancy.fullness import for_public, fullness
from gateway.occupancy.hourly import HOUR_MS, Counted, Hour, When, hours_of
from gateway.occupancy.use import month_of, use_of
from gateway.occupancy.usual import day_against_usual, usual_week
from rules.local_time import Window

ZONE = ZoneInfo("Asia/Shanghai")
ALWAYS = When((Window("00:00", "24:00"),), ZONE, "cn")
NOBODY_SAID = When(None, ZONE, "cn")
MONDAY = int(datetime(2026, 3, 2, tzinfo=ZONE).timestamp() * 1000)


@dataclass(frozen=True)
class Said:
    begin: int
    device: str
    metric: str
    mean: float
    max: float
    last: float
    last_at: int


def said(hour: int, device: str = "east", *, own: float | None = None, **last: float) -> list[Said]:
    begin = MONDAY + hour * HOUR_MS
    found = {"in": last.get("came", 0.0), "out": last.get("went", 0.0)}
    if own is not None:
        found["occupancy"] = own
    return [
        Said(begin, device, metric, value, value, value, begin + HOUR_MS - 60_000)
        for metric, value in found.items()
    ]


def people(
    rows: list[Said], *told: Counted, counters: tuple[str, ...] = ("east",), hours: int = 3
) -> list[float | None]:
    found = hours_of(rows, counters, told, MONDAY, MONDAY + hours * HOUR_MS, ALWAYS)
    return [one.people for one in found]


@pytest.mark.parametrize(
    ("now", "word", "told"),
    [
        ((5, 6, 60), "quiet", "quiet"),
        ((16, 18, 60), "moderate", "moderate"),
        ((30, 33, 60), "busy", "busy"),
        ((43, 46, 60), "near", "busy"),
        ((60, 70, 60), "near", "busy"),
        ((61, 61, 60), "over", "busy"),
        ((43, None, 60), "unknown", "unknown"),
        ((None, None, 60), "unknown", "unknown"),
        ((43, 46, None), "unlimited", "unknown"),
    ],
)
def test_how_full_it_is_in_a_word(
    now: tuple[int | None, int | None, int | None], word: str, told: str
) -> None:
    assert fullness(*now) == word
    assert for_public(fullness(*now)) == told


def test_an_hour_in_which_a_counter_said_nothing_is_not_known() -> None:
    assert people(said(0, own=4.0, came=4.0) + said(2, own=6.0, came=6.0)) == [4.0, None, 6.0]
    both = said(0, own=4.0, came=4.0) + said(0, "west", own=1.0, came=1.0) + said(1, own=5.0, came=5.0)
    assert people(both, counters=("east", "west"), hours=2) == [5.0, None]
    assert people([], counters=(), hours=1) == [None]


def test_a_correction_shifts_the_hours_behind_it_and_those_before_it_since_the_last_who_passed() -> None:
    rows = said(0, own=10.0, came=10.0) + said(1, own=10.0, came=10.0) + said(2, own=12.0, came=12.0)
    assert people(rows) == [10.0, 10.0, 12.0]
    assert people(rows, Counted(MONDAY + HOUR_MS + 5, 4)) == [4.0, 4.0, 6.0]


def test_a_counter_without_a_count_of_its_own_is_reckoned_by_who_came_and_went() -> None:
    assert people(said(0, came=0.0) + said(1, came=8.0) + said(2, came=8.0, went=4.0)) == [0.0, 4.0, 6.0]


NUMBERS = st.integers(0, 300).map(float)


@given(
    st.lists(st.tuples(st.integers(0, 30), NUMBERS, NUMBERS, NUMBERS), max_size=20),
    st.none() | st.integers(0, 99),
)
def test_no_hour_is_ever_below_nobody_and_none_is_made_up(
    told: list[tuple[int, float, float, float]], counted: int | None
) -> None:
    rows = {hour: said(hour, own=own, came=came, went=went) for hour, own, came, went in told}
    corrections = [] if counted is None else [Counted(MONDAY + 7 * HOUR_MS, counted)]
    given_rows = [row for part in rows.values() for row in part]
    found = hours_of(given_rows, ["east"], corrections, MONDAY, MONDAY + 31 * HOUR_MS, NOBODY_SAID)
    for one in found:
        known = (one.begin - MONDAY) // HOUR_MS in rows
        assert (one.people is not None) == (one.peak is not None) == known
        assert one.people is None or one.peak is None or 0 <= one.people <= one.peak
        assert one.passed >= 0


def test_the_first_who_come_after_an_empty_night_have_passed() -> None:
    rows = said(0, own=0.0) + said(9, own=0.0, came=5.0, went=5.0) + said(33, own=0.0, came=8.0, went=8.0)
    found = hours_of(rows, ["east"], [], MONDAY, MONDAY + 34 * HOUR_MS, NOBODY_SAID)
    assert {(one.begin - MONDAY) // HOUR_MS: one.passed for one in found if one.passed} == {9: 10.0, 33: 6.0}


def test_usual_is_the_median_of_the_same_hour_of_the_same_weekday_and_once_is_no_custom() -> None:
    week = 7 * 24 * HOUR_MS
    hours = [Hour(MONDAY + at * week + 9 * HOUR_MS, n, n, 1) for at, n in enumerate((10.0, 90.0, 12.0))]
    hours += [Hour(MONDAY + 10 * HOUR_MS, 5.0, 5.0, 1), Hour(MONDAY + 11 * HOUR_MS, None, None, 0)]
    usual = usual_week(hours, ZONE)
    assert usual == {(0, 9): 12.0}
    day = day_against_usual(hours, usual, MONDAY + 15 * HOUR_MS, ZONE)
    assert [(one.people, one.usual) for one in day[8:12]] == [
        (None, None),
        (10.0, 12.0),
        (5.0, None),
        (None, None),
    ]


def test_use_counts_hours_with_somebody_and_says_what_is_not_known() -> None:
    hours = [
        Hour(MONDAY, 3.0, 4.0, 6),
        Hour(MONDAY + HOUR_MS, 2.0, 2.0, 0),
        Hour(MONDAY + 2 * HOUR_MS, None, None, 0),
    ]
    assert use_of(hours, ALWAYS) == type(use_of([], ALWAYS))(in_use_h=2, people_h=5.0, unknown_h=1, hours=3)
    assert use_of(hours, NOBODY_SAID).in_use_h == 1
    nothing = use_of(hours[2:], ALWAYS)
    assert (nothing.in_use_h, nothing.people_h) == (None, None)


def test_a_month_is_that_of_the_zone() -> None:
    begin, end = month_of("2026-02", ZONE)
    assert [datetime.fromtimestamp(at / 1000, ZONE).isoformat() for at in (begin, end)] == [
        "2026-02-01T00:00:00+08:00", "2026-03-01T00:00:00+08:00"
    ]  # fmt: skip
    with pytest.raises(ValueError, match="match format"):
        month_of("2026-13", ZONE)
