"""The page of a home's family: active today, away, or call the community; and the modes a family may set. Nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Literal, TypeAlias

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from gateway.operations import link_views
from gateway.operations.link_views import BY_FAMILY, FamilyView
from gateway.operations.links import hash_of
from gateway.web.acts import carry_out
from gateway.web.context import Context
from gateway.web.link_page import READS, Link, back, form_of, note_place, nothing, over, show, too_fast
from gateway.web.needs import needs
from gateway.web.port import Act, UnavailableError
from gateway.web.problems import RefusedError
from gateway.web.words import say

KINDS = ("away", "hospital", "visitors")  # what a family knows before the station does
HOURS = (3, 12, 24, 72, 168, 720)
HOURS_USUAL = 24
HOUR_MS = 3_600_000
REASON = "家属设置"

State: TypeAlias = Literal["call", "away", "hospital", "visitors", "active", "nothing"]

router = APIRouter(include_in_schema=False)


@router.api_route("/f/{token}", methods=READS)
@needs()
def read_family(request: Request, token: Link) -> Response:
    """How it is, in a word."""
    found = _family(request, token)
    return found if isinstance(found, Response) else _show(request, found)


@router.post("/f/{token}")
@needs()
async def set_mode(request: Request, token: Link) -> Response:
    """Set a mode with an end, or end one that the family set."""
    found = await run_in_threadpool(_family, request, token)
    if isinstance(found, Response):
        return found
    given = await form_of(request)
    act_id = secrets.token_hex(16)
    act = _act(request, found, given, act_id)
    if act is None:
        return await run_in_threadpool(_show, request, found, status=422, problem=say("family.choose"))
    if found.mode and not found.own_mode:
        return await run_in_threadpool(_show, request, found, status=409, problem=say("family.not_now"))
    if too_fast(request, token):
        return await run_in_threadpool(_show, request, found, status=429, problem=say("link.slowly"))
    await run_in_threadpool(note_place, request, found.place_id)
    try:
        outcome = await carry_out(Context.of(request), act, act_id)
    except (RefusedError, UnavailableError):
        outcome = None
    if outcome is None or not outcome.ok:
        return await run_in_threadpool(_show, request, found, status=503, problem=say("link.again"))
    return back(request)


def _act(request: Request, family: FamilyView, given: Mapping[str, str], act_id: str) -> Act | None:
    """What the form asks for; None where it is nothing a family does."""
    by = f"{BY_FAMILY}{family.rank}"
    if given.get("do") == "end":
        return Act(kind="mode_end", by=by, place=family.place_id) if family.own_mode else None
    kind, hours = given.get("kind", ""), given.get("hours", "")
    if kind not in KINDS or hours not in map(str, HOURS):
        return None
    until = Context.of(request).port.health().hub_now_ms + int(hours) * HOUR_MS
    data = {"kind": kind, "until": str(until), "reason": REASON, "id": act_id}
    return Act(kind="mode", by=by, place=family.place_id, data=data)


def _family(request: Request, token: str) -> FamilyView | Response:
    context = Context.of(request)
    found = link_views.family(context.engine, hash_of(token), context.port.health().hub_now_ms)
    if found is None:
        return nothing(request)
    return over(request, "family.over") if found == "over" else found


def _state(context: Context, family: FamilyView) -> State:
    """The one thing that is said. Nothing is said of a day on which nobody was active yet: at six it means nothing."""
    if family.call:
        return "call"
    for kind in KINDS:
        if family.mode == kind:
            return kind  # type: ignore[return-value]
    return "active" if context.port.active_today(family.place_id) else "nothing"


def _show(
    request: Request, family: FamilyView, *, status: int = 200, problem: Mapping[str, str] | None = None
) -> Response:
    context = Context.of(request)
    return show(
        request, "family.html", status=status, problem=problem, family=family, state=_state(context, family),
        kinds=KINDS, hours=HOURS, usual=HOURS_USUAL,
    )  # fmt: skip
