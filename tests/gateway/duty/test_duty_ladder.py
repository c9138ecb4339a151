"""The ladder of the settings: a plan of channels in which every rung comes once, in order, at its own time."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.duty.ladder import LadderError, LadderRung, after_hold, plan_of
from gateway.duty.plan import Plan
from gateway.duty.route import Circumstances, Climb, Matter, begin, climb, told_so_far

CHANNELS = ("duty", "station", "street")
LADDER = plan_of(
    [LadderRung(180, ("street",)), LadderRung(0, ("duty",)), LadderRung(60, ("duty", "station"))],
    channels=CHANNELS,
)
FALL = Matter(kind="life_safety", place_id="H1", path="区/街道/社区/小区", family=("contact:1",), guard=True)
ladders = st.lists(st.integers(0, 3600), max_size=6, unique=True).map(
    lambda times: plan_of([LadderRung(time, ("duty",)) for time in times], channels=CHANNELS)
)


def at(now: int) -> Circumstances:
    return Circumstances(at=now, zone=ZoneInfo("Asia/Shanghai"), calendar="cn")


def channels(found: Climb | None) -> tuple[tuple[str, ...], ...]:
    assert found is not None
    return tuple(one.ways for one in found.told)


def test_a_night_without_an_answer() -> None:
    first = begin(LADDER, FALL, at(1_000))
    assert (first.rung, channels(first), first.escalate_at) == (0, (("duty",),), 61_000)
    second = climb(LADDER, FALL, rung=0, now=at(61_000))
    assert second is not None
    assert (second.rung, channels(second), second.escalate_at) == (1, (("duty",), ("station",)), 181_000)
    third = climb(LADDER, FALL, rung=1, now=at(181_000))
    assert third is not None
    assert (third.rung, channels(third), third.escalate_at) == (2, (("street",),), None)
    assert climb(LADDER, FALL, rung=2, now=at(10**9)) is None


@pytest.mark.parametrize("kind", ["life_safety", "care", "facility", "device", "hub"])
def test_it_is_the_same_for_every_class_and_place(kind: str) -> None:
    matter = Matter(kind=kind, place_id="x", path="")  # type: ignore[arg-type]
    assert channels(begin(LADDER, matter, at(0))) == (("duty",),)


def test_a_ladder_that_became_shorter_ends() -> None:
    assert climb(LADDER, FALL, rung=4, now=at(0)) is None


def test_who_was_told_on_two_rungs_is_told_once_when_it_comes_anew() -> None:
    told = told_so_far(LADDER, FALL, rung=2, now=at(0))
    assert sorted({one.ways for one in told}) == [("duty",), ("station",), ("street",)]
    assert len({(one.to, one.ways) for one in told}) == len(told), "nobody twice"


def test_without_a_first_rung_the_console_is_alone() -> None:
    assert begin(plan_of([], channels=()), FALL, at(0)) == Climb(0, (), (), None)
    found = begin(plan_of([LadderRung(60, ("duty",))], channels=CHANNELS), FALL, at(0))
    assert found == Climb(0, (), (), 60_000)


@pytest.mark.parametrize(
    ("rungs", "word"),
    [
        ([LadderRung(0, ("dutty",))], "names the channel 'dutty'; known are: duty, station, street"),
        ([LadderRung(60, ()), LadderRung(60, ())], "after_s = 60 stands twice; put all its channels into one rung"),
        ([LadderRung(-1, ())], "outside 0 to 86400"),
    ],
)  # fmt: skip
def test_a_wrong_ladder_is_refused_in_words(rungs: list[LadderRung], word: str) -> None:
    with pytest.raises(LadderError) as caught:
        plan_of(rungs, channels=CHANNELS)
    assert word in str(caught.value)


@given(ladders)
def test_every_rung_comes_once_in_order_and_on_its_own_clock(plan: Plan) -> None:
    here, moments = begin(plan, FALL, at(5_000)), [5_000]
    while here.escalate_at is not None:
        moments.append(here.escalate_at)
        found = climb(plan, FALL, rung=here.rung, now=at(here.escalate_at))
        assert found is not None
        assert found.rung == here.rung + 1
        here = found
    assert moments == [5_000 + step.after_s * 1000 for step in plan.routes["life_safety"]]


@given(
    raised_at=st.integers(0, 1000),
    wait=st.integers(0, 1000),
    held_from=st.integers(0, 2000),
    length=st.integers(0, 2000),
)
def test_a_hold_gives_back_exactly_the_time_that_remained(
    raised_at: int, wait: int, held_from: int, length: int
) -> None:
    now = max(held_from + length, raised_at)
    moved = after_hold(raised_at + wait, raised_at=raised_at, held_from=held_from, now=now)
    assert moved >= now
    assert moved - now <= wait
    if held_from <= raised_at:
        assert moved - now == wait
