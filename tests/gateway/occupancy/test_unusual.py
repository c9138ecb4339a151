"""What is unusual: laws of the detector, and a made-up house whose events are known."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isclose, log10
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.occupancy.chance import DISPERSION, fewer_by_chance, more_by_chance
from gateway.occupancy.custom import DAYS_MIN, Ways
from gateway.occupancy.hourly import HOUR_MS, When
from gateway.occupancy.unusual import (
    FILL_MS,
    LEAVE_MS,
    UNUSUAL_AT,
    Flag,
    Run,
    flags,
    mark,
    runs,
    scores,
    unusual_at,
)

ZONE = ZoneInfo("Asia/Shanghai")
HALF_MS = HOUR_MS // 2
DAY_MS = 24 * HOUR_MS
MONDAY = datetime(
    2026, 3, 2, tzinfo=ZONE
)  # no holiday within eight weeks of it but Qingming, and no working Saturday
HOURS, HALVES = Ways(ZONE, "none"), Ways(ZONE, "none", HALF_MS)
BUSY = range(9, 18)


@dataclass(frozen=True)
class Passed:
    begin: int
    came: float | None
    went: float | None


def usual(hour: float, *, working: bool) -> float:
    """How many come in an hour of the made-up house."""
    if not working:
        return 2.0 if 10 <= hour < 16 else 0.0
    return 24.0 if 9 <= hour < 18 else 4.0 if 7 <= hour < 21 else 0.0


def house(
    days: int,
    slot_ms: int = HOUR_MS,
    *,
    seed: int | None = None,
    begin: datetime = MONDAY,
    level: Callable[[int], float] = lambda _: 1.0,
) -> list[Passed]:
    """A house of so many days; exactly as usual, or with more spread than Poisson's where a seed is given."""
    dice = random.Random(seed)  # noqa: S311 a made-up house
    found = []
    for day in range(days):
        at = begin + timedelta(days=day)
        for slot in range(DAY_MS // slot_ms):
            hour = slot * slot_ms / HOUR_MS
            mean = level(day) * usual(hour, working=at.weekday() < 5) * slot_ms / HOUR_MS
            came, went = (mean, mean) if seed is None else (drawn(dice, mean), drawn(dice, mean))
            found.append(Passed(int(at.timestamp()) * 1000 + slot * slot_ms, came, went))
    return found


def drawn(dice: random.Random, mean: float) -> float:
    """A count with variance near twice its mean: groups of one or two, or the bell where they are many."""
    if mean > 50:
        return float(max(round(dice.gauss(mean, (2 * mean) ** 0.5)), 0))
    people, left = 0, dice.expovariate(1.0)
    while mean and left < mean / 1.5:
        people += 1 + (dice.random() < 0.5)
        left += dice.expovariate(1.0)
    return float(people)


def at(day: int, hour: float) -> int:
    """That hour of a day of the house, epoch ms."""
    return int((MONDAY + timedelta(days=day, hours=hour)).timestamp()) * 1000


def but(slots: Iterable[Passed], begin: int, end: int, **what: float | None) -> list[Passed]:
    """The same with other figures from ``begin`` to ``end``."""
    return [replace(one, **what) if begin <= one.begin < end else one for one in slots]


def more(slots: Iterable[Passed], begin: int, came: float, went: float = 0.0) -> list[Passed]:
    """The same with so many more in one slot."""
    return [
        replace(one, came=(one.came or 0) + came, went=(one.went or 0) + went) if one.begin == begin else one
        for one in slots
    ]


def flagged(slots: Iterable[Passed], ways: Ways = HOURS) -> list[Flag]:
    return mark(scores(slots, ways), slot_ms=ways.slot_ms)


def found(slots: Iterable[Passed], ways: Ways = HOURS) -> list[Run]:
    return runs(flagged(slots, ways), slot_ms=ways.slot_ms)


seeds = st.integers(0, 10_000)


# -- chance


@given(st.integers(0, 60), st.floats(0.05, 40))
def test_chance_is_the_sum_of_the_negative_binomial(people: int, expected: float) -> None:
    size, kept = expected / (DISPERSION - 1), 1 / DISPERSION
    exactly = [kept**size]
    for count in range(1, 600):
        exactly.append(exactly[-1] * (count - 1 + size) / count * (1 - kept))
    upper, lower = sum(reversed(exactly[people:])), sum(exactly[: people + 1])
    assert isclose(more_by_chance(people, expected), -log10(upper), rel_tol=1e-6, abs_tol=1e-9)
    assert isclose(fewer_by_chance(people, expected), -log10(lower), rel_tol=1e-6, abs_tol=1e-9)


@given(st.integers(0, 5_000), st.floats(0.05, 5_000))
def test_one_more_is_never_likelier_and_one_fewer_neither(people: int, expected: float) -> None:
    assert more_by_chance(people + 1, expected) >= more_by_chance(people, expected) - 1e-9
    assert fewer_by_chance(people + 1, expected) <= fewer_by_chance(people, expected) + 1e-9


# -- laws


@settings(max_examples=12, deadline=None)
@given(seeds, st.integers(0, 24 * 14 - 1), st.integers(1, 60))
def test_more_people_never_lower_the_score(seed: int, slot: int, people: int) -> None:
    slots = house(14, seed=seed)
    begin = slots[slot].begin
    before, after = (
        next(one for one in scores(several, HOURS, since=begin) if one.begin == begin)
        for several in (slots, more(slots, begin, people))
    )
    assert (before.score is None) == (after.score is None)
    assert before.score is None or (after.score or 0.0) >= before.score - 1e-9


@settings(max_examples=8, deadline=None)
@given(seeds, st.integers(24 * 4, 24 * 14 - 1))
def test_what_comes_later_changes_nothing_beyond_the_horizon_and_takes_no_flag_away(
    seed: int, cut: int
) -> None:
    slots = more(house(14, seed=seed), at(8, 11), 60)
    known, whole = flagged(slots[:cut]), flagged(slots)
    horizon = slots[cut].begin - LEAVE_MS - FILL_MS
    assert [one for one in known if one.begin < horizon] == [one for one in whole if one.begin < horizon]
    for early, late in zip(known, whole, strict=False):
        assert early.expected == late.expected
        assert early.flag in {None, late.flag}


@settings(max_examples=8, deadline=None)
@given(seeds, st.integers(1, 12), st.booleans())
def test_a_house_some_weeks_later_has_the_same_flags_later(seed: int, weeks: int, halves: bool) -> None:  # noqa: FBT001
    ways = HALVES if halves else HOURS
    slots = house(9, ways.slot_ms, seed=seed)
    off = weeks * 7 * DAY_MS
    moved = [replace(one, begin=one.begin + off) for one in slots]
    assert [replace(one, begin=one.begin + off) for one in flagged(slots, ways)] == flagged(moved, ways)


def test_the_same_days_in_another_zone_have_the_same_flags() -> None:
    here = flagged(more(house(14, seed=3), at(9, 11), 60))
    quito = ZoneInfo("America/Guayaquil")
    off = 13 * HOUR_MS
    moved = [Passed(one.begin + off, one.came, one.went) for one in more(house(14, seed=3), at(9, 11), 60)]
    there = flagged(moved, Ways(quito, "none"))
    assert [(one.score, one.flag) for one in here] == [(one.score, one.flag) for one in there]


@pytest.mark.parametrize("ways", [HOURS, HALVES])
def test_the_same_share_more_is_the_stranger_the_bigger_the_house(ways: Ways) -> None:
    strengths = []
    for scale in (1, 2, 4):
        slots = more(house(14, ways.slot_ms), at(9, 11), 30)
        bigger = [Passed(one.begin, (one.came or 0) * scale, (one.went or 0) * scale) for one in slots]
        (run,) = found(bigger, ways)
        strengths.append(run.strength)
    assert strengths == sorted(strengths)
    assert strengths[0] > unusual_at(ways.slot_ms)


def test_what_is_as_usual_is_not_flagged_nor_what_is_little_more() -> None:
    assert found(house(28)) == []
    assert found(more(house(28), at(23, 11), 8)) == []


# -- what is known


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(24 * 7, 24 * 14 - 2), st.integers(1, 30), st.booleans())
def test_a_gap_is_never_flagged(seed: int, first: int, length: int, told: bool) -> None:  # noqa: FBT001
    slots = house(14, seed=seed)
    begin, end = slots[first].begin, slots[first].begin + length * HOUR_MS
    gap = but(slots, begin, end, came=None, went=None)
    if not told:
        gap = [one for one in gap if not begin <= one.begin < end]
    inside = [one for one in flagged(gap) if begin <= one.begin < end]
    assert all((one.flag, one.score, one.expected) == (None, None, None) for one in inside)
    assert not any(run.begin < end and begin < run.end for run in found(gap))


