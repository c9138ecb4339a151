"""Whose reports somebody may read, make and hand in. What lies outside is answered as what does not exist.

A station's report tells small numbers as they are: it is for those who work there, and for the office once it is handed in. An
area's report hides them: it is for officers. A facility's report knows no resident.
"""

from __future__ import annotations

from typing import Final

from fastapi import Request

from gateway.accounts.roles import May
from gateway.accounts.who import Reach
from gateway.operations import report_subjects
from gateway.operations.filed_reports import FiledView, Of, Reaches
from gateway.reports.asked import PeriodError, days_of
from gateway.reports.document import Kind, Lang
from gateway.web.access import reach_of
from gateway.web.context import Context
from gateway.web.problems import refuse
from gateway.web.report_port import ReportWanted
from rules.local_time import local_day

READS: Final = (May.DUTY, May.AREA, May.FACILITIES)
MAKES: Final = (May.DUTY, May.AREA, May.COUNT)
HANDS_IN: Final = (May.AREA, May.COUNT)
PLACE_CHARS_MAX: Final = 400


def read_reaches(request: Request) -> Reaches:
    """Whose reports whoever asks may read."""
    return Reaches(
        station=reach_of(request, May.DUTY), facility=reach_of(request, May.FACILITIES), area=reach_of(request, May.AREA)
    )  # fmt: skip


def make_reaches(request: Request) -> Reaches:
    """Whose they may make (制表): of a station whoever is on duty there."""
    return Reaches(
        station=reach_of(request, May.DUTY), facility=reach_of(request, May.AREA, May.COUNT), area=reach_of(request, May.AREA)
    )  # fmt: skip


def hand_in_reaches(request: Request) -> Reaches:
    """Whose they may check, hand in, have made by itself: of a station its head."""
    return Reaches(
        station=_both(reach_of(request, May.DUTY), reach_of(request, May.AREA)),
        facility=reach_of(request, May.AREA, May.COUNT),
        area=reach_of(request, May.AREA),
    )


def may_read(request: Request, report: FiledView) -> bool:
    """Whether they may read this one: it is within reach, or it was handed in to them."""
    reaches = read_reaches(request)
    return reaches.holds(report) or (report.state == "handed_in" and reaches.area.holds(report.at))


def subject_of(request: Request, reaches: Reaches, kind: str, at: str, facility: str) -> Of:
    """What a report is asked of; refused as unknown where it does not exist or lies outside. Reads the database."""
    found = report_subjects.subject(Context.of(request).engine, kind, at, facility)
    if found is None or not reaches.holds(found):
        raise refuse(404, "unknown_subject")
    return found


def check_period(request: Request, kind: str, period: str) -> None:
    """Refuse a period that is none of a report of that kind, or has not begun."""
    context = Context.of(request)
    try:
        first, _ = days_of(kind_of(kind), period)
    except PeriodError as wrong:
        raise refuse(422, "period") from wrong
    if first > local_day(context.port.health().hub_now_ms, context.zone):
        raise refuse(422, "period_ahead")


def kind_of(kind: str) -> Kind:
    """The kind as reports have it."""
    return "station" if kind == "station" else "facility" if kind == "facility" else "area"


def wanted_of(request: Request, of: Of, period: str, *, language: Lang) -> ReportWanted:
    """The report of that, from what is known now; no files yet."""
    now = Context.of(request).port.health().hub_now_ms
    return ReportWanted(
        kind=kind_of(of.kind),
        period=period,
        at=of.at,
        facility=of.facility,
        until=now,
        language=language,
        formats=(),
    )


def _both(one: Reach, other: Reach) -> Reach:
    return Reach.of(
        [path for path in one.paths if other.holds(path)] + [path for path in other.paths if one.holds(path)]
    )
