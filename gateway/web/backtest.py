"""The routes that ask what a set of rules would have done."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Body, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.web.context import Context
from gateway.web.data import TIME_MS_MAX
from gateway.web.needs import needs
from gateway.web.port import BacktestWanted
from gateway.web.problems import declared, refuse

DAYS_MAX = 400
DAY_MS = 86_400_000

router = APIRouter(prefix="/api/v1", tags=["rules"])
EXAMPLE = {"from": 1_771_948_800_000, "to": 1_772_553_600_000}
BacktestId = Annotated[str, Path(max_length=64)]


@dataclass(frozen=True, slots=True)
class Begun:
    """The id to ask after."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestNow:
    """How far a backtest is (``done``: 0 to 1); ``error`` where it failed, ``answer`` when it is done."""

    id: str
    state: Literal["running", "done", "failed"]
    what: str
    done: float
    error: str
    answer: dict[str, Any] | None = None


@router.post("/rules/backtest", status_code=202, responses=declared(409, 413, 422, 503))
@needs(May.RULES, of="everywhere")
async def begin_backtest(
    request: Request, wanted: Annotated[dict[str, Any], Body(examples=[EXAMPLE])]
) -> Begun:
    """Ask what rules would have done from ``from`` to ``to`` (epoch ms); answers with the id to ask after.

    ``rules`` is a list of rules as in a rule file, ``overrides`` how single homes differ; without them the rules in force
    are judged. 409 while another backtest is at work.
    """
    try:
        read = await run_in_threadpool(msgspec.convert, wanted, BacktestWanted)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:  # the latter: half a surrogate pair
        raise refuse(422, "invalid", what=str(error)) from None
    if not 0 <= read.from_ms < read.to_ms <= TIME_MS_MAX:
        raise refuse(422, "invalid", what="'from' must lie before 'to' (epoch ms)")
    if read.to_ms - read.from_ms > DAYS_MAX * DAY_MS:
        raise refuse(422, "invalid", what=f"at most {DAYS_MAX} days at once")
    found = await Context.of(request).port.begin_backtest(read)
    if found is None:
        raise refuse(409, "busy")
    return Begun(found)


@router.get("/rules/backtest/{backtest_id}", responses=declared(404), response_model=BacktestNow)
@needs(May.RULES, of="everywhere")
async def read_backtest(request: Request, backtest_id: BacktestId) -> Response:
    """How far it is: ``state`` is running, done (then ``answer`` is there) or failed (then ``error`` says why)."""
    found = Context.of(request).port.backtest(backtest_id)
    if found is None:
        raise refuse(404, "unknown_backtest")
    head: dict[str, Any] = {
        "id": found.id, "state": found.state, "what": found.what, "done": found.done, "error": found.error,
    }  # fmt: skip
    body = json.dumps(head).encode()
    if found.state == "done":
        body = body[:-1] + b', "answer": ' + found.answer + b"}"  # megabytes that need not be read again
    return Response(body, media_type="application/json")


@router.delete("/rules/backtest/{backtest_id}", status_code=204, responses=declared(404))
@needs(May.RULES, of="everywhere")
async def end_backtest(request: Request, backtest_id: BacktestId) -> None:
    """End it if it is at work, and forget its answer."""
    if not await Context.of(request).port.end_backtest(backtest_id):
        raise refuse(404, "unknown_backtest")
