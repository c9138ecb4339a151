"""Hub time never runs back, however the wall clock is set, and the town's time is what the town says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gateway.clock
from gateway.clock import STEP_MS, LiveClock, TownClock

WALL = 1_772_413_200_000


class Hands:
    """The two clocks of a machine, moved by the test."""

    def __init__(self) -> None:
        self.wall, self.monotonic = WALL, 5_000

    def pass_time(self, ms: int) -> None:
        self.wall += ms
        self.monotonic += ms


@pytest.fixture(scope="module")
def hands() -> Iterator[Hands]:
    hands = Hands()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway.clock, "_wall", lambda: hands.wall)
        patch.setattr(gateway.clock, "_monotonic", lambda: hands.monotonic)
        yield hands


def test_it_begins_at_the_later_of_wall_and_journal_and_passes_by_the_monotonic_clock(hands: Hands) -> None:
    clock, ahead = LiveClock(), LiveClock(floor=hands.wall + 60_000)
    assert (clock.now(), clock.ahead()) == (hands.wall, 0)
    assert (ahead.now(), ahead.ahead()) == (hands.wall + 60_000, 60_000)
    hands.pass_time(1_234)
    assert clock.now() == hands.wall
    assert ahead.now() == hands.wall + 60_000
    assert clock.latest() == 0


def test_a_step_forwards_is_followed_and_told_once(hands: Hands) -> None:
    clock = LiveClock()
    hands.wall += 3_600_000
    assert clock.stepped() == 3_600_000
    assert clock.now() == hands.wall
    assert clock.stepped() == 0


def test_a_step_back_is_told_and_not_followed(hands: Hands) -> None:
    clock = LiveClock()
    before = clock.now()
    hands.wall -= 3_600_000
    assert clock.stepped() == -3_600_000
    assert clock.now() == before
    assert clock.ahead() == 3_600_000, "devices that follow the wall clock are an hour behind from now on"
    hands.wall += 3_600_000
    assert clock.stepped() == 0, "back to where hub time is: nothing jumps"
    assert (clock.now(), clock.ahead()) == (before, 0)


def test_a_correction_by_less_than_a_step_is_no_step(hands: Hands) -> None:
    clock = LiveClock()
    hands.wall += STEP_MS - 1
    assert clock.stepped() == 0
    hands.wall += 1
    assert clock.stepped() == STEP_MS


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(-(10**8), 10**8)),
        st.tuples(st.just("pass"), st.integers(0, 10**6)),
        st.tuples(st.just("ask"), st.just(0)),
    ),
    max_size=30,
)


@given(moves=MOVES, floor=st.integers(-(10**9), 10**9))
def test_hub_time_never_runs_back_and_every_jump_is_told(
    hands: Hands, moves: list[tuple[str, int]], floor: int
) -> None:
    clock = LiveClock(floor=hands.wall + floor)
    last, passed = clock.now(), 0
    for what, ms in moves:
        jump = 0
        if what == "set":
            hands.wall += ms
        elif what == "pass":
            hands.pass_time(ms)
            passed = ms
        else:
            jump = max(clock.stepped(), 0)
        assert clock.now() == last + (passed if what == "pass" else 0) + jump
        last = clock.now()
        assert clock.ahead() > -STEP_MS or what == "set"


def test_a_town_is_driven_then_runs(hands: Hands) -> None:
    clock = TownClock(1)
    assert (clock.now(), clock.driven) == (1, True)
    clock.drive(WALL, WALL + 60_000)
    hands.pass_time(10_000)
    assert (clock.now(), clock.latest()) == (WALL, WALL + 60_000)
    clock.advance(WALL + 5_000)
    assert clock.now() == WALL + 5_000
    clock.advance(WALL + 4_000)
    clock.advance(WALL + 60_001)
    assert clock.now() == WALL + 5_000, "a message moves time neither back nor beyond the town's word"
    clock.run(WALL + 60_000, 60)
    assert (clock.driven, clock.speed, clock.latest()) == (False, 60, 0)
    hands.pass_time(1_000)
    assert clock.now() == WALL + 120_000
    clock.advance(WALL + 999_999_999)
    clock.run(WALL, 1)
    assert clock.now() == WALL + 120_000, "an older word does not turn time back"
    clock.drive(WALL + 200_000, WALL + 100_000)
    assert (clock.now(), clock.latest()) == (WALL + 200_000, WALL + 200_000)
    assert (clock.ahead(), clock.stepped()) == (0, 0)


@given(
    words=st.lists(
        st.tuples(
            st.sampled_from(["drive", "run", "advance", "pass"]),
            st.integers(0, 10**7),
            st.integers(0, 10**7),
            st.floats(0, 100),
        )
    )
)
def test_the_town_s_time_never_runs_back(hands: Hands, words: list[tuple[str, int, int, float]]) -> None:
    clock = TownClock(1)
    for what, one, two, speed in words:
        before = clock.now()
        if what == "drive":
            clock.drive(one, two)
        elif what == "run":
            clock.run(one, speed)
        elif what == "advance":
            clock.advance(one)
        else:
            hands.pass_time(one % 10_000)
        assert clock.now() >= before
