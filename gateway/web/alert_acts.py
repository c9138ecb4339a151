"""One thing a person does to an alert: journalled, applied, answered with the alert as it is then."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from gateway.accounts.who import Who
from gateway.alerts.lifecycle import IN_HAND
from gateway.operations import views
from gateway.operations.answers import AlertDetail, AlertView
from gateway.web.acts import carry_out, id_of
from gateway.web.context import Context
from gateway.web.port import Act
from gateway.web.problems import RefusedError, refuse
from gateway.web.render import clock_time


async def known_alert(request: Request, alert_id: str) -> AlertView:
    """The alert, or a refusal."""
    found = await run_in_threadpool(views.alert_view, Context.of(request).engine, alert_id)
    if found is None:
        raise refuse(404, "unknown_alert")
    return found


async def act_on(
    request: Request, kind: str, alert_id: str, person: Who, data: Mapping[str, str], key: str | None
) -> AlertDetail:
    """Do it; refuses with 409 where somebody was first or it may not be done now."""
    context = Context.of(request)
    alert = await known_alert(request, alert_id)
    said = {name: value for name, value in data.items() if value} | {"via": came_from(request)}
    act = Act(kind=kind, by=person.name, place=alert.place_id, alert=alert_id, data=said)
    outcome = await carry_out(context, act, id_of(key, kind, alert_id, person))
    now = await run_in_threadpool(views.alert, context.engine, alert_id, attending=True)
    if now is None:
        raise refuse(404, "unknown_alert")
    if not outcome.ok:
        raise _not_done(context, now, outcome.reason)
    return now


def came_from(request: Request) -> str:
    """From where somebody acts: our own page (browsers say so), or a program."""
    return "console" if request.headers.get("sec-fetch-site") == "same-origin" else "api"


def _not_done(context: Context, now: AlertDetail, reason: str) -> RefusedError:
    """Say who was first; the hub's own reason where nobody was."""
    by, at, word = now.accepted_by, now.accepted_at, "taken_accepted"
    if now.state == "closed":
        by, at, word = now.closed_by, now.closed_at, "taken_closed"
    somebody = reason.startswith(("already accepted", "already closed"))
    if by is None or at is None or not somebody or now.state not in {*IN_HAND, "closed"}:
        return refuse(409, "refused", reason=reason)
    time = clock_time(at, ZoneInfo(context.settings.zone), context.port.health().hub_now_ms)
    return refuse(409, word, by=by, at=at, name=by, time=time)
