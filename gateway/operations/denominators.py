"""What the plan's indicators are divided by (how many streets, how many elders of 60 and over): typed, with source and date.

The hub cannot know them. Every entry is kept; the last one for an indicator and a place of the tree holds, and one without a
value takes it back. It changes no decision: written here at once, by a person, and audited as every act.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gateway.accounts.who import Reach
from gateway.operations.tables import DenominatorEntry
from gateway.operations.whereabouts import within

# What may be entered; the share that each is for stands in docs/handing-in.md.
INDICATORS: Final = ("streets", "communities", "ageing_communities", "elders_60")
VALUE_MAX: Final = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Denominator:
    """A number as somebody entered it for a part of the tree: from which source, as of which day (YYYY-MM-DD).

    ``set_at`` is when, epoch ms of the wall clock.
    """

    indicator: str
    at: str
    value: float
    source: str
    as_of: str
    by: str
    set_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One entry of the history; ``value`` is None where it took the number back."""

    id: int
    indicator: str
    at: str
    value: int | None
    source: str
    as_of: str
    by: str
    set_at: int


def denominators(engine: Engine) -> list[Denominator]:
    """What holds: the last entry for each (indicator, at), without those taken back; ordered by both."""
    newest = select(func.max(DenominatorEntry.id)).group_by(DenominatorEntry.at, DenominatorEntry.indicator)
    query = (
        select(DenominatorEntry)
        .where(DenominatorEntry.id.in_(newest), DenominatorEntry.value.is_not(None))
        .order_by(DenominatorEntry.at, DenominatorEntry.indicator)
    )
    with Session(engine) as session:
        return [
            Denominator(
                indicator=row.indicator, at=row.at, value=float(row.value or 0), source=row.source, as_of=row.as_of, by=row.by,
                set_at=row.set_at,
            )
            for row in session.scalars(query)
        ]  # fmt: skip


def enter(
    engine: Engine, indicator: str, *, at: str, value: int | None, source: str, as_of: str, by: str, now: int
) -> EntryView:
    """Write an entry; ``value`` None takes the number back. The caller has asked whether ``by`` may, at that place.

    What the same person entered last, entered again, is that entry.
    """
    if indicator not in INDICATORS or not (value is None or 1 <= value <= VALUE_MAX):
        raise ValueError(indicator, value)
    row = DenominatorEntry(
        indicator=indicator, at=at, value=value, source=source, as_of=as_of, by=by, set_at=now
    )
    with Session(engine) as session, session.begin():
        last = session.scalars(
            select(DenominatorEntry)
            .where(DenominatorEntry.at == at, DenominatorEntry.indicator == indicator)
            .order_by(DenominatorEntry.id.desc())
            .limit(1)
        ).first()
        if last is not None and _said(last) == _said(row):
            return _entry(last)
        session.add(row)
        session.flush()
        return _entry(row)


def entries(engine: Engine, reach: Reach, limit: int = 200) -> list[EntryView]:
    """The history within reach, the newest first."""
    query = select(DenominatorEntry).where(within(reach, DenominatorEntry.at))
    with Session(engine) as session:
        return [
            _entry(row) for row in session.scalars(query.order_by(DenominatorEntry.id.desc()).limit(limit))
        ]


def _said(row: DenominatorEntry) -> tuple[int | None, str, str, str]:
    return row.value, row.source, row.as_of, row.by


def _entry(row: DenominatorEntry) -> EntryView:
    return EntryView(
        id=row.id, indicator=row.indicator, at=row.at, value=row.value, source=row.source, as_of=row.as_of, by=row.by,
        set_at=row.set_at,
    )  # fmt: skip
