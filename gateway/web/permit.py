"""The one place where it is asked whether somebody may: before the handler of a route, its body and its query are read.

A route says what it asks for with ``gateway.web.needs``; one that says nothing is answered to nobody. What lies outside
somebody's part of the tree of places is answered as what does not exist, so that homes and alerts cannot be tried out by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.accounts.roles import May
from gateway.accounts.who import Kind, Who
from gateway.operations import whereabouts
from gateway.operations.whereabouts import ANYWHERE, Spot
from gateway.web.access import OPEN_FOLDER, who_asks
from gateway.web.context import Context
from gateway.web.needs import Needs, Of, needs_of
from gateway.web.noting import Noted
from gateway.web.problems import RefusedError, answer, refuse
from gateway.web.render import page

PARAMETER: dict[str, str] = {
    "alert": "alert_id", "place": "place_id", "home": "place_id", "facility": "place_id", "device": "device_id",
    "silence": "silence_id", "follow_up": "follow_up_id", "desk": "desk_id",
    "visit": "visit_id", "report": "report_id", "schedule": "schedule_id", "form": "form_id",
}  # fmt: skip
UNKNOWN = {
    "alert": "unknown_alert", "place": "unknown_place", "home": "unknown_place", "facility": "unknown_place",
    "silence": "unknown_silence", "desk": "unknown_desk",
    "visit": "unknown_visit", "report": "unknown_report", "schedule": "unknown_schedule", "form": "unknown_form",
}  # fmt: skip


class Permit:
    """ASGI middleware, behind the guard: finds out who asks, and lets a request through to what it may reach."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = [route for route in routes if isinstance(route, Route)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refusal here, everything else by the route; what concerns a resident goes into the audit."""
        if scope["type"] != "http" or scope["path"].startswith(OPEN_FOLDER):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        who = scope["who"] = await who_asks(request)
        found = self._find(scope)
        if found is None:  # no such route: the app says so
            await self._app(scope, receive, send)
            return
        route, parameters = found
        wanted = needs_of(route)
        spot: Spot | None = None
        try:
            spot = scope["spot"] = await permit(request, who, wanted, parameters)
        except RefusedError as refusal:
            noted = Noted(request, who, route.name, wanted, parameters, spot)
            await _refused(request, who, refusal)(scope, receive, noted.sending(send))
            return
        await self._app(
            scope, receive, Noted(request, who, route.name, wanted, parameters, spot).sending(send)
        )

    def _find(self, scope: Scope) -> tuple[Route, dict[str, str]] | None:
        for route in self._routes:
            match, child = route.matches(scope)
            if match is Match.FULL:
                return route, child["path_params"]
        return None


async def permit(request: Request, who: Who, wanted: Needs | None, parameters: dict[str, str]) -> Spot | None:
    """Where what is asked for is; refuses where who asks may not. A route that has declared nothing is refused to everybody."""
    if wanted is None:
        raise refuse(403, "undeclared")
    held = [may for may in wanted.may if who.may(may)]
    if wanted.may and not held:
        raise _not_allowed(who)
    if wanted.of == "everywhere" and not any(who.reach(may).everything for may in held):
        raise refuse(403, "not_yours")
    if wanted.of in ("", "everywhere"):
        return None
    return await _reaches(request, who, held, wanted.of, parameters)


def _not_allowed(who: Who) -> RefusedError:
    """A person has not this role; whoever has not said who they are may do that."""
    if who.kind is Kind.PERSON:
        return refuse(403, "not_yours")
    refusal = refuse(401, "person" if who.kind is Kind.DEVICE else "token")
    return RefusedError(401, refusal.problem, {"WWW-Authenticate": "Bearer"})


async def _reaches(
    request: Request, who: Who, held: list[May], of: Of, parameters: dict[str, str]
) -> Spot | None:
    """Refuse what lies outside as what does not exist."""
    kind, name = _asked(request) if of == "series" else (of, parameters[PARAMETER[of]])
    find = _spot_of_desk if kind == "desk" else _spot
    spot = await run_in_threadpool(find, Context.of(request), kind, name)
    if spot is None:
        if of in ("home", "facility") or not any(who.reach(may).everything for may in held):
            raise refuse(404, UNKNOWN.get(kind, "unknown"))
    elif spot.path != ANYWHERE and not any(who.reach(may).holds(spot.path) for may in held):
        raise refuse(404, UNKNOWN.get(kind, "unknown"))
    return spot


def _spot(context: Context, kind: str, name: str) -> Spot | None:
    return whereabouts.spot_of(context.engine, kind, name)


def _spot_of_desk(context: Context, _kind: str, desk_id: str) -> Spot | None:
    return next((Spot("", desk.at) for desk in context.port.desks().desks if desk.id == desk_id), None)


def _asked(request: Request) -> tuple[str, str]:
    """The place or the device whose readings are asked for."""
    device = request.query_params.get("device", "")
    return ("device", device) if device else ("place", request.query_params.get("place", ""))


def _refused(request: Request, who: Who, refusal: RefusedError) -> Response:
    """The refusal as JSON; to somebody who opens a page, as a page."""
    wants_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    if not wants_page:
        return answer(refusal)
    if who.kind in (Kind.NOBODY, Kind.DEVICE) and refusal.status == 401:  # noqa: PLR2004 the status' own number
        return RedirectResponse(f"/signin?next={quote(request.url.path)}", 303)
    response = page(request, "refused.html", person=who, words_said=refusal.problem.words)
    response.status_code = refusal.status
    return response
