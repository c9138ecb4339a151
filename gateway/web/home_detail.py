"""The rooms of a home: open while an alert about its people is, or to whoever has said why they look; each look is kept.

Of a home that its resident has paused nothing is shown but during an alert.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from gateway.accounts.roles import May
from gateway.accounts.who import Who
from gateway.operations import home_record, home_views, looks, views
from gateway.operations.answers import PlaceView
from gateway.operations.looks import LookView
from gateway.web.access import APerson
from gateway.web.acts import REASON_CHARS_MAX
from gateway.web.context import Context
from gateway.web.homes import NAME_CHARS_MAX
from gateway.web.link_page import form_of
from gateway.web.needs import needs
from gateway.web.problems import refuse
from gateway.web.render import language_of, page
from gateway.web.story import Story, story_of, words_of_story

DAY_H = 24
LINES = 30
REASONS = ("home.why_call", "home.why_asked", "home.why_visit", "home.why_repair")

router = APIRouter(include_in_schema=False)
PlaceId = Annotated[str, Path(max_length=NAME_CHARS_MAX)]


@router.get("/places/{place_id}/detail")
@needs(May.HOME_DETAIL, of="home", record=True)
async def show_rooms(request: Request, place_id: PlaceId, person: APerson) -> Response:
    """The last day by room, where it is open; else the form that asks why."""
    place = await run_in_threadpool(_home, Context.of(request), place_id)
    look = await run_in_threadpool(look_of, request, person, place_id)
    if look is None:
        return await run_in_threadpool(_asked, request, person, place, 403)
    request.scope["audit_reason"] = look.reason or f"alert {look.alert_id}"
    story = await story_of(Context.of(request), place_id, DAY_H, LINES)
    return await run_in_threadpool(_shown, request, person, place, look, story)


@router.post("/places/{place_id}/detail")
@needs(May.HOME_DETAIL, of="home", record=True)
async def say_why(request: Request, place_id: PlaceId, person: APerson) -> Response:
    """Keep the reason, and open the rooms to this person for half an hour."""
    context = Context.of(request)
    place = await run_in_threadpool(_home, context, place_id)
    given = await form_of(request)
    reason = (given.get("words", "").strip() or given.get("reason", "").strip())[:REASON_CHARS_MAX]
    if not reason:
        return await run_in_threadpool(_asked, request, person, place, 422, missing=True)
    if await run_in_threadpool(_is_paused, context, place_id):
        return await run_in_threadpool(_asked, request, person, place, 403)
    request.scope["audit_reason"] = reason
    now = context.port.health().hub_now_ms
    await run_in_threadpool(
        looks.note_look, context.engine, place_id, staff_id=person.id, by=person.name, at=now, reason=reason
    )
    return RedirectResponse(request.url.path, 303)


def _home(context: Context, place_id: str) -> PlaceView:
    found = home_views.place(context.engine, place_id)
    if found is None:
        raise refuse(404, "unknown_place")
    return found


def look_of(request: Request, person: Who, place_id: str) -> LookView | None:
    """By what this person may look now, noted; None: by nothing."""
    context = Context.of(request)
    now = context.port.health().hub_now_ms
    standing = home_record.standing(context.engine, place_id)
    if standing:
        return looks.note_look(
            context.engine, place_id, staff_id=person.id, by=person.name, at=now, alert_id=standing[-1].id
        )
    if _is_paused(context, place_id):
        return None
    return looks.in_force(context.engine, place_id, person.id, now)


def _is_paused(context: Context, place_id: str) -> bool:
    mode = home_views.place_state(context.engine, place_id, context.port.health().hub_now_ms).mode
    return mode is not None and mode.kind == "paused"


def _shown(request: Request, person: Who, place: PlaceView, look: LookView, story: Story | None) -> Response:
    return page(
        request, "rooms.html", person=person, names=Context.of(request).people.names(), place=place, who=views.who,
        where=views.where, look=look, story=story, **words_of_story(language_of(request)),
    )  # fmt: skip


def _asked(
    request: Request, person: Who, place: PlaceView, status: int, *, missing: bool = False
) -> Response:
    context = Context.of(request)
    answer = page(
        request, "rooms_why.html", person=person, names=context.people.names(), place=place, who=views.who, reasons=REASONS,
        missing=missing, reason_max=REASON_CHARS_MAX, paused=_is_paused(context, place.id),
    )  # fmt: skip
    answer.status_code = status
    return answer
