"""The outbox in the operational database: what waits for a channel, what became of it. Blocking; off the event loop.

States: ``waiting`` → ``gathered`` (goes out within a digest) | ``sent`` (taken, nothing proven) | ``delivered`` | ``failed`` |
``withdrawn`` (overtaken: accepted before it was sent, or reached another way). What one recipient is told on one rung
is an errand: the first channel that does not take it at once is followed by the next, and goes on trying beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from gateway.alerts.message import AlertMessage
from gateway.duty.route import Told
from gateway.notify.channel import GROUP, Recipient, message_id
from gateway.operations.database import repeatable
from gateway.operations.tables import Alert, AlertStep, Outbox, table_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message on its way: ``id`` is what it is sent under, ``attempts`` how often it was tried.

    ``ways`` are the channels that are left for this errand.
    """

    id: str
    alert_id: str
    channel: str
    attempts: int
    raised_wall_ms: int
    withdrawn: bool
    message: AlertMessage
    to: Recipient = GROUP
    errand: str = ""
    ways: tuple[str, ...] = ()
    urgent: bool = True  # not to be gathered with others for the same recipient
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

    state: str  # waiting | sent | delivered | failed | withdrawn
    at_ms: int
    next_try_ms: int = 0
    receipt: str = ""
    error: str = ""
    proof: str = ""

    @property
    def over(self) -> bool:
        """Whether it has reached somebody or something, as far as its channel can tell."""
        return self.state in OVER


OVER = frozenset({"sent", "delivered"})


def enqueue(
    connection: Connection,
    alert_id: str,
    rung: int,
    told: Iterable[Told],
    turn: int = 0,
    about: str = "alert",
) -> tuple[str, ...]:
    """Put an alert's rung into the outbox within the caller's transaction; gives the ids.

    The ids follow from alert, rung, person, channel, what it is about and ``turn`` (how often the alert was told anew): what is
    there already stays as it is, so replay is harmless.
    """
    rows = [
        _row(alert_id, rung, one.to, one.ways[0], turn, about)
        | {
            "role": one.role, "desk": one.desk, "ways": ",".join(one.ways[1:]),
            "errand": message_id(alert_id, rung, one.to, one.ways[0], turn, about),
        }
        for one in told
    ]  # fmt: skip
    if rows:
        connection.execute(_ENQUEUE, rows)
    return tuple(str(row["id"]) for row in rows)


def _row(alert_id: str, rung: int, person: str, channel: str, turn: int, about: str) -> dict[str, object]:
    return {
        "id": message_id(alert_id, rung, person, channel, turn, about), "alert_id": alert_id, "rung": rung,
        "channel": channel, "person": person, "turn": turn, "about": about,
        "state": "waiting", "attempts": 0, "next_try_ms": 0, "receipt": "", "error": "",
    }  # fmt: skip


def settle(
    engine: Engine, waiting: Waiting, outcome: Outcome, *, hub_now_ms: int, channel_works: bool = True
) -> Settled:
    """Write down what became of a try, and what follows for its errand.

    Not taken at once: the next of its ways is put into the outbox, and where the channel does not work, that of all life safety
    which queues for it. Taken: what waits on the others is withdrawn.
    """
    with repeatable(engine) as connection:
        goes_on = waiting.ways if outcome.state in {"waiting", "failed"} else ()
        settled = {
            "outbox_id": waiting.id,
            "state": outcome.state,
            "attempts": waiting.attempts + (outcome.state != "withdrawn"),
            "next_try_ms": outcome.next_try_ms,
            "delivered_ms": outcome.at_ms if outcome.over else None,
            "receipt": outcome.receipt,
            "error": outcome.error,
            "proof": outcome.proof,
            "ways": "" if goes_on else ",".join(waiting.ways),  # it may turn out later that it never arrived
        }
        if not connection.execute(_SETTLE, settled).rowcount:
            return Settled(written=False, follows=frozenset())
        if outcome.over and waiting.message.step is None:  # else every follower would follow itself
            if waiting.errand:
                other = {"errand_id": waiting.errand, "but": waiting.id}
                reached = {"state": "withdrawn", "error": f"reached by {waiting.channel}"}
                connection.execute(_WITHDRAW, other | reached)
            step = {
                "alert_id": waiting.alert_id, "kind": outcome.state, "at": hub_now_ms,
                "by": waiting.channel, "detail": outcome.receipt, "via": waiting.to.id,
            }  # fmt: skip
            connection.execute(_STEP, step)
        if waiting.message.about == "digest" and (
            outcome.over or (outcome.state == "failed" and not goes_on)
        ):
            settle_gathered(connection, waiting, outcome, hub_now_ms=hub_now_ms)
        if goes_on:
            use_next_way(connection, waiting.id, goes_on)
        hastened = frozenset[str]() if channel_works else _hasten(connection, waiting.channel)
        return Settled(written=True, follows=hastened | frozenset(goes_on[:1]))


