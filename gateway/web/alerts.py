"""The routes about alerts: read, accept, close."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.operations import views
from gateway.operations.answers import AlertDetail, AlertInHand, AlertPage
from gateway.operations.people import Person
from gateway.web.access import APerson, SomePerson
from gateway.web.context import Context
from gateway.web.problems import RefusedError, declared, refuse
from gateway.web.render import clock_time

COMMAND_TIMEOUT_S = 10.0
NOTE_CHARS_MAX = 500

router = APIRouter(prefix="/api/v1", tags=["alerts"])
AlertId = Annotated[str, Path(max_length=128)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=128)]


class Closing(BaseModel):
    """How an alert was settled: what it turned out to be, and a word about it."""

    model_config = ConfigDict(extra="forbid")
    verdict: Literal["true", "false", "test", "unconfirmed"]
    note: str = Field(default="", max_length=NOTE_CHARS_MAX)


@router.get("/alerts", responses=declared(422))
def read_alerts(
    request: Request,
    state: views.Which = "open",
    limit: Annotated[int, Query(ge=1, le=views.LIMIT_MAX)] = 100,
    before: Annotated[str | None, Query(max_length=64)] = None,
) -> AlertPage:
    """Alerts a page at a time. Open: most severe, then longest waiting first. Closed: last closed first."""
    try:
        return views.alerts(Context.of(request).engine, state, limit=limit, before=before)
    except ValueError as wrong:
        raise refuse(422, "invalid", what=str(wrong)) from wrong


@router.get("/alerts/{alert_id}", responses=declared(404, 422))
def read_alert(request: Request, alert_id: AlertId, person: SomePerson) -> AlertInHand | AlertDetail:
    """One alert with its steps; with contacts and access note for a signed-in person while it is accepted."""
    found = views.alert(Context.of(request).engine, alert_id, attending=person is not None)
    if found is None:
        raise refuse(404, "unknown_alert")
    return found


@router.post("/alerts/{alert_id}/accept", responses=declared(401, 404, 409, 422, 503))
async def accept(
    request: Request, alert_id: AlertId, person: APerson, key: Key = None
) -> AlertInHand | AlertDetail:
    """Accept an alert (接警). 409 says who was first."""
    return await _command(request, "accept", alert_id, person, {}, key)


@router.post("/alerts/{alert_id}/close", responses=declared(401, 404, 409, 422, 503))
async def close(
    request: Request, alert_id: AlertId, person: APerson, closing: Closing, key: Key = None
) -> AlertInHand | AlertDetail:
    """Close an alert (办结) with a verdict. 409 says who was first."""
    return await _command(request, "close", alert_id, person, closing.model_dump(), key)


async def _command(
    request: Request, kind: str, alert_id: str, person: Person, data: dict[str, str], key: str | None
) -> AlertDetail:
    context = Context.of(request)
    if await run_in_threadpool(views.alert, context.engine, alert_id) is None:
        raise refuse(404, "unknown_alert")
    try:
        async with asyncio.timeout(COMMAND_TIMEOUT_S):
            outcome = await context.port.command(
                kind=kind,
                alert=alert_id,
                by=person.name,
                data=data,
                id=_command_id(key, kind, alert_id, person),
            )
    except TimeoutError as late:
        raise refuse(503, "timeout") from late
    now = await run_in_threadpool(views.alert, context.engine, alert_id, attending=True)
    if now is None:
        raise refuse(404, "unknown_alert")
    if not outcome.ok:
        raise _lost_race(context, now, outcome.reason)
    return now


def _lost_race(context: Context, now: AlertDetail, reason: str) -> RefusedError:
    """Say who was first; the hub's own reason where nobody was."""
    by, at, word = now.accepted_by, now.accepted_at, "taken_accepted"
    if now.state == "closed":
        by, at, word = now.closed_by, now.closed_at, "taken_closed"
    if by is None or at is None:
        return refuse(409, "refused", reason=reason)
    time = clock_time(at, ZoneInfo(context.settings.zone), context.port.health().hub_now_ms)
    return refuse(409, word, by=by, at=at, name=by, time=time)


def _command_id(key: str | None, kind: str, alert_id: str, person: Person) -> str:
    """Give the command's id: the same for a repeat by the same person of the same thing, else a new one."""
    if key is None:
        return secrets.token_hex(16)
    return hashlib.sha256("\n".join((key, kind, alert_id, str(person.id))).encode()).hexdigest()[:32]
