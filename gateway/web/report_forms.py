"""The routes about offices' own forms (自用表格): sent in, mapped cell by cell, filled for a period."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.forms.fill import check_target, fill
from gateway.forms.grid import COLUMNS_SHOWN, ROWS_SHOWN, Grid, grid_of
from gateway.forms.package import FormError, read_package, write_package
from gateway.forms.sheets import Workbook, read_workbook
from gateway.forms.values import ABOUT, MAPPED_MAX, cell_named, values_for
from gateway.operations import report_forms
from gateway.operations.report_forms import FormView
from gateway.reports.asked import PERIOD
from gateway.reports.document import PLAIN, Kind, Report, Text, Value
from gateway.web.access import APerson
from gateway.web.acts import Key, id_of
from gateway.web.context import Context
from gateway.web.filed_reports import FILE, kept_file, made_now, sent
from gateway.web.needs import needs
from gateway.web.problems import RefusedError, declared, refuse
from gateway.web.report_reach import (
    HANDS_IN,
    PLACE_CHARS_MAX,
    READS,
    check_period,
    hand_in_reaches,
    read_reaches,
    subject_of,
    wanted_of,
)
from rules.local_time import local_day

NAME_CHARS_MAX: Final = 64
BYTES: Final = "application/octet-stream"

router = APIRouter(prefix="/api/v1", tags=["reports"])
FormId = Annotated[str, Path(max_length=64)]
KindOf = Annotated[Kind, Query(description="station, facility or area")]
Period = Annotated[
    str, Query(pattern=f"^{PERIOD}$", max_length=10, description="2026-10; by the day 2026-10-21")
]
At = Annotated[
    str, Query(max_length=PLACE_CHARS_MAX, description="A path of the tree of places, as 区/街道/社区")
]
Facility = Annotated[str, Query(max_length=64, description="Of a facility's report, its id")]


@dataclass(frozen=True, slots=True)
class FormList:
    """The forms within reach."""

    forms: list[FormView]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureToChoose:
    """A figure that may go into a cell, with what it is in the last whole period; None: no data."""

    key: str
    label: Text
    value: Value
    unit: Text
    definition: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSheets:
    """A form's sheets as they look, and which figure goes where."""

    form: FormView
    sheets: list[Grid]


@dataclass(frozen=True, slots=True)
class FigureList:
    """The figures that a form's cells may be filled with."""

    figures: list[FigureToChoose]


class CellMapping(BaseModel):
    """Which figure goes into a cell; '' leaves the cell as the form has it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"cell": "月报!C5", "figure": "alerts.life_safety"}]}
    )
    cell: Annotated[str, Field(min_length=4, max_length=80)]
    figure: Annotated[str, Field(max_length=128)] = ""


@router.get("/report-forms", responses=declared(422))
@needs(*READS)
def read_forms(request: Request) -> FormList:
    """The forms in use within reach."""
    engine = Context.of(request).engine
    return FormList(report_forms.forms_within(engine, read_reaches(request)))


@router.post("/report-forms", status_code=201, responses=declared(401, 404, 409, 413, 422, 503))
@needs(*HANDS_IN)
async def add_form(  # noqa: PLR0917 a query
    request: Request,
    person: APerson,
    body: Annotated[bytes, Body(media_type=BYTES, json_schema_extra={"format": "binary"})],
    name: Annotated[str, Query(min_length=1, max_length=NAME_CHARS_MAX)],
    kind: KindOf,
    at: At = "",
    facility: Facility = "",
    daily: Annotated[bool, Query(description="Of a station: filled by the day")] = False,  # noqa: FBT002 a query
    key: Key = None,
) -> FormView:
    """Send a form in: an XLSX file of at most 2 MB without macros, links to other files, or anything that is fetched."""
    if not name.strip() or not name.isprintable():
        raise refuse(422, "report_name")
    if daily and kind != "station":
        raise refuse(422, "period")
    of = await run_in_threadpool(subject_of, request, hand_in_reaches(request), kind, at, facility)
    await run_in_threadpool(book_of, body)
    context = Context.of(request)
    form_id = id_of(key, "form", f"{of.kind}\n{of.at}\n{of.facility}", person)
    now = context.port.health().hub_now_ms

    def keep() -> str:
        try:
            file = context.port.report_files.put(body)
        except sqlite3.Error as error:
            raise refuse(503, "unavailable", reason=str(error)) from error
        return report_forms.add_form(
            context.engine, form_id, of, name=name.strip(), daily=daily, file=file, by=person.name, now=now
        )

    if await run_in_threadpool(keep):
        raise refuse(409, "report_many")
    return await run_in_threadpool(known_form, request, form_id)


@router.get("/report-forms/{form_id}", responses=declared(404, 409, 422))
@needs(*READS, of="form")
def read_form(request: Request, form_id: FormId) -> FormSheets:
    """A form's sheets as a grid, at most 200 rows and 40 columns of each, and the figure that goes into each cell."""
    known = known_form(request, form_id)
    return FormSheets(form=known, sheets=sheets_of(Context.of(request), known))


@router.get("/report-forms/{form_id}/figures", responses=declared(404, 422, 503))
@needs(*READS, of="form")
async def read_form_figures(request: Request, form_id: FormId) -> FigureList:
    """The figures that the cells of this form may be filled with, with their values in the last whole period."""
    known = await run_in_threadpool(known_form, request, form_id)
    return FigureList(await figures_for(request, known))


