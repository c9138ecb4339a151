"""What the head count learns of its counters, and what it makes of one that does not count."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.doors import DAYS_MIN, Around, Door, Usual, expected, note, passed
from rules.drift import CHANCE, Drift, beyond, learn
from rules.facility import slots_of
from rules.headcount import Headcount, bytes_max, correct, empty, estimate, fullest, hear

HOUR = 3_600_000
DAY = 24 * HOUR
MONDAY = 1_772_380_800_000  # 2 March 2026, 00:00 in Shanghai
SLOTS = slots_of(ZoneInfo("Asia/Shanghai"), "none")
AROUND = Around(SLOTS)


class Doors:
    """Counters over some doors, told hour by hour; a place that is empty at every midnight."""

    def __init__(self, *names: str) -> None:
        self.count = Headcount()
        self.said = {name: [0.0, 0.0] for name in names}
        self.tells(MONDAY, names[0], 0, 0)

    def tells(
        self, at: int, door: str, came: float, went: float, *, around: Around = AROUND, anew: bool = False
    ) -> None:
        """A counter has counted so many more; ``anew``: since its power-up."""
        said = self.said[door] = (
            [came, went] if anew else [self.said[door][0] + came, self.said[door][1] + went]
        )
        midnight = (at - MONDAY) // DAY * DAY + MONDAY
        hear(self.count, door, {"in": said[0], "out": said[1]}, at, empty_at=midnight or None, around=around)

    def lives(self, first: int, days: int, *, missed_in: float = 0.0, doors: tuple[str, ...] = ()) -> None:
        """From 9 to 16 o'clock 20 come in an hour and 20 of the hour before go, by each door."""
        for day in range(first, first + days):
            for hour in range(9, 17):
                for number, door in enumerate(doors or tuple(self.said)):
                    at = MONDAY + day * DAY + hour * HOUR + HOUR // 2 + number
                    came, went = (20 if hour < 16 else 0), (20 if hour > 9 else 0)
                    self.tells(at, door, came * (1 - missed_in), went)

    def seen(self, at: int, *, around: Around = AROUND) -> tuple[int, int, int | None]:
        found = estimate(self.count, empty_at=None, whole=True, around=around, now=at)
        return found.people, found.lower, found.upper


# drift


def test_a_counter_that_misses_a_tenth_of_those_who_come_is_corrected_after_some_days() -> None:
    doors = Doors("east")
    doors.lives(0, 10, missed_in=0.1)
    assert doors.count.drift.entries - doors.count.drift.exits == pytest.approx(0.1, abs=0.025)
    at = MONDAY + 10 * DAY + 12 * HOUR
    doors.tells(at, "east", 90, 80)  # a hundred came
    assert doors.seen(at)[0] in {18, 19, 20, 21}
    found = estimate(doors.count, empty_at=None, whole=True)
    assert found.drift == pytest.approx(9, abs=2)
    assert doors.count.doors["east"].entered == doors.said["east"][0]


def test_a_count_amid_the_day_teaches_what_no_night_can() -> None:
    count = Headcount()
    for day in range(12):
        at = MONDAY + day * DAY
        hear(count, "east", {"in": 190.0 * day, "out": 190.0 * day}, at, empty_at=None)
        correct(count, 0, at + 1, command=f"a{day}")
        hear(count, "east", {"in": 190.0 * day + 95, "out": 190.0 * day}, at + 2, empty_at=None)
        correct(count, 100, at + 3, command=f"b{day}")
        hear(count, "east", {"in": 190.0 * day + 190, "out": 190.0 * day + 190}, at + 4, empty_at=None)
    assert (count.drift.entries + count.drift.exits) / 2 == pytest.approx(0.05, abs=0.02)


def test_the_band_narrows_for_a_counter_that_is_right_and_widens_for_one_that_is_not() -> None:
    right, wrong = Drift(), Drift()
    before = right.variance(200, 200)
    for night in range(15):
        learn(right, 200, 200, 0)
        learn(wrong, 200 + (-1) ** night * 30, 200, 0)
    assert right.variance(200, 200) < before / 4
    assert wrong.chance > 4 * CHANCE
    assert right.z < Drift().z


@given(
    st.lists(
        st.tuples(st.floats(0, 1e7), st.floats(0, 1e7), st.floats(-1e5, 1e5)), max_size=30
    ),
    st.floats(0, 1e7), st.floats(0, 1e7),
)  # fmt: skip
def test_whatever_is_learned_the_error_has_a_variance(
    truths: list[tuple[float, float, float]], came: float, went: float
) -> None:
    drift = Drift()
    for before, after, more in truths:
        learn(drift, before, after, more)
    assert drift.variance(came, went) >= 0
    assert abs(drift.corrected(came, went)) < 1e12
    assert all(abs(value) < 1e12 for value in msgspec.structs.astuple(drift))


