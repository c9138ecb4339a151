"""The pages of accounts: one's own, everybody's for the administrator, and the audit."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gateway.accounts.roles import ROLES, May
from gateway.audit.trail import SHOWN_MAX, Asked
from gateway.operations import accounts
from gateway.operations.home_views import places_named
from gateway.web.access import APerson, SomePerson, reach_of
from gateway.web.context import Context
from gateway.web.naming import namer
from gateway.web.needs import needs
from gateway.web.render import page

WORDS_CHARS_MAX = 64

router = APIRouter(include_in_schema=False)


@router.get("/account")
@needs(May.SELF)
def own_account(request: Request, person: APerson) -> Response:
    """One's own account: roles, browsers that are signed in, a new PIN."""
    context = Context.of(request)
    now = context.wall_ms()
    return page(
        request,
        "account.html",
        person=person,
        account=accounts.account(context.engine, person.id, now),
        sessions=accounts.sessions(context.engine, now, person.id),
        here=accounts.session_id(request.cookies.get(context.settings.cookie("person"), "")),
        roles=ROLES,
    )


@router.get("/accounts")
@needs(May.ACCOUNTS, of="everywhere")
def all_accounts(request: Request, person: SomePerson) -> Response:
    """Every account, with its roles; a new one."""
    context = Context.of(request)
    now = context.wall_ms()
    return page(
        request,
        "accounts.html",
        person=person,
        accounts=accounts.accounts(context.engine, now),
        parts=accounts.parts_of_the_tree(context.engine),
        roles=ROLES,
    )


@router.get("/audit")
@needs(May.AUDIT)
def audit(
    request: Request,
    person: SomePerson,
    q: Annotated[str, Query(max_length=WORDS_CHARS_MAX)] = "",
    place: Annotated[str, Query(max_length=WORDS_CHARS_MAX)] = "",
    before: Annotated[int | None, Query(ge=1, le=1 << 53)] = None,
) -> Response:
    """Who has looked at what and done what, within reach, the newest first; whether nothing of it was altered.

    Names of homes are masked, and why somebody looked, which names them as well, is left out, but for those who see the homes.
    """
    context, reach = Context.of(request), reach_of(request, May.AUDIT)
    named = reach_of(request, May.HOMES)
    asked = Asked(
        words=q.strip(), place=place.strip(), before=before, reach=reach, reasons=all(map(named.holds, reach.paths))
    )  # fmt: skip
    trail = context.port.trail
    found = [
        one if named.holds(one.entry.path) else replace(one, entry=replace(one.entry, reason=""))
        for one in trail.read(asked, SHOWN_MAX)
    ]
    places = {one.entry.place for one in found if one.entry.place}
    return page(
        request,
        "audit.html",
        person=person,
        found=found,
        names=places_named(context.engine, places),
        who=namer(request),
        q=q.strip(),
        place=place.strip(),
        older=found[-1].number if len(found) == SHOWN_MAX else None,
        checked=trail.checked,
    )
