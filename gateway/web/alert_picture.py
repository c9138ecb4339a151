"""The last hours of a home, for the card of an alert about its people that is in hand: a piece of HTML."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.alerts.lifecycle import IN_HAND
from gateway.operations import looks
from gateway.operations.home_record import OF_PEOPLE
from gateway.web.access import APerson
from gateway.web.alert_acts import known_alert
from gateway.web.alerts import AlertId
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.problems import refuse
from gateway.web.render import language_of, render
from gateway.web.story import story_of, words_of_story

HOURS = 6

router = APIRouter(include_in_schema=False)


@router.get("/alerts/{alert_id}/picture")
@needs(May.ATTEND, of="alert", record=True)
async def show_hours(request: Request, alert_id: AlertId, person: APerson) -> Response:
    """What happened there lately, for whoever attends; where the store does not answer it says so."""
    context, alert = Context.of(request), await known_alert(request, alert_id)
    if alert.place_kind != "home" or alert.kind not in OF_PEOPLE:
        raise refuse(404, "unknown_alert")
    if alert.state not in IN_HAND:
        raise refuse(409, "refused", reason="accept it first")
    request.scope["audit_reason"] = f"alert {alert_id}"
    now = context.port.health().hub_now_ms
    await run_in_threadpool(
        looks.note_look,
        context.engine,
        alert.place_id,
        staff_id=person.id,
        by=person.name,
        at=now,
        alert_id=alert_id,
    )
    story = await story_of(context, alert.place_id, HOURS)
    language = language_of(request)
    words = words_of_story(language)
    html = await run_in_threadpool(render, context, language, "_hours.html", story=story, **words)
    return HTMLResponse(html)
