"""Hours between two truths: exact where the counters are, nearer to the truth than it was live where they are not."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.occupancy.hourly import HOUR_MS, Counted, Hour, When, reckoned
from rules.local_time import Window

ZONE = ZoneInfo("Asia/Shanghai")
BY_DAY = When((Window("08:00", "18:00"),), ZONE, "cn")
ALWAYS = When((Window("00:00", "24:00"),), ZONE, "cn")
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


def told_by(device: str, hour: int, came: float, went: float) -> list[Said]:
    begin = MONDAY + hour * HOUR_MS
    return [
        Said(begin, device, metric, value, value, value, begin + HOUR_MS - 1)
        for metric, value in (("in", came), ("out", went))
    ]


def day(
    moves: Iterable[tuple[int, int]], *, missed: float = 0.0, seed: int = 0
) -> tuple[list[Said], list[int]]:
    """What a counter that misses a share of those who leave says of (came, went) by the hour; the truth at each hour's end."""
    dice, rows, truth = random.Random(seed), [], []  # noqa: S311 chance, no secret
    inside = came_all = went_all = 0
    for hour, (came, leaves) in enumerate(moves):
        went = min(leaves, inside + came)
        inside += came - went
        came_all += came
        went_all += sum(dice.random() >= missed for _ in range(went))
        rows += told_by("door", hour, came_all, went_all)
        truth.append(inside)
    return rows, truth


def hours(rows: list[Said], *corrections: Counted, n: int, when: When = ALWAYS) -> list[Hour]:
    return reckoned(rows, ["door"], corrections, MONDAY, MONDAY + n * HOUR_MS, when).hours


MOVES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=4, max_size=20)


def ends(found: list[Hour], before: float) -> list[float]:
    """The people at each hour's end: without a count of its own, an hour is the middle of its ends."""
    result = []
    for one in found:
        assert one.people is not None
        before = 2 * one.people - before
        result.append(before)
    return result


@given(MOVES)
def test_where_the_counters_are_exact_so_are_the_hours(moves: list[tuple[int, int]]) -> None:
    moves = [(0, 0), *moves]
    rows, truth = day(moves)
    start, end = Counted(MONDAY, 0), Counted(MONDAY + len(moves) * HOUR_MS - 1, truth[-1])
    found = hours(rows, start, end, n=len(moves))
    assert ends(found, 0.0) == pytest.approx(truth)
    assert sum(one.drift or 0.0 for one in found) == pytest.approx(0.0)


@given(MOVES, st.integers(0, 10_000))
def test_what_was_off_at_a_truth_is_put_right_over_the_hours_before_it(
    moves: list[tuple[int, int]], seed: int
) -> None:
    moves = [(0, 0), (9, 0), *moves]
    rows, truth = day(moves, missed=0.2, seed=seed)
    last = Counted(MONDAY + len(moves) * HOUR_MS - 1, truth[-1])
    found = reckoned(
        rows, ["door"], [Counted(MONDAY, 0), last], MONDAY, MONDAY + len(moves) * HOUR_MS, ALWAYS
    )
    off = found.residuals[-1]
    assert sum(one.drift or 0.0 for one in found.hours) == pytest.approx(off.people - off.counted)
    for one in found.hours:
        assert one.people is not None
        assert one.lower is not None
        assert one.upper is not None
        assert 0 <= one.lower <= one.people <= one.upper


def test_the_past_is_better_known_once_somebody_has_counted() -> None:
    moves = [(0, 0)] + [(20, 12), (15, 14), (10, 12), (12, 13), (8, 10), (9, 8), (6, 9)] * 2
    better = worse = 0.0
    for seed in range(20):
        rows, truth = day(moves, missed=0.15, seed=seed)
        begin, end = Counted(MONDAY, 0), Counted(MONDAY + len(moves) * HOUR_MS - 1, truth[-1])
        live, known = hours(rows, begin, n=len(moves)), hours(rows, begin, end, n=len(moves))
        middles = [(a + b) / 2 for a, b in zip([0, *truth], truth, strict=False)]
        worse += sum(abs((one.people or 0) - true) for one, true in zip(live, middles, strict=True))
        better += sum(abs((one.people or 0) - true) for one, true in zip(known, middles, strict=True))
        assert all(one.drift is None for one in live[1:])
    assert better < worse / 5


