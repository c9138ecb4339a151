"""What the pages behind links share: no scripts, both languages at once, plain forms, a plain word where one leads nowhere."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.operations.whereabouts import spot_of
from gateway.web.context import Context
from gateway.web.problems import RefusedError
from gateway.web.render import render
from gateway.web.words import say

READS = ["GET", "HEAD"]  # chat apps look at a link before a person does: neither may change anything
FIELDS_MAX = 10

Link = Annotated[str, Path()]  # however long: what is no link is answered with a page


def show(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 see render.page
    """A page behind a link."""
    context = Context.of(request)
    own: dict[str, Any] = {"say": say, "phone": context.settings.phone, "problem": None} | values
    text = render(context, "zh", template, path=request.url.path, **own)
    return HTMLResponse(text, status, headers={"Content-Language": "zh, en"})


def over(request: Request, key: str = "link.over") -> Response:
    """The link was right, and its time is over: 410."""
    return show(request, "link_over.html", status=410, title=say(key), more=say("link.thanks"))


def nothing(request: Request) -> Response:
    """There is no such link: 404, or 429 where too many such have come lately, from wherever."""
    context = Context.of(request)
    if context.wrong_links.too_fast("", context.wall_ms()):
        return show(request, "link_over.html", status=429, title=say("link.too_many"), more=say("link.later"))
    return show(request, "link_over.html", status=404, title=say("link.nothing"), more=say("link.ask_anew"))


def note_place(request: Request, place_id: str, subject: str = "", *, what: str = "") -> None:
    """What the audit says of this: about which place, and whom or what; the address itself is a secret."""
    spot = spot_of(Context.of(request).engine, "place", place_id) if place_id else None
    request.scope.update(audit_spot=spot, audit_what=what)
    if subject:
        request.scope["audit_subject"] = subject


def too_fast(request: Request, link: str) -> bool:
    """Whether more is done by this link than one person would."""
    context = Context.of(request)
    return context.by_links.too_fast(link, context.wall_ms())


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a plain form, the last of each name."""
    body = await request.body()
    try:
        given = parse_qs(body.decode(), max_num_fields=FIELDS_MAX)
    except ValueError:  # not UTF-8, or too many fields
        return {}
    return {name: values[-1] for name, values in given.items()}


def back(request: Request) -> Response:
    """To the same page, read anew: what was sent is not sent again when it is reloaded."""
    return RedirectResponse(request.url.path, 303)


def words_of(refusal: RefusedError) -> dict[str, str]:
    """What to tell a person about a refusal."""
    return refusal.problem.words
