"""Windows of the day: over midnight, over clock changes, over the holidays of a year."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.local_time import (
    WEEKDAYS,
    Days,
    Window,
    calendar_knows,
    is_open,
    is_workday,
    local_day,
    minutes,
    moment,
    next_edge,
    opened_at,
)
from rules.state import NEVER

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
ZONES = (
    SHANGHAI,
    BERLIN,
    ZoneInfo("America/New_York"),
    ZoneInfo("Australia/Lord_Howe"),  # half an hour
    ZoneInfo("America/Santiago"),  # at midnight
)
HOUR = 3_600_000
NIGHT = Window("22:00", "06:00")


def ms(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def edges(
    window: Window, start: str, end: str, *, zone: ZoneInfo = SHANGHAI, calendar: str = "cn"
) -> list[str]:
    """When it opens and closes, in turn, as local times."""
    at, found = ms(start, zone), []
    while (at := next_edge(window, at, zone, calendar)) < ms(end, zone):
        word = "opens" if is_open(window, at, zone, calendar) else "closes"
        found.append(f"{datetime.fromtimestamp(at / 1000, UTC).astimezone(zone):%m-%d %H:%M} {word}")
    return found


def test_a_night_goes_over_midnight() -> None:
    assert edges(NIGHT, "2026-03-02 12:00", "2026-03-04 12:00") == [
        "03-02 22:00 opens", "03-03 06:00 closes", "03-03 22:00 opens", "03-04 06:00 closes",
    ]  # fmt: skip
    assert is_open(NIGHT, ms("2026-03-03 00:00"), SHANGHAI, "cn")
    assert not is_open(NIGHT, ms("2026-03-03 06:00"), SHANGHAI, "cn")
    assert opened_at(NIGHT, ms("2026-03-03 05:59"), SHANGHAI, "cn") == ms("2026-03-02 22:00")
    assert opened_at(NIGHT, ms("2026-03-03 12:00"), SHANGHAI, "cn") == 0


def test_a_window_belongs_to_the_day_on_which_it_opens() -> None:
    fridays = Window("22:00", "06:00", ("fri",))
    assert edges(fridays, "2026-03-02 00:00", "2026-03-16 00:00") == [
        "03-06 22:00 opens", "03-07 06:00 closes", "03-13 22:00 opens", "03-14 06:00 closes",
    ]  # fmt: skip


def test_days_that_meet_are_one_window() -> None:
    weekend = Window(days=("sat", "sun"))
    assert edges(weekend, "2026-03-02 00:00", "2026-03-12 00:00") == [
        "03-07 00:00 opens",
        "03-09 00:00 closes",
    ]


def test_every_day_all_day_never_closes() -> None:
    for window in (Window(), Window(days=WEEKDAYS)):
        assert next_edge(window, ms("2026-03-02 00:00"), SHANGHAI, "cn") == NEVER
        assert is_open(window, ms("2026-03-02 00:00"), SHANGHAI, "cn")


def test_a_saturday_that_is_worked_and_a_holiday_on_a_weekday() -> None:
    # 2026: the Spring Festival is 15 to 23 February; the 14th and the 28th, Saturdays, are worked for it.
    office = Window("09:00", "18:00", "workdays")
    found = edges(office, "2026-02-13 00:00", "2026-03-02 00:00")
    assert [edge for edge in found if edge.startswith("02-14")] == ["02-14 09:00 opens", "02-14 18:00 closes"]
    assert [edge[:5] for edge in found if "opens" in edge] == [
        "02-13", "02-14", "02-24", "02-25", "02-26", "02-27", "02-28",
    ]  # fmt: skip
    rest = Window(days="weekends_and_holidays")
    assert edges(rest, "2026-02-13 00:00", "2026-03-02 00:00")[:2] == [
        "02-15 00:00 opens",
        "02-24 00:00 closes",
    ]


def test_without_a_calendar_or_a_year_it_knows_weekdays_count() -> None:
    assert calendar_knows(2026)
    assert not calendar_knows(2099)
    assert not is_workday(date(2026, 2, 14), "none")
    assert is_workday(date(2026, 2, 14), "cn")
    monday = date(2099, 1, 5)
    assert [is_workday(monday + timedelta(days=n), "cn") for n in range(7)] == [True] * 5 + [False] * 2


# Berlin: 2026-03-29 02:00 becomes 03:00; 2026-10-25 03:00 becomes 02:00 again.
SPRING, AUTUMN = ("2026-03-28 20:00", "2026-03-29 20:00"), ("2026-10-24 20:00", "2026-10-25 20:00")


@pytest.mark.parametrize(
    ("window", "span", "hours", "expected"),
    [
        (("02:15", "02:45"), SPRING, 0.5, ["03-29 03:15 opens", "03-29 03:45 closes"]),
        (("02:15", "03:15"), SPRING, 1, ["03-29 03:15 opens", "03-29 04:15 closes"]),
        (("22:00", "06:00"), SPRING, 7, ["03-28 22:00 opens", "03-29 06:00 closes"]),
        (("02:15", "02:45"), AUTUMN, 0.5, ["10-25 02:15 opens", "10-25 02:45 closes"]),
        (("22:00", "02:30"), AUTUMN, 4.5, ["10-24 22:00 opens", "10-25 02:30 closes"]),
        (("02:30", "06:00"), AUTUMN, 4.5, ["10-25 02:30 opens", "10-25 06:00 closes"]),
        (("22:00", "06:00"), AUTUMN, 9, ["10-24 22:00 opens", "10-25 06:00 closes"]),
    ],
)
def test_a_changed_clock_neither_swallows_a_window_nor_opens_it_twice(
    window: tuple[str, str], span: tuple[str, str], hours: float, expected: list[str]
) -> None:
    assert edges(Window(*window), *span, zone=BERLIN) == expected
    opens = next_edge(Window(*window), ms(span[0], BERLIN), BERLIN, "none")
    assert next_edge(Window(*window), opens, BERLIN, "none") - opens == hours * HOUR


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize(
    "window", [("02:00", "02:30"), ("23:45", "00:15"), ("01:30", "01:45"), ("12:00", "11:00")]
)
def test_it_opens_once_a_day_all_year(window: tuple[str, str], zone: ZoneInfo) -> None:
    found = edges(Window(*window), "2026-01-01 11:30", "2027-01-01 11:30", zone=zone)
    assert sum(edge.endswith("opens") for edge in found) == 365
    assert sum(edge.endswith("closes") for edge in found) == 365


times = st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
named: tuple[Days, ...] = ("every", "workdays", "weekends_and_holidays")
days: st.SearchStrategy[Days] = st.one_of(
    st.sampled_from(named),
    st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(tuple),
)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start: str = draw(times)
    end: str = draw(st.one_of(times, st.just("24:00")).filter(lambda end: end != start))
    chosen: Days = draw(days)
    return Window(start, end, chosen)


@given(
    windows(),
    st.integers(ms("2025-01-01"), ms("2027-12-31")),
    st.sampled_from(ZONES),
    st.sampled_from(["cn", "none"]),
    st.floats(0, 0.999),
)
def test_nothing_changes_before_the_next_edge_and_something_does_there(
    window: Window, at: int, zone: ZoneInfo, calendar: str, part: float
) -> None:
    now = is_open(window, at, zone, calendar)
    edge = next_edge(window, at, zone, calendar)
    if edge == NEVER:
        assert window.always
        return
    assert at < edge < at + 15 * 24 * HOUR
    assert is_open(window, at + int((edge - at) * part), zone, calendar) is now
    assert is_open(window, edge - 1, zone, calendar) is now
    assert is_open(window, edge, zone, calendar) is not now


@given(st.integers(ms("2025-01-01"), ms("2027-12-31")), st.sampled_from(ZONES))
def test_a_moment_of_a_day_lies_on_that_day(at: int, zone: ZoneInfo) -> None:
    day = local_day(at, zone)
    assert moment(day, 0, zone) <= at + HOUR  # Santiago's midnight may be skipped
    assert at < moment(day, 24 * 60, zone)
    assert local_day(moment(day, 12 * 60, zone), zone) == day


@pytest.mark.parametrize(
    ("text", "expected"), [("00:00", 0), ("06:30", 390), ("23:59", 1439), ("24:00", 1440)]
)
def test_a_time_of_day(text: str, expected: int) -> None:
    assert minutes(text) == expected


@pytest.mark.parametrize(
    "text", ["", "6:30", "24:01", "12:60", "12:5", "12:30:00", "1 :30", "１２:３０", "-1:30", "noon"]
)
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write HH:MM"):
        minutes(text)


def test_a_window_that_never_opens_is_refused() -> None:
    with pytest.raises(ValueError, match="must differ"):
        Window("08:00", "08:00")
    with pytest.raises(ValueError, match=r"before 24:00"):
        Window("24:00", "06:00")
    with pytest.raises(ValueError, match="at least one"):
        Window(days=())
