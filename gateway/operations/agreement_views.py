"""Reads about what homes have agreed to, the links to their families' pages, and follow-ups; a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from sqlalchemy import Engine, Select, select, tuple_
from sqlalchemy.orm import Session

from gateway.operations.answers import Text
from gateway.operations.tables import Alert, Consent, Contact, FollowUp, Link, Place
from gateway.operations.views import where, who

Row = TypeVar("Row")
View = TypeVar("View")
Which: TypeAlias = Literal["due", "done"]
_ID_CHARS_MAX = 128
_TIME_DIGITS_MAX = 15


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


@dataclass(frozen=True, slots=True)
class Page(Generic[View]):
    """Some of them, and the cursor for those that follow."""

    items: list[View]
    next: str | None


def consents(engine: Engine, place_id: str, *, limit: int, cursor: str | None) -> Page[ConsentView]:
    """Every consent of a home, also those withdrawn, newest first; ValueError for a cursor that is none."""
    order = (Consent.since, Consent.id)
    query = select(Consent).where(Consent.place_id == place_id).order_by(*(key.desc() for key in order))
    if cursor is not None:
        query = query.where(tuple_(*order) < tuple_(*_cursor(cursor)))
    with Session(engine) as session:
        names = _names(session, place_id)

        def view(one: Consent) -> ConsentView:
            return _consent(one, names)

        return _page(session, query, limit, view, lambda one: (one.since, one.id))


def consent(engine: Engine, consent_id: str) -> ConsentView | None:
    """One consent, also one that is withdrawn."""
    with Session(engine) as session:
        found = session.get(Consent, consent_id)
        return _consent(found, _names(session, found.place_id)) if found is not None else None


def family_links(engine: Engine, place_id: str, *, limit: int, cursor: str | None) -> Page[FamilyLinkView]:
    """Every link to a page of that home's family, newest first; ValueError for a cursor that is none."""
    order = (Link.made_at, Link.token_hash)
    mine = (Link.place_id == place_id, Link.purpose == "family")
    query = select(Link).where(*mine).order_by(*(key.desc() for key in order))
    if cursor is not None:
        query = query.where(tuple_(*order) < tuple_(*_cursor(cursor)))
    with Session(engine) as session:
        return _page(session, query, limit, _family_link, lambda one: (one.made_at, one.token_hash))


def family_link(engine: Engine, link_id: str) -> FamilyLinkView | None:
    """One link to a family's page, also one that has ended."""
    with Session(engine) as session:
        found = session.get(Link, link_id)
        return _family_link(found) if found is not None and found.purpose == "family" else None


def follow_ups(engine: Engine, which: Which, *, limit: int, cursor: str | None) -> Page[FollowUpView]:
    """Those that are to be done, by when they are due; or those that were, last done first. ValueError as above."""
    query = select(FollowUp)
    if which == "due":
        due = (FollowUp.due_at, FollowUp.id)
        query = query.where(FollowUp.done_at.is_(None)).order_by(*due)
        if cursor is not None:
            query = query.where(tuple_(*due) > tuple_(*_cursor(cursor)))
    else:
        done = (FollowUp.done_at, FollowUp.id)
        query = query.where(FollowUp.done_at.is_not(None)).order_by(*(key.desc() for key in done))
        if cursor is not None:
            query = query.where(tuple_(*done) < tuple_(*_cursor(cursor)))

    def stands(one: FollowUp) -> tuple[int, str]:
        return (one.due_at if which == "due" else one.done_at or 0), one.id

    with Session(engine) as session:
        return _page(session, query, limit, lambda one: _follow_up(session, one), stands)


def follow_up(engine: Engine, follow_up_id: str) -> FollowUpView | None:
    """One follow-up."""
    with Session(engine) as session:
        found = session.get(FollowUp, follow_up_id)
        return _follow_up(session, found) if found is not None else None


def _page(
    session: Session,
    query: Select[Any],
    limit: int,
    view: Callable[[Row], View],
    stands: Callable[[Row], tuple[int, str]],
) -> Page[View]:
    found: Sequence[Row] = session.scalars(query.limit(limit + 1)).all()
    more = ".".join(map(str, stands(found[limit - 1]))) if len(found) > limit else None
    return Page([view(one) for one in found[:limit]], more)


def _cursor(text: str) -> tuple[Any, ...]:
    time, dot, name = text.partition(".")
    known = time.isascii() and time.isdigit() and len(time) <= _TIME_DIGITS_MAX
    if not (known and dot and 0 < len(name) <= _ID_CHARS_MAX):
        raise ValueError(f"cursor {text!r}: take it from the 'next' of an answer")
    return int(time), name


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
