"""Planning ahead: the same in whatever steps, each piece once, and only a few at a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.ahead import Ahead
from firmware_sim.daytime import DAY, MINUTE
from firmware_sim.places import settle
from firmware_sim.town import Town

HOMES = list(range(37))
Piece = tuple[int, int, int]


def planning() -> tuple[Ahead[int, Piece], list[Piece]]:
    done: list[Piece] = []

    def work_out(home: int, from_ms: int, to_ms: int) -> Piece:
        done.append((home, from_ms, to_ms))
        return done[-1]

    return Ahead(HOMES, work_out), done


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


def test_no_minute_of_a_town_plans_more_than_its_share_of_the_next_day() -> None:
    start = 1_750_000_000_000
    town = Town(settle(homes=12, seed=3), seed=3, start_ms=start)
    town.advance(start)
    planned: list[int] = []
    work_out = town._lives._work_out
    town._lives._work_out = lambda *home: (planned.append(town.now_ms), work_out(*home))[1]
    while town.now_ms < start + DAY - MINUTE:
        town.advance(town.now_ms + 10 * MINUTE)
    assert len(planned) == 12 == len(set(planned))
