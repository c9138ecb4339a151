"""The routes about reports that are handed in: made (制表), checked (审核), handed in (上报), held against what is now.

A report that is only looked at is ``gateway.web.reports``.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.handing.compared import NAME as DOCUMENT
from gateway.handing.compared import Comparison, compared, decoded, encoded
from gateway.operations import filed_reports
from gateway.operations.filed_reports import FiledView, Of
from gateway.report_files import DamagedFileError, digest_of
from gateway.reports.asked import PERIOD
from gateway.reports.document import Kind, Lang
from gateway.reports.rendering import FORMATS, MEDIA, Format
from gateway.web.access import APerson
from gateway.web.acts import REASON_CHARS_MAX, Key
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.paging import Cursor, first, read
from gateway.web.problems import declared, refuse
from gateway.web.report_port import ReportMade, ReportWanted
from gateway.web.report_reach import (
    HANDS_IN,
    MAKES,
    PLACE_CHARS_MAX,
    READS,
    check_period,
    hand_in_reaches,
    make_reaches,
    may_read,
    read_reaches,
    subject_of,
    wanted_of,
)

LIMIT: Final = 100
JSON: Final = "application/json"
FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            media.split(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for media in MEDIA.values()
        },
        "description": "The file.",
    }
}
PROBLEMS: Final = {"unknown": (404, "unknown_report"), "state": (409, "report_state"), "same_person": (409, "report_same"),
                   "reason": (422, "report_reason")}  # fmt: skip

router = APIRouter(prefix="/api/v1", tags=["reports"])
ReportId = Annotated[str, Path(max_length=64)]


@dataclass(frozen=True, slots=True)
class FiledPage:
    """Some reports, the newest first, and the cursor for those before them."""

    reports: list[FiledView]
    next: str | None


class Filing(BaseModel):
    """Which report is made to be handed in (制表)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"kind": "station", "period": "2026-10", "at": "福田区/莲花街道/莲花社区"}]
        },
    )
    kind: Kind
    period: Annotated[str, Field(pattern=f"^{PERIOD}$", max_length=10)]
    at: Annotated[str, Field(max_length=PLACE_CHARS_MAX)] = ""
    facility: Annotated[str, Field(max_length=64)] = ""
    language: Lang = "zh"


