"""The routes about what a home has agreed to (同意书): who is told, whether a guard is asked to knock, and a family's link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.operations import agreement_views, home_views
from gateway.operations.agreement_views import ConsentView, FamilyLinkView
from gateway.operations.links import FAMILY_PATH, family_token, hash_of
from gateway.web.access import APerson
from gateway.web.acts import Key, carry_out, id_of
from gateway.web.alerts import NOTE_CHARS_MAX
from gateway.web.context import Context
from gateway.web.homes import PlaceId
from gateway.web.needs import needs
from gateway.web.paging import Cursor, first, read
from gateway.web.port import Act
from gateway.web.problems import declared, refuse

LIMIT_MAX = 500
RANK_MAX = 99

router = APIRouter(prefix="/api/v1", tags=["agreements"])
REFUSALS = declared(401, 404, 409, 422, 503)
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Named = Annotated[str, Path(max_length=128)]
Rank = Annotated[int, Field(ge=1, le=RANK_MAX)]


class Consenting(BaseModel):
    """What a home agrees to: that the contact of this rank is told of life safety, or that the guard is asked to knock."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"scope": "family", "contact": 1, "note": "本人签字，2026-03-02"},
                {"scope": "guard", "note": "本人签字，2026-03-02"},
            ]
        },
    )
    scope: Literal["family", "guard"]
    contact: Rank | None = None
    note: str = Field(default="", max_length=NOTE_CHARS_MAX)

    @model_validator(mode="after")
    def _about_somebody(self) -> Consenting:
        if (self.scope == "family") != (self.contact is not None):
            raise ValueError("give the rank of a contact for family, and none for guard")
        return self


class Linking(BaseModel):
    """For which contact, by rank; until when (epoch ms of hub time; without: until it is ended)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"contact": 1}]})
    contact: Rank
    ends_at: int | None = Field(default=None, ge=0)


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """Some consents, newest first, and the cursor for those that follow."""

    consents: list[ConsentView]
    next: str | None


@dataclass(frozen=True, slots=True)
class FamilyLinkPage:
    """Some links to families' pages, newest first, and the cursor for those that follow."""

    links: list[FamilyLinkView]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyLinkMade:
    """A new link, with what is never shown again: its ``path`` in this hub, and its ``url`` ('' without [http] public_url)."""

    link: FamilyLinkView
    path: str
    url: str


@router.get("/places/{place_id}/consents", responses=declared(401, 404, 422))
@needs(May.AGREE, of="home", record=True)
def read_consents(
    request: Request, place_id: PlaceId, _person: APerson, limit: Limit = 100, cursor: Cursor = None
) -> ConsentPage:
    """What a home has agreed to, also what was withdrawn."""
    context = Context.of(request)
    _known_place(context, place_id)
    behind = read(cursor, tuple[int, str]) if cursor is not None else None
    found = agreement_views.consents(context.engine, place_id, limit=limit + 1, behind=behind)
    return ConsentPage(*first(found, lambda one: (one.since, one.id), limit))


@router.post("/places/{place_id}/consents", responses=REFUSALS)
@needs(May.AGREE, of="home", record=True)
async def consent(
    request: Request, place_id: PlaceId, person: APerson, consenting: Consenting, key: Key = None
) -> ConsentView:
    """Write down that a home agrees; nobody but staff is told of it without."""
    context = Context.of(request)
    await run_in_threadpool(_known_place, context, place_id)
    about = f"{place_id} {consenting.scope} {consenting.contact}"
    act_id = id_of(key, "consent", about, person)  # and the consent's own: a repeat is the same consent
    data = {"id": act_id, "scope": consenting.scope, "note": consenting.note.strip()}
    if consenting.contact is not None:
        data["contact"] = str(consenting.contact)
    return await _consent_done(
        context, Act(kind="consent", by=person.name, place=place_id, data=data), act_id
    )