@router.put("/report-forms/{form_id}/mapping", responses=declared(401, 404, 409, 422))
@needs(*HANDS_IN, of="form")
def map_cell(
    request: Request,
    form_id: FormId,
    person: APerson,
    mapping: CellMapping,
    key: Key = None,  # noqa: ARG001 twice is the same
) -> FormView:
    """Let a figure go into a cell of the form. A cell with a formula, or within a merged one, is the form's own."""
    context = Context.of(request)
    known = known_form(request, form_id, writes=True)
    try:
        sheet, spot = cell_named(mapping.cell)
    except ValueError:
        raise refuse(422, "form_no_cell") from None
    if spot[0] > ROWS_SHOWN or spot[1] > COLUMNS_SHOWN:
        raise refuse(422, "form_no_cell")
    try:
        check_target(book_of(kept_file(context, known.file)), sheet, spot)
    except FormError as wrong:
        raise as_refusal(wrong) from wrong
    fault = report_forms.map_cell(
        context.engine, form_id, mapping.cell, mapping.figure.strip(), most=MAPPED_MAX, by=person.name,
        now=context.port.health().hub_now_ms,
    )  # fmt: skip
    if fault:
        raise refuse(409, "report_many" if fault == "many" else "report_state")
    return known_form(request, form_id)


@router.get(
    "/report-forms/{form_id}/filled", responses=FILE | declared(404, 409, 422, 503), response_class=Response
)
@needs(*READS, of="form")
async def read_filled(request: Request, form_id: FormId, period: Period) -> Response:
    """The form filled for a period, as an XLSX file. What is not known is 无数据; the same data are the same bytes."""
    known = await run_in_threadpool(known_form, request, form_id)
    check_period(request, known.kind, period)
    if known.daily != (len(period) == len("2026-10-21")):
        raise refuse(422, "period")
    made = await made_now(request, wanted_of(request, known, period, language="zh"))
    body = await run_in_threadpool(_filled, Context.of(request), known, made.report)
    return sent(body, f"{known.name}_{period}.xlsx")


@router.delete("/report-forms/{form_id}", responses=declared(401, 404, 422))
@needs(*HANDS_IN, of="form")
def end_form(
    request: Request,
    form_id: FormId,
    person: APerson,
    key: Key = None,  # noqa: ARG001 a repeat ends nothing more
) -> FormList:
    """Use a form no more."""
    context = Context.of(request)
    known_form(request, form_id, writes=True)
    report_forms.end_form(context.engine, form_id, by=person.name, now=context.port.health().hub_now_ms)
    return read_forms(request)


def known_form(request: Request, form_id: str, *, writes: bool = False) -> FormView:
    """The form, or a refusal where whoever asks may not see those of its kind there."""
    found = report_forms.form(Context.of(request).engine, form_id)
    reaches = hand_in_reaches(request) if writes else read_reaches(request)
    if found is None or not reaches.holds(found):
        raise refuse(404, "unknown_form")
    return found


def book_of(body: bytes) -> Workbook:
    """The sheets of a file, or a refusal that says why it is no form."""
    try:
        return read_workbook(read_package(body))
    except FormError as wrong:
        raise as_refusal(wrong) from wrong


def as_refusal(wrong: FormError) -> RefusedError:
    """Why a file or a cell is none for a form."""
    return refuse(422, f"form_{wrong.reason}", where=wrong.detail)


def sheets_of(context: Context, known: FormView) -> list[Grid]:
    """The sheets that are shown, with what is mapped."""
    book = book_of(kept_file(context, known.file))
    return [
        grid_of(book, sheet, _of_sheet(known.mapping, sheet.name))
        for sheet in book.sheets.values()
        if not sheet.hidden
    ]


def _of_sheet(mapping: dict[str, str], sheet: str) -> dict[str, str]:
    return {name.rpartition("!")[2]: key for name, key in mapping.items() if name.rpartition("!")[0] == sheet}


def last_period(context: Context, *, daily: bool) -> str:
    """The last period that is over: yesterday, or the month before."""
    today = local_day(context.port.health().hub_now_ms, context.zone)
    if daily:
        return today.fromordinal(today.toordinal() - 1).isoformat()
    first = today.replace(day=1)
    return f"{first.fromordinal(first.toordinal() - 1):%Y-%m}"


async def figures_for(request: Request, known: FormView) -> list[FigureToChoose]:
    """What may be chosen: words about the report, then its figures in their order."""
    period = last_period(Context.of(request), daily=known.daily)
    made = await made_now(request, wanted_of(request, known, period, language="zh"))
    words = [
        FigureToChoose(key=key, label=label, value="", unit=PLAIN, definition=PLAIN)
        for key, label in ABOUT.items()
    ]
    return words + [
        FigureToChoose(
            key=one.key, label=one.label, value=one.value, unit=one.unit, definition=one.definition
        )
        for one in made.report.figures.values()
    ]


def _filled(context: Context, known: FormView, report: Report) -> bytes:
    package = read_package(kept_file(context, known.file))
    book = read_workbook(package)
    values: dict[Any, Any] = values_for(known.mapping, report, book)
    return write_package(fill(package, book, values))
