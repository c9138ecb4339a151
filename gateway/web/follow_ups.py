"""The routes about follow-ups (次日回访): whom to call or visit after a true fall, and how they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.operations import agreement_views
from gateway.operations.agreement_views import FollowUpView, Which
from gateway.web.access import APerson, reach_of
from gateway.web.acts import Key, carry_out, id_of
from gateway.web.agreements import REFUSALS, Limit, Named
from gateway.web.alerts import NOTE_CHARS_MAX
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.paging import Cursor, first, read
from gateway.web.port import Act
from gateway.web.problems import declared, refuse

router = APIRouter(prefix="/api/v1", tags=["follow_ups"])


def _written(note: str) -> str:
    if not note.strip():
        raise ValueError("say how the elder is")
    return note.strip()


class Done(BaseModel):
    """How the elder is."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"note": "上门看望，能自己走动，膝盖还有些疼"}]}
    )
    note: Annotated[str, Field(max_length=NOTE_CHARS_MAX), AfterValidator(_written)]


@dataclass(frozen=True, slots=True)
class FollowUpPage:
    """Some follow-ups, and the cursor for those that come after."""

    follow_ups: list[FollowUpView]
    next: str | None


@router.get("/follow-ups", responses=declared(401, 422))
@needs(May.ATTEND, record=True)
def read_follow_ups(
    request: Request, _person: APerson, state: Which = "due", limit: Limit = 100, cursor: Cursor = None
) -> FollowUpPage:
    """The follow-ups to be done, by when they are due, also those of tomorrow; or the ones done, the last on top."""
    behind = read(cursor, tuple[int, str]) if cursor is not None else None
    reach = reach_of(request, May.ATTEND)
    found = agreement_views.follow_ups(
        Context.of(request).engine, state, limit=limit + 1, behind=behind, reach=reach
    )

    def place_of(one: FollowUpView) -> tuple[int, str]:
        return (one.due_at if state == "due" else one.done_at or 0), one.id

    return FollowUpPage(*first(found, place_of, limit))


@router.post("/follow-ups/{follow_up_id}/done", responses=REFUSALS)
@needs(May.ATTEND, of="follow_up")
async def follow_up_done(
    request: Request, follow_up_id: Named, person: APerson, done: Done, key: Key = None
) -> FollowUpView:
    """Note that a follow-up was done, and how the elder is. 409 says who has done it already."""
    context = Context.of(request)
    known = await run_in_threadpool(agreement_views.follow_up, context.engine, follow_up_id)
    if known is None:
        raise refuse(404, "unknown_follow_up")
    data = {"id": follow_up_id, "note": done.note}
    act = Act(kind="follow_up", by=person.name, place=known.place_id, data=data)
    outcome = await carry_out(context, act, id_of(key, "follow_up", follow_up_id, person))
    found = await run_in_threadpool(agreement_views.follow_up, context.engine, follow_up_id)
    if not outcome.ok or found is None:
        raise refuse(409, "refused", reason=outcome.reason)
    return found