@pytest.mark.parametrize("ways", [HOURS, HALVES])
def test_neither_side_of_a_gap_is_unusually_few(ways: Ways) -> None:
    slots = house(14, ways.slot_ms)
    assert found(but(slots, at(10, 10), at(10, 15), came=None, went=None), ways) == []
    missing = [one for one in slots if not at(10, 10) <= one.begin < at(10, 15)]
    assert found(missing, ways) == []


def test_a_dead_counter_is_not_unusually_few() -> None:
    assert found(but(house(14), at(10, 12), at(12, 0), came=0.0, went=0.0)) == []


def test_a_day_without_data_teaches_nothing() -> None:
    gone = but(house(14), at(7, 0), at(11, 0), came=None, went=None)
    known = [one.expected for one in flagged(gone) if at(11, 9) <= one.begin < at(11, 18)]
    assert known == [24.0] * 9


def test_neither_an_event_nor_a_closed_day_makes_a_custom() -> None:
    slots = more(house(14), at(7, 11), 200)
    slots = but(slots, at(8, 0), at(9, 0), came=0.0)
    known = [one.expected for one in flagged(slots) if at(11, 9) <= one.begin < at(11, 18)]
    assert known == [24.0] * 9


def test_nothing_is_said_before_three_days_of_the_kind_are_known() -> None:
    told = flagged(more(house(16), at(1, 11), 90))
    first = {
        kind: min(one.begin for one in told if one.expected is not None and kind(one))
        for kind in (weekend, working)
    }
    assert DAYS_MIN == 3
    assert first == {working: at(3, 0), weekend: at(13, 0)}
    assert runs(told) == []


