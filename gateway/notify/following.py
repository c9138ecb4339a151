"""Systems that follow along are told of every step of every alert of some classes, in order. Blocking; off the event loop.

How far each has come is a cursor of its own, moved in the transaction that puts the messages into the outbox: no step is left
out, and none told twice but for what was in flight. Whoever begins to follow begins with what comes next.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Engine, bindparam, func, select
from sqlalchemy.dialects.sqlite import insert

from gateway.alerts.own import DESK_PLACE, HUB_PLACE
from gateway.notify.channel import message_id
from gateway.operations.database import repeatable
from gateway.operations.tables import Alert, AlertStep, Cursor, Outbox, table_of

AT_ONCE_MAX = 500


def begin(engine: Engine, channel: str) -> None:
    """Let a channel that follows for the first time begin with what comes next; before anything can come."""
    with repeatable(engine) as connection:
        if _cursor(connection, channel) is None:
            _advance(connection, channel, connection.scalar(select(func.max(AlertStep.id))) or 0)


def follow(engine: Engine, channel: str, classes: Collection[str]) -> bool:
    """Put the steps that are new to a channel into the outbox; says whether there may be more."""
    with engine.connect() as connection:
        cursor = _cursor(connection, channel) or 0
        newest = connection.scalar(select(func.max(AlertStep.id))) or 0
    if newest <= cursor:
        return False
    with repeatable(engine) as connection:
        steps = connection.execute(_NEW, {"after": cursor, "most": AT_ONCE_MAX, "about": channel}).all()
        rows = [
            {
                "id": message_id(step.alert_id, step.id, "", channel, 0, "step"), "alert_id": step.alert_id, "rung": step.rung,
                "channel": channel, "state": "waiting", "attempts": 0, "next_try_ms": 0, "receipt": "", "error": "",
                "about": "step", "step_id": step.id,
            }
            for step in steps
            if _class_of(step.kind, step.place_id) in classes
        ]  # fmt: skip
        if rows:
            connection.execute(_ENQUEUE, rows)
        _advance(connection, channel, steps[-1].id if steps else newest)
    return len(steps) == AT_ONCE_MAX


def _class_of(kind: str, place_id: str) -> str:
    return "hub" if place_id == HUB_PLACE or place_id.startswith(DESK_PLACE) else kind


def _cursor(connection: Connection, channel: str) -> int | None:
    return connection.scalar(select(Cursor.position).where(Cursor.consumer == f"steps:{channel}"))


def _advance(connection: Connection, channel: str, position: int) -> None:
    new = insert(Cursor).values(consumer=f"steps:{channel}", position=position)
    connection.execute(new.on_conflict_do_update(index_elements=["consumer"], set_={"position": position}))


_ENQUEUE = insert(table_of(Outbox)).on_conflict_do_nothing(index_elements=["id"])
# Not of its own receipts: each would be a step that is told of, and so on for ever.
_NEW = (
    select(AlertStep.id, AlertStep.alert_id, Alert.rung, Alert.kind, Alert.place_id)
    .join(Alert, Alert.id == AlertStep.alert_id)
    .where(
        AlertStep.id > bindparam("after"),
        ~(AlertStep.kind.in_(("sent", "delivered")) & (AlertStep.by == bindparam("about"))),
    )
    .order_by(AlertStep.id)
    .limit(bindparam("most"))
)
