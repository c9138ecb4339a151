"""How many messages a channel, or one person on it, may be sent, on a clock of the test."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.notify.budget import WHOM_MAX, Budget, Window
from gateway.notify.wecom_app import MEMBER_WINDOWS


@given(st.lists(st.tuples(st.integers(0, 30_000), st.booleans(), st.booleans()), max_size=80))
def test_no_window_ever_holds_more_than_it_may(steps: list[tuple[int, bool, bool]]) -> None:
    windows = (Window(2, 10_000, 0), Window(5, 60_000, 2))
    budget, now, taken = Budget(*windows), 0, []
    for pause, urgent, kept in steps:
        now += pause
        wait = budget.take(now, urgent=urgent, whom="a")
        if wait:
            assert 0 < wait <= 60_000
        elif kept:
            taken.append(now)
        else:
            budget.give_back(now, whom="a")
        for window in windows:
            within = sum(moment > now - window.length_ms for moment in taken)
            assert within <= window.most
            if wait == 0 and kept and not urgent:
                assert within <= window.most - window.reserve


@given(st.lists(st.tuples(st.integers(0, 30_000), st.booleans()), max_size=60))
def test_after_the_wait_that_was_given_it_is_taken_and_not_before(steps: list[tuple[int, bool]]) -> None:
    windows, now = (Window(2, 10_000, 1), Window(5, 60_000, 2)), 0
    budget = Budget(*windows)
    for pause, urgent in steps:
        now += pause
        wait = budget.take(now, urgent=urgent)
        if wait:
            assert budget.take(now + wait - 1, urgent=urgent) == 1
            now += wait
            assert budget.take(now, urgent=urgent) == 0


def test_those_told_have_each_their_own_and_ten_thousand_are_remembered() -> None:
    budget = Budget(Window(1, 60_000, 0))
    for whom in range(WHOM_MAX + 1):
        assert budget.take(0, urgent=True, whom=whom) == 0
    assert budget.take(0, urgent=True, whom=WHOM_MAX) > 0
    assert budget.take(0, urgent=True, whom=0) == 0  # forgotten


def test_a_share_that_is_the_whole_leaves_nothing_to_what_is_not_urgent() -> None:
    budget = Budget(Window(1, 60_000, 1))
    assert budget.take(0, urgent=False) == 60_000
    assert budget.take(0, urgent=True) == 0


def test_a_member_of_wecom_gets_at_most_a_thousand_an_hour() -> None:
    members, told, waits = Budget(*MEMBER_WINDOWS), 0, set()
    for second in range(3_600):
        wait_ms = members.take(second * 1000, urgent=False)
        told += not wait_ms
        waits.add(wait_ms > 65_000)
    assert told == 800
    assert waits == {False, True}
    assert sum(not members.take(3_600_000 + n, urgent=True) for n in range(30)) == 30
    assert members.take(3_605_000, urgent=False) == 75_000, (
        "the first 31 have to be an hour and the slack ago"
    )
    assert members.take(3_680_000, urgent=False) == 0
