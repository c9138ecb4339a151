"""The outbox in the operational database: what waits for a channel, what became of it. Blocking; off the event loop.

States: ``waiting`` → ``delivered`` | ``failed`` | ``withdrawn`` (an escalation somebody's acceptance overtook).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, case, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from gateway.alerts.message import AlertFacts, AlertMessage, PlaceFacts
from gateway.alerts.words import OutsidePlace, compose
from gateway.notify.channel import GROUP, Recipient, message_id
from gateway.operations.database import repeatable
from gateway.operations.tables import Alert, AlertStep, Outbox, Place, table_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message on its way: ``id`` is what it is sent under, ``attempts`` how often it was tried."""

    id: str
    alert_id: str
    channel: str
    attempts: int
    raised_wall_ms: int
    withdrawn: bool
    message: AlertMessage
    to: Recipient = GROUP
    first: bool = (
        True  # not an escalation, nor told anew: from its raise on, nothing but the hub made it wait
    )

    @property
    def life_safety(self) -> bool:
        """Goes first and is never given up."""
        return self.message.kind == "life_safety"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one try; ``at_ms`` and ``next_try_ms`` are wall clock."""

    state: str  # waiting | delivered | failed | withdrawn
    at_ms: int
    next_try_ms: int = 0
    receipt: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """A look into the outbox: what is due, and when the next message will be (None: nothing waits)."""

    due: tuple[Waiting, ...]
    next_try_ms: int | None


def enqueue(
    connection: Connection,
    alert_id: str,
    rung: int,
    channels: Iterable[str],
    turn: int = 0,
    *,
    person: str = "",
) -> tuple[str, ...]:
    """Put an alert's rung into the outbox within the caller's transaction; gives the ids.

    The ids follow from alert, rung, person, channel and ``turn`` (how often the alert was told anew): what is there
    already stays as it is, so replay is harmless.
    """
    rows = [
        {
            "id": message_id(alert_id, rung, person, name, turn),
            "alert_id": alert_id,
            "rung": rung,
            "channel": name,
            "state": "waiting",
            "attempts": 0,
            "next_try_ms": 0,
            "receipt": "",
            "error": "",
        }
        for name in channels
    ]
    if rows:
        connection.execute(_ENQUEUE, rows)
    return tuple(str(row["id"]) for row in rows)


def look(
    engine: Engine,
    channel: str,
    *,
    now_ms: int,
    most: int,
    without: Collection[str],
    zone: tzinfo,
    outside: OutsidePlace,
) -> Look:
    """The most urgent due messages of a channel, life safety first, then the one waiting longest."""
    asked = {"channel": channel, "now": now_ms, "most": most, "without": list(without)}
    with engine.connect() as connection:
        rows = connection.execute(_DUE, asked).all()
        later = connection.scalar(_LATER, asked)
    return Look(tuple(_waiting(row, zone, outside) for row in rows), later)


def composed(
    connection: Connection, ids: Sequence[str], *, zone: tzinfo, outside: OutsidePlace
) -> tuple[Waiting, ...]:
    """The messages of these ids that wait, as the connection's transaction sees them."""
    rows = connection.execute(_THESE, {"ids": list(ids)})
    return tuple(_waiting(row, zone, outside) for row in rows)


def settle(engine: Engine, waiting: Waiting, outcome: Outcome, *, hub_now_ms: int) -> bool:
    """Write down what became of a try; False when the row was settled before (nothing is written then)."""
    with repeatable(engine) as connection:
        settled = {
            "outbox_id": waiting.id,
            "state": outcome.state,
            "attempts": waiting.attempts + (outcome.state != "withdrawn"),
            "next_try_ms": outcome.next_try_ms,
            "delivered_ms": outcome.at_ms if outcome.state == "delivered" else None,
            "receipt": outcome.receipt,
            "error": outcome.error,
        }
        changed = connection.execute(_SETTLE, settled).rowcount
        if changed and outcome.state == "delivered":
            step = {
                "alert_id": waiting.alert_id,
                "kind": "delivered",
                "at": hub_now_ms,
                "by": waiting.channel,
                "detail": outcome.receipt,
            }
            connection.execute(_STEP, step)
        return bool(changed)