@dataclass(frozen=True, slots=True)
class Settled:
    """Whether an outcome was written (it was not if the row was settled before), and the channels that take over."""

    written: bool
    follows: frozenset[str]


def settle_gathered(connection: Connection, digest: Waiting, outcome: Outcome, *, hub_now_ms: int) -> None:
    """What became of a digest became of all it gathers; each alert's history says so."""
    if outcome.over:
        connection.exec_driver_sql(
            "INSERT INTO alert_step (alert_id, kind, at, by, detail, via) SELECT alert_id, ?, ?, ?, 'digest', ? FROM outbox "
            "WHERE digest_id = ? AND state = 'gathered' AND alert_id <> ?",
            (outcome.state, hub_now_ms, digest.channel, digest.to.id, digest.errand, digest.alert_id),
        )
    connection.execute(
        _SETTLE_GATHERED,
        {
            "errand_id": digest.errand, "state": outcome.state, "proof": outcome.proof, "error": outcome.error,
            "receipt": outcome.receipt, "delivered_ms": outcome.at_ms if outcome.over else None,
        },
    )  # fmt: skip


def use_next_way(connection: Connection, outbox_id: str, ways: tuple[str, ...]) -> None:
    """Put an errand whose message was not taken, or never arrived, into the outbox for the next of its ways."""
    told = connection.execute(_ERRAND, {"outbox_id": outbox_id}).one()
    connection.execute(_ENQUEUE, [_by_next_way(told, ways)])


def _hasten(connection: Connection, channel: str) -> frozenset[str]:
    """Let life safety that queues for a channel go its next way beside it; gives the channels of those ways.

    Behind a channel that answers nobody each four would wait for the four before them.
    """
    queued = [
        (told, tuple(told.ways.split(","))) for told in connection.execute(_QUEUED, {"queues_for": channel})
    ]
    if queued:
        connection.execute(_ENQUEUE, [_by_next_way(told, ways) for told, ways in queued])
        connection.execute(_WENT_ON, [{"outbox_id": told.id} for told, _ in queued])
    return frozenset(ways[0] for _, ways in queued)


def _by_next_way(told: Row[*tuple[Any, ...]], ways: tuple[str, ...]) -> dict[str, object]:
    row = _row(told.alert_id, told.rung, told.person, ways[0], told.turn, told.about)
    return row | {"role": told.role, "desk": told.desk, "ways": ",".join(ways[1:]), "errand": told.errand}


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


# Built once: to build such a statement costs more than to run it.
_ENQUEUE = sqlite_insert(table_of(Outbox)).on_conflict_do_nothing(index_elements=["id"])
_SETTLE = update(table_of(Outbox)).where(Outbox.id == bindparam("outbox_id"), Outbox.state == "waiting")
_WITHDRAW = update(table_of(Outbox)).where(
    Outbox.errand == bindparam("errand_id"), Outbox.id != bindparam("but"), Outbox.state == "waiting"
)
_SETTLE_GATHERED = update(table_of(Outbox)).where(
    Outbox.digest_id == bindparam("errand_id"), Outbox.state == "gathered"
)
_OF_ERRAND = select(
    Outbox.id,
    Outbox.ways,
    Outbox.alert_id,
    Outbox.rung,
    Outbox.person,
    Outbox.turn,
    Outbox.about,
    Outbox.role,
    Outbox.desk,
    Outbox.errand,
)
_ERRAND = _OF_ERRAND.where(Outbox.id == bindparam("outbox_id"))
_QUEUED = (
    _OF_ERRAND.join(Alert, Alert.id == Outbox.alert_id)
    .where(Outbox.state == "waiting", Outbox.channel == bindparam("queues_for"), Outbox.ways != "")
    .where(Alert.kind == "life_safety")
)
_WENT_ON = update(table_of(Outbox)).where(Outbox.id == bindparam("outbox_id")).values(ways="")
_STEP = insert(table_of(AlertStep))
