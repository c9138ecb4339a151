"""The pages of reports (报表): choose and look at one, hand it in, what is made by itself, own forms, denominators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.handing.compared import decoded
from gateway.operations import filed_reports, report_forms, report_schedules, report_subjects
from gateway.operations.denominators import INDICATORS
from gateway.operations.filed_reports import FiledView, Of
from gateway.reports.document import Lang, Report
from gateway.reports.page import article_text
from gateway.reports.rendering import FORMATS
from gateway.web.access import SomePerson, reach_of
from gateway.web.context import Context
from gateway.web.denominators import read_denominators
from gateway.web.filed_reports import ReportId, changes_of, kept_file, known_report, made_now, then_language
from gateway.web.needs import needs
from gateway.web.port import UnavailableError
from gateway.web.problems import RefusedError, refuse
from gateway.web.render import language_of, page
from gateway.web.report_forms import FormId, figures_for, known_form, last_period, sheets_of
from gateway.web.report_reach import (
    PLACE_CHARS_MAX,
    READS,
    check_period,
    hand_in_reaches,
    make_reaches,
    read_reaches,
    subject_of,
    wanted_of,
)
from gateway.web.words import say
from rules.local_time import local_day

MONTHS, DAYS = 13, 8
SHOWN_MAX: Final = 60
SEPARATOR: Final = "|"

router = APIRouter(include_in_schema=False)
Chosen = Annotated[str, Query(alias="of", max_length=PLACE_CHARS_MAX + 80)]
Period = Annotated[str, Query(max_length=10)]


@dataclass(frozen=True, slots=True)
class Choice:
    """Something of which a report can be made: its value in the form, and what it is called."""

    value: str
    name: str


def value_of(of: Of) -> str:
    """A subject as a form sends it."""
    return SEPARATOR.join((of.kind, of.facility, of.at))


def _chosen(value: str) -> tuple[str, str, str]:
    """Kind, place in the tree, facility; refuses what is none."""
    kind, found, rest = value.partition(SEPARATOR)
    facility, also, at = rest.partition(SEPARATOR)
    if not found or not also:
        raise refuse(404, "unknown_subject")
    return kind, at, facility


def _choices(request: Request, *, hands_in: bool = False, kind: str = "") -> list[tuple[str, list[Choice]]]:
    """What there is, by kind of report."""
    reaches = hand_in_reaches(request) if hands_in else read_reaches(request)
    found = report_subjects.subjects(Context.of(request).engine, reaches)
    kinds = (kind,) if kind else ("station", "facility", "area")
    return [
        (each, [Choice(value_of(one), _name(one)) for one in found if one.kind == each])
        for each in kinds
        if any(one.kind == each for one in found)
    ]


def _name(of: Of) -> str:
    """What it is called, with where it lies."""
    if of.kind == "facility":
        return f"{of.subject}（{of.at.replace('/', ' ')}）"
    return of.at.replace("/", " ") or of.subject


def _months(request: Request) -> list[str]:
    """The months to choose from, the last whole one first."""
    context = Context.of(request)
    month = local_day(context.port.health().hub_now_ms, context.zone).replace(day=1)
    found = []
    for _ in range(MONTHS):
        found.append(f"{month:%Y-%m}")
        month = (month - timedelta(days=1)).replace(day=1)
    return [*found[1:], found[0]]


def _days(request: Request) -> list[str]:
    context = Context.of(request)
    today = local_day(context.port.health().hub_now_ms, context.zone)
    found = [(today - timedelta(days=each)).isoformat() for each in range(DAYS)]
    return [*found[1:], found[0]]


@router.get("/reports")
@needs(*READS)
def show_reports(request: Request, person: SomePerson) -> Response:
    """Choose a report; those that wait for a step; those that were handed in."""
    context = Context.of(request)
    reads = read_reaches(request)
    found = filed_reports.filed_within(context.engine, filed_reports.seen_by(reads), limit=SHOWN_MAX)
    return page(
        request,
        "reports.html",
        person=person,
        names=context.people.names(),
        choices=_choices(request),
        months=_months(request),
        days=_days(request),
        waiting=[one for one in found if one.state in ("made", "checked")],
        over=[one for one in found if one.state in ("handed_in", "returned")],
        hands_in=any(_choices(request, hands_in=True)),
        sees_area=bool(reach_of(request, May.AREA)),
        name_of=_name,
    )


@router.get("/reports/view")
@needs(*READS)
async def show_report(
    request: Request, person: SomePerson, chosen: Chosen, period: Period, day: Period = ""
) -> Response:
    """A report as it is now, to read and to download; nothing is kept."""
    kind, at, facility = _chosen(chosen)
    reads = read_reaches(request)
    of = await run_in_threadpool(subject_of, request, reads, kind, at, facility)
    asked = day or period
    check_period(request, of.kind, asked)
    language: Lang = "en" if language_of(request) == "en" else "zh"
    made = await made_now(request, wanted_of(request, of, asked, language=language))

    def shown() -> Response:
        context = Context.of(request)
        forms = report_forms.forms_within(context.engine, reads)
        mine = [
            one
            for one in forms
            if value_of(one) == value_of(of) and one.daily == bool(len(asked) > len("2026-10"))
        ]
        return page(
            request,
            "report.html",
            person=person,
            names=context.people.names(),
            of=of,
            period=asked,
            article=_article(made.report, language),
            files=[(form, _file(of, asked, form, language)) for form in FORMATS if form != "html"],
            makes=make_reaches(request).holds(of),
            forms=mine,
        )

    return await run_in_threadpool(shown)


def _kept(context: Context, report: FiledView) -> Markup | None:
    """The report as it was made, to be read before it is checked; None where what is kept is not what it was."""
    try:
        return _article(decoded(kept_file(context, report.document)), then_language(report))
    except RefusedError:
        return None


def _article(report: Report, language: Lang) -> Markup:
    """The report to be read on a phone as well: a table that is wider is moved within itself, also by keys."""
    text = article_text(report, language)
    framed = text.replace("<table ", '<div class="scrolls" tabindex="0"><table ').replace(
        "</table>", "</table></div>"
    )
    return Markup(framed)  # noqa: S704 it escapes what it says itself


def _file(of: Of, period: str, form: str, language: str) -> str:
    """Where a report made now is had as a file."""
    about = {"place": of.facility} if of.kind == "facility" else {"at": of.at}
    return f"/api/v1/reports/{of.kind}?" + urlencode(
        {"period": period, **about, "format": form, "lang": language}
    )


@router.get("/reports/filed/{report_id}")
@needs(*READS, of="report")
async def show_filed(request: Request, report_id: ReportId, person: SomePerson) -> Response:
    """A report on its way: its files with their SHA-256, who has done what, and whether it would be the same now."""
    report = await run_in_threadpool(known_report, request, report_id)
    changes, trouble = None, None
    try:
        changes = await changes_of(request, report)
    except RefusedError as refusal:  # what was kept is shown all the same
        trouble = refusal.problem.words
    except UnavailableError as error:
        trouble = say("problem.unavailable", reason=str(error))

    def shown() -> Response:
        context = Context.of(request)
        return page(
            request,
            "report_filed.html",
            person=person,
            names=context.people.names(),
            report=report,
            where=_name(report),
            changes=changes,
            trouble=trouble,
            article=_kept(context, report),
            hands_in=hand_in_reaches(request).holds(report),
            kept_days=context.settings.kept_days.get("retention.reports_days", 0),
        )

    return await run_in_threadpool(shown)


@router.get("/reports/schedules")
@needs(*READS)
def show_schedules(request: Request, person: SomePerson) -> Response:
    """What the hub makes by itself, and what became of the last periods."""
    context = Context.of(request)
    now = context.port.health().hub_now_ms
    found = report_schedules.schedules_within(context.engine, read_reaches(request))
    hands_in = hand_in_reaches(request)
    return page(
        request,
        "report_schedules.html",
        person=person,
        names=context.people.names(),
        choices=_choices(request, hands_in=True),
        schedules=[
            (one, report_schedules.next_due(one, now, context.zone), hands_in.holds(one)) for one in found
        ],
        channels=context.port.channels().channels,
        formats=FORMATS,
        name_of=_name,
    )


@router.get("/reports/forms")
@needs(*READS)
def show_forms(request: Request, person: SomePerson) -> Response:
    """Offices' own forms, and sending one in."""
    context = Context.of(request)
    hands_in = hand_in_reaches(request)
    found = report_forms.forms_within(context.engine, read_reaches(request))
    return page(
        request,
        "report_forms.html",
        person=person,
        names=context.people.names(),
        forms=[(one, hands_in.holds(one)) for one in found],
        choices=_choices(request, hands_in=True),
        name_of=_name,
    )


