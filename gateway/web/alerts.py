"""The routes about alerts: read, accept, close, shelve."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.operations import views
from gateway.operations.answers import AlertDetail, AlertInHand, AlertPage
from gateway.operations.people import Person
from gateway.web.access import APerson, SomePerson
from gateway.web.acts import Key, Reason, carry_out, id_of, until_within
from gateway.web.context import Context
from gateway.web.port import Act
from gateway.web.problems import RefusedError, declared, refuse
from gateway.web.render import clock_time
from rules.shaping.shelve import SHELF_CRITICAL_MAX_MS, SHELF_MAX_MS

NOTE_CHARS_MAX = 500
SHELF_MS = 3_600_000  # how long an alert is shelved when nobody says; half of it for a critical one

router = APIRouter(prefix="/api/v1", tags=["alerts"])
AlertId = Annotated[str, Path(max_length=128)]


class Closing(BaseModel):
    """How an alert was settled: what it turned out to be, and a word about it."""

    model_config = ConfigDict(extra="forbid")
    verdict: Literal["true", "false", "test", "unconfirmed"]
    note: str = Field(default="", max_length=NOTE_CHARS_MAX)


class Shelving(BaseModel):
    """Why an alert is not to be told for a time, and until when (epoch ms of hub time; by default one hour)."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason
    until: int | None = Field(default=None, ge=0)


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


@router.post("/alerts/{alert_id}/shelve", responses=declared(401, 404, 409, 422, 503))
async def shelve(
    request: Request, alert_id: AlertId, person: APerson, shelving: Shelving, key: Key = None
) -> AlertInHand | AlertDetail:
    """Shelve an alert (暂缓提醒) for 24 h at most: it comes back by itself.

    A critical one for one hour at most. Nobody shelves life safety or a critical alert in silence: the ladder goes on.
    """
    alert = await run_in_threadpool(views.alert_view, Context.of(request).engine, alert_id)
    critical = alert is not None and alert.severity == "critical"
    most = SHELF_CRITICAL_MAX_MS if critical else SHELF_MAX_MS
    until = until_within(request, shelving.until, usual=SHELF_MS // 2 if critical else SHELF_MS, most=most)
    data = {"until": str(until), "reason": shelving.reason}
    return await _command(request, "shelve", alert_id, person, data, key)


@router.delete("/alerts/{alert_id}/shelve", responses=declared(401, 404, 409, 422, 503))
async def unshelve(
    request: Request, alert_id: AlertId, person: APerson, key: Key = None
) -> AlertInHand | AlertDetail:
    """Take an alert back from the shelf: it is told anew."""
    return await _command(request, "unshelve", alert_id, person, {}, key)


async def _command(
    request: Request, kind: str, alert_id: str, person: Person, data: dict[str, str], key: str | None
) -> AlertDetail:
    context = Context.of(request)
    alert = await run_in_threadpool(views.alert_view, context.engine, alert_id)
    if alert is None:
        raise refuse(404, "unknown_alert")
    act = Act(kind=kind, by=person.name, place=alert.place_id, alert=alert_id, data=data)
    outcome = await carry_out(context, act, id_of(key, kind, alert_id, person))
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
    somebody = "accepted" in reason or "closed" in reason
    if by is None or at is None or not somebody:
        return refuse(409, "refused", reason=reason)
    time = clock_time(at, ZoneInfo(context.settings.zone), context.port.health().hub_now_ms)
    return refuse(409, word, by=by, at=at, name=by, time=time)
