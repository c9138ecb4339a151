"""Reads for the page of a home: its alerts of the last weeks with calls and visits, whom to ring, what stands open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gateway.operations.answers import Step, Text
from gateway.operations.tables import Alert, AlertStep, Contact

ALERTS_MAX = 50
OF_PEOPLE = ("life_safety", "care")  # classes of alerts that are about somebody


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """An alert as a line of a home's record, with the calls and visits that were noted."""

    id: str
    number: int
    kind: str
    severity: str
    title: Text
    state: str
    raised_at: int
    closed_at: int | None
    closed_by: str | None
    verdict: str | None
    reason: str | None
    outcome: str | None
    note: str | None
    done: list[Step]


@dataclass(frozen=True, slots=True)
class Standing:
    """An open alert about the people of a home."""

    id: str
    number: int
    rule: str


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody to ring about a home; ``rank`` is what a consent names."""

    rank: int
    name: str
    phone: str


def alerts_since(engine: Engine, place_id: str, since: int) -> tuple[list[AlertLine], int]:
    """The alerts of a place raised since then, newest first, ``ALERTS_MAX`` at most; and how many there are."""
    of_place = (Alert.place_id == place_id, Alert.raised_at >= since)
    with Session(engine) as session:
        total = session.scalar(select(func.count()).select_from(Alert).where(*of_place)) or 0
        query = select(Alert).where(*of_place).order_by(Alert.raised_at.desc(), Alert.number.desc())
        rows = session.scalars(query.limit(ALERTS_MAX)).all()
        done = _done(session, [row.id for row in rows])
        return [_line(row, done.get(row.id, [])) for row in rows], total


def standing(engine: Engine, place_id: str) -> list[Standing]:
    """The open alerts about the people of a home, the oldest first; nothing of its devices."""
    about = (Alert.place_id == place_id, Alert.state != "closed", Alert.kind.in_(OF_PEOPLE))
    with Session(engine) as session:
        rows = session.scalars(select(Alert).where(*about).order_by(Alert.raised_at, Alert.number))
        return [Standing(row.id, row.number, row.rule) for row in rows]


def contacts(engine: Engine, place_id: str) -> list[Reachable]:
    """Whom to ring about a home, in the order in which they are to be rung."""
    query = select(Contact).where(Contact.place_id == place_id).order_by(Contact.rank)
    with Session(engine) as session:
        return [Reachable(row.rank, row.name, row.phone) for row in session.scalars(query)]


def _done(session: Session, alerts: Sequence[str]) -> dict[str, list[Step]]:
    """The calls and visits of these alerts, oldest first."""
    wanted = (AlertStep.alert_id.in_(alerts), AlertStep.kind.in_(("called", "on_site")))
    found: dict[str, list[Step]] = {}
    for step in session.scalars(select(AlertStep).where(*wanted).order_by(AlertStep.id)):
        found.setdefault(step.alert_id, []).append(Step(step.kind, step.at, step.by, step.detail, step.via))
    return found


def _line(row: Alert, done: list[Step]) -> AlertLine:
    return AlertLine(
        id=row.id, number=row.number, kind=row.kind, severity=row.severity, title=row.title, state=row.state,
        raised_at=row.raised_at, closed_at=row.closed_at, closed_by=row.closed_by, verdict=row.verdict,
        reason=row.reason, outcome=row.outcome, note=row.note, done=done,
    )  # fmt: skip