class Signing(BaseModel):
    """The next step: checked (审核), handed in (上报; to whom, in the note), or sent back with a reason."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"act": "hand_in", "note": "区民政局"}]}
    )
    act: Literal["check", "hand_in", "send_back"]
    note: Annotated[str, Field(max_length=REASON_CHARS_MAX)] = ""


@router.get("/filed-reports", responses=declared(422))
@needs(*READS)
def read_reports(
    request: Request, limit: Annotated[int, Query(ge=1, le=LIMIT)] = 50, cursor: Cursor = None
) -> FiledPage:
    """The reports that were made to be handed in, within reach, the newest first, each with its way."""
    behind = read(cursor, tuple[int, str]) if cursor is not None else None
    seen = filed_reports.seen_by(read_reaches(request))
    found = filed_reports.filed_within(Context.of(request).engine, seen, limit=limit + 1, behind=behind)
    return FiledPage(*first(found, lambda one: (one.until, one.id), limit))


@router.post("/filed-reports", status_code=201, responses=declared(401, 404, 422, 503))
@needs(*MAKES)
async def make_report(
    request: Request,
    person: APerson,
    filing: Filing,
    key: Key = None,  # noqa: ARG001 the same report from the same data is the same one
) -> FiledView:
    """Make a report to be handed in (制表): XLSX, CSV, HTML and, where this machine can, PDF; kept as they are.

    The same report from the same data again is the same one.
    """
    reaches = make_reaches(request)
    of = await run_in_threadpool(subject_of, request, reaches, filing.kind, filing.at, filing.facility)
    check_period(request, filing.kind, filing.period)
    wanted = replace(wanted_of(request, of, filing.period, language=filing.language), formats=FORMATS)
    made = await made_now(request, wanted)
    return await run_in_threadpool(
        keep, Context.of(request), of, wanted, made, by=person.name, by_id=person.id
    )


@router.get("/filed-reports/{report_id}", responses=declared(404, 422))
@needs(*READS, of="report")
def read_report(request: Request, report_id: ReportId) -> FiledView:
    """One report with its way: made, checked, handed in; the SHA-256 of each of its files."""
    return known_report(request, report_id)


@router.get(
    "/filed-reports/{report_id}/files/{name}",
    responses=FILE | declared(404, 409, 422),
    response_class=Response,
)
@needs(*READS, of="report", record=True)
def read_report_file(
    request: Request, report_id: ReportId, name: Annotated[str, Path(max_length=200)]
) -> Response:
    """A file of a report as it was made; `report.json` is the document itself."""
    report = known_report(request, report_id)
    digest = report.document if name == DOCUMENT else report.files.get(name)
    if digest is None:
        raise refuse(404, "unknown_report")
    return sent(kept_file(Context.of(request), digest), name)


@router.get("/filed-reports/{report_id}/changes", responses=declared(404, 409, 422, 503))
@needs(*READS, of="report")
async def read_report_changes(request: Request, report_id: ReportId) -> Comparison:
    """The same report made from what is known now, held against it: the figures that late data or a correction have changed."""
    return await changes_of(request, await run_in_threadpool(known_report, request, report_id))


@router.post("/filed-reports/{report_id}/sign", responses=declared(401, 404, 409, 422))
@needs(*HANDS_IN, of="report")
def sign_report(
    request: Request, report_id: ReportId, person: APerson, signing: Signing, key: Key = None
) -> FiledView:
    """Take the next step of its way, over the very files that are kept. 409: not the next step, or who made it checks it.

    Under a key, the step that the same person took last is not taken again.
    """
    context = Context.of(request)
    report = known_report(request, report_id)
    if not hand_in_reaches(request).holds(report):
        raise refuse(404, "unknown_report")
    for digest in (report.document, *report.files.values()):
        kept_file(context, digest)
    fault = filed_reports.sign(
        context.engine, report_id, signing.act, by=person.name, by_id=person.id, note=signing.note,
        now=context.port.health().hub_now_ms, again=key is not None,
    )  # fmt: skip
    if fault:
        raise refuse(*PROBLEMS[fault])
    request.scope["audit_reason"] = f"{signing.act} {signing.note}".strip()
    return known_report(request, report_id)


def known_report(request: Request, report_id: str) -> FiledView:
    """The report, or a refusal where whoever asks may not see those of its kind there."""
    found = filed_reports.filed(Context.of(request).engine, report_id)
    if found is None or not may_read(request, found):
        raise refuse(404, "unknown_report")
    return found


async def made_now(request: Request, wanted: ReportWanted) -> ReportMade:
    """Have it made, or refuse."""
    try:
        return await Context.of(request).port.make_report(wanted)
    except KeyError:
        raise refuse(404, "unknown_subject") from None


async def changes_of(request: Request, report: FiledView) -> Comparison:
    """What is different now."""
    context = Context.of(request)
    then = decoded(await run_in_threadpool(kept_file, context, report.document))
    wanted = wanted_of(request, report, report.period, language=then_language(report))
    made = await made_now(request, replace(wanted, until=report.until))
    return compared(then, made.report)


def then_language(report: FiledView) -> Lang:
    """In which language it was made."""
    return "en" if report.language == "en" else "zh"


def keep(
    context: Context, of: Of, wanted: ReportWanted, made: ReportMade, *, by: str, by_id: int
) -> FiledView:
    """Keep the files, then write that it was made."""
    files = context.port.report_files
    try:
        digests = {name: files.put(body) for name, body in made.files.items()}
        document = files.put(encoded(made.report))
    except (sqlite3.Error, ValueError) as error:
        raise refuse(503, "unavailable", reason=str(error)) from error
    return filed_reports.file_report(
        context.engine, of, period=wanted.period, language=wanted.language, until=wanted.until, document=document,
        files=digests, by=by, by_id=by_id, now=context.port.health().hub_now_ms,
    )  # fmt: skip


def kept_file(context: Context, digest: str) -> bytes:
    """A file as it was kept; refused where it is not what it was."""
    try:
        return context.port.report_files.get(digest)
    except (DamagedFileError, sqlite3.Error):
        raise refuse(409, "report_damaged") from None


def sent(body: bytes, name: str) -> Response:
    """A file to be saved, under its name."""
    ending: Format | str = name.rpartition(".")[2]
    media = next((media for form, media in MEDIA.items() if form == ending), JSON)
    return Response(
        body,
        media_type=media,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "ETag": f'"{digest_of(body)}"',
        },
    )