def weekend(one: Flag) -> bool:
    return datetime.fromtimestamp(one.begin / 1000, ZONE).weekday() >= 5


def working(one: Flag) -> bool:
    return not weekend(one)


def test_in_hindsight_the_first_days_are_judged_by_those_that_followed() -> None:
    slots = more(house(16), at(1, 11), 90)
    (run,) = found(slots, replace(HOURS, hindsight=True))
    assert (run.begin, run.direction) == (at(1, 11), "more")


# -- more, fewer, and when


@pytest.mark.parametrize("ways", [HOURS, HALVES])
def test_a_crowd_is_one_run_that_says_who_came(ways: Ways) -> None:
    begin = at(9, 14)
    (run,) = found(more(house(14, ways.slot_ms), begin, 40), ways)
    assert (run.begin, run.direction) == (begin, "more")
    assert run.came - run.expected == pytest.approx(40, abs=1)


def test_a_crowd_of_few_counts_when_it_leaves_together() -> None:
    came = more(house(14, HALF_MS), at(9, 14), 14)
    left = more(came, at(9, 16), 0, 25)
    late = more(came, at(9, 20), 0, 25)
    assert [len(found(one, HALVES)) for one in (came, left, late)] == [0, 1, 0]


def test_two_crowds_within_an_hour_are_one_run_and_further_apart_two() -> None:
    near = more(more(house(14, HALF_MS), at(9, 10), 40), at(9, 12), 40)
    far = more(more(house(14, HALF_MS), at(9, 10), 40), at(9, 14), 40)
    assert [len(found(one, HALVES)) for one in (near, far)] == [1, 2]


def test_no_run_goes_over_a_gap() -> None:
    slots = more(more(house(14, HALF_MS), at(9, 10), 40), at(9, 11.5), 40)
    told = found([one for one in slots if one.begin != at(9, 10.5)], HALVES)
    assert [(run.begin, run.end) for run in told] == [(at(9, 10), at(9, 10.5)), (at(9, 11.5), at(9, 12.5))]


def test_a_closed_day_has_fewer_people_all_day_long() -> None:
    (run,) = found(but(house(14), at(10, 0), at(11, 0), came=1.0, went=1.0))
    assert run.direction == "fewer"
    assert (run.begin, run.end) == (
        at(10, 9),
        at(10, 19),
    )  # the first and the last hour still count beside theirs


def test_a_holiday_is_held_against_days_off_where_the_calendar_knows_it() -> None:
    begin = datetime(2026, 3, 9, tzinfo=ZONE)  # Monday 2026-04-06 is off for Qingming
    slots = house(35, begin=begin)
    closed = at(7 + 28, 0)
    slots = but(slots, closed, closed + DAY_MS, came=0.0, went=1.0)
    assert [run.direction for run in found(slots)] == ["fewer"]
    assert found(slots, Ways(ZONE, "cn")) == []


