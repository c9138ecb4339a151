"""Rooms: used, idle, and not known are three things; shares never exceed one, and what is not known counts for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.occupancy.hourly import HOUR_MS, Counted, Hour, When
from gateway.occupancy.use import Fitted, days_of, facility_hours, facility_use, zone_days_of
from gateway.occupancy.zones import (
    PURPOSES,
    Room,
    ZoneHour,
    by_purpose,
    is_idle,
    rooms_of,
    seen_hours,
    week_of,
    zone_hours,
    zone_use,
)
from rules.local_time import Window

ZONE = ZoneInfo("Asia/Shanghai")
TEN_TO_SIX = When((Window("10:00", "18:00"),), ZONE, "cn")
NOBODY_SAID = When(None, ZONE, "cn")
MONDAY = int(datetime(2026, 3, 2, tzinfo=ZONE).timestamp() * 1000)
WEEKS = 4 * 7 * 24
HALL = Room("活动室", 80.0, "activity")


@dataclass(frozen=True)
class Said:
    begin: int
    device: str
    metric: str
    mean: float
    max: float
    last: float
    last_at: int


def said(hour: int, metric: str, value: float, *, last: float | None = None, device: str = "pir") -> Said:
    begin = MONDAY + hour * HOUR_MS
    return Said(begin, device, metric, value, value, value if last is None else last, begin + HOUR_MS - 1)


def seen(*rows: Said, n: int) -> list[bool | None]:
    return seen_hours(rows, ["pir"], MONDAY, MONDAY + n * HOUR_MS)


def test_a_sensor_that_gives_its_sign_of_life_saw_nobody_and_one_that_gives_none_is_not_known() -> None:
    assert seen(said(0, "motion", 1.0, last=0.0), said(1, "battery", 90.0), n=3) == [True, False, False]
    assert seen(said(1, "battery", 90.0), n=8) == [None, False, False, False, False, None, None, None]
    assert seen(n=2) == [None, None]


def test_somebody_who_has_come_and_not_left_is_still_there() -> None:
    rows = (
        said(0, "presence", 1.0),
        said(1, "rssi", -60.0),
        said(2, "presence", 0.0),
        said(3, "rssi", -60.0),
    )
    assert seen(*rows, n=4) == [True, True, True, False]
    assert seen(said(0, "presence", 1.0), said(9, "rssi", -60.0), n=10)[-1] is False, (
        "not after a long silence"
    )


def hours(used: list[bool | None]) -> list[ZoneHour]:
    return zone_hours(None, used, TEN_TO_SIX, MONDAY, MONDAY + len(used) * HOUR_MS)


def use(used: list[bool | None], room: Room = HALL):
    return zone_use(room, hours(used), MONDAY, counted=False, sensed=True)


def by_day(found: bool | None, *, days: int = 28) -> list[bool | None]:  # noqa: FBT001 three-valued
    """Used, empty or not known in its first open hour a day, empty in the others."""
    return ([False] * 10 + [found] + [False] * 13) * days


def test_a_room_is_idle_below_a_tenth_of_its_open_hours_and_never_for_lack_of_data() -> None:
    assert use(by_day(False)).idle is True
    assert use(by_day(True)).idle is False, "one hour of eight"
    assert use([None] * WEEKS).idle is None
    assert use([None] * (WEEKS - 48) + by_day(False, days=2)).idle is None, "two days are no four weeks"
    half: list[bool | None] = [None, False] * (WEEKS // 2)
    assert use(half).idle is True
    assert use([None, None, False] * (WEEKS // 3)).idle is None
    assert use(by_day(False), Room("正门")).idle is None, "a door is no room"
    unsaid = zone_hours(None, by_day(False), NOBODY_SAID, MONDAY, MONDAY + WEEKS * HOUR_MS)
    assert is_idle(HALL, unsaid) is None, "nobody has said when it is open"


def test_an_old_use_saves_no_room_from_being_idle() -> None:
    before = zone_hours(
        None, [True] * WEEKS + by_day(False), TEN_TO_SIX, MONDAY, MONDAY + 2 * WEEKS * HOUR_MS
    )
    assert is_idle(HALL, before) is True


@given(st.lists(st.sampled_from([True, False, None]), max_size=200))
def test_shares_are_shares_and_the_unknown_is_no_zero(used: list[bool | None]) -> None:
    found = use(used)
    assert found.known_h == sum(one is not None for one in used)
    assert (found.used_h is None) == (found.known_h == 0)
    assert (found.m2_h is None) == (found.known_h == 0)
    assert found.used_h is None or found.m2_h == 80.0 * found.used_h
    assert (found.utilisation is None) == (found.open_known_h == 0)
    assert found.utilisation is None or 0 <= found.utilisation <= 1
    assert found.people_h is None, "nobody counted"
    week = week_of(hours(used), TEN_TO_SIX)
    assert sum(one.known for one in week.values()) == found.known_h
    assert sum(one.used for one in week.values()) == (found.used_h or 0)
    days = zone_days_of(HALL, hours(used), TEN_TO_SIX)
    assert sum(one.used_h or 0 for one in days) == (found.used_h or 0)


@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(1, 500),
            st.none() | st.sampled_from(PURPOSES),
            st.sampled_from([True, False, None]),
        ),
        max_size=8,
    )
)
def test_the_purposes_share_all_rooms_whose_area_is_known(
    rooms: list[tuple[float | None, object, bool | None]],
) -> None:
    zones = [use([used], Room(f"R{n}", area, purpose)) for n, (area, purpose, used) in enumerate(rooms)]  # type: ignore[arg-type]
    found = by_purpose(zones)
    assert sum(one.rooms for one in found) == sum(purpose != "entrance" for _, purpose, _ in rooms)
    shares = [one.area_share for one in found if one.area_share is not None]
    assert not shares or sum(shares) == pytest.approx(1.0)
    uses = [one.use_share for one in found if one.use_share is not None]
    assert not uses or sum(uses) == pytest.approx(1.0)


def test_a_counter_and_a_sensor_speak_of_one_room() -> None:
    counted = [
        Hour(MONDAY, None, None, 0),
        Hour(MONDAY + HOUR_MS, 0.0, 0.0, 0),
        Hour(MONDAY + 2 * HOUR_MS, 3.0, 4.0, 6),
    ]
    found = zone_hours(counted, [True, None, False], TEN_TO_SIX, MONDAY, MONDAY + 3 * HOUR_MS)
    assert [one.used for one in found] == [True, False, True]
    assert [one.people for one in found] == [None, 0.0, 3.0]


def test_rooms_are_those_entered_and_those_with_a_device() -> None:
    assert rooms_of({"舞蹈室": Room("舞蹈室", 60.0)}, ["正门", "", "舞蹈室"]) == [
        Room("正门"),
        Room("舞蹈室", 60.0),
    ]


def test_a_month_of_a_facility_says_everything_a_report_asks_for() -> None:
    rows, passed = [], 0
    for hour in range(WEEKS):
        passed += 20 if hour % 24 in range(10, 14) else 0
        for metric, value in (("in", passed), ("out", passed)):
            rows.append(said(hour, metric, float(value), device="door"))
        rows.append(said(hour, "motion", 0.0))
    devices = [
        Fitted("door", "counter", "正门"),
        Fitted("pir", "motion", "书画室"),
        Fitted("gw", "gateway", "机房"),
    ]
    rooms = {"书画室": Room("书画室", 30.0, "service"), "办公室": Room("办公室", 20.0, "office")}
    end = MONDAY + WEEKS * HOUR_MS
    found = facility_hours(rows, devices, rooms, [Counted(MONDAY + 1, 0)], MONDAY, end, TEN_TO_SIX)
    told = facility_use(found, MONDAY + 24 * HOUR_MS, end, TEN_TO_SIX)
    assert (told.hours, told.unknown_h, told.used_h, told.open_h, told.open_used_h) == (
        27 * 24,
        0,
        27 * 4,
        27 * 8,
        27 * 4,
    )
    assert (told.utilisation, told.came, told.went, told.drift) == (0.5, 27 * 80.0, 27 * 80.0, 0.0)
    assert (told.idle, told.idle_unknown) == (["书画室"], ["办公室"])
    assert [(one.room.name, one.m2_h) for one in told.zones] == [
        ("书画室", 0.0),
        ("办公室", None),
        ("正门", None),
    ]
    assert [(one.purpose, one.area_m2, one.unknown) for one in told.purposes] == [
        ("service", 30.0, 0),
        ("office", 20.0, 1),
    ]
    assert found.doors["正门"] is found.whole.hours
    days = days_of(found.whole.hours, TEN_TO_SIX)
    assert [(one.used_h, one.open_h, one.known_h) for one in days[1:3]] == [(4, 8, 24)] * 2
    assert sum(one.people_h or 0 for one in days[1:]) == told.people_h