def fail_unknown(engine: Engine, channels: Collection[str]) -> int:
    """Fail what waits for a channel the settings no longer have, visibly; gives how many."""
    with engine.begin() as connection:
        changed = connection.execute(
            update(Outbox)
            .where(Outbox.state == "waiting", Outbox.channel.not_in(channels))
            .values(state="failed", error="the settings have no such channel")
        )
        return changed.rowcount


def counts(engine: Engine) -> dict[tuple[str, str], int]:
    """How many messages there are by (channel, state)."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(Outbox.channel, Outbox.state, func.count()).group_by(Outbox.channel, Outbox.state)
        )
        return {(channel, state): number for channel, state, number in rows}


def waiting(engine: Engine) -> dict[tuple[str, str], tuple[int, int]]:
    """What waits by (channel, kind of alert): how many messages, and when the oldest of their alerts was raised (wall ms)."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(Outbox.channel, Alert.kind, func.count(), func.min(Alert.raised_wall_ms))
            .join(Alert, Alert.id == Outbox.alert_id)
            .where(Outbox.state == "waiting")
            .group_by(Outbox.channel, Alert.kind)
        )
        return {(channel, kind): (number, oldest) for channel, kind, number, oldest in rows}


_MESSAGE_COLUMNS = (
    Outbox.id.label("outbox_id"),
    Outbox.channel,
    Outbox.rung.label("outbox_rung"),
    Outbox.attempts,
    Alert.id.label("alert_id"),
    Alert.number,
    Alert.rule,
    Alert.kind,
    Alert.severity,
    Alert.title,
    Alert.why,
    Alert.todo,
    Alert.place_id,
    Alert.room,
    Alert.active_at,
    Alert.raised_at,
    Alert.raised_wall_ms,
    Alert.recorded,
    Alert.count.label("times"),
    Alert.turn,
    Alert.state.label("alert_state"),
    Place.kind.label("place_kind"),
    Place.path,
    Place.name,
    Place.address,
)


# Built once: to build such a statement costs more than to run it.
_ENQUEUE = sqlite_insert(table_of(Outbox)).on_conflict_do_nothing(index_elements=["id"])
_WAITS = (
    (Outbox.state == "waiting")
    & (Outbox.channel == bindparam("channel"))
    & Outbox.id.not_in(bindparam("without", expanding=True))
)
_MESSAGES = (
    select(*_MESSAGE_COLUMNS)
    .join(Alert, Alert.id == Outbox.alert_id)
    .outerjoin(Place, Place.id == Alert.place_id)
)
_THESE = _MESSAGES.where(Outbox.id.in_(bindparam("ids", expanding=True)), Outbox.state == "waiting")
_DUE = (
    _MESSAGES.where(_WAITS, Outbox.next_try_ms <= bindparam("now"))
    .order_by(case((Alert.kind == "life_safety", 0), else_=1), Outbox.next_try_ms, Alert.number)
    .limit(bindparam("most"))
)
_LATER = select(func.min(Outbox.next_try_ms)).where(_WAITS, Outbox.next_try_ms > bindparam("now"))
_SETTLE = update(table_of(Outbox)).where(Outbox.id == bindparam("outbox_id"), Outbox.state == "waiting")
_STEP = insert(table_of(AlertStep))


def _waiting(row: Row[*tuple[Any, ...]], zone: tzinfo, outside: OutsidePlace) -> Waiting:
    facts = AlertFacts(
        id=row.alert_id,
        number=row.number,
        rule=row.rule,
        kind=row.kind,
        severity=row.severity,
        title=row.title,
        why=row.why,
        todo=row.todo,
        place_id=row.place_id,
        room=row.room,
        active_at=row.active_at,
        raised_at=row.raised_at,
        rung=row.outbox_rung,
        recorded=row.recorded,
        count=row.times,
    )
    place = None
    if row.place_kind is not None:
        place = PlaceFacts(kind=row.place_kind, path=row.path, name=row.name, address=row.address)
    return Waiting(
        id=row.outbox_id,
        alert_id=row.alert_id,
        channel=row.channel,
        attempts=row.attempts,
        raised_wall_ms=row.raised_wall_ms,
        withdrawn=row.outbox_rung > 0 and row.alert_state != "raised",
        first=row.outbox_rung == 0 and row.turn == 0,
        message=compose(facts, place, zone=zone, outside=outside),
    )