@given(st.floats(-1e6, 1e6), st.floats(0.02, 1e9))
def test_an_error_that_is_at_least_so_large_is_at_least_so_large(low: float, variance: float) -> None:
    mean, left = beyond(low, variance)
    assert mean >= low - 1e-6 * abs(low)
    assert 0 <= left <= variance * 1.000001


def test_an_absence_teaches_nothing() -> None:
    doors = Doors("east", "west")
    doors.lives(0, 4)
    before = msgspec.structs.astuple(doors.count.drift)
    deaf = Around(SLOTS, {"west": MONDAY + 4 * DAY + 10 * HOUR})
    doors.tells(MONDAY + 4 * DAY + 11 * HOUR, "east", 100, 0, around=deaf)
    empty(doors.count, MONDAY + 5 * DAY, deaf)
    assert msgspec.structs.astuple(doors.count.drift)[2:] == before[2:]


# rollover and restart


@pytest.mark.parametrize("end", [1 << 16, 1 << 32])
def test_a_counter_that_rolls_over_has_counted_four(end: int) -> None:
    before, after = Door(0, end - 1.0, 7.0), Door(60_000, 3.0, 9.0)
    assert passed(before, after) == (4, 2, False)
    assert passed(Door(0, end - 2.0, end - 1.0), Door(60_000, 0.0, 1.0)) == (2, 2, False)


def test_a_signed_counter_rolls_over_in_the_middle() -> None:
    assert passed(Door(0, 32_766.0, 0.0), Door(60_000, -32_767.0, 0.0)) == (3, 0, False)


def test_a_restart_is_no_rollover() -> None:
    assert passed(Door(0, 480.0, 471.0), Door(60_000, 3.0, 1.0)) == (3, 1, True)
    assert passed(Door(0, 60_000.0, 59_000.0), Door(60_000, 3.0, 1.0)) == (3, 1, True)
    days = 5 * DAY  # silent for days: no way over the end is that long
    assert passed(Door(0, 480.0, 471.0), Door(days, 3.0, 1.0)) == (3, 1, True)
    assert passed(Door(0, 480.0, 471.0), Door(60_000, 3.0, 475.0)) == (3, 475, True)


# what is usual


