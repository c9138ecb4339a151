"""The routes about what is kept of a resident (个人信息): a copy of it for them, and its erasure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.accounts.who import Who
from gateway.operations import erasing, resident
from gateway.operations.erasing import ErasureView
from gateway.web.access import reach_of, who_of
from gateway.web.acts import REASON_CHARS_MAX, Key, Reason, id_of
from gateway.web.context import Context
from gateway.web.homes import NAME_CHARS_MAX, PlaceId
from gateway.web.needs import needs
from gateway.web.problems import declared, refuse

ZIP = "application/zip"
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
        "description": "A ZIP file: index.html to read and print, record.json, readings.csv, hours.csv, days.csv.",
    }
}
STATUS = {erasing.OPEN: 409, "reporting": 409, erasing.UNKNOWN: 404}

router = APIRouter(prefix="/api/v1", tags=["privacy"])
Why = Annotated[str, Query(min_length=1, max_length=REASON_CHARS_MAX, description="Who asked for it; noted.")]


class Erasing(BaseModel):
    """What is asked for: the number of the home once more, and why (who has asked, on what day)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"confirm": "H0001", "reason": "本人迁出，2026-03-02 书面申请"}]},
    )
    confirm: str = Field(max_length=NAME_CHARS_MAX)
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePlan:
    """What an erasure of a home would come to.

    ``rows``: how many of which table go, or stay without the person (alert, alert_step, outbox); readings, their summaries, and
    what the journal holds go as well. ``refused``: why it cannot be now ('' when it can): ``alert_open``, or ``reporting``, of
    ``devices`` that were heard lately.
    """

    place: str
    rows: dict[str, int]
    refused: str
    devices: list[str]


@dataclass(frozen=True, slots=True)
class ErasureList:
    """The erasures, the newest first."""

    erasures: list[ErasureView]


@router.get("/places/{place_id}/copy", responses=FILE | declared(404, 422, 503), response_class=FileResponse)
@needs(May.PRIVACY, of="home", record=True, noted="copy_home")
async def read_copy(request: Request, place_id: PlaceId, reason: Why) -> FileResponse:
    """Everything that is kept of a home's resident, as a ZIP file that they can read; nobody else's data."""
    request.scope["audit_reason"] = reason
    return await copy_for(Context.of(request), place_id)


@router.get("/places/{place_id}/erasure", responses=declared(404, 422))
@needs(May.PRIVACY, of="home", record=True)
def read_erasure_plan(request: Request, place_id: PlaceId) -> ErasurePlan:
    """What an erasure of that home would take, and whether it can be done now; does nothing."""
    return plan_of(Context.of(request), place_id)


@router.post("/places/{place_id}/erasure", status_code=202, responses=declared(404, 409, 422, 503))
@needs(May.PRIVACY, of="home", record=True)
async def erase_home(request: Request, place_id: PlaceId, given: Erasing, key: Key = None) -> ErasureView:
    """Erase what is kept of a home's resident, after they have left or withdrawn. It cannot be taken back.

    When it answers, names, contacts, consents and notes are gone; readings and the journal follow (`GET /api/v1/erasures`).
    """
    request.scope["audit_reason"] = given.reason
    if given.confirm.strip() != place_id:
        raise refuse(422, "erase_confirm")
    return await erase_for(Context.of(request), who_of(request), place_id, key)


@router.get("/erasures", responses=declared(422))
@needs(May.PRIVACY)
def read_erasures(request: Request) -> ErasureList:
    """Residents' records that were erased, by pseudonym: when, by whom, and how far it is."""
    return ErasureList(erasing.erasures(Context.of(request).engine, reach_of(request, May.PRIVACY)))


async def copy_for(context: Context, place_id: str) -> FileResponse:
    """The copy as an answer; the file goes when it is sent."""
    try:
        file: Path = await context.port.copy_home(place_id)
    except KeyError:
        raise refuse(404, "unknown_place") from None
    done = BackgroundTask(file.unlink, missing_ok=True)
    return FileResponse(file, media_type=ZIP, filename=f"copy-{place_id}.zip", background=done)


async def erase_for(context: Context, who: Who, place_id: str, key: str | None) -> ErasureView:
    """Have it erased; refuses with words where that cannot be. The same ``key`` is the same erasure."""
    act_id = id_of(key, "erase", place_id, who)
    reason = await context.port.erase_home(place_id, by=who.name or "carehub", id=act_id)
    if reason:
        raise refuse(STATUS.get(reason, 409), problem_of(reason), devices=_named(context, place_id))
    found = await run_in_threadpool(erasing.erasure, context.engine, act_id)
    if found is None:
        raise refuse(503, "unavailable", reason="the erasure is not written yet; look again later")
    return found


def problem_of(reason: str) -> str:
    """Under which of the refusals' words a reason stands."""
    return {erasing.OPEN: "erase_open", "reporting": "erase_reporting"}.get(reason, "unknown_place")


def _named(context: Context, place_id: str) -> str:
    return ", ".join(context.port.still_reporting(place_id))


def plan_of(context: Context, place_id: str) -> ErasurePlan:
    """What an erasure would come to; reads the database, so not on the loop."""
    rows = resident.counted(context.engine, place_id)
    if not rows:
        raise refuse(404, "unknown_place")
    devices = list(context.port.still_reporting(place_id))
    refused = erasing.OPEN if resident.has_open(context.engine, place_id) else "reporting" if devices else ""
    return ErasurePlan(place=place_id, rows=rows, refused=refused, devices=devices)
