"""The pages of privacy (个人信息): what the hub keeps; a home's copy and its erasure. They work without a script."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from gateway.accounts.roles import May
from gateway.accounts.who import Who
from gateway.operations import erasing, home_views, views
from gateway.privacy.inventory import INVENTORY, until_words
from gateway.web.access import APerson, reach_of
from gateway.web.acts import REASON_CHARS_MAX, id_of
from gateway.web.context import Context
from gateway.web.homes import PlaceId
from gateway.web.link_page import form_of
from gateway.web.needs import needs
from gateway.web.privacy import ErasurePlan, copy_for, erase_for, plan_of, problem_of
from gateway.web.problems import RefusedError, refuse
from gateway.web.render import page
from gateway.web.words import say

router = APIRouter(include_in_schema=False)


@router.get("/privacy")
@needs(May.PRIVACY)
def show_privacy(request: Request, person: APerson) -> Response:
    """What the hub keeps, for how long; and what was erased."""
    context = Context.of(request)
    days = context.settings.kept_days
    return page(
        request,
        "privacy.html",
        person=person,
        names=context.people.names(),
        kept=[(one, until_words(one, days)) for one in INVENTORY],
        parts=len(erasing.PARTS),
        erasures=erasing.erasures(context.engine, reach_of(request, May.PRIVACY)),
    )


@router.get("/places/{place_id}/privacy")
@needs(May.PRIVACY, of="home", record=True)
def show_resident(request: Request, place_id: PlaceId, person: APerson) -> Response:
    """A home's record: a copy of it, and its erasure."""
    return _shown(request, person, place_id)


@router.post("/places/{place_id}/copy")
@needs(May.PRIVACY, of="home", record=True, noted="copy_home")
async def get_copy(request: Request, place_id: PlaceId, person: APerson) -> Response:
    """The copy as a file, with the reason that the form gives."""
    reason = (await form_of(request)).get("reason", "").strip()[:REASON_CHARS_MAX]
    if not reason:
        return await run_in_threadpool(_again, request, person, place_id, say("privacy.why_missing"), "copy")
    request.scope["audit_reason"] = reason
    return await copy_for(Context.of(request), place_id)


@router.post("/places/{place_id}/erasure")
@needs(May.PRIVACY, of="home", record=True)
async def erase_resident(request: Request, place_id: PlaceId, person: APerson) -> Response:
    """Erase, if the form names the home once more and gives a reason; then to the list of erasures."""
    given = await form_of(request)
    reason = given.get("reason", "").strip()[:REASON_CHARS_MAX]
    if not reason:
        return await run_in_threadpool(_again, request, person, place_id, say("privacy.why_missing"), "erase")
    request.scope["audit_reason"] = reason
    if given.get("confirm", "").strip() != place_id:
        return await run_in_threadpool(
            partial(_again, reason=reason), request, person, place_id, say("problem.erase_confirm"), "erase"
        )
    try:
        await erase_for(Context.of(request), person, place_id, given.get("once"))
    except RefusedError as refusal:
        return await run_in_threadpool(
            partial(_again, status=refusal.status, reason=reason),
            request, person, place_id, refusal.problem.words, "erase",
        )  # fmt: skip
    return RedirectResponse("/privacy", 303)


def _shown(
    request: Request,
    person: Who,
    place_id: str,
    *,
    said: Mapping[str, str] | None = None,
    about: str = "",
    reason: str = "",
) -> Response:
    context = Context.of(request)
    place = home_views.place(context.engine, place_id)
    if place is None:
        raise refuse(404, "unknown_place")
    plan = plan_of(context, place_id)
    return page(
        request,
        "resident.html",
        person=person,
        names=context.people.names(),
        place=place,
        who=views.who,
        where=views.where,
        plan=plan,
        why_not=_why_not(plan),
        once=id_of(None, "erase", place_id, person),
        reason_max=REASON_CHARS_MAX,
        said=said,
        about=about,
        reason=reason,
    )


def _why_not(plan: ErasurePlan) -> Mapping[str, str] | None:
    if not plan.refused:
        return None
    return say(f"problem.{problem_of(plan.refused)}", devices=", ".join(plan.devices))


def _again(
    request: Request,
    person: Who,
    place_id: str,
    said: Mapping[str, str],
    about: str,
    *,
    status: int = 422,
    reason: str = "",
) -> Response:
    """The page once more, with what is wrong and what was typed."""
    answer = _shown(request, person, place_id, said=said, about=about, reason=reason)
    answer.status_code = status
    return answer
