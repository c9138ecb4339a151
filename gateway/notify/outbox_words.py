"""Reads the outbox and puts what waits there into words. Blocking; off the event loop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any, Literal, TypeAlias

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    String,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import aliased

from gateway.alerts.digest import compose_digest
from gateway.alerts.message import AlertFacts, AlertMessage, Audience, Hands, PlaceFacts, StepFacts
from gateway.alerts.words import OutsidePlace, compose
from gateway.notify.channel import GROUP, Recipient
from gateway.notify.outbox import Waiting
from gateway.operations.tables import Alert, AlertStep, Contact, Outbox, Place

AddressOf: TypeAlias = Callable[[str, str], str]  # of a person of the duty plan on a channel; '' for none
# The address to accept an alert at, or of a slip: of the purpose, the alert and the desk; '' where nobody outside reaches it.
LinkOf: TypeAlias = Callable[[Literal["accept", "slip"], str, str], str]
AUDIENCES: dict[str, Audience] = {"desk": "staff", "family": "family", "guard": "guard"}
GATHERED_ABOUTS = ("alert", "recontact")
CODED = {
    "closed": 3,
    "called": 2,
    "again": 1,
    "passed": 1,
}  # how many words of a step's detail are the hub's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How messages are put: the zone of their times, how closely a place is named, and whose address is which."""

    zone: tzinfo
    outside: OutsidePlace = "door"
    address_of: AddressOf = lambda _person, _channel: ""
    link_of: LinkOf = lambda _purpose, _alert, _desk: ""


@dataclass(frozen=True, slots=True)
class Look:
    """A look into the outbox: what is due, and when the next message will be (None: nothing waits)."""

    due: tuple[Waiting, ...]
    next_try_ms: int | None


def look(
    engine: Engine,
    channel: str,
    *,
    now_ms: int,
    most: int,
    without: Collection[str],
    words: Wording,
    released: Collection[str] | None = None,
) -> Look:
    """The most urgent due messages of a channel, life safety first, then the one waiting longest.

    Where ``released`` is given, what may be gathered comes only if it is among these.
    """
    asked = {
        "channel": channel, "now": now_ms, "most": most, "without": list(without),
        "all": released is None, "released": list(released or ()),
    }  # fmt: skip
    with engine.connect() as connection:
        rows = connection.execute(_DUE, asked).all()
        later = connection.scalar(_LATER, asked)
        return Look(tuple(_waiting(connection, row, words) for row in rows), later)


def composed(connection: Connection, ids: Sequence[str], words: Wording) -> tuple[Waiting, ...]:
    """The messages of these ids that wait, as the connection's transaction sees them."""
    rows = connection.execute(_THESE, {"ids": list(ids)}).all()
    return tuple(_waiting(connection, row, words) for row in rows)