def test_the_night_in_which_it_was_empty_puts_the_day_right() -> None:
    moves = [(0, 0)] * 9 + [(30, 0), (10, 10), (5, 20), (0, 15)] + [(0, 0)] * 20
    rows, _ = day(moves, missed=0.3, seed=3)
    found = reckoned(rows, ["door"], [], MONDAY, MONDAY + len(moves) * HOUR_MS, BY_DAY)
    nights = [one for one in found.residuals if one.by_night]
    assert [(one.people, one.at - MONDAY) for one in nights] == [(0, 5 * HOUR_MS), (0, 29 * HOUR_MS)]
    assert nights[1].counted > 5
    assert [round(one.people or 0) for one in found.hours[13:29]] == [0] * 16
    assert sum(one.drift or 0.0 for one in found.hours) == pytest.approx(-nights[1].counted)


def test_behind_a_power_cut_one_reckons_backwards_from_the_next_truth_and_before_it_onwards_from_the_last() -> (
    None
):
    rows = told_by("door", 0, 100, 100) + told_by("door", 1, 120, 100)
    rows += told_by("door", 2, 5, 0) + told_by("door", 3, 10, 0) + told_by("door", 4, 10, 10)
    found = hours(rows, Counted(MONDAY + 1, 0), Counted(MONDAY + 5 * HOUR_MS - 1, 3), n=5)
    assert [one.people for one in found] == [0.0, 10.0, 5.5, 10.5, 8.0]
    assert [one.drift for one in found[2:]] == [None] * 3
    blind = hours(rows, Counted(MONDAY + 1, 0), n=5)
    assert [one.upper for one in blind[2:]] == [None] * 3


def test_a_counter_that_was_silent_when_the_truth_came_says_nothing_of_drift() -> None:
    rows = told_by("door", 0, 0, 0) + told_by("door", 1, 20, 0) + told_by("door", 4, 50, 50)
    found = reckoned(
        rows,
        ["door"],
        [Counted(MONDAY + 1, 0), Counted(MONDAY + 3 * HOUR_MS, 4)],
        MONDAY,
        MONDAY + 5 * HOUR_MS,
        ALWAYS,
    )
    assert [one.people is None for one in found.hours] == [False, False, True, True, False]
    assert len(found.residuals) == 1
    assert all(one.drift is None for one in found.hours[2:])


def test_somebody_who_counts_amid_an_hour_splits_what_passed_in_it() -> None:
    rows = told_by("door", 0, 0, 0) + told_by("door", 1, 20, 0) + told_by("door", 2, 20, 0)
    half = Counted(MONDAY + HOUR_MS + HOUR_MS // 2, 10)
    found = hours(rows, Counted(MONDAY, 0), half, n=3)
    assert [one.people for one in found] == pytest.approx([0.0, 10.0, 20.0], abs=0.1)


def test_the_band_of_hours_put_right_holds_nine_of_ten() -> None:
    """Forty days of a counter that misses three in a hundred both ways, and nothing but empty nights to put it right by."""
    dice, rows, truth = random.Random(7), [], []  # noqa: S311 chance, no secret
    came_all = went_all = inside = 0
    for day_at in range(40):
        comes = sorted(8.5 + dice.random() * 8 for _ in range(300))
        moves = [(at, 1) for at in comes] + [
            (min(at + 0.3 + dice.expovariate(1 / 1.2), 17.9), -1) for at in comes
        ]
        for hour in range(24):
            mine = sorted(one for one in moves if hour <= one[0] < hour + 1)
            before = inside
            inside += sum(step for _, step in mine)
            came_all += sum(dice.random() >= 0.03 for _, step in mine if step > 0)
            went_all += sum(dice.random() >= 0.03 for _, step in mine if step < 0)
            rows += told_by("door", day_at * 24 + hour, came_all, went_all)
            truth.append((before + inside) / 2)
    when = When((Window("08:00", "18:30"),), ZONE, "none")
    found = reckoned(rows, ["door"], [], MONDAY, MONDAY + 40 * 24 * HOUR_MS, when).hours
    held, off = [], []
    for one, true in zip(found, truth, strict=True):
        if true > 3 and one.drift is not None:
            assert one.people is not None
            assert one.lower is not None
            assert one.upper is not None
            held.append(one.lower <= true <= one.upper)
            off.append(abs(one.people - true))
    assert len(held) > 300
    assert sum(held) / len(held) >= 0.85
    assert sum(off) / len(off) < 2.5
