"""Planning ahead: the same in whatever steps, each piece once, and only a few at a time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.ahead import Ahead
from firmware_sim.daytime import DAY, HOUR, MINUTE
from firmware_sim.nature import LIFELIKE, SHOW, Nature
from firmware_sim.places import settle
from firmware_sim.town import Town
from firmware_sim.wire import Message

HOMES = list(range(37))
NAMED = {f"H{home}": home for home in HOMES}
Piece = tuple[int, int, int]


def planning() -> tuple[Ahead[int, Piece], list[Piece]]:
    done: list[Piece] = []

    def work_out(home: int, from_ms: int, to_ms: int) -> Piece:
        done.append((home, from_ms, to_ms))
        return done[-1]

    return Ahead(NAMED, work_out), done


@given(st.lists(st.integers(0, 1_200), max_size=30))
def test_whatever_the_steps_everyone_is_worked_out_once_and_in_order(moments: list[int]) -> None:
    ahead, done = planning()
    for now_ms in sorted(moments):
        ahead.keep_up(now_ms, 0, 1_000, 2_000)
    assert ahead.all_of(1_000, 2_000) == done == [(home, 1_000, 2_000) for home in HOMES]


def test_a_small_step_works_out_few_and_all_are_ready_before_the_end() -> None:
    ahead, done = planning()
    for now_ms in range(0, 1_000, 10):
        before = len(done)
        ahead.keep_up(now_ms, 0, 1_000, 2_000)
        assert len(done) - before <= 1
        assert len(done) < len(HOMES) or now_ms >= 900
    assert len(done) == len(HOMES)


def test_a_stretch_that_turns_out_otherwise_is_worked_out_anew() -> None:
    ahead, done = planning()
    ahead.keep_up(500, 0, 1_000, 2_000)
    assert done
    assert ahead.all_of(1_000, 1_500) == [(home, 1_000, 1_500) for home in HOMES]
    assert ahead.all_of(1_500, 2_000) == [(home, 1_500, 2_000) for home in HOMES]


def test_what_no_longer_holds_is_worked_out_anew_at_its_place() -> None:
    ahead, done = planning()
    ahead.keep_up(900, 0, 1_000, 2_000)
    done.clear()
    ahead.forget("H5")
    ahead.forget("H5")
    ahead.keep_up(950, 0, 1_000, 2_000)
    assert [home for home, _, _ in ahead.all_of(1_000, 2_000)] == HOMES
    assert done == [(5, 1_000, 2_000)]


@pytest.mark.parametrize("nature", [SHOW, LIFELIKE])
def test_a_town_in_small_steps_says_what_one_in_a_leap_says(nature: Nature) -> None:
    layout, start = settle(homes=4, seed=3), 1_750_000_000_000
    nature = replace(nature, eventful=nature.eventful * 20)

    def town() -> Town:
        return Town(layout, seed=3, start_ms=start, past_ms=6 * HOUR, nature=nature)

    leaping, stepping = town(), town()
    said: list[Message] = []
    while stepping.now_ms < start + 2 * DAY:
        said += stepping.advance(stepping.now_ms + 20 * MINUTE)
    assert leaping.advance(stepping.now_ms) == said
    assert leaping.incidents == stepping.incidents


def test_no_step_of_a_town_plans_more_than_its_share_of_the_next_day() -> None:
    start = 1_750_000_000_000
    town = Town(settle(homes=8, seed=3), seed=3, start_ms=start, past_ms=HOUR, nature=LIFELIKE)
    town.advance(start + DAY)
    planned: Counter[int] = Counter()
    for ahead in (town._next_days, town._next_fates):
        work_out = ahead._work_out
        ahead._work_out = lambda *home, work_out=work_out: (planned.update([town.now_ms]), work_out(*home))[1]
    while town.now_ms < start + 2 * DAY:
        town.advance(town.now_ms + 15 * MINUTE)
    assert planned.total() >= 16
    # One of either, and who must be planned again since something will happen to them.
    assert max(planned.values()) <= 4
