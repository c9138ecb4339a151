"""What a home has agreed to, each agreement with who wrote it down and until when it held: nobody is told without one."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.operations.tables import Consent, Contact, Link, Place
from rules.events import Command

SCOPES = ("family", "guard")


def obey_consent(session: Session, command: Command) -> str:
    """Why a ``consent`` or ``consent_end`` was not written down, '' when it was. Withdrawing it ends the links made for it."""
    data = command.data
    known = session.get(Consent, data.get("id", ""))
    if command.kind == "consent_end":
        return _end(session, known, command)
    scope, contact = data.get("scope", ""), data.get("contact", "")
    place = session.get(Place, command.key)
    if place is None or place.kind != "home":
        return "only a home agrees to something"
    if scope not in SCOPES:
        return f"scope must be one of {', '.join(SCOPES)}"
    rank = int(contact) if contact.isdecimal() else None
    if scope == "family" and (rank is None or session.get(Contact, (command.key, rank)) is None):
        return "name a contact of this home by its rank"
    if known is not None or _in_force(session, command.key, scope, rank):
        return "it is agreed to already"
    session.add(
        Consent(
            id=data.get("id", ""), place_id=command.key, scope=scope, contact=rank if scope == "family" else None,
            since=command.at, by=command.by, note=data.get("note", ""),
        )
    )  # fmt: skip
    session.flush()
    return ""


def _in_force(session: Session, place_id: str, scope: str, rank: int | None) -> bool:
    same = (Consent.place_id == place_id, Consent.scope == scope, Consent.ended_at.is_(None))
    found = session.scalars(select(Consent).where(*same))
    return any(scope == "guard" or one.contact == rank for one in found)


def _end(session: Session, known: Consent | None, command: Command) -> str:
    if known is None or known.place_id != command.key:
        return "unknown consent"
    if known.ended_at is not None:
        return "it is withdrawn already"
    known.ended_at, known.ended_by = command.at, command.by
    if known.scope == "family":
        for link in session.scalars(
            select(Link).where(
                Link.purpose == "family",
                Link.place_id == known.place_id,
                Link.holder == f"contact:{known.contact}",
                Link.ended_at.is_(None),
            )
        ):
            link.ended_at, link.ended_by = command.at, command.by
    return ""


def obey_link(session: Session, command: Command) -> str:
    """Why a ``link`` or ``link_end`` was not written down, '' when it was. Only the hash of a token is ever known here."""
    data = command.data
    known = session.get(Link, data.get("hash", ""))
    if command.kind == "link_end":
        if known is None:
            return "unknown link"
        if known.ended_at is None:
            known.ended_at, known.ended_by = command.at, command.by
        return ""
    if known is not None:
        return "there is such a link already"
    if data.get("purpose") == "family" and not _agreed_family(session, command.key, data.get("holder", "")):
        return "the home has not agreed that this contact is told"
    session.add(
        Link(
            token_hash=data["hash"], purpose=data["purpose"], alert_id=command.alert, place_id=command.key,
            holder=data.get("holder", ""), made_at=command.at, made_by=command.by,
            ends_at=int(data["ends_at"]) if data.get("ends_at") else None,
        )
    )  # fmt: skip
    session.flush()
    return ""


def _agreed_family(session: Session, place_id: str, holder: str) -> bool:
    rank = holder.removeprefix("contact:")
    return rank.isdecimal() and _in_force(session, place_id, "family", int(rank))