@router.get("/reports/forms/{form_id}")
@needs(*READS, of="form")
async def show_form(request: Request, form_id: FormId, person: SomePerson) -> Response:
    """A form as a grid: a cell is chosen, then the figure that goes into it."""
    known = await run_in_threadpool(known_form, request, form_id)
    figures = await figures_for(request, known)

    def shown() -> Response:
        context = Context.of(request)
        return page(
            request,
            "report_form.html",
            person=person,
            names=context.people.names(),
            form=known,
            where=_name(known),
            sheets=sheets_of(context, known),
            figures=figures,
            label_of={one.key: one.label for one in figures},
            maps=hand_in_reaches(request).holds(known),
            periods=_days(request) if known.daily else _months(request),
            last=last_period(context, daily=known.daily),
        )

    return await run_in_threadpool(shown)


@router.get("/reports/denominators")
@needs(May.AREA)
def show_denominators(request: Request, person: SomePerson) -> Response:
    """What indicators are divided by, with source and date; and entering one."""
    context = Context.of(request)
    today = local_day(context.port.health().hub_now_ms, context.zone)
    return page(
        request,
        "report_denominators.html",
        person=person,
        names=context.people.names(),
        entered=read_denominators(request),
        choices=_choices(request, kind="area"),
        indicators=INDICATORS,
        today=today.isoformat(),
    )
