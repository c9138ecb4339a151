"""Where the person is, from the front door, movement inside, and held beds and seats."""

from __future__ import annotations

import timeit

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rules.presence import (
    BURST_MS,
    HELD_MAX,
    PRESENCE_BYTES_MAX,
    PRESUME_OUT_MS,
    Presence,
    forget,
    held,
    next_change,
    posture,
    saw_door,
    saw_inside,
    where,
)

MINUTE = 60_000
NOON = 1_772_424_000_000


def at_home() -> Presence:
    """Somebody who was seen inside at noon."""
    presence = Presence()
    saw_inside(presence, NOON)
    return presence


def test_nothing_is_known_before_the_first_activity() -> None:
    presence = Presence()
    assert where(presence, NOON) == "unknown"
    assert next_change(presence, NOON) is None


def test_who_moves_inside_is_in_for_as_long_as_the_door_stays_shut() -> None:
    presence = at_home()
    assert where(presence, NOON + 48 * 60 * MINUTE) == "in"
    assert next_change(presence, NOON) is None


def test_the_door_and_then_nothing_for_a_quarter_of_an_hour_is_presumed_out() -> None:
    presence = at_home()
    left = NOON + 10 * MINUTE
    assert saw_door(presence, left)
    assert where(presence, left + PRESUME_OUT_MS - 1) == "in"
    assert next_change(presence, left) == left + PRESUME_OUT_MS
    assert where(presence, left + PRESUME_OUT_MS) == "presumed_out"
    assert next_change(presence, left + PRESUME_OUT_MS) is None


def test_movement_after_the_door_shows_that_nobody_left() -> None:
    presence = at_home()
    saw_door(presence, NOON + MINUTE)
    assert saw_inside(presence, NOON + 2 * MINUTE)
    assert where(presence, NOON + 60 * MINUTE) == "in"


def test_a_burst_of_movements_is_one_passing() -> None:
    presence = at_home()
    for second in (0, 4, 23, 60, 64):
        saw_door(presence, NOON + MINUTE + second * 1000)
    assert where(presence, NOON + 60 * MINUTE) == "presumed_out"


def test_who_comes_home_and_falls_in_the_hall_is_in() -> None:
    presence = at_home()
    saw_door(presence, NOON + MINUTE)
    home = NOON + 180 * MINUTE
    assert saw_door(presence, home)
    saw_door(presence, home + 8_000)  # shut behind them
    assert where(presence, home + 300 * MINUTE) == "in"


def test_the_door_once_more_with_nothing_between_is_leaving_again() -> None:
    presence = at_home()
    for hours in (1, 3, 4):
        saw_door(presence, NOON + hours * 60 * MINUTE)
    assert where(presence, NOON + 5 * 60 * MINUTE) == "presumed_out"


def test_a_visitor_passes_while_somebody_sits() -> None:
    presence = at_home()
    held(presence, "chair", NOON + MINUTE, on=True, bed=False)
    saw_door(presence, NOON + 2 * MINUTE)
    assert where(presence, NOON + 300 * MINUTE) == "in"
    assert posture(presence) == "seat"


def test_a_bed_counts_before_a_seat_and_a_device_that_is_gone_holds_nobody() -> None:
    presence = at_home()
    held(presence, "chair", NOON + MINUTE, on=True, bed=False)
    held(presence, "bed", NOON + 2 * MINUTE, on=True, bed=True)
    assert posture(presence) == "bed"
    forget(presence, "bed")
    assert posture(presence) == "seat"
    held(presence, "chair", NOON + 3 * MINUTE, on=False, bed=False)
    assert posture(presence) == "up"


def test_whoever_is_said_to_be_away_is_out() -> None:
    assert where(at_home(), NOON, away=True) == "out"


def test_what_comes_late_changes_nothing() -> None:
    presence = at_home()
    saw_door(presence, NOON + 10 * MINUTE)
    before = msgspec.msgpack.encode(presence)
    assert not saw_inside(presence, NOON + 5 * MINUTE)
    assert not saw_door(presence, NOON + 5 * MINUTE)
    assert msgspec.msgpack.encode(presence) == before


def test_a_clock_that_jumps_takes_everything_with_it() -> None:
    presence = at_home()
    saw_door(presence, NOON + MINUTE)
    presence.step_clock(60 * MINUTE)
    assert next_change(presence, NOON + 61 * MINUTE) == NOON + 61 * MINUTE + PRESUME_OUT_MS


HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(["door", "inside", "seat", "bed", "up"]), st.integers(1, 3 * BURST_MS)),
    max_size=30,
)


@given(HAPPENINGS, st.integers(0, 3 * PRESUME_OUT_MS))
def test_time_alone_changes_it_exactly_when_it_says(happenings: list[tuple[str, int]], later: int) -> None:
    presence, at = Presence(), NOON
    for what, after in happenings:
        at += after
        _do(presence, what, at)
    due = next_change(presence, at)
    if due is None or at + later < due:
        assert where(presence, at + later) == where(presence, at)
    else:
        assert where(presence, due - 1) == "in"
        assert where(presence, due) == "presumed_out"


@given(HAPPENINGS)
def test_it_goes_on_from_its_bytes_and_says_when_it_changed(happenings: list[tuple[str, int]]) -> None:
    presence, at = Presence(), NOON
    for what, after in happenings:
        at += after
        before = where(presence, at)
        moved = _do(presence, what, at)
        assert moved or where(presence, at) == before
        presence = msgspec.msgpack.decode(msgspec.msgpack.encode(presence), type=Presence)


def test_its_size_is_bounded() -> None:
    presence = at_home()
    for number in range(3 * HELD_MAX):
        for bed in (False, True):
            name = f"{'座' * 60}{number:02}{bed:d}"
            held(presence, name, NOON + 2 * number + bed + 1, on=True, bed=bed)
    assert len(msgspec.msgpack.encode(presence)) <= PRESENCE_BYTES_MAX


def test_movement_costs_next_to_nothing() -> None:
    presence, times = at_home(), iter(range(NOON + 1, NOON + 10_000_000))
    best = min(timeit.repeat(lambda: saw_inside(presence, next(times)), number=20_000, repeat=5)) / 20_000
    assert best < 2e-6, "a few attribute writes; the bound is wide because tests share the machine"


def _do(presence: Presence, what: str, at: int) -> bool:
    if what == "door":
        return saw_door(presence, at)
    if what == "inside":
        return saw_inside(presence, at)
    if what == "up":
        return held(presence, "bed", at, on=False, bed=True)
    return held(presence, what, at, on=True, bed=what == "bed")
