"""The pages: console, sign-in, the token's page, the API's page; and the board the console keeps current."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from gateway.accounts.roles import May
from gateway.accounts.who import Kind
from gateway.operations import views
from gateway.web.access import SomePerson, who_of
from gateway.web.board import board_of, without_html
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.render import language_of, page
from gateway.web.rooms import rooms_of

router = APIRouter(include_in_schema=False)


@router.get("/")
@needs(May.RING, May.SELF)
def console(request: Request, person: SomePerson) -> Response:
    """The duty desk; whoever has no business there comes to the first room that is theirs."""
    context, who = Context.of(request), who_of(request)
    if person is not None and not person.may(May.ALERTS):
        return RedirectResponse(next((room.path for room in rooms_of(person)), "/account"), 303)
    serial = (
        context.port.changes.serial
    )  # before the board is read: what changes meanwhile comes on the stream
    board = board_of(context, language_of(request), who)
    demo = context.settings.demo or ()
    return page(
        request,
        "console.html",
        board=board,
        person=person,
        names=context.people.names(),
        demo=demo,
        data={
            "serial": serial,
            "board": {
                **board,
                "open": [without_html(p) for p in board["open"]],
                "closed": None,
                "homes": None,
            },
            "demo": [
                {"scenario": e.scenario, "rule": e.rule, "place": e.place_id, "step": e.step} for e in demo
            ],
        },
    )


@router.get("/board")
@needs(May.RING)
def read_board(request: Request) -> dict[str, Any]:
    """The moving part of the desk as pieces of HTML; a piece is new when its stamp is."""
    return board_of(Context.of(request), language_of(request), who_of(request))


@router.get("/signin")
@needs()
def sign_in(
    request: Request,
    person: SomePerson,
    accept: Annotated[str, Query(max_length=128)] = "",
    onward: Annotated[str, Query(alias="next", max_length=512)] = "/",
) -> Response:
    """The ways to come in: name and PIN on a device that is known, a password, single sign-on.

    ``accept`` is an alert to accept right after; it is named to whoever may see it already.
    """
    context, who = Context.of(request), who_of(request)
    wanted = views.alert_view(context.engine, accept) if accept and who.reach(May.ALERTS).everything else None
    known = who.kind is not Kind.NOBODY
    return page(
        request,
        "signin.html",
        person=person,
        known=known,
        names=context.people.names() if known else [],
        accept=accept,
        wanted=wanted,
        next=onward,
        sso=context.settings.sso.name if context.settings.sso else "",
    )


@router.get("/enter")
@needs()
def enter(request: Request) -> Response:
    """Asks a browser for the token, once."""
    return page(request, "enter.html", person=None)


@router.get("/docs")
@needs(May.RING, May.SELF)
def docs(request: Request, person: SomePerson, of: Annotated[str, Query(max_length=32)] = "") -> Response:
    """The API's routes, from its OpenAPI description: all by name, those ``of`` one part with what goes in and comes out.

    Nothing is loaded from elsewhere.
    """
    parts: dict[str, dict[str, Any]] = {}
    for path, methods in request.app.openapi()["paths"].items():
        parts.setdefault(path.removeprefix("/api/v1").strip("/").partition("/")[0], {})[path] = methods
    return page(
        request, "docs.html", person=person, parts=parts, of=of if of in parts else "", shown=_examples
    )


@router.get("/openapi.json")
@needs(May.RING, May.SELF)
def openapi(request: Request) -> Response:
    """The API's description of itself."""
    return JSONResponse(request.app.openapi())


def _examples(route: dict[str, Any]) -> list[tuple[str, str]]:
    """What goes into a route and comes back when all is well, as one reads it."""
    answers = {status: answer for status, answer in route["responses"].items() if status < "300"}
    parts = {"→": route.get("requestBody", {})} | {
        f"← {status}": answer for status, answer in answers.items()
    }
    return [
        (
            f"{way} {kind}",
            example
            if isinstance(example := media["example"], str)
            else json.dumps(example, ensure_ascii=False, indent=1),
        )
        for way, part in parts.items()
        for kind, media in part.get("content", {}).items()
        if "example" in media
    ]


@router.get("/icon.svg")
@needs()
def icon(
    n: Annotated[int, Query(ge=0, le=9_999)] = 0, severity: Annotated[str, Query(max_length=16)] = ""
) -> Response:
    """The tab's icon: a calm tick, or the number of open alerts in the colour of the worst."""
    colour = {"critical": "#c8102e", "urgent": "#b45309", "notice": "#1d5fa8"}.get(severity, "#1d5fa8")
    sign = '<path d="M18 33l10 10 19-22" fill="none" stroke="#fff" stroke-width="7" stroke-linecap="round"/>'
    if n:
        size = 40 if n < 10 else 30  # noqa: PLR2004 one digit or more
        sign = (
            f'<text x="32" y="{32 + size * 0.36:.0f}" font-size="{size}" font-family="sans-serif" '
            f'font-weight="700" text-anchor="middle" fill="#fff">{n if n < 100 else "99+"}</text>'  # noqa: PLR2004
        )
    else:
        colour = "#1f7a4d"
    drawn = f'<rect width="64" height="64" rx="14" fill="{colour}"/>{sign}'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{drawn}</svg>'
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})
