"""The pages of homes: finding one, and its mode. For those who are signed in: who is away is not for passers-by."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from gateway.accounts.roles import May
from gateway.operations import home_views, views
from gateway.operations.visits import visits_of
from gateway.web.access import SomePerson, reach_of
from gateway.web.context import Context
from gateway.web.home_page import home_facts
from gateway.web.homes import FOR_FACILITIES, NAME_CHARS_MAX, place_detail
from gateway.web.needs import needs
from gateway.web.render import language_of, page
from gateway.web.story import words_of_story
from rules.modes import KINDS, LASTS_MS

LENGTHS_H = {  # what a tap offers; anything else by the API
    "away": (12, 24, 72, 168, 336, 720),
    "hospital": (168, 336, 720, 1440),
    "visitors": (3, 12, 24, 72),
    "cleaning": (1, 2, 4, 8),
    "paused": (1, 4, 24, 72),
    "maintenance": (1, 4, 8, 24),
}
VISITS_MAX = 20

router = APIRouter(include_in_schema=False)


@router.get("/places")
@needs(May.HOMES, record=True)
def find_place(
    request: Request, person: SomePerson, q: Annotated[str, Query(max_length=NAME_CHARS_MAX)] = ""
) -> Response:
    """Find a home or facility by name, address or number; the homes with a mode on; silences in force."""
    context = Context.of(request)
    reach = reach_of(request, May.HOMES)
    now = context.port.health().hub_now_ms
    return page(
        request,
        "places.html",
        person=person,
        names=context.people.names(),
        who=views.who,
        where=views.where,
        q=q.strip(),
        found=home_views.find(context.engine, q.strip(), reach=reach) if q.strip() else [],
        homes=home_views.homes_in_mode(context.engine, reach),
        silences=home_views.silences(context.engine, now, reach),
        titles=context.port.rule_titles(),
    )


@router.get("/places/{place_id}")
@needs(May.HOMES, of="place", record=True)
def show_place(
    request: Request, place_id: Annotated[str, Path(max_length=NAME_CHARS_MAX)], person: SomePerson
) -> Response:
    """One home or facility: its mode, what was held back, what it has otherwise."""
    context = Context.of(request)
    place = place_detail(context, place_id) if person is not None else None
    kinds = KINDS if place is None or place.kind == "home" else FOR_FACILITIES
    return page(
        request,
        "place.html",
        person=person,
        names=context.people.names(),
        who=views.who,
        where=views.where,
        place=place,
        kinds=kinds,
        lengths={kind: LENGTHS_H[kind] for kind in kinds},
        usual=LASTS_MS,
        titles=context.port.rule_titles(),
        past=[mode for mode in place.modes if mode.ended_at is not None] if place else [],
        visits=visits_of(context.engine, place.id, limit=VISITS_MAX) if place else [],
        home=home_facts(request, place) if place and place.kind == "home" else None,
        **words_of_story(language_of(request)),
    )
