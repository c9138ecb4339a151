"""The ladder: every rung once, in order, at its own time, never after somebody accepted, never while time is accelerated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alerts.escalation import Climb, LadderError, Rung, after_hold, due, first, ladder_of

CHANNELS = ("duty", "station", "street")
LADDER = ladder_of(
    [Rung(180, ("street",)), Rung(0, ("duty",)), Rung(60, ("duty", "station"))], channels=CHANNELS
)
ladders = st.lists(st.integers(0, 3600), max_size=6, unique=True).map(
    lambda times: ladder_of([Rung(time, ("duty",)) for time in times], channels=CHANNELS)
)


def test_a_night_without_an_answer() -> None:
    assert first(LADDER, raised_at=1_000) == Climb(0, ("duty",), 61_000)
    assert due(LADDER, state="raised", rung=0, escalate_at=61_000, now=60_999) is None
    assert due(LADDER, state="raised", rung=0, escalate_at=61_000, now=61_004) == Climb(
        1, ("duty", "station"), 181_000
    )
    assert due(LADDER, state="raised", rung=1, escalate_at=181_000, now=181_000) == Climb(
        2, ("street",), None
    )
    assert due(LADDER, state="raised", rung=2, escalate_at=None, now=10**9) is None


def test_acceptance_and_accelerated_time_hold_the_ladder() -> None:
    for state in ("accepted", "closed"):
        assert due(LADDER, state=state, rung=0, escalate_at=61_000, now=10**9) is None
    assert due(LADDER, state="raised", rung=0, escalate_at=61_000, now=10**9, held=True) is None


def test_a_ladder_that_became_shorter_ends() -> None:
    assert due(LADDER[:2], state="raised", rung=4, escalate_at=61_000, now=10**9) is None


def test_without_a_first_rung_the_console_is_alone() -> None:
    assert ladder_of([], channels=()) == (Rung(0, ()),)
    ladder = ladder_of([Rung(60, ("duty",))], channels=CHANNELS)
    assert first(ladder, raised_at=0) == Climb(0, (), 60_000)


@pytest.mark.parametrize(
    ("rungs", "word"),
    [
        ([Rung(0, ("dutty",))], "names the channel 'dutty'; known are: duty, station, street"),
        ([Rung(60, ()), Rung(60, ())], "after_s = 60 stands twice; put all its channels into one rung"),
        ([Rung(-1, ())], "outside 0 to 86400"),
    ],
)
def test_a_wrong_ladder_is_refused_in_words(rungs: list[Rung], word: str) -> None:
    with pytest.raises(LadderError) as caught:
        ladder_of(rungs, channels=CHANNELS)
    assert word in str(caught.value)


@given(ladders, st.lists(st.integers(0, 4_000_000), max_size=20).map(sorted))
def test_however_seldom_one_asks_every_rung_comes_once_in_order_and_on_its_own_clock(
    ladder: tuple[Rung, ...], moments: list[int]
) -> None:
    raised_at = 5
    here, climbed = first(ladder, raised_at=raised_at), [0]
    for now in moments:
        while step := due(ladder, state="raised", rung=here.rung, escalate_at=here.escalate_at, now=now):
            assert now >= raised_at + ladder[step.rung].after_s * 1000
            here = step
            climbed.append(step.rung)
    assert climbed == [
        rung
        for rung, spec in enumerate(ladder)
        if rung == 0 or (moments and raised_at + spec.after_s * 1000 <= moments[-1])
    ]


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
