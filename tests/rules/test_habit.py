"""What is usual: how long it is quiet at which hour, and by when somebody is home."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.habit import (
    DAYS_KEPT,
    HABIT_BYTES_MAX,
    LEARNING_DAYS,
    UNKNOWN_MS,
    Allowance,
    Habit,
    allowance,
    home_minute,
    is_learned,
    night,
    note,
)
from rules.presence import Posture, Presence, held, saw_door, saw_inside

HOUR = 3_600_000
NIGHT_MS = 5_400_000
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


class Life:
    """Somebody's days, told hour by hour."""

    def __init__(self, zone: ZoneInfo = SHANGHAI, first: datetime = datetime(2026, 3, 2)) -> None:  # noqa: DTZ001
        self.zone, self.first = zone, first
        self.habit, self.presence = Habit(), Presence()

    def at(self, day: int, clock: float) -> int:
        """That hour of that day, in ms."""
        local = (self.first + timedelta(days=day, hours=clock)).replace(tzinfo=self.zone)
        return int(local.timestamp() * 1000)

    def moves(self, day: int, *clocks: float) -> None:
        """Activity inside at those hours."""
        for clock in clocks:
            at = self.at(day, clock)
            note(self.habit, self.presence, at, self.zone, inside=True)
            saw_inside(self.presence, at)

    def passes(self, day: int, clock: float) -> None:
        """The front door moves."""
        at = self.at(day, clock)
        note(self.habit, self.presence, at, self.zone, inside=False)
        saw_door(self.presence, at)

    def lies(self, day: int, clock: float, *, on: bool) -> None:
        """The bed is taken or left."""
        at = self.at(day, clock)
        note(self.habit, self.presence, at, self.zone, inside=True)
        held(self.presence, "bed", at, on=on, bed=True)

    def usual_days(self, days: int, *, since: int = 0) -> Life:
        """Up at seven, never quiet for more than half an hour but for a nap from one to three; asleep at ten."""
        for day in range(since, since + days):
            self.moves(day, *[7 + half / 2 for half in range(13)])
            self.moves(day, *[15 + half / 2 for half in range(15)])
        return self

    def allowed(self, day: int, clock: float, *, posture: Posture = "up") -> Allowance | None:
        """How long a quiet that begins then may last."""
        return allowance(
            self.habit,
            posture,
            self.at(day, clock),
            self.zone,
            factor=1.25,
            margin_ms=HOUR // 2,
            floor_ms=2 * HOUR,
            ceiling_ms=14 * HOUR,
            night_ms=NIGHT_MS,
        )

    def limit_h(self, day: int, clock: float) -> float:
        """The same in hours."""
        allowed = self.allowed(day, clock)
        assert allowed is not None
        return allowed.limit_ms / HOUR


def test_it_says_honestly_that_it_has_not_learned_yet() -> None:
    life = Life().usual_days(LEARNING_DAYS)
    assert not is_learned(life.habit)
    assert life.allowed(LEARNING_DAYS, 9) is None
    life.usual_days(1, since=LEARNING_DAYS)
    assert is_learned(life.habit)
    assert LEARNING_DAYS + 1 <= 7


def test_a_lively_hour_has_the_floor_and_the_night_is_usual() -> None:
    life = Life().usual_days(14)
    assert life.limit_h(14, 9) == 2
    nap = life.allowed(14, 13)
    assert nap is not None
    assert nap.usual_ms == 2 * HOUR
    assert 3 <= nap.limit_ms / HOUR <= 3.3
    assert life.limit_h(13, 22) > 9, "asleep till seven"


def test_no_morning_activity_is_found_soon_after_the_usual_hour() -> None:
    life = Life().usual_days(14)
    asleep_since = life.at(13, 22)
    up_by = life.at(14, 7)
    fires = asleep_since + life.limit_h(13, 22) * HOUR
    assert up_by + HOUR < fires <= up_by + 4 * HOUR


def test_a_broken_night_is_still_a_night() -> None:
    life = Life().usual_days(14)
    life.moves(14, 3)  # to the bathroom, for the first time
    assert life.limit_h(14, 3) > 4.5, "seven o'clock and some more"


def test_one_odd_day_changes_nothing() -> None:
    life = Life().usual_days(14)
    before = life.limit_h(16, 9)
    life.moves(14, 7, 8)
    life.moves(14, 20, 21)  # twelve hours of nothing
    life.usual_days(1, since=15)
    assert life.limit_h(16, 9) == before
    assert life.limit_h(16, 8) == before


def test_an_hour_at_which_the_person_is_never_home_says_nothing() -> None:
    life = Life()
    for day in range(14):
        life.moves(day, 6, 6.5, 7)
        life.passes(day, 7.5)
        life.passes(day, 18)
        life.moves(day, 18.1, 19, 20, 21)
    assert life.limit_h(14, 13) == UNKNOWN_MS / HOUR
    assert life.limit_h(14, 18.2) < UNKNOWN_MS / HOUR


def test_an_outing_is_not_learned_as_a_quiet() -> None:
    life = Life().usual_days(14)
    for day in range(14, 18):
        life.moves(day, 7, 7.5, 8)
        life.passes(day, 8.5)
        life.passes(day, 16)
        life.moves(day, 16.1, 17, 18, 19, 20, 21)
    assert life.limit_h(18, 8.6) < 4


