"""Writes an alert that is new, with its first step.

Somebody may be lying on the floor while this is written: the statements are built once, and go past the object mapper, which
costs several times what the database does.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from gateway.operations.tables import Alert, AlertStep, table_of

_NEXT_NUMBER = select(func.coalesce(func.max(Alert.number), 0) + 1).scalar_subquery()
_NEW = (
    sqlite_insert(table_of(Alert))
    .values(number=_NEXT_NUMBER, recorded=True, state="raised", version=1)
    .on_conflict_do_nothing(index_elements=["id"])
)
_STEP = insert(table_of(AlertStep))


def write_new(session: Session, values: Mapping[str, object]) -> bool:
    """Write it as raised, under the next number, within the session's transaction; False when its id is there already.

    ``values`` are columns of ``Alert`` by name: all that have no default.
    """
    connection = session.connection()
    if not connection.execute(_NEW, dict(values)).rowcount:
        return False
    step = {"alert_id": values["id"], "kind": "raised", "at": values["raised_at"], "by": "", "detail": ""}
    connection.execute(_STEP, step)
    return True
