"""A day of the stations' work: a process of its own says the same, and what is wrong with it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from simulated_month import DAY_MS, ZONE, Month
from sqlalchemy import create_engine

from gateway.alerts.record import Targets
from gateway.figures_duty import duty_points, read_points
from gateway.figures_sampling import asked_of
from gateway.operations.performance_apart import HERE_MAX, ApartError
from gateway.operations.performance_views import alerts_asked


def test_many_alerts_are_read_apart_to_the_same_points(month: Month) -> None:
    end = month.begin + 29 * DAY_MS
    asked = asked_of(end - DAY_MS, end, end, ZONE, Targets())
    assert alerts_asked(month.engine, asked) > HERE_MAX
    points = duty_points(month.engine, asked)
    assert points == read_points(month.engine, asked)
    assert {point.at for point in points} == {asked.begin}
    assert len(points) > 10


def test_one_that_fails_says_why(month: Month, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gateway.figures_duty.HERE_MAX", -1)
    asked = asked_of(month.begin, month.begin + DAY_MS, month.end, ZONE, Targets())
    (tmp_path / "no.sqlite").write_bytes(b"this is no database")
    broken = create_engine(f"sqlite:///{tmp_path / 'no.sqlite'}")
    monkeypatch.setattr("gateway.figures_duty.alerts_asked", lambda _engine, _asked: 1)
    with pytest.raises(ApartError, match="it ended with"):
        duty_points(broken, replace(asked))
    broken.dispose()