def test_what_is_usual_is_learned_of_working_days_and_of_others_apart() -> None:
    usual = Usual()
    for day in range(14):
        for hour in range(8, 18):
            came = 5 if day % 7 < 5 else 1
            note(usual, SLOTS, came, 0, MONDAY + day * DAY + hour * HOUR + 1)
    ten = MONDAY + 14 * DAY + 10 * HOUR
    assert expected(usual, SLOTS, ten, ten + 2 * HOUR) == pytest.approx((10, 0))
    assert expected(usual, SLOTS, ten, ten + HOUR // 2) == pytest.approx((2.5, 0))
    assert expected(usual, SLOTS, ten + 5 * DAY, ten + 5 * DAY + HOUR) == pytest.approx((1, 0))
    assert expected(usual, SLOTS, ten, ten + 25 * HOUR) is None
    assert expected(Usual(), SLOTS, ten, ten + HOUR) is None


def test_one_day_is_no_custom() -> None:
    usual = Usual()
    for day in range(DAYS_MIN + 1):
        for hour in range(24):
            note(usual, SLOTS, 1, 1, MONDAY + day * DAY + hour * HOUR)
        ten = MONDAY + day * DAY + 10 * HOUR
        assert (expected(usual, SLOTS, ten, ten + HOUR) is None) == (day + 1 < DAYS_MIN)


# a counter that does not count


def test_a_silent_counter_is_stood_in_for_where_its_hours_are_known() -> None:
    doors = Doors("east", "west")
    doors.lives(0, 4)
    at = MONDAY + 4 * DAY + 11 * HOUR
    for door in ("east", "west"):
        doors.tells(MONDAY + 4 * DAY + 9 * HOUR + HOUR // 2, door, 20, 0)
    before = doors.seen(at - HOUR)
    deaf = Around(SLOTS, {"west": MONDAY + 4 * DAY + 10 * HOUR})
    doors.tells(at, "east", 20, 20, around=deaf)
    people, lower, upper = doors.seen(at, around=deaf)
    assert lower <= 40 <= (upper or 0)
    assert before[2] is not None
    assert (upper or 0) - lower > 2 * (before[2] - before[1])
    assert people == pytest.approx(40, abs=3)
    assert estimate(doors.count, empty_at=None, whole=True, around=deaf, now=at).widened


def test_a_silent_counter_of_which_nothing_is_known_opens_the_band() -> None:
    doors = Doors("east", "west")
    doors.tells(MONDAY + HOUR, "west", 0, 0)
    doors.tells(MONDAY + 10 * HOUR, "east", 5, 0)
    deaf = Around(SLOTS, {"west": MONDAY + 9 * HOUR})
    assert doors.seen(MONDAY + 10 * HOUR, around=deaf) == (5, 0, None)
    doors.lives(0, 4)
    late = MONDAY + 6 * DAY
    assert doors.seen(late, around=Around(SLOTS, {"west": late - 25 * HOUR}))[2] is None


def test_a_counter_that_counts_nobody_while_the_others_do_is_covered() -> None:
    doors = Doors("in", "out")
    for day in range(5):
        for hour in range(9, 17):
            at = MONDAY + day * DAY + hour * HOUR
            doors.tells(at + HOUR // 4, "in", 30, 0)
            if day < 4:
                doors.tells(at + HOUR // 2, "out", 0, 30)
    at = MONDAY + 4 * DAY + 16 * HOUR + HOUR // 2
    found = estimate(doors.count, empty_at=None, whole=True, around=AROUND, now=at)
    assert found.widened
    assert found.lower <= 30
    assert found.people < 60  # 240 came in, and nobody is seen to go


def test_one_door_that_counts_nobody_is_an_empty_house() -> None:
    doors = Doors("east")
    doors.lives(0, 4)
    at = MONDAY + 4 * DAY + 16 * HOUR
    found = estimate(doors.count, empty_at=MONDAY + 4 * DAY, whole=True, around=AROUND, now=at)
    assert (found.people, found.lower, found.upper, found.widened) == (0, 0, 0, False)


def test_a_restart_widens_the_band_by_what_usually_passes_meanwhile() -> None:
    doors = Doors("east")
    doors.lives(0, 4)
    at = MONDAY + 4 * DAY + 10 * HOUR
    doors.tells(at, "east", 20, 0)
    before = doors.seen(at)
    doors.tells(at + HOUR // 2, "east", 2, 1, anew=True, around=Around(SLOTS, {}, 15 * 60_000))
    people, lower, upper = doors.seen(at + HOUR // 2)
    assert upper is not None
    assert before[2] is not None
    assert upper - lower > before[2] - before[1]
    assert people == pytest.approx(21, abs=3)


def test_a_restart_in_a_closed_house_loses_nobody() -> None:
    doors = Doors("east")
    doors.lives(0, 4)
    doors.tells(MONDAY + 4 * DAY + 9 * HOUR, "east", 1, 0, anew=True, around=Around(SLOTS, {}, 15 * 60_000))
    assert doors.seen(MONDAY + 4 * DAY + 9 * HOUR) == (1, 1, 1)


# the state


def test_a_state_of_before_goes_on() -> None:
    old = [43.0, 200.0, 5, 90, False, {"east": [90, 150.0, 107.0, 43.0]}, ["c"]]
    count = msgspec.msgpack.decode(msgspec.msgpack.encode(old), type=Headcount)
    found = estimate(count, empty_at=None, whole=True)
    assert (found.people, found.passages, found.since) == (43, 200, 5)
    assert found.lower < 43 < (found.upper or 0)
    hear(count, "east", {"in": 152.0, "out": 107.0, "occupancy": 45.0}, 100, empty_at=None)
    assert estimate(count, empty_at=None, whole=True).people == 45


def test_the_declared_size_holds_what_is_learned() -> None:
    doors = Doors("e" * 64, "w" * 64)
    doors.lives(0, 15)
    assert len(msgspec.msgpack.encode(doors.count)) <= bytes_max(2, 4 * 64 + 5)


def test_a_restart_of_the_hub_amid_learning_changes_nothing() -> None:
    plain, cut = Doors("east", "west"), Doors("east", "west")
    for day in range(6):
        plain.lives(day, 1, missed_in=0.03)
        cut.lives(day, 1, missed_in=0.03)
        cut.count = msgspec.msgpack.decode(msgspec.msgpack.encode(cut.count), type=Headcount)
    assert msgspec.msgpack.encode(plain.count) == msgspec.msgpack.encode(cut.count)


# the capacity


def test_a_wide_band_is_heeded_up_to_a_share_and_an_open_one_not_at_all() -> None:
    doors = Doors("east")
    doors.tells(MONDAY + 10 * HOUR, "east", 3000, 2960)
    assert (doors.seen(MONDAY)[2] or 0) > 70
    assert fullest(doors.count) == pytest.approx(40 * 1.15)
    doors.count.blind = True
    assert fullest(doors.count) == 40
