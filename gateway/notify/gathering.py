"""Gathers what is not urgent: one recipient gets one message of many, not many. Blocking; off the event loop.

The first message to somebody goes at once; what comes within ``GATHER_MS`` after it goes out in one digest when that time is
over. A digest is a row of the outbox of its own, written before it is sent: a hub killed in between sends the same one again,
under the same id. Life safety is never gathered.
"""

# ruff: noqa: S608 -- the statements are put together from constants

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Engine, Row

from gateway.notify.channel import message_id
from gateway.operations.database import repeatable

GATHER_MS = 30_000


@dataclass(frozen=True, slots=True)
class Gathered:
    """What may go now: ids of messages that stand alone, for whom something goes now, and when it is time to look again."""

    released: tuple[str, ...]
    people: tuple[str, ...]
    next_ms: int | None


def gather(engine: Engine, channel: str, *, now_ms: int, last_ms: Mapping[str, int]) -> Gathered:
    """Release or gather what waits on a channel; ``last_ms`` is when each recipient was last sent something like it."""
    with engine.connect() as connection:
        waiting = connection.exec_driver_sql(_WAITING, (channel, now_ms)).all()
    due = {one.person: now_ms - last_ms.get(one.person, -GATHER_MS) >= GATHER_MS for one in waiting}
    released: list[str] = []
    for one in waiting:
        if due[one.person] and one.number == 1:
            released.append(one.first)
        elif due[one.person]:
            with repeatable(engine) as connection:
                released += _digest(connection, channel, one.person, now_ms)
    later = [last_ms[person] + GATHER_MS for person, is_due in due.items() if not is_due]
    return Gathered(
        tuple(released), tuple(person for person, is_due in due.items() if is_due), min(later, default=None)
    )


def _digest(connection: Connection, channel: str, person: str, now_ms: int) -> list[str]:
    """Write the digest of what waits for a recipient, without what is over; the id of the one that is left, if only one is."""
    asked = (channel, person, now_ms)
    connection.exec_driver_sql(_OVER, asked)
    members = connection.exec_driver_sql(_MEMBERS, asked).all()
    if len(members) < 2:  # noqa: PLR2004 one needs no digest
        return [one.id for one in members]
    first = members[0]
    name = blake2b("".join(sorted(one.id for one in members)).encode(), digest_size=16).hexdigest()
    digest = message_id(first.alert_id, 0, person, channel, 0, f"digest {name}")
    connection.exec_driver_sql(
        _WRITE,
        (digest, first.alert_id, max(one.rung for one in members), channel, person, first.role, first.desk, digest,
         _ways(members)),
    )  # fmt: skip
    connection.exec_driver_sql(_GATHER, (digest, *asked))
    return []


def _ways(members: Sequence[Row[Any]]) -> str:
    """The ways that are left: those of the first that has any."""
    return next((str(one.ways) for one in members if one.ways), "")


_CAN = (
    "o.state = 'waiting' AND o.attempts = 0 AND o.about IN ('alert', 'recontact') AND o.channel = ? {person} "
    "AND o.next_try_ms <= ? AND a.kind <> 'life_safety'"
)
_WHOSE = _CAN.format(person="AND o.person = ?")
_WAITING = (
    "SELECT o.person AS person, count(*) AS number, min(o.id) AS first FROM outbox o JOIN alert a ON a.id = o.alert_id WHERE "
    + _CAN.format(person="")
    + " GROUP BY o.person"
)
_MEMBERS = (
    "SELECT o.id, o.alert_id, o.rung, o.role, o.desk, o.ways FROM outbox o JOIN alert a ON a.id = o.alert_id WHERE "
    + _WHOSE
    + " ORDER BY CASE a.severity WHEN 'critical' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END, a.number"
)
_OVER = (
    "UPDATE outbox SET state = 'withdrawn', error = 'over before it was sent' WHERE id IN (SELECT o.id FROM outbox o "
    "JOIN alert a ON a.id = o.alert_id WHERE "
    + _WHOSE
    + " AND (a.state = 'closed' OR (o.rung > 0 AND o.about = 'alert' "
    "AND a.state <> 'raised')))"
)
_GATHER = (
    "UPDATE outbox SET state = 'gathered', digest_id = ? WHERE id IN (SELECT o.id FROM outbox o JOIN alert a "
    "ON a.id = o.alert_id WHERE " + _WHOSE + ")"
)
_WRITE = (
    "INSERT INTO outbox (id, alert_id, rung, channel, state, attempts, next_try_ms, receipt, error, about, person, role, desk, "
    "errand, ways) VALUES (?, ?, ?, ?, 'waiting', 0, 0, '', '', 'digest', ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
)
