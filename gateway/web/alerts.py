"""The routes about alerts: read, accept, close, shelve; gateway.web.attending has what lies between."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.accounts.roles import May
from gateway.alerts.lifecycle import fault_of_closing
from gateway.operations import views
from gateway.operations.answers import AlertDetail, AlertInHand, AlertPage
from gateway.operations.visits import TICKED
from gateway.web.access import APerson, SomePerson, reach_of
from gateway.web.acts import Key, Reason, carry_out, id_of, until_within
from gateway.web.alert_acts import act_on, known_alert
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.paging import Cursor
from gateway.web.port import Act
from gateway.web.problems import declared, refuse
from rules.modes import LASTS_MAX_MS, LASTS_MS
from rules.shaping.shelve import SHELF_CRITICAL_MAX_MS, SHELF_MAX_MS

NOTE_CHARS_MAX = 500
SHELF_MS = 3_600_000  # how long an alert is shelved when nobody says; half of it for a critical one

router = APIRouter(prefix="/api/v1", tags=["alerts"])
AlertId = Annotated[str, Path(max_length=128)]


class Away(BaseModel):
    """The mode that a home is put into with the same tap, and until when (epoch ms of hub time)."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["away", "hospital", "visitors"]
    until: int | None = Field(default=None, ge=0)


class Closing(BaseModel):
    """How an alert was settled: what it turned out to be, what was done, and a word about it.

    A false alarm needs a ``reason`` that fits its class, a true one about a person an ``outcome``. ``mode``: the home is put
    into that mode as well. ``visit``: it is recorded as a visit (探访记录); of a home, or where somebody was on site.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"verdict": "true", "outcome": "assisted", "note": "扶起，无外伤", "visit": True},
                {"verdict": "false", "reason": "sat_down"},
            ]
        },
    )
    verdict: Literal["true", "false", "test", "unconfirmed"]
    reason: str = Field(default="", max_length=32)
    outcome: Literal["", "none_needed", "assisted", "family_came", "hospital"] = ""
    note: str = Field(default="", max_length=NOTE_CHARS_MAX)
    mode: Away | None = None
    visit: bool = Field(default=False, strict=True)


class Shelving(BaseModel):
    """Why an alert is not to be told for a time, and until when (epoch ms of hub time; by default one hour)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "家属在场"}]})
    reason: Reason
    until: int | None = Field(default=None, ge=0)


@router.get("/alerts", responses=declared(422))
@needs(May.ALERTS)
def read_alerts(
    request: Request,
    state: views.Which = "open",
    limit: Annotated[int, Query(ge=1, le=views.LIMIT_MAX)] = 100,
    cursor: Cursor = None,
    before: Annotated[str | None, Query(max_length=64)] = None,
) -> AlertPage:
    """Alerts a page at a time. Open: most severe, then longest waiting first. Closed: last closed first."""
    try:
        reach = reach_of(request, May.ALERTS)
        return views.alerts(
            Context.of(request).engine, state, limit=limit, before=cursor or before, reach=reach
        )
    except ValueError as wrong:
        raise refuse(422, "invalid", what=str(wrong)) from wrong


@router.get("/alerts/{alert_id}", responses=declared(404, 422))
@needs(May.ALERTS, of="alert", record=True)
def read_alert(request: Request, alert_id: AlertId, person: SomePerson) -> AlertInHand | AlertDetail:
    """One alert with its steps; with contacts and access note for a signed-in person while it is accepted."""
    attending = person is not None and person.may(May.ATTEND)
    found = views.alert(Context.of(request).engine, alert_id, attending=attending)
    if found is None:
        raise refuse(404, "unknown_alert")
    return found


@router.post("/alerts/{alert_id}/accept", responses=declared(401, 404, 409, 422, 503))
@needs(May.ATTEND, of="alert")
async def accept(
    request: Request, alert_id: AlertId, person: APerson, key: Key = None
) -> AlertInHand | AlertDetail:
    """Accept an alert (接警). 409 says who was first."""
    return await act_on(request, "accept", alert_id, person, {}, key)


@router.post("/alerts/{alert_id}/close", responses=declared(401, 404, 409, 422, 503))
@needs(May.ATTEND, of="alert")
async def close(
    request: Request, alert_id: AlertId, person: APerson, closing: Closing, key: Key = None
) -> AlertInHand | AlertDetail:
    """Close an alert (办结) with a verdict. 409 says who was first.

    Of life safety *could not confirm* closes nothing: the alert goes up a rung, and is given back open.
    """
    alert = await known_alert(request, alert_id)
    said = closing.model_dump(exclude={"mode", "visit"})
    fault = fault_of_closing(alert.kind, said)
    if fault:
        raise refuse(422, "invalid", what=fault)
    until = closing_mode_until(request, closing.mode)
    if closing.visit:
        said["visit"] = TICKED
    closed = await act_on(request, "close", alert_id, person, said, key)
    if closing.mode is not None and closed.state == "closed" and alert.place_kind == "home":
        data = {"kind": closing.mode.kind, "until": str(until), "reason": f"警情{alert.number:04d}"}
        act = Act(kind="mode", by=person.name, place=alert.place_id, data=data)
        await carry_out(Context.of(request), act, id_of(key, "mode", alert.place_id, person))
    return closed


def closing_mode_until(request: Request, mode: Away | None) -> int:
    """Until when the mode shall last; refuses what cannot be, before anything is closed."""
    if mode is None:
        return 0
    return until_within(request, mode.until, usual=LASTS_MS[mode.kind], most=LASTS_MAX_MS)


@router.post("/alerts/{alert_id}/shelve", responses=declared(401, 404, 409, 422, 503))
@needs(May.ATTEND, of="alert")
async def shelve(
    request: Request, alert_id: AlertId, person: APerson, shelving: Shelving, key: Key = None
) -> AlertInHand | AlertDetail:
    """Shelve an alert (暂缓提醒) for 24 h at most: it comes back by itself.

    A critical one for one hour at most. Nobody shelves life safety or a critical alert in silence: the ladder goes on.
    """
    critical = (await known_alert(request, alert_id)).severity == "critical"
    most = SHELF_CRITICAL_MAX_MS if critical else SHELF_MAX_MS
    until = until_within(request, shelving.until, usual=SHELF_MS // 2 if critical else SHELF_MS, most=most)
    data = {"until": str(until), "reason": shelving.reason}
    return await act_on(request, "shelve", alert_id, person, data, key)


@router.delete("/alerts/{alert_id}/shelve", responses=declared(401, 404, 409, 422, 503))
@needs(May.ATTEND, of="alert")
async def unshelve(
    request: Request, alert_id: AlertId, person: APerson, key: Key = None
) -> AlertInHand | AlertDetail:
    """Take an alert back from the shelf: it is told anew."""
    return await act_on(request, "unshelve", alert_id, person, {}, key)
