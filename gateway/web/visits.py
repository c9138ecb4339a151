"""The routes about visit records (探访记录): those of a home, one more without an alert, one struck out with its reason.

A visit of an alert comes from the tick at its close (``gateway.web.alerts``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.operations import visits
from gateway.operations.visits import VisitView
from gateway.web.access import APerson
from gateway.web.acts import Key, Reason, carry_out, id_of
from gateway.web.alerts import NOTE_CHARS_MAX
from gateway.web.context import Context
from gateway.web.homes import PlaceId
from gateway.web.needs import needs
from gateway.web.port import Act
from gateway.web.problems import declared, refuse

SHOWN_MAX = 100

router = APIRouter(prefix="/api/v1", tags=["visits"])
VisitId = Annotated[str, Path(max_length=64)]


class Visiting(BaseModel):
    """A word about a visit; none is needed."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"note": "送药，一切都好"}]})
    note: Annotated[str, Field(max_length=NOTE_CHARS_MAX)] = ""


class Striking(BaseModel):
    """Why a visit is struck out."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "其实没有去，点错了"}]}
    )
    reason: Reason


@dataclass(frozen=True, slots=True)
class VisitList:
    """The visits of a home or facility, the newest first, also those struck out; at most 100."""

    visits: list[VisitView]


@router.get("/places/{place_id}/visits", responses=declared(404, 422))
@needs(May.HOMES, of="place", record=True)
def read_visits(request: Request, place_id: PlaceId) -> VisitList:
    """The visits of one home or facility: by whom, when, with which alert."""
    return VisitList(visits.visits_of(Context.of(request).engine, place_id, limit=SHOWN_MAX))


@router.post("/places/{place_id}/visits", status_code=201, responses=declared(401, 404, 409, 422, 503))
@needs(May.ATTEND, of="home")
async def record_visit(
    request: Request, place_id: PlaceId, person: APerson, visiting: Visiting, key: Key = None
) -> VisitView:
    """Record a visit to a home without an alert (上门探访). The same `Idempotency-Key` is the same visit."""
    act = Act(kind="visit", by=person.name, place=place_id, data={"note": visiting.note.strip()})
    return await _done(request, act, name := id_of(key, "visit", place_id, person), name)


@router.post("/visits/{visit_id}/strike", responses=declared(401, 404, 409, 422, 503))
@needs(May.ATTEND, of="visit")
async def strike_visit(
    request: Request, visit_id: VisitId, person: APerson, striking: Striking, key: Key = None
) -> VisitView:
    """Strike a visit out that was none: it stays to be read, and counts no more. 409 says who has done so already."""
    context = Context.of(request)
    known = await run_in_threadpool(visits.visit, context.engine, visit_id)
    if known is None:
        raise refuse(404, "unknown_visit")
    data = {"id": visit_id, "reason": striking.reason}
    act = Act(kind="visit_strike", by=person.name, place=known.place_id, data=data)
    return await _done(request, act, id_of(key, "visit_strike", visit_id, person), visit_id)


async def _done(request: Request, act: Act, act_id: str, visit_id: str) -> VisitView:
    context = Context.of(request)
    outcome = await carry_out(context, act, act_id)
    if not outcome.ok:
        raise refuse(409, "refused", reason=outcome.reason)
    found = await run_in_threadpool(visits.visit, context.engine, visit_id)
    if found is None:
        raise refuse(503, "unavailable", reason="it is not written yet; look again later")
    return found
