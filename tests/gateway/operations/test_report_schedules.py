"""When a report is due: each period once, at its hour in the hub's zone, also where the hub was off at that hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

import gateway.report_files
from gateway.accounts.who import EVERYTHING, Reach
from gateway.operations import filed_reports, report_forms
from gateway.operations.database import open_database
from gateway.operations.filed_reports import DAY_MS, DRAFT_DAYS, Of, Reaches
from gateway.operations.report_schedules import (
    BACK,
    TRIES_MAX,
    RunView,
    ScheduleView,
    add_schedule,
    due_periods,
    end_schedule,
    next_due,
    note_run,
    owed,
    schedule,
    schedules_within,
)
from gateway.report_files import DamagedFileError, ReportFiles

ZONE = ZoneInfo("Asia/Shanghai")
ALL = Reaches(station=EVERYTHING, facility=EVERYTHING, area=EVERYTHING)
OF = Of(kind="station", at="区/街/社区", facility="", subject="社区")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


def monthly(
    *, day: int = 3, hour: int = 6, since: str = "2026-01-15", runs: list[RunView] | None = None
) -> ScheduleView:
    return ScheduleView(
        id="s1", kind="station", every="month", day=day, hour=hour, at="区/街/社区", facility="", subject="社区",
        formats=["xlsx"], language="zh", channel="", person="", since=ms(since), by="李敏", runs=runs or [],
    )  # fmt: skip


def daily(*, hour: int = 6, since: str = "2026-01-15") -> ScheduleView:
    one = monthly(hour=hour, since=since)
    return ScheduleView(
        **{name: getattr(one, name) for name in one.__dataclass_fields__} | {"every": "day", "day": 0}
    )


@pytest.mark.parametrize(("now", "periods"), [
    ("2026-02-03 05:59", []), ("2026-02-03 06:00", ["2026-01"]), ("2026-03-02 23:00", ["2026-01"]),
    ("2026-03-03 06:00", ["2026-01", "2026-02"]), ("2026-12-31 00:00", ["2026-09", "2026-10", "2026-11"]),
])  # fmt: skip
def test_a_month_is_due_on_its_day_at_its_hour_and_a_few_are_made_up_for(
    now: str, periods: list[str]
) -> None:
    assert due_periods(monthly(), ms(now), ZONE) == periods


@pytest.mark.parametrize(("now", "periods"), [
    ("2026-01-15 05:59", []), ("2026-01-15 06:00", ["2026-01-14"]), ("2026-01-16 07:00", ["2026-01-14", "2026-01-15"]),
    ("2026-03-01 05:00", [f"2026-02-{day}" for day in range(21, 28)]),
])  # fmt: skip
def test_a_day_is_due_the_day_after(now: str, periods: list[str]) -> None:
    assert due_periods(daily(), ms(now), ZONE) == periods


@given(
    st.datetimes(min_value=datetime(2026, 1, 15), max_value=datetime(2028, 1, 1)),  # noqa: DTZ001 of the zone below
    st.integers(0, 23), st.integers(1, 28), st.booleans(),
)  # fmt: skip
def test_what_is_due_is_over_in_order_and_bounded_and_the_next_time_lies_ahead(
    now: datetime,
    hour: int,
    day: int,
    is_daily: bool,  # noqa: FBT001 drawn
) -> None:
    at = int(now.replace(tzinfo=ZONE).timestamp() * 1000)
    one = daily(hour=hour) if is_daily else monthly(day=day, hour=hour)
    found = due_periods(one, at, ZONE)
    assert found == sorted(set(found))
    assert len(found) <= BACK[one.every]
    for period in found:
        first = date.fromisoformat(period if is_daily else f"{period}-01")
        after = first + timedelta(days=1) if is_daily else (first + timedelta(days=32)).replace(day=1)
        assert after <= now.date(), "no period that is not over"
    following = next_due(one, at, ZONE)
    assert following > at
    assert due_periods(one, following - 1, ZONE)[-1:] == found[-1:], "nothing falls due before the next time"
    assert due_periods(one, following, ZONE)[-1:] != found[-1:] or not found


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(tmp_path / "operations.sqlite")
    yield engine
    engine.dispose()


def test_a_period_is_made_once_and_tried_again_where_it_could_not_be(database: Engine) -> None:
    now = ms("2026-03-10")
    assert add_schedule(database, monthly()) == ""
    assert add_schedule(database, monthly()) == ""
    note_run(database, "s1", "2026-01", at=now, report_id="r1")
    for _ in range(2):
        note_run(database, "s1", "2026-02", at=now, error="no such place")
    found = schedule(database, "s1")
    assert found is not None
    assert owed(found, now, ZONE) == ["2026-02"]
    for _ in range(TRIES_MAX - 2):
        note_run(database, "s1", "2026-02", at=now, error="no such place")
    (again,) = schedules_within(database, ALL)
    assert owed(again, now, ZONE) == [], "given up, and it says why"
    assert [(run.period, run.report_id, run.error) for run in again.runs] == [
        ("2026-02", "", "no such place"), ("2026-01", "r1", ""),
    ]  # fmt: skip
    assert end_schedule(database, "s1", by="李敏", now=now)
    assert not end_schedule(database, "s1", by="李敏", now=now)
    assert schedules_within(database, ALL) == []


def filed(database: Engine, files: ReportFiles, at: int, body: bytes) -> str:
    digest = files.put(body)
    return filed_reports.file_report(
        database, OF, period="2026-01", language="zh", until=at, document=digest, files={"a.csv": digest}, by="李敏", by_id=1,
        now=at,
    ).id  # fmt: skip


def test_what_was_handed_in_stays_for_its_time_and_drafts_go_with_their_files(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.report_files, "SPARE_S", -1.0)
    files = ReportFiles(tmp_path / "reports.sqlite")
    handed, draft = filed(database, files, 0, b"handed in"), filed(database, files, 0, b"draft")
    for act in ("check", "hand_in"):
        assert filed_reports.sign(database, handed, act, by="王芳", by_id=2, note="", now=1) == ""
    form = files.put(b"form")
    report_forms.add_form(database, "f1", OF, name="表", daily=False, file=form, by="李敏", now=0)
    later = (DRAFT_DAYS + 1) * DAY_MS
    assert filed_reports.let_go(database, later, days=3650) == 1
    assert files.keep_only(filed_reports.digests_kept(database)) == 1
    assert filed_reports.filed(database, draft) is None
    kept = filed_reports.filed(database, handed)
    assert kept is not None
    assert files.get(kept.files["a.csv"]) == b"handed in"
    assert filed_reports.let_go(database, 3651 * DAY_MS, days=0) == 0, "0 is for ever"
    assert filed_reports.let_go(database, 3651 * DAY_MS, days=3650) == 1
    report_forms.end_form(database, "f1", by="李敏", now=1)
    assert files.keep_only(filed_reports.digests_kept(database)) == 2
    with pytest.raises(DamagedFileError):
        files.get(form)
    files.close()


def test_two_who_sign_at_once_sign_once(database: Engine, tmp_path: Path) -> None:
    files = ReportFiles(tmp_path / "reports.sqlite")
    report = filed(database, files, 0, b"x")
    answers = [
        filed_reports.sign(database, report, "check", by=name, by_id=of, note="", now=1)
        for name, of in (("a", 2), ("b", 3))
    ]
    assert answers == ["", "state"]
    repeats = [
        filed_reports.sign(database, report, "check", by=name, by_id=of, note="", now=2, again=True)
        for name, of in (("a", 2), ("b", 3))
    ]
    assert repeats == ["", "state"], "who took the step may ask again, nobody else"
    after = filed_reports.filed(database, report)
    assert after is not None
    assert [one.step for one in after.signatures] == ["made", "checked"]
    assert filed_reports.sign(database, "none", "check", by="a", by_id=2, note="", now=1) == "unknown"
    files.close()


def test_reach_is_by_kind(database: Engine, tmp_path: Path) -> None:
    files = ReportFiles(tmp_path / "reports.sqlite")
    filed(database, files, 0, b"x")
    here, nowhere = Reach(("区/街",)), Reach()

    def seen(station: Reach, facility: Reach, area: Reach) -> int:
        reaches = Reaches(station=station, facility=facility, area=area)
        return len(filed_reports.filed_within(database, filed_reports.seen_by(reaches), limit=9))

    assert (
        seen(here, nowhere, nowhere),
        seen(nowhere, here, here),
        seen(Reach(("区/街/社",)), here, here),
    ) == (1, 0, 0)
    files.close()
