"""The routes for attending to an alert: seen, called, on the way, on site, handed over, passed up, merged, opened again."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.operations.answers import AlertDetail, AlertInHand
from gateway.operations.whereabouts import ANYWHERE, spot_of
from gateway.web.access import APerson, reach_of
from gateway.web.acts import Key, Reason
from gateway.web.alert_acts import act_on
from gateway.web.alerts import NOTE_CHARS_MAX, AlertId
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.problems import declared, refuse

NAME_CHARS_MAX = 64

router = APIRouter(prefix="/api/v1", tags=["alerts"])
REFUSALS = declared(401, 404, 409, 422, 503)


def _written(text: str) -> str:
    if not text.strip():
        raise ValueError("write something")
    return text.strip()


Note = Annotated[str, Field(max_length=NOTE_CHARS_MAX)]
Name = Annotated[str, Field(max_length=NAME_CHARS_MAX), AfterValidator(_written)]


class Calling(BaseModel):
    """A telephone call about an alert: with whom, and what came of it (平安 / 需帮助 / 无人接)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"whom": "elder", "result": "no_answer", "note": "响了一分钟"}]},
    )
    whom: Literal["elder", "contact", "neighbour", "other"] = "elder"
    result: Literal["ok", "help", "no_answer"]
    note: Note = ""


class Commenting(BaseModel):
    """A word about an alert for those who read it later."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "女儿在路上，二十分钟到"}]}
    )
    text: Annotated[str, Field(max_length=NOTE_CHARS_MAX), AfterValidator(_written)]


class Giving(BaseModel):
    """Whom an alert is given to, by name."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"to": "王强", "note": "他就在楼下"}]}
    )
    to: Name
    note: Note = ""


class Merging(BaseModel):
    """The alert that this one is part of."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"into": "3f6c1a9d0b2e4c58"}]})
    into: Annotated[str, Field(min_length=1, max_length=128)]


class Because(BaseModel):
    """Why."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "长者来电说又不舒服了"}]}
    )
    reason: Reason


async def _reached(request: Request, alert_id: str) -> None:
    """Refuse an alert that lies outside as one that does not exist: to merge into it writes into its history."""
    spot = await run_in_threadpool(spot_of, Context.of(request).engine, "alert", alert_id)
    if spot is None or not (spot.path == ANYWHERE or reach_of(request, May.ATTEND).holds(spot.path)):
        raise refuse(404, "unknown_alert")


@router.post("/alerts/{alert_id}/see", responses=REFUSALS)
@needs(May.ATTEND, of="alert")
async def see(
    request: Request, alert_id: AlertId, person: APerson, key: Key = None
) -> AlertInHand | AlertDetail:
    """Note that this person has seen an alert; once for each person."""
    return await act_on(request, "see", alert_id, person, {}, key)


@router.post("/alerts/{alert_id}/call", responses=REFUSALS)
@needs(May.ATTEND, of="alert")
async def call(
    request: Request, alert_id: AlertId, person: APerson, calling: Calling, key: Key = None
) -> AlertInHand | AlertDetail:
    """Note a telephone call. *No answer* about somebody's life takes the alert up a rung (无人接，上报)."""
    return await act_on(request, "call", alert_id, person, calling.model_dump(), key)


@router.post("/alerts/{alert_id}/depart", responses=REFUSALS)
@needs(May.ATTEND, of="alert")
async def depart(
    request: Request, alert_id: AlertId, person: APerson, key: Key = None
) -> AlertInHand | AlertDetail:
    """Somebody is on the way (已出发)."""
    return await act_on(request, "depart", alert_id, person, {}, key)


@router.post("/alerts/{alert_id}/arrive", responses=REFUSALS)
@needs(May.ATTEND, of="alert")
async def arrive(
    request: Request, alert_id: AlertId, person: APerson, key: Key = None
) -> AlertInHand | AlertDetail:
    """Somebody is there (已到达)."""
    return await act_on(request, "arrive", alert_id, person, {}, key)


@router.post("/alerts/{alert_id}/raise", responses=REFUSALS)
@needs(May.ATTEND, of="alert")
async def raise_up(
    request: Request, alert_id: AlertId, person: APerson, because: Because, key: Key = None
) -> AlertInHand | AlertDetail:
    """Take an alert in hand up a rung at once (上报): help is needed from above."""
    return await act_on(request, "raise_up", alert_id, person, because.model_dump(), key)


@router.post("/alerts/{alert_id}/comment", responses=REFUSALS)
@needs(May.ATTEND, of="alert")
async def comment(
    request: Request, alert_id: AlertId, person: APerson, commenting: Commenting, key: Key = None
) -> AlertInHand | AlertDetail:
    """Write a word about an alert, also about a closed one."""
    return await act_on(request, "comment", alert_id, person, commenting.model_dump(), key)


@router.post("/alerts/{alert_id}/hand-over", responses=REFUSALS)
@needs(May.ATTEND, of="alert")
async def hand_over(
    request: Request, alert_id: AlertId, person: APerson, giving: Giving, key: Key = None
) -> AlertInHand | AlertDetail:
    """Give an alert in hand to somebody else (转交); whoever is in the duty plan is told."""
    return await act_on(request, "hand_over", alert_id, person, giving.model_dump(), key)


@router.post("/alerts/{alert_id}/assign", responses=REFUSALS)
@needs(May.ATTEND, of="alert")
async def assign(
    request: Request, alert_id: AlertId, person: APerson, giving: Giving, key: Key = None
) -> AlertInHand | AlertDetail:
    """Ask somebody to accept an alert that nobody has accepted; the ladder goes on until somebody does."""
    return await act_on(request, "assign", alert_id, person, giving.model_dump(), key)


@router.post("/alerts/{alert_id}/merge", responses=REFUSALS)
@needs(May.ATTEND, of="alert")
async def merge(
    request: Request, alert_id: AlertId, person: APerson, merging: Merging, key: Key = None
) -> AlertInHand | AlertDetail:
    """Close an alert as part of another that is open."""
    await _reached(request, merging.into)
    return await act_on(request, "merge", alert_id, person, merging.model_dump(), key)


@router.post("/alerts/{alert_id}/reopen", responses=REFUSALS)
@needs(May.ATTEND, of="alert")
async def reopen(
    request: Request, alert_id: AlertId, person: APerson, because: Because, key: Key = None
) -> AlertInHand | AlertDetail:
    """Open a closed alert again: it is told anew."""
    return await act_on(request, "reopen", alert_id, person, because.model_dump(), key)
