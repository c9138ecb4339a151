"""Reads about what homes have agreed to, the links to their families' pages, and follow-ups; a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sqlalchemy import Engine, select, tuple_
from sqlalchemy.orm import Session

from gateway.accounts.who import EVERYTHING, Reach
from gateway.operations.answers import Text
from gateway.operations.tables import Alert, Consent, Contact, FollowUp, Link, Place
from gateway.operations.views import where, who
from gateway.operations.whereabouts import about_within

Which: TypeAlias = Literal["due", "done"]
Standing: TypeAlias = tuple[int, str]  # where one stands in such a list: its time and its id


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """What a home has agreed to: that a contact (by ``contact``, the rank) is told, or that a guard is asked to knock."""

    id: str
    place_id: str
    scope: str  # family | guard
    contact: int | None
    contact_name: str
    since: int
    by: str
    note: str
    ended_at: int | None
    ended_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyLinkView:
    """A link to a family's page, without its token: ``id`` is the token's hash."""

    id: str
    place_id: str
    contact: int
    made_at: int
    made_by: str
    ends_at: int | None
    ended_at: int | None
    ended_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpView:
    """Somebody to be visited or called (次日回访) from ``due_at`` on; after which alert, and what came of it."""

    id: str
    alert_id: str
    number: int
    title: Text
    place_id: str
    who: Text
    where: Text
    due_at: int
    done_at: int | None
    done_by: str
    note: str


def consents(
    engine: Engine, place_id: str, *, limit: int, behind: Standing | None = None
) -> list[ConsentView]:
    """Consents of a home, also those withdrawn, newest first, ``behind`` one that was seen (``since``, ``id``)."""
    order = (Consent.since, Consent.id)
    query = select(Consent).where(Consent.place_id == place_id).order_by(*(key.desc() for key in order))
    if behind is not None:
        query = query.where(tuple_(*order) < tuple_(*behind))
    with Session(engine) as session:
        names = _names(session, place_id)
        return [_consent(one, names) for one in session.scalars(query.limit(limit))]


def consent(engine: Engine, consent_id: str) -> ConsentView | None:
    """One consent, also one that is withdrawn."""
    with Session(engine) as session:
        found = session.get(Consent, consent_id)
        return _consent(found, _names(session, found.place_id)) if found is not None else None


def family_links(
    engine: Engine, place_id: str, *, limit: int, behind: Standing | None = None
) -> list[FamilyLinkView]:
    """Links to a page of that home's family, newest first, ``behind`` one that was seen (``made_at``, ``id``)."""
    order = (Link.made_at, Link.token_hash)
    mine = (Link.place_id == place_id, Link.purpose == "family")
    query = select(Link).where(*mine).order_by(*(key.desc() for key in order))
    if behind is not None:
        query = query.where(tuple_(*order) < tuple_(*behind))
    with Session(engine) as session:
        return [_family_link(one) for one in session.scalars(query.limit(limit))]


def family_link(engine: Engine, link_id: str) -> FamilyLinkView | None:
    """One link to a family's page, also one that has ended."""
    with Session(engine) as session:
        found = session.get(Link, link_id)
        return _family_link(found) if found is not None and found.purpose == "family" else None


def follow_ups(
    engine: Engine,
    which: Which,
    *,
    limit: int,
    behind: Standing | None = None,
    reach: Reach = EVERYTHING,
) -> list[FollowUpView]:
    """Those within reach to be done, by when they are due; or the ones done, the last first; ``behind`` one that was seen."""
    query = select(FollowUp).where(about_within(reach, FollowUp.place_id))
    if which == "due":
        due = (FollowUp.due_at, FollowUp.id)
        query = query.where(FollowUp.done_at.is_(None)).order_by(*due)
        if behind is not None:
            query = query.where(tuple_(*due) > tuple_(*behind))
    else:
        done = (FollowUp.done_at, FollowUp.id)
        query = query.where(FollowUp.done_at.is_not(None)).order_by(*(key.desc() for key in done))
        if behind is not None:
            query = query.where(tuple_(*done) < tuple_(*behind))
    with Session(engine) as session:
        return [_follow_up(session, one) for one in session.scalars(query.limit(limit))]


def follow_up(engine: Engine, follow_up_id: str) -> FollowUpView | None:
    """One follow-up."""
    with Session(engine) as session:
        found = session.get(FollowUp, follow_up_id)
        return _follow_up(session, found) if found is not None else None


def follow_ups_of(engine: Engine, place_id: str) -> list[FollowUpView]:
    """The follow-ups of one home that are to be done, by when they are due."""
    query = select(FollowUp).where(FollowUp.place_id == place_id, FollowUp.done_at.is_(None))
    with Session(engine) as session:
        return [
            _follow_up(session, one) for one in session.scalars(query.order_by(FollowUp.due_at, FollowUp.id))
        ]


def _names(session: Session, place_id: str) -> dict[int, str]:
    contacts = session.scalars(select(Contact).where(Contact.place_id == place_id))
    return {contact.rank: contact.name for contact in contacts}


def _consent(row: Consent, names: dict[int, str]) -> ConsentView:
    return ConsentView(
        id=row.id, place_id=row.place_id, scope=row.scope, contact=row.contact,
        contact_name=names.get(row.contact, "") if row.contact is not None else "",
        since=row.since, by=row.by, note=row.note, ended_at=row.ended_at, ended_by=row.ended_by,
    )  # fmt: skip


def _family_link(row: Link) -> FamilyLinkView:
    return FamilyLinkView(
        id=row.token_hash, place_id=row.place_id, contact=int(row.holder.removeprefix("contact:")),
        made_at=row.made_at, made_by=row.made_by, ends_at=row.ends_at, ended_at=row.ended_at, ended_by=row.ended_by,
    )  # fmt: skip


def _follow_up(session: Session, row: FollowUp) -> FollowUpView:
    place, alert = session.get(Place, row.place_id), session.get_one(Alert, row.alert_id)
    return FollowUpView(
        id=row.id, alert_id=row.alert_id, number=alert.number, title=alert.title, place_id=row.place_id,
        who=who(place, row.place_id), where=where(place, ""), due_at=row.due_at, done_at=row.done_at,
        done_by=row.done_by, note=row.note,
    )  # fmt: skip
