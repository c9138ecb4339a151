"""The pages behind the links in messages: a guard's slip (物业协助单), and an alert to accept. Reading them changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.accounts.who import Who
from gateway.alerts.fitting import cut
from gateway.alerts.lifecycle import DOORS
from gateway.operations import link_views, whereabouts
from gateway.operations.link_views import AcceptView, SlipView
from gateway.operations.whereabouts import ANYWHERE
from gateway.web.access import SomePerson
from gateway.web.acts import carry_out, id_of
from gateway.web.context import Context
from gateway.web.link_page import (
    READS,
    Link,
    back,
    form_of,
    note_place,
    nothing,
    over,
    show,
    too_fast,
    words_of,
)
from gateway.web.needs import needs
from gateway.web.port import Act, UnavailableError
from gateway.web.problems import RefusedError
from gateway.web.session import check_secret, remember
from gateway.web.words import say

NAME_CHARS_MAX = 12

router = APIRouter(include_in_schema=False)


@router.api_route("/s/{link}", methods=READS)
@needs()
def read_slip(request: Request, link: Link) -> Response:
    """A slip: where to knock, who is coming, and three answers."""
    found = _slip(request, link)
    return found if isinstance(found, Response) else _show_slip(request, found)


@router.post("/s/{link}")
@needs()
async def answer_slip(request: Request, link: Link) -> Response:
    """Take a guard's answer down; the same once more is the same."""
    found = await run_in_threadpool(_slip, request, link)
    if isinstance(found, Response):
        return found
    answer = (await form_of(request)).get("answer", "")
    if answer not in DOORS:
        return _show_slip(request, found, status=422, problem=say("link.choose"))
    if answer == found.answer:
        return back(request)
    if too_fast(request, link):
        return _show_slip(request, found, status=429, problem=say("link.slowly"))
    act = Act(
        kind="slip", by=found.desk, place=found.place_id, alert=found.alert_id,
        data={"answer": answer, "via": "link"},
    )  # fmt: skip
    await run_in_threadpool(note_place, request, found.place_id, found.alert_id)
    told_apart = "\n".join(("slip", found.alert_id, found.desk, str(found.version), answer))
    problem = await _done(request, act, hashlib.sha256(told_apart.encode()).hexdigest()[:32])
    return back(request) if problem is None else _show_slip(request, found, status=503, problem=problem)


@router.api_route("/a/{link}", methods=READS)
@needs()
def read_alert(request: Request, link: Link, person: SomePerson) -> Response:
    """An alert to accept; or who has taken it, and when."""
    found = _to_accept(request, link)
    return found if isinstance(found, Response) else _show_alert(request, found, person)


@router.post("/a/{link}")
@needs()
async def accept(request: Request, link: Link, person: SomePerson) -> Response:
    """Sign in, where a name and a PIN are given; else accept, who may attend to that home."""
    found = await run_in_threadpool(_to_accept, request, link)
    if isinstance(found, Response):
        return found
    given = await form_of(request)
    if too_fast(request, link):
        return await run_in_threadpool(
            _show_alert, request, found, person, status=429, problem=say("link.slowly")
        )
    if "pin" in given and found.state == "raised":
        return await _sign_in(request, found, given)
    if person is None:
        return await run_in_threadpool(_show_alert, request, found, None, status=401, asks=True)
    await run_in_threadpool(note_place, request, found.place_id, found.alert_id)
    if not await run_in_threadpool(_may_attend, request, person, found):
        return await run_in_threadpool(
            _show_alert, request, found, person, status=403, problem=say("link.not_yours")
        )
    act = Act(kind="accept", by=person.name, place=found.place_id, alert=found.alert_id, data={"via": "link"})
    problem = await _done(request, act, id_of(None, "accept", found.alert_id, person))
    return (
        back(request)
        if problem is None
        else await run_in_threadpool(_not_done, request, link, person, problem)
    )


def _may_attend(request: Request, person: Who, alert: AcceptView) -> bool:
    """A link says that somebody was told once, not what they may today."""
    spot = whereabouts.spot_of(Context.of(request).engine, "alert", alert.alert_id)
    return spot is not None and (spot.path == ANYWHERE or person.reach(May.ATTEND).holds(spot.path))


def _not_done(request: Request, link: str, person: Who, problem: dict[str, str]) -> Response:
    """Somebody was first, most likely: then who."""
    now = _to_accept(request, link)
    if isinstance(now, Response):
        return now
    if now.state == "raised":
        return _show_alert(request, now, person, status=503, problem=problem)
    return _show_alert(request, now, person, status=409)


def _slip(request: Request, link: str) -> SlipView | Response:
    context = Context.of(request)
    known = context.port.links.find(context.engine, "slip", link)
    found = link_views.slip(context.engine, *known) if known is not None else None
    if found is None:
        return nothing(request)
    return over(request, "slip.over") if found == "over" else found


def _show_slip(
    request: Request, slip: SlipView, *, status: int = 200, problem: Mapping[str, str] | None = None
) -> Response:
    name = cut(slip.coming, NAME_CHARS_MAX)
    return show(request, "slip.html", status=status, slip=slip, name=name, doors=DOORS, problem=problem)


def _to_accept(request: Request, link: str) -> AcceptView | Response:
    context = Context.of(request)
    known = context.port.links.find(context.engine, "accept", link)
    found = link_views.to_accept(context.engine, known[0]) if known is not None else None
    if found is None:
        return nothing(request)
    return _show_alert(request, found, None, status=410) if found.state == "closed" else found


def _show_alert(
    request: Request,
    alert: AcceptView,
    person: Who | None,
    *,
    status: int = 200,
    asks: bool = False,
    **more: Any,  # noqa: ANN401 see render.page
) -> Response:
    """Ask who it is where that is not known; a cookie may be there, and not shown to who comes from another site."""
    from_elsewhere = request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}
    return show(
        request,
        "accept.html",
        status=status,
        alert=alert,
        person=person,
        asks=person is None and (asks or not from_elsewhere),
        names=Context.of(request).people.names(),
        **more,
    )


async def _sign_in(request: Request, alert: AcceptView, given: Mapping[str, str]) -> Response:
    context, name = Context.of(request), given.get("name", "")[:64]
    await run_in_threadpool(note_place, request, alert.place_id, name, what="sign_in")
    try:
        person = await check_secret(context, name, given["pin"][:64], by="pin")
    except RefusedError as refused:
        return await run_in_threadpool(
            _show_alert, request, alert, None, status=refused.status, asks=True, problem=words_of(refused),
            chosen=given.get("name", ""),
        )  # fmt: skip
    if not await run_in_threadpool(
        _may_attend, request, person, alert
    ):  # on no known device a PIN opens nothing else
        return await run_in_threadpool(
            _show_alert, request, alert, None, status=403, asks=True, problem=say("link.not_yours")
        )
    response = back(request)
    await remember(request, response, person)
    return response


async def _done(request: Request, act: Act, act_id: str) -> dict[str, str] | None:
    """Have it done; why it was not, in words."""
    try:
        outcome = await carry_out(Context.of(request), act, act_id)
    except (RefusedError, UnavailableError):
        return say("link.again")
    return None if outcome.ok else say("link.again")