@router.delete("/places/{place_id}/consents/{consent_id}", responses=REFUSALS)
@needs(May.AGREE, of="home", record=True)
async def withdraw(
    request: Request, place_id: PlaceId, consent_id: Named, person: APerson, key: Key = None
) -> ConsentView:
    """Withdraw a consent: from now on nobody is told by it, and the contact's links end."""
    context = Context.of(request)
    known = await run_in_threadpool(agreement_views.consent, context.engine, consent_id)
    if known is None or known.place_id != place_id:
        raise refuse(404, "unknown_consent")
    act = Act(kind="consent_end", by=person.name, place=place_id, data={"id": consent_id})
    return await _consent_done(context, act, id_of(key, "consent_end", consent_id, person))


@router.get("/places/{place_id}/family-links", responses=declared(401, 404, 422))
@needs(May.AGREE, of="home", record=True)
def read_family_links(
    request: Request, place_id: PlaceId, _person: APerson, limit: Limit = 100, cursor: Cursor = None
) -> FamilyLinkPage:
    """The links to the page of a home's family, also those that have ended; without their tokens."""
    context = Context.of(request)
    _known_place(context, place_id)
    behind = read(cursor, tuple[int, str]) if cursor is not None else None
    found = agreement_views.family_links(context.engine, place_id, limit=limit + 1, behind=behind)
    return FamilyLinkPage(*first(found, lambda one: (one.made_at, one.id), limit))


@router.post("/places/{place_id}/family-links", responses=REFUSALS)
@needs(May.AGREE, of="home", record=True)
async def make_family_link(
    request: Request, place_id: PlaceId, person: APerson, linking: Linking, key: Key = None
) -> FamilyLinkMade:
    """Make a link to the family's page, for a contact whom the home has agreed to tell.

    Its address is shown here and never again. The same Idempotency-Key gives the same link.
    """
    context = Context.of(request)
    await run_in_threadpool(_known_place, context, place_id)
    if linking.ends_at is not None and linking.ends_at <= context.port.health().hub_now_ms:
        raise refuse(422, "invalid", what="ends_at: is past; give a time to come")
    act_id = id_of(key, "link", f"{place_id} {linking.contact}", person)
    token = family_token(context.port.links.secret, act_id)
    data = {"hash": hash_of(token), "purpose": "family", "holder": f"contact:{linking.contact}"}
    if linking.ends_at is not None:
        data["ends_at"] = str(linking.ends_at)
    outcome = await carry_out(context, Act(kind="link", by=person.name, place=place_id, data=data), act_id)
    made = await run_in_threadpool(agreement_views.family_link, context.engine, data["hash"])
    if not outcome.ok or made is None:
        raise refuse(409, "refused", reason=outcome.reason)
    return FamilyLinkMade(link=made, path=FAMILY_PATH + token, url=context.port.links.family_link(token))


@router.delete("/places/{place_id}/family-links/{link_id}", responses=REFUSALS)
@needs(May.AGREE, of="home", record=True)
async def end_family_link(
    request: Request, place_id: PlaceId, link_id: Named, person: APerson, key: Key = None
) -> FamilyLinkView:
    """End a link: whoever opens it is told so."""
    context = Context.of(request)
    known = await run_in_threadpool(agreement_views.family_link, context.engine, link_id)
    if known is None or known.place_id != place_id:
        raise refuse(404, "unknown_link")
    act = Act(kind="link_end", by=person.name, place=place_id, data={"hash": link_id})
    outcome = await carry_out(context, act, id_of(key, "link_end", link_id, person))
    ended = await run_in_threadpool(agreement_views.family_link, context.engine, link_id)
    if not outcome.ok or ended is None:
        raise refuse(409, "refused", reason=outcome.reason)
    return ended


def _known_place(context: Context, place_id: str) -> None:
    if home_views.place(context.engine, place_id) is None:
        raise refuse(404, "unknown_place")


async def _consent_done(context: Context, act: Act, act_id: str) -> ConsentView:
    outcome = await carry_out(context, act, act_id)
    found = await run_in_threadpool(agreement_views.consent, context.engine, act.data["id"])
    if not outcome.ok or found is None:
        raise refuse(409, "refused", reason=outcome.reason)
    return found