def test_a_working_saturday_is_a_working_day() -> None:
    begin = datetime(2025, 9, 1, tzinfo=ZONE)  # Saturday 2025-10-11 is worked, 1 to 8 October are off
    slots = house(41, begin=begin)
    saturday = slots[-24].begin
    assert datetime.fromtimestamp(saturday / 1000, ZONE).date().isoformat() == "2025-10-11"
    day = house(1, begin=begin)  # a Monday
    slots[-24:] = [replace(one, begin=saturday + (one.begin - day[0].begin)) for one in day]
    last = [run for run in found(slots) if run.begin >= saturday]
    assert [run.direction for run in last] == ["more"]
    assert [run for run in found(slots, Ways(ZONE, "cn")) if run.begin >= saturday] == []


def test_what_comes_every_week_is_part_of_the_programme_from_its_third_time_on() -> None:
    slots = house(35)
    for week in range(5):
        slots = more(slots, at(7 * week + 3, 14), 40)
    plain, programme = found(slots), found(slots, replace(HOURS, programme=True))
    assert [run.begin for run in plain] == [at(7 * week + 3, 14) for week in range(5)]
    assert [run.begin for run in programme] == [at(7 * week + 3, 14) for week in range(2)]
    assert runs(flags(slots, When(None, ZONE, "none"))) == programme


def test_a_busy_day_as_a_whole_is_no_event() -> None:
    slots = house(28, seed=5)
    busy = [
        replace(one, came=round((one.came or 0) * 1.3)) if at(22, 0) <= one.begin < at(23, 0) else one
        for one in slots
    ]
    expected = {
        at: sum(one.expected or 0 for one in flagged(several)) for at, several in ((0, slots), (1, busy))
    }
    assert expected[1] > expected[0]
    assert [run for run in found(busy) if at(22, 12) <= run.begin < at(23, 0)] == []


@pytest.mark.parametrize("hour", [0, 1, 9, 15, 23])
def test_the_last_hours_alone_are_judged_as_among_all(hour: int) -> None:
    slots = more(more(house(30, seed=4), at(27, 23), 30), at(28, 14), 60)
    slots = more(slots, at(28, 1), 30)  # midnight lies between two flags
    when = When(None, ZONE, "cn")
    since = at(28, hour)
    assert flags(slots, when, since=since) == [one for one in flags(slots, when) if one.begin >= since]


@pytest.mark.parametrize("ways", [HOURS, HALVES])
@pytest.mark.parametrize("scale", [1, 40])
def test_a_big_house_whose_days_differ_is_not_flagged_all_the_time(ways: Ways, scale: int) -> None:
    dice = random.Random(scale)  # noqa: S311 a made-up house
    levels = [dice.lognormvariate(0, 0.15) for _ in range(49)]
    slots = house(49, ways.slot_ms, seed=scale, level=lambda day: scale * levels[day])
    slots = more(slots, at(44, 14), 40.0 * scale)
    told = found(slots, ways)
    assert any(run.begin <= at(44, 14) < run.end for run in told)
    assert len(told) - 1 <= 2.5 * 7


def test_half_as_many_looks_have_a_lower_threshold() -> None:
    assert unusual_at(HALF_MS) == UNUSUAL_AT
    assert unusual_at(HOUR_MS) == pytest.approx(UNUSUAL_AT - log10(2))


# -- a made-up house whose events are known


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("grows", [0.0, 0.5])
def test_events_are_found_and_little_else_also_while_the_house_grows(seed: int, grows: float) -> None:
    weeks = 8
    slots = house(7 * weeks, HALF_MS, seed=seed, level=lambda day: 1 + grows * day / (7 * weeks))
    dice = random.Random(seed + 100)  # noqa: S311 a made-up house
    events = []
    for week in range(1, weeks):
        for day in dice.sample(range(5), 2):
            begin, people = at(7 * week + day, dice.choice([9, 10, 11, 14, 15])), dice.randint(24, 40)
            slots = more(more(slots, begin, people // 2), begin + HALF_MS, people // 2)
            slots = more(slots, begin + 4 * HALF_MS, 0, people)
            events.append((begin, begin + 4 * HALF_MS))
    told = found(slots, HALVES)
    hit = [one for one in events if any(run.begin < one[1] and one[0] < run.end for run in told)]
    outside = [run for run in told if not any(run.begin < one[1] and one[0] < run.end for one in events)]
    assert len(hit) >= 0.8 * len(events), (seed, len(hit), len(events))
    assert len(outside) <= 2.5 * weeks, (seed, outside)
