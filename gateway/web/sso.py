"""Single sign-on: to the provider and back. Who comes back is an account here, or is told whom to ask."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from gateway.accounts.faults import AccountError
from gateway.accounts.identity import Identity, SignOnError, grants_of
from gateway.accounts.who import Who
from gateway.operations import accounts
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.problems import refuse
from gateway.web.render import page
from gateway.web.session import remember, too_many_tries
from gateway.web.sign_on import TICKET_S, SignOnHere
from gateway.web.words import say

router = APIRouter(include_in_schema=False)


@router.get("/sso/begin")
@needs()
async def begin(
    request: Request, onward: Annotated[str, Query(alias="next", max_length=512)] = "/"
) -> Response:
    """Send a browser to the provider."""
    context = Context.of(request)
    here = _here(context)
    if too_many_tries(request):
        return _not_signed_on(request, "slowly", 429)
    try:
        address, ticket = await here.provider.begin(_back(request))
    except SignOnError as error:
        return _not_signed_on(request, error.reason, 503)
    name = context.tickets.keep(ticket, _ours(onward), context.wall_ms())
    response = RedirectResponse(address, 303)
    # Lax: the provider sends the browser back from another site, and a strict cookie would stay at home then.
    response.set_cookie(
        context.settings.cookie("sso"), name, max_age=TICKET_S, httponly=True, samesite="lax", path="/sso/",
        secure=context.settings.secure,
    )  # fmt: skip
    return response


@router.get("/sso/back")
@needs()
async def back(request: Request) -> Response:
    """Take somebody in who comes from the provider."""
    context = Context.of(request)
    here = _here(context)
    cookie = context.settings.cookie("sso")
    begun = context.tickets.take(request.cookies.get(cookie, ""), context.wall_ms())
    if begun is None:
        return _not_signed_on(request, "state", 400)
    try:
        identity = await here.provider.finish(dict(request.query_params), begun.ticket, _back(request))
        who = await run_in_threadpool(_account_of, context, here, identity)
    except SignOnError as error:
        return _not_signed_on(request, error.reason, 403)
    if who is None:
        request.scope["audit_subject"] = identity.subject
        return _not_signed_on(request, "unknown", 403, name=identity.name, subject=identity.subject)
    # From a page of our own on to the first one: behind a redirect that another site began, strict cookies stay at home.
    response = page(request, "sso.html", person=None, onward=begun.onward, problem=None)
    request.scope["audit_subject"] = who.name
    await remember(request, response, who, how="sso")
    response.delete_cookie(cookie, path="/sso/", httponly=True, secure=context.settings.secure)
    return response


def _account_of(context: Context, here: SignOnHere, identity: Identity) -> Who | None:
    """Whose account that is; where the provider's word gives the roles, made and brought up to date."""
    found = context.people.of_subject(identity.subject)
    if not here.rules:
        return found
    grants = grants_of(identity, here.rules)
    try:
        if found is None:
            return (
                context.people.add(identity.name, subject=identity.subject, grants=grants) if grants else None
            )
        accounts.set_grants(context.engine, found.id, grants)
    except AccountError as error:
        if error.reason == "subject_taken":
            return None  # by an account that was ended here
        raise SignOnError(error.reason, str(error)) from error
    return context.people.of_subject(identity.subject)


def _here(context: Context) -> SignOnHere:
    if context.settings.sso is None:
        raise refuse(404, "unknown")
    return context.settings.sso


def _back(request: Request) -> str:
    """Our own address for the way back: the public one where there is one; never what a Host header says."""
    settings = Context.of(request).settings
    return f"{settings.address}/sso/back"


def _ours(onward: str) -> str:
    """The page to go on to, if it is one of ours. To browsers a backslash is a slash, and a tab or a newline nothing."""
    parts = urlsplit(onward)
    odd = "\\" in onward or not onward.isprintable()
    if odd or parts.scheme or parts.netloc or not onward.startswith("/") or onward.startswith("//"):
        return "/"
    return onward


def _not_signed_on(request: Request, reason: str, status: int, **told: str) -> Response:
    known = (
        reason
        if reason in {"state", "denied", "unknown", "name_taken", "last_administrator", "slowly"}
        else "failed"
    )
    response = page(request, "sso.html", person=None, onward="/signin", problem=say(f"sso_{known}", **told))
    response.status_code = status
    return response
