"""Who looked into the rooms of a home, and why: nobody does without an open alert or a reason of their own."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gateway.operations.tables import Look

OPEN_FOR_MS = 30 * 60_000
SHOWN_MAX = 10


@dataclass(frozen=True, slots=True)
class LookView:
    """A look: by whom, when, until when it is open to them; the reason, or the number of the alert that was one."""

    by: str
    at: int
    until: int
    reason: str
    alert_id: str


def in_force(engine: Engine, place_id: str, staff_id: int, now: int) -> LookView | None:
    """The reason by which a person may look at hub time ``now``, the one that lasts longest; not an alert's."""
    same = (Look.place_id == place_id, Look.staff_id == staff_id, Look.alert_id == "", Look.until > now)
    with Session(engine) as session:
        row = session.scalar(select(Look).where(*same, Look.at <= now).order_by(Look.until.desc()).limit(1))
        return _view(row) if row is not None else None


def note_look(
    engine: Engine, place_id: str, *, staff_id: int, by: str, at: int, reason: str = "", alert_id: str = ""
) -> LookView:
    """Note a look at hub time ``at``. What one person looks at for one reason within its time is one look."""
    same = (
        Look.place_id == place_id,
        Look.staff_id == staff_id,
        Look.reason == reason,
        Look.alert_id == alert_id,
    )
    with Session(engine) as session, session.begin():
        row = session.scalar(select(Look).where(*same, Look.at <= at, Look.until > at).limit(1))
        if row is None:
            row = Look(
                place_id=place_id, staff_id=staff_id, by=by, at=at, until=at + OPEN_FOR_MS, reason=reason, alert_id=alert_id
            )  # fmt: skip
            session.add(row)
            session.flush()
        return _view(row)


def looks(engine: Engine, place_id: str, limit: int = SHOWN_MAX) -> list[LookView]:
    """The last looks into a home, the newest first."""
    query = select(Look).where(Look.place_id == place_id).order_by(Look.at.desc(), Look.id.desc())
    with Session(engine) as session:
        return [_view(row) for row in session.scalars(query.limit(limit))]


def _view(row: Look) -> LookView:
    return LookView(row.by, row.at, row.until, row.reason, row.alert_id)
