"""Offices' own forms: which file, for what, and which figure goes into which cell. No decision hangs on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from gateway.operations.filed_reports import Of, Reaches
from gateway.operations.tables import ReportForm

FORMS_MAX: Final = 500
HELD_MAX: Final = 50  # in force for one thing


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView(Of):
    """A form: its name, for which report (``daily`` of a day), its file's digest; the figure of each mapped cell (Sheet!B3)."""

    id: str
    name: str
    daily: bool
    file: str
    mapping: dict[str, str]
    version: int
    made_at: int
    by: str
    mapped_at: int | None
    mapped_by: str


def add_form(
    engine: Engine, form_id: str, of: Of, *, name: str, daily: bool, file: str, by: str, now: int
) -> str:
    """Write a form down; ``many`` where there are too many already, '' when done. The same id again changes nothing."""
    with Session(engine) as session, session.begin():
        if session.get(ReportForm, form_id) is not None:
            return ""
        where = (ReportForm.at == of.at, ReportForm.facility == of.facility, ReportForm.kind == of.kind)
        standing = select(func.count()).select_from(ReportForm).where(ReportForm.ended_at.is_(None))
        if (session.scalar(standing) or 0) >= FORMS_MAX or (
            session.scalar(standing.where(*where)) or 0
        ) >= HELD_MAX:
            return "many"
        session.add(
            ReportForm(
                id=form_id, name=name, kind=of.kind, daily=daily, at=of.at, facility=of.facility, subject=of.subject,
                file=file, mapping={}, version=0, made_at=now, by=by,
            )
        )  # fmt: skip
    return ""


def map_cell(engine: Engine, form_id: str, cell: str, figure: str, *, most: int, by: str, now: int) -> str:
    """Let a figure go into a cell ('' empties it); why not: ``unknown``, ``many``, ``state`` (somebody was quicker)."""
    with Session(engine) as session, session.begin():
        row = session.get(ReportForm, form_id)
        if row is None or row.ended_at is not None:
            return "unknown"
        mapping = {name: key for name, key in row.mapping.items() if name != cell}
        if figure:
            mapping[cell] = figure
        if len(mapping) > most:
            return "many"
        guarded = update(ReportForm).where(ReportForm.id == form_id, ReportForm.version == row.version)
        values = {
            "mapping": dict(sorted(mapping.items())),
            "version": row.version + 1,
            "mapped_at": now,
            "mapped_by": by,
        }
        done: int = session.execute(guarded.values(values)).rowcount  # type: ignore[attr-defined]
    return "" if done == 1 else "state"


def end_form(engine: Engine, form_id: str, *, by: str, now: int) -> bool:
    """Use it no more; whether it was there."""
    ended = update(ReportForm).where(ReportForm.id == form_id, ReportForm.ended_at.is_(None))
    with engine.begin() as connection:
        return connection.execute(ended.values(ended_at=now, ended_by=by)).rowcount == 1


def form(engine: Engine, form_id: str) -> FormView | None:
    """That form, while it is in use."""
    with Session(engine) as session:
        row = session.get(ReportForm, form_id)
        return _view(row) if row is not None and row.ended_at is None else None


def forms_within(engine: Engine, reaches: Reaches) -> list[FormView]:
    """The forms in use that may be seen, by what they are for."""
    query = select(ReportForm).where(
        ReportForm.ended_at.is_(None), reaches.within(ReportForm.kind, ReportForm.at)
    )
    with Session(engine) as session:
        return [
            _view(row)
            for row in session.scalars(query.order_by(ReportForm.at, ReportForm.name, ReportForm.id))
        ]


def _view(row: ReportForm) -> FormView:
    return FormView(
        id=row.id, name=row.name, kind=row.kind, daily=row.daily, at=row.at, facility=row.facility, subject=row.subject,
        file=row.file, mapping=dict(row.mapping), version=row.version, made_at=row.made_at, by=row.by,
        mapped_at=row.mapped_at, mapped_by=row.mapped_by,
    )  # fmt: skip
