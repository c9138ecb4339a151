"""The steps that stations have written for their cards, with who wrote them and when; nothing that was written is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gateway.accounts.who import Reach
from gateway.alerts.card_steps import Steps, Written, in_force
from gateway.operations.tables import CardSteps, Place


@dataclass(frozen=True, slots=True)
class StepsView:
    """What somebody wrote for a rule and a part of the tree; without steps: as the rule has it."""

    rule: str
    path: str
    steps: Steps
    by: str
    at: int


def own_steps(session: Session, rules: Iterable[str]) -> dict[tuple[str, str], Steps]:
    """What counts of these rules, by rule and part of the tree."""
    rows = session.scalars(select(CardSteps).where(CardSteps.rule.in_(set(rules))).order_by(CardSteps.id))
    return in_force(Written(row.rule, row.path, row.steps) for row in rows)


def history(engine: Engine, rule: str, reach: Reach) -> list[StepsView]:
    """Everything that was written for a rule within reach, and for what that lies in, the newest first."""
    with Session(engine) as session:
        rows = session.scalars(select(CardSteps).where(CardSteps.rule == rule).order_by(CardSteps.id.desc()))
        return [
            StepsView(row.rule, row.path, row.steps, row.by, row.at)
            for row in rows
            if reach.holds(row.path) or any(Reach((row.path,)).holds(part) for part in reach.paths)
        ]


def rules_with_own(engine: Engine) -> frozenset[str]:
    """The rules for which something that counts was written anywhere."""
    with Session(engine) as session:
        rows = session.scalars(select(CardSteps).order_by(CardSteps.id))
        return frozenset(rule for rule, _ in in_force(Written(row.rule, row.path, row.steps) for row in rows))


def parts_within(engine: Engine, reach: Reach) -> list[str]:
    """The parts of the tree within reach that places lie in, the widest first; '' is the whole of it."""
    with Session(engine) as session:
        paths = session.scalars(select(Place.path).distinct())
        parts = {
            "/".join(path.split("/")[:length]) for path in paths for length in range(path.count("/") + 2)
        }
    return sorted(
        (part for part in parts if reach.holds(part)), key=lambda part: (part.count("/") + bool(part), part)
    )


def write_steps(engine: Engine, rule: str, path: str, steps: Steps, *, by: str, at: int) -> None:
    """Write them down at hub time ``at``; what was written before is kept."""
    with Session(engine) as session, session.begin():
        session.add(CardSteps(rule=rule, path=path, steps=steps, by=by, at=at))
