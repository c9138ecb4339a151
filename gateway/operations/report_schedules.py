"""Which reports the hub makes by itself, and when they were due: each period once, also where the hub was off at its hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gateway.operations.filed_reports import Of, Reaches
from gateway.operations.tables import ReportRun, ReportSchedule
from rules.local_time import local_day, moment

SCHEDULES_MAX: Final = 500
BACK: Final = {"day": 7, "month": 3}  # how many periods are made up for after the hub was off
TRIES_MAX: Final = 5
HOUR_MIN: Final = 60  # minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleView(Of):
    """A schedule: ``every`` day or month (on its ``day``), at ``hour``; in which formats; who is told on which channel.

    ``runs`` are its last periods, the newest first.
    """

    id: str
    every: str
    day: int
    hour: int
    formats: list[str]
    language: str
    channel: str
    person: str
    since: int
    by: str
    runs: list[RunView]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A period of a schedule: the report that was made, or why it could not be; what became of the note."""

    period: str
    at: int
    report_id: str
    tries: int
    error: str
    noted: str


def due_periods(one: ScheduleView, now: int, zone: ZoneInfo) -> list[str]:
    """The periods whose time has come since it was set up, oldest first, as far back as is made up for."""
    today = local_day(now, zone)
    found: list[str] = []
    if one.every == "day":
        for back in range(BACK["day"] + 1):
            due = today - timedelta(days=back)
            if one.since <= moment(due, one.hour * HOUR_MIN, zone) <= now:
                found.append((due - timedelta(days=1)).isoformat())
        return found[: BACK["day"]][::-1]
    month = today.replace(day=1)
    for _ in range(BACK["month"] + 1):
        before = (month - timedelta(days=1)).replace(day=1)
        if one.since <= moment(month.replace(day=one.day), one.hour * HOUR_MIN, zone) <= now:
            found.append(f"{before:%Y-%m}")
        month = before
    return found[: BACK["month"]][::-1]


def next_due(one: ScheduleView, now: int, zone: ZoneInfo) -> int:
    """When its next time comes, epoch ms."""
    day: date = local_day(now, zone)
    if one.every == "day":
        at = moment(day, one.hour * HOUR_MIN, zone)
        return at if at > now else moment(day + timedelta(days=1), one.hour * HOUR_MIN, zone)
    first = day.replace(day=1)
    at = moment(first.replace(day=one.day), one.hour * HOUR_MIN, zone)
    if at > now:
        return at
    following = (first + timedelta(days=32)).replace(day=one.day)
    return moment(following, one.hour * HOUR_MIN, zone)


def add_schedule(engine: Engine, one: ScheduleView) -> str:
    """Set it up; ``many`` where there are too many, '' when done. The same id again changes nothing."""
    with Session(engine) as session, session.begin():
        if session.get(ReportSchedule, one.id) is not None:
            return ""
        standing = select(func.count()).select_from(ReportSchedule).where(ReportSchedule.ended_at.is_(None))
        if (session.scalar(standing) or 0) >= SCHEDULES_MAX:
            return "many"
        session.add(
            ReportSchedule(
                id=one.id, kind=one.kind, every=one.every, day=one.day, hour=one.hour, at=one.at, facility=one.facility,
                subject=one.subject, formats=one.formats, language=one.language, channel=one.channel, person=one.person,
                since=one.since, by=one.by,
            )
        )  # fmt: skip
    return ""


def end_schedule(engine: Engine, schedule_id: str, *, by: str, now: int) -> bool:
    """Make it no more; whether it was there."""
    with Session(engine) as session, session.begin():
        row = session.get(ReportSchedule, schedule_id)
        if row is None or row.ended_at is not None:
            return False
        row.ended_at, row.ended_by = now, by
    return True


def schedule(engine: Engine, schedule_id: str) -> ScheduleView | None:
    """That schedule, while it is in force."""
    with Session(engine) as session:
        row = session.get(ReportSchedule, schedule_id)
        return _view(session, row) if row is not None and row.ended_at is None else None


def schedules_within(engine: Engine, reaches: Reaches) -> list[ScheduleView]:
    """The schedules in force that may be seen."""
    query = select(ReportSchedule).where(
        ReportSchedule.ended_at.is_(None), reaches.within(ReportSchedule.kind, ReportSchedule.at)
    )
    with Session(engine) as session:
        rows: Sequence[ReportSchedule] = session.scalars(
            query.order_by(ReportSchedule.at, ReportSchedule.id)
        ).all()
        return [_view(session, row) for row in rows]


def owed(one: ScheduleView, now: int, zone: ZoneInfo) -> list[str]:
    """The periods that are due and not made yet; one that failed too often is given up."""
    runs = {run.period: run for run in one.runs}
    return [
        period
        for period in due_periods(one, now, zone)
        if (run := runs.get(period)) is None or (not run.report_id and run.tries < TRIES_MAX)
    ]


def note_run(
    engine: Engine,
    schedule_id: str,
    period: str,
    *,
    at: int,
    report_id: str = "",
    error: str = "",
    noted: str = "",
) -> None:
    """Write what became of a period; what was made stays made."""
    with Session(engine) as session, session.begin():
        row = session.get(ReportRun, (schedule_id, period))
        if row is None:
            row = ReportRun(
                schedule_id=schedule_id, period=period, at=at, report_id="", tries=0, error="", noted=""
            )
            session.add(row)
        row.at = at
        row.report_id = row.report_id or report_id
        row.noted = noted or row.noted
        row.error = error
        row.tries += 1


def _view(session: Session, row: ReportSchedule) -> ScheduleView:
    last = (
        select(ReportRun).where(ReportRun.schedule_id == row.id).order_by(ReportRun.period.desc()).limit(12)
    )
    runs = [
        RunView(
            period=run.period, at=run.at, report_id=run.report_id, tries=run.tries, error=run.error, noted=run.noted
        )
        for run in session.scalars(last)
    ]  # fmt: skip
    return ScheduleView(
        id=row.id, kind=row.kind, every=row.every, day=row.day, hour=row.hour, at=row.at, facility=row.facility,
        subject=row.subject, formats=list(row.formats), language=row.language, channel=row.channel, person=row.person,
        since=row.since, by=row.by, runs=runs,
    )  # fmt: skip
