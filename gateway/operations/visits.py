"""Visit records (探访记录): written when a person ticks it at a close, or says so on the page of a home; never by itself.

An effect of a journalled command, so that one tap is one visit. A visit stays when its alert is opened again: somebody was
there all the same. Who sees that it was none strikes it out with a reason; then it no longer counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Engine, func, select, true
from sqlalchemy.orm import Session

from gateway.accounts.who import Reach
from gateway.operations import tables
from gateway.operations.tables import Alert, AlertStep, Place
from gateway.operations.whereabouts import within
from rules.events import Command

CLOSE, HOME = "close", "home"  # how it came to be: a tick at a close, the button on the page of a home
TICKED: Final = "1"
NO_VISIT: Final = "test"  # a verdict beside which nobody was visited


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit that counts: whose home or which facility (``place_id``, at ``path`` then), when (epoch ms, hub time), by whom.

    ``alert_id`` is '' where it came from the page of a home (``kind`` home, else close). ``note`` may name a resident.
    """

    id: str
    alert_id: str
    place_id: str
    path: str
    at: int
    by: str
    kind: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitView(Visit):
    """A visit as it is shown where it was: also one that was struck out, with when, by whom and why."""

    struck_at: int | None
    struck_by: str
    struck_why: str


def fault_of_tick(session: Session, alert: Alert, data: dict[str, str]) -> str:
    """Why a close may not be ticked as a visit, '' where it may, or was not ticked."""
    if data.get("visit", "") not in ("", TICKED):
        return f"visit must be {TICKED} or nothing"
    if not data.get("visit"):
        return ""
    if data.get("verdict") == NO_VISIT:
        return "a test is no visit"
    if session.get(Place, alert.place_id) is None:
        return "the place is not in the registry any more"
    if not can_be_visit(session, alert):
        return "nobody was on site"
    return ""


def can_be_visit(session: Session, alert: Alert) -> bool:
    """Whether a close of this alert can be a visit: it is about a home, or somebody was on site."""
    kind = session.scalar(select(Place.kind).where(Place.id == alert.place_id))
    if kind == HOME:
        return True
    there = select(AlertStep.id).where(AlertStep.alert_id == alert.id, AlertStep.kind == "on_site").limit(1)
    return kind is not None and session.scalar(there) is not None


def record_at_close(session: Session, alert: Alert, command: Command) -> None:
    """Write the visit that was ticked at this close, and the step that says so; in the transaction of the close."""
    if command.data.get("visit") == TICKED:
        _write(session, alert.place_id, CLOSE, command, alert_id=alert.id)
        _step(session, alert.id, "visited", command)


def obey_visit(session: Session, command: Command) -> str:
    """Why a ``visit`` or ``visit_strike`` was not done, '' when it was."""
    if command.kind == "visit":
        place = session.get(Place, command.key)
        if place is None or place.kind != HOME:
            return "unknown home"
        _write(session, command.key, HOME, command, alert_id=None)
        return ""
    why = command.data.get("reason", "").strip()
    known = session.get(tables.Visit, command.data.get("id", ""))
    if known is None or known.place_id != command.key:
        return "unknown visit"
    if known.struck_at is not None:
        return f"already struck out by {known.struck_by}"
    if not why:
        return "say why it is struck out"
    known.struck_at, known.struck_by, known.struck_why = command.at, command.by, why
    if known.alert_id and session.get(Alert, known.alert_id) is not None:
        _step(session, known.alert_id, "visit_struck", command, why)
    session.flush()
    return ""


def _write(session: Session, place_id: str, kind: str, command: Command, *, alert_id: str | None) -> None:
    note, path = command.data.get("note", "").strip(), session.get_one(Place, place_id).path
    session.add(
        tables.Visit(
            id=command.id, alert_id=alert_id, place_id=place_id, path=path, at=command.at, by=command.by, kind=kind, note=note
        )
    )  # fmt: skip
    session.flush()


def _step(session: Session, alert_id: str, kind: str, command: Command, detail: str = "") -> None:
    via = command.data.get("via", "")
    session.add(AlertStep(alert_id=alert_id, kind=kind, at=command.at, by=command.by, detail=detail, via=via))


def visits_between(engine: Engine, begin_ms: int, end_ms: int, at: str = "") -> list[Visit]:
    """The visits that count with begin ≤ time < end at that path of the tree and below, '' everywhere; oldest first."""
    where = (tables.Visit.at >= begin_ms, tables.Visit.at < end_ms, tables.Visit.struck_at.is_(None))
    query = select(tables.Visit).where(*where, below(at)).order_by(tables.Visit.at, tables.Visit.id)
    with Session(engine) as session:
        return [_visit(row) for row in session.scalars(query)]


def below(at: str) -> ColumnElement[bool]:
    """The condition that a visit was at that path or below; letter by letter."""
    return within(Reach((at,)), tables.Visit.path) if at else true()


def visits_of(engine: Engine, place_id: str, *, limit: int = 100) -> list[VisitView]:
    """The visits of a home or facility, the newest first, also those struck out."""
    order = (tables.Visit.at.desc(), tables.Visit.id)
    query = select(tables.Visit).where(tables.Visit.place_id == place_id).order_by(*order).limit(limit)
    with Session(engine) as session:
        return [_view(row) for row in session.scalars(query)]


def visit(engine: Engine, visit_id: str) -> VisitView | None:
    """That visit."""
    with Session(engine) as session:
        row = session.get(tables.Visit, visit_id)
        return _view(row) if row is not None else None


def count_of(engine: Engine, place_id: str, since_ms: int) -> int:
    """How many visits of a home or facility count since then."""
    where = (
        tables.Visit.place_id == place_id,
        tables.Visit.at >= since_ms,
        tables.Visit.struck_at.is_(None),
    )
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(tables.Visit).where(*where)) or 0


def _visit(row: tables.Visit) -> Visit:
    return Visit(
        id=row.id, alert_id=row.alert_id or "", place_id=row.place_id, path=row.path, at=row.at, by=row.by, kind=row.kind,
        note=row.note,
    )  # fmt: skip


def _view(row: tables.Visit) -> VisitView:
    return VisitView(
        id=row.id, alert_id=row.alert_id or "", place_id=row.place_id, path=row.path, at=row.at, by=row.by, kind=row.kind,
        note=row.note, struck_at=row.struck_at, struck_by=row.struck_by, struck_why=row.struck_why,
    )  # fmt: skip
