"""The outbox in the operational database: what waits for a channel, what became of it. Blocking; off the event loop.

States: ``waiting`` → ``sent`` (taken, nothing proven) | ``delivered`` | ``failed`` | ``withdrawn`` (overtaken: accepted before
it was sent, or reached another way). What one recipient is told on one rung is an errand: the first channel that does not take
it at once is followed by the next, and goes on trying beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, TypeAlias

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    String,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from gateway.alerts.message import AlertFacts, AlertMessage, PlaceFacts
from gateway.alerts.words import OutsidePlace, compose
from gateway.duty.route import Told
from gateway.notify.channel import GROUP, Recipient, message_id
from gateway.operations.database import repeatable
from gateway.operations.tables import Alert, AlertStep, Contact, Outbox, Place, table_of

AddressOf: TypeAlias = Callable[[str, str], str]  # of a person of the duty plan on a channel; '' for none


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How messages are put: the zone of their times, how closely a place is named, and whose address is which."""

    zone: tzinfo
    outside: OutsidePlace = "door"
    address_of: AddressOf = lambda _person, _channel: ""


@dataclass(frozen=True, slots=True)
class Look:
    """A look into the outbox: what is due, and when the next message will be (None: nothing waits)."""

    due: tuple[Waiting, ...]
    next_try_ms: int | None


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


def look(
    engine: Engine,
    channel: str,
    *,
    now_ms: int,
    most: int,
    without: Collection[str],
    words: Wording,
) -> Look:
    """The most urgent due messages of a channel, life safety first, then the one waiting longest."""
    asked = {"channel": channel, "now": now_ms, "most": most, "without": list(without)}
    with engine.connect() as connection:
        rows = connection.execute(_DUE, asked).all()
        later = connection.scalar(_LATER, asked)
    return Look(tuple(_waiting(row, words) for row in rows), later)


def composed(connection: Connection, ids: Sequence[str], words: Wording) -> tuple[Waiting, ...]:
    """The messages of these ids that wait, as the connection's transaction sees them."""
    rows = connection.execute(_THESE, {"ids": list(ids)})
    return tuple(_waiting(row, words) for row in rows)


def settle(engine: Engine, waiting: Waiting, outcome: Outcome, *, hub_now_ms: int) -> Settled:
    """Write down what became of a try, and what follows for its errand.

    Not taken at once: the next of its ways is put into the outbox. Taken: what waits on the others is withdrawn.
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
            "ways": "",
        }
        if not connection.execute(_SETTLE, settled).rowcount:
            return Settled(written=False, follows="")
        if outcome.over:
            if waiting.errand:
                other = {"errand_id": waiting.errand, "but": waiting.id}
                reached = {"state": "withdrawn", "error": f"reached by {waiting.channel}"}
                connection.execute(_WITHDRAW, other | reached)
            step = {
                "alert_id": waiting.alert_id, "kind": outcome.state, "at": hub_now_ms,
                "by": waiting.channel, "detail": outcome.receipt, "via": waiting.to.id,
            }  # fmt: skip
            connection.execute(_STEP, step)
        if goes_on:
            _use_next_way(connection, waiting, goes_on)
        return Settled(written=True, follows=goes_on[0] if goes_on else "")


@dataclass(frozen=True, slots=True)
class Settled:
    """Whether an outcome was written (it was not if the row was settled before), and the channel that takes over, if one."""

    written: bool
    follows: str


def _use_next_way(connection: Connection, waiting: Waiting, ways: tuple[str, ...]) -> None:
    told = connection.execute(_ERRAND, {"outbox_id": waiting.id}).one()
    row = _row(told.alert_id, told.rung, told.person, ways[0], told.turn, told.about)
    connection.execute(
        _ENQUEUE,
        [row | {"role": told.role, "desk": told.desk, "ways": ",".join(ways[1:]), "errand": waiting.errand}],
    )


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
    Outbox.about,
    Outbox.person,
    Outbox.role,
    Outbox.errand,
    Outbox.ways,
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
    select(Contact.phone)
    .where(
        Contact.place_id == Alert.place_id, literal("contact:") + cast(Contact.rank, String) == Outbox.person
    )
    .scalar_subquery()
    .label("contact_phone"),
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
_WITHDRAW = update(table_of(Outbox)).where(
    Outbox.errand == bindparam("errand_id"), Outbox.id != bindparam("but"), Outbox.state == "waiting"
)
_ERRAND = select(
    Outbox.alert_id, Outbox.rung, Outbox.person, Outbox.turn, Outbox.about, Outbox.role, Outbox.desk
).where(Outbox.id == bindparam("outbox_id"))
_STEP = insert(table_of(AlertStep))


def _waiting(row: Row[*tuple[Any, ...]], words: Wording) -> Waiting:
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
    address = ""
    if row.person:
        address = row.contact_phone or words.address_of(row.person, row.channel)
    return Waiting(
        id=row.outbox_id,
        alert_id=row.alert_id,
        channel=row.channel,
        attempts=row.attempts,
        raised_wall_ms=row.raised_wall_ms,
        withdrawn=row.about == "alert" and row.outbox_rung > 0 and row.alert_state != "raised",
        first=row.outbox_rung == 0 and row.turn == 0,
        message=compose(facts, place, zone=words.zone, outside=words.outside),
        to=Recipient(row.person, address) if row.person else GROUP,
        errand=row.errand,
        ways=tuple(filter(None, row.ways.split(","))),
    )
