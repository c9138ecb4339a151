"""Lets go of what the operational database has kept for its time, a bounded step at a time: only of what is over.

Counted from the end: an alert from its close, a mode from its end, a consent from its withdrawal. Of an alert the words about
the person go first (sentence, evidence, room, notes), the alert itself with its steps and messages later. The newest alert
stays, so that numbers never begin again; so does one that is still to be followed up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, delete, func, or_, select, text, update
from sqlalchemy.orm import InstrumentedAttribute

from gateway.operations.database import repeatable
from gateway.operations.erasing import COUNTED_STEPS, ERASED
from gateway.operations.tables import (
    Alert,
    AlertStep,
    Answered,
    Base,
    Consent,
    FollowUp,
    HeldAlert,
    HomeMode,
    Link,
    Look,
    Outbox,
    Silence,
    Visit,
    table_of,
)

DAY_MS = 86_400_000
ROWS_MAX = 100  # in a step: some milliseconds
HELD_AT_MOST_MS = (
    90 * DAY_MS
)  # no mode and no silence lasts longer: what was held back before that stands no more
OVER_TIME: Final = {"zh": "已过保存期，说明已清除", "en": "The words were removed after their time"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """For how many days each class is kept after its end; 0 is for ever. The names are those of ``[retention]``."""

    alert_words_days: int = 0
    alerts_days: int = 0
    held_days: int = 0
    modes_days: int = 0
    agreements_days: int = 0
    looks_days: int = 0
    answers_days: int = 0


@dataclass(frozen=True, slots=True)
class Over:
    """Rows of a table that may go by a setting, once what ``which`` says of a moment is true of them."""

    setting: str
    model: type[Base]
    which: Callable[[int], ColumnElement[bool]]


def _before(at: InstrumentedAttribute[int | None] | InstrumentedAttribute[int]) -> Callable[[int], Any]:
    return lambda cut: and_(at.is_not(None), at < cut)


def _held_over(cut: int) -> ColumnElement[bool]:
    return or_(HeldAlert.ended_at < cut, HeldAlert.told_at < cut, HeldAlert.held_at < cut - HELD_AT_MOST_MS)


def _link_over(cut: int) -> ColumnElement[bool]:
    return func.coalesce(Link.ended_at, Link.ends_at) < cut


def _silence_over(cut: int) -> ColumnElement[bool]:
    return func.coalesce(Silence.ended_at, Silence.until) < cut


def _alert_over(cut: int) -> ColumnElement[bool]:
    newest = select(func.max(Alert.number)).scalar_subquery()
    asked_after = select(FollowUp.alert_id).where(FollowUp.done_at.is_(None))
    return and_(
        Alert.state == "closed", Alert.closed_at < cut, Alert.number < newest, Alert.id.not_in(asked_after)
    )


GOES: Final = (
    Over("alerts_days", Alert, _alert_over),
    Over("alerts_days", Visit, _before(Visit.at)),
    Over("held_days", HeldAlert, _held_over),
    Over("modes_days", HomeMode, _before(HomeMode.ended_at)),
    Over("modes_days", Silence, _silence_over),
    Over("modes_days", FollowUp, _before(FollowUp.done_at)),
    Over("agreements_days", Consent, _before(Consent.ended_at)),
    Over("agreements_days", Link, _link_over),
    Over("looks_days", Look, _before(Look.until)),
    Over("answers_days", Answered, _before(Answered.at)),
)


def let_go(engine: Engine, days: Days, now: int) -> dict[str, int]:
    """Do one step as of hub time ``now``: how many rows of which table were let go; nothing when nothing is over its time."""
    for over in GOES:
        kept = getattr(days, over.setting)
        if kept and (gone := _step(engine, over, now - kept * DAY_MS)):
            return {table_of(over.model).name: gone}
    if days.alert_words_days and (bared := _without_words(engine, now - days.alert_words_days * DAY_MS)):
        return {"alert words": bared}
    if days.alert_words_days and (bared := _without_notes(engine, now - days.alert_words_days * DAY_MS)):
        return {"visit notes": bared}
    return {}


def _step(engine: Engine, over: Over, cut: int) -> int:
    table = table_of(over.model)
    (key,) = table.primary_key
    with (
        engine.connect() as looking
    ):  # no turn is taken, and no transaction begun to write, where nothing is over
        ids = list(looking.scalars(select(key).where(over.which(cut)).limit(ROWS_MAX)))
    if not ids:
        return 0
    with repeatable(engine) as connection:
        return _overwriting(connection, lambda: _delete(connection, table, key.in_(ids) & over.which(cut)))


def _delete(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    if table.name == "alert":
        ids = select(Alert.id).where(which)
        connection.execute(delete(Link).where(Link.alert_id.in_(ids)))
    return connection.execute(delete(table).where(which)).rowcount


def _without_words(engine: Engine, cut: int) -> int:
    """Take the words about the person from alerts that were closed before then and still have them."""
    bare: Mapping[str, Any] = {
        "why": OVER_TIME, "evidence": {}, "room": "", "device_id": "", "note": None, "changed_why": None, "shelved_why": None,
    }  # fmt: skip
    over = and_(Alert.state == "closed", Alert.closed_at < cut, Alert.why != OVER_TIME, Alert.why != ERASED)
    with engine.connect() as looking:
        ids = list(looking.scalars(select(Alert.id).where(over).order_by(Alert.closed_at).limit(ROWS_MAX)))
    if not ids:
        return 0

    def take(connection: Connection) -> int:
        steps = and_(AlertStep.alert_id.in_(ids), AlertStep.kind.not_in(COUNTED_STEPS))
        connection.execute(update(AlertStep).where(steps).values(detail=""))
        connection.execute(update(Outbox).where(Outbox.alert_id.in_(ids)).values(receipt="", error=""))
        return connection.execute(update(Alert).where(Alert.id.in_(ids)).values(bare)).rowcount

    with repeatable(engine) as connection:
        return _overwriting(connection, lambda: take(connection))


def _without_notes(engine: Engine, cut: int) -> int:
    """Take what was noted at visits before then: the visit stays."""
    over = and_(Visit.at < cut, or_(Visit.note != "", Visit.struck_why != ""))
    with engine.connect() as looking:
        ids = list(looking.scalars(select(Visit.id).where(over).order_by(Visit.at).limit(ROWS_MAX)))
    if not ids:
        return 0
    bare = update(Visit).where(Visit.id.in_(ids)).values(note="", struck_why="")
    with repeatable(engine) as connection:
        return _overwriting(connection, lambda: connection.execute(bare).rowcount)


def _overwriting(connection: Connection, work: Callable[[], int]) -> int:
    """What is let go is overwritten in the file, not only marked as free."""
    connection.execute(text("PRAGMA secure_delete=ON"))
    try:
        return work()
    finally:
        connection.execute(text("PRAGMA secure_delete=OFF"))
