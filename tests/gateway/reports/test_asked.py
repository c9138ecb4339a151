"""Periods: what may be asked for, and which came before."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.reports.asked import Asked, PeriodError, days_of

HOUR = 3_600_000


def month(period: str, **other: object) -> Asked:
    return Asked(**({"kind": "station", "period": period, "now": 1 << 50} | other))  # type: ignore[arg-type]


def test_a_month_is_the_zones_own_days() -> None:
    one = month("2026-10")
    assert (one.end - one.begin) // HOUR == 31 * 24
    assert one.before.period == "2026-09"
    assert one.before.end == one.begin
    assert [one.days[0].isoformat(), one.days[-1].isoformat()] == ["2026-10-01", "2026-10-31"]


def test_a_day_follows_the_day_before_over_the_turn_of_the_year_and_of_the_clocks() -> None:
    assert month("2026-01-01").before.period == "2025-12-31"
    assert month("2024-03-01").before.period == "2024-02-29"
    spring = month("2026-03-29", zone="Europe/Berlin")
    assert (spring.end - spring.begin) // HOUR == 23


def test_nothing_is_known_of_what_is_still_to_come() -> None:
    one = month("2026-10")
    assert month("2026-10", now=one.begin + HOUR).until == one.begin + HOUR
    assert month("2026-10", now=one.begin - HOUR).until == one.begin


@pytest.mark.parametrize(
    ("kind", "period", "said"),
    [
        ("station", "2026-13", "no period"),
        ("station", "2026-02-30", "no such day"),
        ("station", "October", "no period"),
        ("station", "2026-10\n", "no period"),
        ("area", "2026-10-21", "stations only"),
        ("facility", "2026-10-21", "stations only"),
    ],
)
def test_what_is_no_period_is_refused_with_what_to_write(kind: str, period: str, said: str) -> None:
    with pytest.raises(PeriodError, match=said):
        days_of(kind, period)  # type: ignore[arg-type]


@given(st.dates(min_value=date(2001, 1, 1), max_value=date(2099, 12, 31)))
def test_periods_tile_time(day: date) -> None:
    for period in (str(day), str(day)[:7]):
        one = month(period)
        assert one.before.end == one.begin < one.end
        assert len(one.days) == round((one.end - one.begin) / (24 * HOUR))


def test_what_is_asked_goes_to_another_process_and_back() -> None:
    one = month("2026-10", at="区/街/社区")
    assert msgspec.json.decode(msgspec.json.encode(one), type=Asked) == one
