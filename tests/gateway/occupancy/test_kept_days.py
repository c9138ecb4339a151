"""Sums over kept days: of shares only where both parts are known, of rooms only inside their spans."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.occupancy.kept_days import by_month, use_of_days, use_of_rooms
from gateway.occupancy.zones import Room

DAY = 86_400_000
BEGIN = 1_769_875_200_000  # 1 February 2026 in Shanghai


@dataclass(frozen=True)
class Figure:
    metric: str
    at: int
    value: float
    device: str = "carehub"
    place: str = "F01"


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 24), st.integers(0, 24)),
        max_size=60,
        unique_by=lambda one: one[0],
    )
)
def test_months_add_up_to_the_whole_and_a_share_is_one(days: list[tuple[int, int, int]]) -> None:
    points = [
        Figure(f"use_1d.{name}", BEGIN + day * DAY, float(value))
        for day, known, used in days
        for name, value in (
            ("open_known_h", known),
            ("open_used_h", min(used, known)),
            ("used_h", used),
            ("peak", used),
        )
    ]
    whole = use_of_days(points)
    months = {name: use_of_days(some) for name, some in by_month(points, ZoneInfo("Asia/Shanghai")).items()}
    assert set(months) <= {"2026-02", "2026-03", "2026-04"}
    assert sum(one.days for one in months.values()) == whole.days == len(days)
    assert sum(one.used_h or 0 for one in months.values()) == (whole.used_h or 0)
    assert max((one.peak or 0 for one in months.values()), default=0) == (whole.peak or 0)
    assert (whole.used_h is None) == (not days)
    assert whole.utilisation is None or 0 <= whole.utilisation <= 1


def test_a_room_is_idle_by_the_last_four_weeks_and_its_square_metres_count_from_the_month_on() -> None:
    def room(name: str, day: int, used: float) -> list[Figure]:
        told = {"used_h": used, "open_h": 8.0, "open_known_h": 8.0, "open_used_h": used}
        return [Figure(f"zone_1d.{metric}", BEGIN + day * DAY, value, name) for metric, value in told.items()]

    points = [*room("A", -1, 8.0)]
    for day in range(28):
        points += [*room("A", day, 0.0), *room("B", day, 2.0)]
    rooms = [Room("A", 10.0), Room("B", 20.0), Room("C", 30.0), Room("大门", 5.0)]
    assert use_of_rooms(points, rooms, BEGIN, BEGIN).idle == ["A"]
    found = use_of_rooms(points, rooms, BEGIN - DAY, BEGIN - DAY)
    assert (found.m2_h, found.idle, found.idle_unknown) == (10.0 * 8 + 20.0 * 56, ["A"], ["C"])
    assert use_of_rooms(points, rooms, BEGIN, BEGIN).m2_h == pytest.approx(20.0 * 56)