def test_bed_is_never_compared_with_the_floor() -> None:
    life = Life()
    for day in range(10):
        life.lies(day, 8, on=False)
        life.moves(day, 8.2, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22)
        life.lies(day, 22.5, on=True)
    life.lies(10, 3, on=False)
    assert life.limit_h(10, 3) < 4, "up at three, and not back in bed"
    in_bed = life.allowed(9, 22.5, posture="bed")
    assert in_bed is not None
    assert in_bed.usual_ms >= 9 * HOUR


def test_what_the_hub_could_not_hear_is_not_learned() -> None:
    life = Life().usual_days(10)
    before = life.habit.quiets
    life.moves(10, 7)
    life.presence.doubt = True
    after_night = life.habit.quiets
    life.moves(10, 15)
    assert life.habit.quiets == after_night != before


def test_the_home_hour_is_the_second_latest_return_of_four_weeks() -> None:
    life = Life().usual_days(3)
    assert home_minute(life.habit, life.at(3, 12), SHANGHAI) is None
    for day, back in ((3, 22.5), (4, 25), (5, 23)):
        life.moves(day, 18)
        life.passes(day, 19)
        life.passes(day, back)
        life.moves(day, back + 0.01)
    assert home_minute(life.habit, life.at(6, 12), SHANGHAI) == 23 * 60
    assert home_minute(life.habit, life.at(60, 12), SHANGHAI) is None, "long ago"


def test_hours_are_those_of_the_wall_when_the_clocks_change() -> None:
    life = Life(BERLIN, datetime(2026, 3, 16)).usual_days(13)  # noqa: DTZ001 made local below; summer time from day 13 on
    before = life.limit_h(12, 22)
    life.usual_days(7, since=13)
    assert abs(life.limit_h(19, 22) - before) <= 1
    assert life.limit_h(20, 9) == 2


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(1, 30 * 3600), st.sampled_from(["inside", "door", "bed", "up"])), max_size=400
    ),
    st.integers(0, 23),
)
def test_it_is_bounded_deterministic_and_goes_on_from_its_bytes(
    happenings: list[tuple[int, str]], hour: int
) -> None:
    one, two = Life(), Life()
    for life in (one, two):
        at = life.at(0, 0)
        for after_s, what in happenings:
            at += after_s * 1000
            note(life.habit, life.presence, at, life.zone, inside=what != "door")
            if what == "door":
                saw_door(life.presence, at)
            elif what == "inside":
                saw_inside(life.presence, at)
            else:
                held(life.presence, "bed", at, on=what == "bed", bed=True)
            if life is two:
                life.habit = msgspec.msgpack.decode(msgspec.msgpack.encode(life.habit), type=Habit)
    assert one.habit == two.habit
    assert len(msgspec.msgpack.encode(one.habit)) <= HABIT_BYTES_MAX <= 1_024
    assert len(one.habit.hours) <= 4 * DAYS_KEPT
    found = one.allowed(500, hour)
    assert (found is None) == (not is_learned(one.habit))
    assert found is None or 2 * HOUR <= found.limit_ms <= 14 * HOUR


def test_a_floor_and_a_ceiling_within_the_same_ten_minutes_are_a_limit() -> None:
    life = Life()
    for day in range(2 * LEARNING_DAYS + 1):
        life.moves(day, *range(24))
    found = allowance(
        life.habit,
        "up",
        life.at(9, 12),
        life.zone,
        factor=1.25,
        margin_ms=0,
        floor_ms=4_500_000,
        ceiling_ms=4_500_000,
        night_ms=NIGHT_MS,
    )
    assert found is not None
    assert found.limit_ms == 4_500_000


def test_a_night_is_known_by_when_the_person_is_usually_up() -> None:
    life = Life().usual_days(12)
    life.moves(12, 1, 3.5, 5)  # a broken night is no early morning
    life.usual_days(2, since=13)
    known = night(life.habit)
    assert known is not None
    down, up = known
    assert down == 22 * 60
    assert 7 * 60 <= up <= 7 * 60 + 30


def test_a_quiet_of_the_night_is_odd_only_after_the_usual_time_of_getting_up() -> None:
    life = Life().usual_days(12)
    up_ms = life.at(12, 7)
    for clock in (-1.9, 0, 1.5, 3, 5):  # 22:06, midnight, ..., five
        odd_ms = life.at(12, clock) + round(life.limit_h(12, clock) * HOUR)
        assert up_ms + NIGHT_MS <= odd_ms <= up_ms + NIGHT_MS + HOUR // 2
    assert life.limit_h(12, 9) == 2  # a morning stays what it was


def test_few_nights_say_less_and_the_latest_counts() -> None:
    few, many = Life().usual_days(6), Life().usual_days(20)
    assert limit_of_the_night(few, 6) > limit_of_the_night(many, 20)


def limit_of_the_night(life: Life, day: int) -> float:
    return life.limit_h(day, 0)


def test_who_is_out_of_a_bed_that_tells_is_up() -> None:
    life = Life()
    for day in range(9):
        life.usual_days(1, since=day)
        life.lies(day, 22.2, on=True)
        life.lies(day, 30.9, on=False)
    assert life.limit_h(9, 3) < 4
