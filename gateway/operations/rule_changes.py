"""What people changed of rules on the console: who, when, why, what held before and after. The newest word of each holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Engine, func, or_, select
from sqlalchemy.orm import Session

from gateway.accounts.who import Reach
from gateway.operations.tables import Place, RuleChange
from gateway.operations.whereabouts import within
from rules.events import Command

MEANWHILE = "somebody else has changed this rule meanwhile"
NOTHING = "nothing would change"
NO_REASON = "a change of a rule has a reason"


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A change as its command carries it (as JSON, under ``change``); ``version`` is the newest change that was seen, or 0."""

    rule: str
    title: dict[str, str]
    said: dict[str, Any] | None
    base: str
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str
    version: int
    undoes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """A change of a rule. ``place_id`` '' is the whole hub; ``newest``: nobody has changed that rule there since.

    ``before`` and ``after``: whether it was off, and the numbers that differ. ``follows_files``: since then the files hold.
    """

    id: int
    at: int
    by: str
    rule: str
    title: dict[str, str]
    place_id: str
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str
    undoes: int | None
    follows_files: bool
    newest: bool


def obey_rule(session: Session, command: Command) -> str:
    """Why a change of a rule was not written down, '' when it was."""
    try:
        change = msgspec.json.decode(command.data.get("change", ""), type=Change)
    except msgspec.MsgspecError as wrong:
        return str(wrong)
    if not change.reason.strip():
        return NO_REASON
    last = newest(session, change.rule, command.key)
    if (last.id if last is not None else 0) != change.version:
        return MEANWHILE
    said = last.said if last is not None else None
    if change.said == said and (last is None or said is None or last.base == change.base):
        return NOTHING
    session.add(
        RuleChange(
            at=command.at, by=command.by, rule=change.rule, place_id=command.key, title=change.title, said=change.said,
            base=change.base, before=change.before, after=change.after, reason=change.reason.strip(), undoes=change.undoes,
        )
    )  # fmt: skip
    session.flush()
    return ""


def newest(session: Session, rule: str, place_id: str) -> RuleChange | None:
    """The last change of a rule in a place ('' for the whole hub)."""
    about = (RuleChange.place_id == place_id, RuleChange.rule == rule)
    return session.scalar(select(RuleChange).where(*about).order_by(RuleChange.id.desc()).limit(1))


def standing(engine: Engine) -> list[RuleChange]:
    """The last change of each rule in each place, those that ended one included; by place and rule."""
    last = select(func.max(RuleChange.id)).group_by(RuleChange.place_id, RuleChange.rule)
    query = select(RuleChange).where(RuleChange.id.in_(last)).order_by(RuleChange.place_id, RuleChange.rule)
    with Session(engine) as session:
        return list(session.scalars(query))


def find(engine: Engine, change_id: int) -> RuleChange | None:
    """A change by its id."""
    with Session(engine) as session:
        return session.get(RuleChange, change_id)


def before_it(engine: Engine, change: RuleChange) -> RuleChange | None:
    """The change of the same rule in the same place that was the newest before that one."""
    about = (
        RuleChange.place_id == change.place_id, RuleChange.rule == change.rule, RuleChange.id < change.id
    )  # fmt: skip
    with Session(engine) as session:
        return session.scalar(select(RuleChange).where(*about).order_by(RuleChange.id.desc()).limit(1))


def changes(
    engine: Engine,
    reach: Reach,
    *,
    rule: str = "",
    place_id: str | None = None,
    before: int | None = None,
    limit: int,
) -> Sequence[ChangeView]:
    """The changes of the whole hub and of places within reach, newest first; of one rule, of one place ('' the whole hub)."""
    query = select(RuleChange).order_by(RuleChange.id.desc()).limit(limit)
    if rule:
        query = query.where(RuleChange.rule == rule)
    if place_id is not None:
        query = query.where(RuleChange.place_id == place_id)
    if before is not None:
        query = query.where(RuleChange.id < before)
    if not reach.everything:
        there = select(Place.id).where(within(reach, Place.path))
        query = query.where(or_(RuleChange.place_id == "", RuleChange.place_id.in_(there)))
    last = select(func.max(RuleChange.id)).group_by(RuleChange.place_id, RuleChange.rule)
    with Session(engine) as session:
        newest_ids = set(session.scalars(last))
        return [_view(row, newest_ids) for row in session.scalars(query)]


def _view(row: RuleChange, newest_ids: set[int]) -> ChangeView:
    return ChangeView(
        id=row.id, at=row.at, by=row.by, rule=row.rule, title=row.title, place_id=row.place_id, before=row.before,
        after=row.after, reason=row.reason, undoes=row.undoes, follows_files=row.said is None, newest=row.id in newest_ids,
    )  # fmt: skip