# How many rungs below this message's were told: what went past closed doors is not passed up.
_below = aliased(Outbox)
_TOLD_BELOW = (
    select(func.count(func.distinct(_below.rung)))
    .where(_below.alert_id == Outbox.alert_id, _below.rung < Outbox.rung, _below.about == "alert")
    .correlate(Outbox)
    .scalar_subquery()
)
_MESSAGE_COLUMNS = (
    Outbox.id.label("outbox_id"),
    Outbox.channel,
    Outbox.rung.label("outbox_rung"),
    _TOLD_BELOW.label("told_below"),
    Outbox.attempts,
    Outbox.about,
    Outbox.person,
    Outbox.role,
    Outbox.desk,
    Outbox.errand,
    Outbox.ways,
    Outbox.step_id,
    AlertStep.kind.label("step_kind"),
    AlertStep.at.label("step_at"),
    AlertStep.by.label("step_by"),
    AlertStep.detail.label("step_detail"),
    AlertStep.via.label("step_via"),
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
    Alert.accepted_by,
    Alert.accepted_at,
    Alert.closed_at,
    Alert.verdict,
    Alert.reason,
    Alert.outcome,
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


_WAITS = (
    (Outbox.state == "waiting")
    & (Outbox.channel == bindparam("channel"))
    & Outbox.id.not_in(bindparam("without", expanding=True))
)
_MESSAGES = (
    select(*_MESSAGE_COLUMNS)
    .join(Alert, Alert.id == Outbox.alert_id)
    .outerjoin(Place, Place.id == Alert.place_id)
    .outerjoin(AlertStep, AlertStep.id == Outbox.step_id)
)
_THESE = _MESSAGES.where(Outbox.id.in_(bindparam("ids", expanding=True)), Outbox.state == "waiting")
# A step is told when those before it have been, whatever became of them: who follows along can count on their order. They are
# found by the index of the alert, not of the states ("+"): in a storm nearly all wait.
_EARLIER = aliased(Outbox, name="earlier")
_IS_NEXT = Outbox.step_id.is_(None) | ~exists().where(
    _EARLIER.alert_id == Outbox.alert_id,
    _EARLIER.channel == Outbox.channel,
    literal_column("+earlier.state") == "waiting",
    _EARLIER.step_id < Outbox.step_id,
)
_GATHERED = (Alert.kind != "life_safety") & Outbox.about.in_(GATHERED_ABOUTS) & (Outbox.attempts == 0)
_DUE = (
    _MESSAGES.where(
        _WAITS,
        Outbox.next_try_ms <= bindparam("now"),
        _IS_NEXT,
        bindparam("all") | ~_GATHERED | Outbox.id.in_(bindparam("released", expanding=True)),
    )
    .order_by(case((Alert.kind == "life_safety", 0), else_=1), Outbox.next_try_ms, Alert.number)
    .limit(bindparam("most"))
)
_LATER = select(func.min(Outbox.next_try_ms)).where(_WAITS, Outbox.next_try_ms > bindparam("now"))
_MEMBERS = _MESSAGES.where(Outbox.digest_id == bindparam("errand_id")).order_by(Alert.number)


def _waiting(connection: Connection, row: Row[*tuple[Any, ...]], words: Wording) -> Waiting:
    return Waiting(
        id=row.outbox_id,
        alert_id=row.alert_id,
        channel=row.channel,
        attempts=row.attempts,
        raised_wall_ms=row.raised_wall_ms,
        withdrawn=row.about == "alert" and row.outbox_rung > 0 and row.alert_state != "raised",
        first=row.told_below == 0 and row.turn == 0 and row.about == "alert",
        message=_message(connection, row, words),
        to=recipient(row, words.address_of),
        errand=row.errand,
        ways=tuple(filter(None, row.ways.split(","))),
        urgent=row.kind == "life_safety" or row.about not in GATHERED_ABOUTS or row.attempts > 0,
    )


def recipient(row: Row[Any], address_of: AddressOf) -> Recipient:
    """Whom a row of the outbox is for: a contact of the home, or a person of the duty plan, at their address on the channel."""
    if not row.person:
        return GROUP
    return Recipient(row.person, row.contact_phone or address_of(row.person, row.channel))


def _message(connection: Connection, row: Row[*tuple[Any, ...]], words: Wording) -> AlertMessage:
    if row.about == "digest":
        members = connection.execute(_MEMBERS, {"errand_id": row.errand}).all()
        told = [(_facts(one), _place(one)) for one in members]
        at_ms = max(one.raised_at for one in members)
        return compose_digest(
            told, digest_id=row.outbox_id, at_ms=at_ms, zone=words.zone, outside=words.outside
        )
    message = compose(
        _facts(row),
        _place(row),
        zone=words.zone,
        outside=words.outside,
        about=row.about,
        hands=_hands(row),
        audience=AUDIENCES[row.role],
    )
    if row.step_id is not None:
        return replace(message, step=_step(row))
    return replace(message, link=_link(row, words))


def _link(row: Row[*tuple[Any, ...]], words: Wording) -> str:
    """Where whoever is told can answer: staff may accept what nobody has, a guard says who opens the door."""
    if row.role == "guard":
        return words.link_of("slip", row.alert_id, row.desk)
    accepts = row.role == "desk" and row.about == "alert" and row.kind != "device"
    return words.link_of("accept", row.alert_id, "") if accepts else ""


def _step(row: Row[*tuple[Any, ...]]) -> StepFacts:
    """The step as it may leave the house: what people wrote stays."""
    coded = " ".join(word for word in row.step_detail.split(" ")[: CODED.get(row.step_kind, 0)])
    return StepFacts(
        id=row.step_id, kind=row.step_kind, at=row.step_at, by=row.step_by, detail=coded, via=row.step_via
    )


def _hands(row: Row[*tuple[Any, ...]]) -> Hands:
    taken = row.accepted_by or ""
    return Hands(
        state=row.alert_state,
        accepted_by=taken,
        accepted_at=row.accepted_at,
        coming=taken if row.alert_state in {"on_way", "on_site"} else "",
        closed_at=row.closed_at,
        verdict=row.verdict or "",
        reason=row.reason or "",
        outcome=row.outcome or "",
    )


def _facts(row: Row[*tuple[Any, ...]]) -> AlertFacts:
    return AlertFacts(
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
        rung=row.told_below,
        recorded=row.recorded,
        count=row.times,
    )


def _place(row: Row[*tuple[Any, ...]]) -> PlaceFacts | None:
    if row.place_kind is None:
        return None
    return PlaceFacts(kind=row.place_kind, path=row.path, name=row.name, address=row.address)
