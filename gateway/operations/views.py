"""Reads about alerts and places for people and programs, straight from the operational database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Literal

from sqlalchemy import Engine, case, func, select, tuple_
from sqlalchemy.orm import Session

from gateway.accounts.who import EVERYTHING, Reach
from gateway.alerts.card_steps import steps_for
from gateway.alerts.discretion import form_of_address
from gateway.alerts.lifecycle import IN_HAND
from gateway.alerts.own import own_name
from gateway.alerts.words import room_en
from gateway.operations.answers import (
    AlertDetail,
    AlertInHand,
    AlertPage,
    AlertView,
    Call,
    Delivery,
    DeviceView,
    PlacePage,
    PlaceView,
    Step,
    Text,
)
from gateway.operations.card_steps import own_steps
from gateway.operations.facility_settings import capacity_of, settings_of
from gateway.operations.tables import Alert, AlertStep, Contact, Device, Outbox, Place
from gateway.operations.whereabouts import about_within, within

LIMIT_MAX = 500
SEVERITIES = ("critical", "urgent", "notice")  # most pressing first

Which = Literal["open", "closed", "all"]


def alerts(
    engine: Engine,
    which: Which = "open",
    *,
    limit: int = 100,
    before: str | None = None,
    reach: Reach = EVERYTHING,
) -> AlertPage:
    """Alerts within reach, a page at a time: open by severity, then longest waiting; closed by closing; all by number.

    ``before`` is the ``next`` of the page before; ValueError when it is none.
    """
    match which:
        case "open":
            rank = case({name: at for at, name in enumerate(SEVERITIES)}, value=Alert.severity, else_=9)
            order: list[Any] = [rank, Alert.raised_at, Alert.number]
            query = select(Alert).where(Alert.state != "closed").order_by(*order)
            if before is not None:
                query = query.where(tuple_(*order) > tuple_(*_cursor(before, 3)))
        case "closed":
            order = [Alert.closed_at, Alert.number]
            query = select(Alert).where(Alert.state == "closed").order_by(*(key.desc() for key in order))
            if before is not None:
                query = query.where(tuple_(*order) < tuple_(*_cursor(before, 2)))
        case "all":
            query = select(Alert).order_by(Alert.number.desc())
            if before is not None:
                query = query.where(Alert.number < _cursor(before, 1)[0])
    with Session(engine) as session:
        found = session.scalars(query.where(about_within(reach, Alert.place_id)).limit(limit + 1)).all()
        shown = found[:limit]
        more = _cursor_of(shown[-1], which) if len(found) > limit else None
        return AlertPage(_viewed(session, shown), more)


def alert_view(engine: Engine, alert_id: str) -> AlertView | None:
    """One alert as the list has it."""
    with Session(engine) as session:
        row = session.get(Alert, alert_id)
        return _viewed(session, [row])[0] if row else None


def alert(engine: Engine, alert_id: str, *, attending: bool = False) -> AlertDetail | None:
    """One alert with its history; ``attending`` adds contacts and access note while it is in hand."""
    with Session(engine) as session:
        row = session.get(Alert, alert_id)
        if row is None:
            return None
        known = _values(_viewed(session, [row])[0])
        steps = session.scalars(
            select(AlertStep).where(AlertStep.alert_id == alert_id).order_by(AlertStep.id)
        )
        known["steps"] = [Step(step.kind, step.at, step.by, step.detail, step.via) for step in steps]
        if not attending or row.state not in IN_HAND:
            return AlertDetail(**known)
        place = session.get(Place, row.place_id)
        calls = session.scalars(
            select(Contact).where(Contact.place_id == row.place_id).order_by(Contact.rank)
        )
        return AlertInHand(
            **known,
            address=" ".join((place.path.replace("/", " "), place.address)) if place else row.place_id,
            access_note=place.access_note if place else "",
            contacts=[Call(call.name, call.phone) for call in calls],
        )


def open_counts(engine: Engine, reach: Reach = EVERYTHING) -> dict[tuple[str, str], int]:
    """How many open alerts there are within reach of each (severity, state)."""
    query = (
        select(Alert.severity, Alert.state, func.count())
        .where(Alert.state != "closed", about_within(reach, Alert.place_id))
        .group_by(Alert.severity, Alert.state)
    )
    with Session(engine) as session:
        return {(severity, state): count for severity, state, count in session.execute(query)}


def places(
    engine: Engine, *, limit: int = LIMIT_MAX, after: str | None = None, reach: Reach = EVERYTHING
) -> PlacePage:
    """Homes and facilities within reach by id, a page at a time; ``after`` is the ``next`` of the page before."""
    query = select(Place).where(within(reach, Place.path)).order_by(Place.id).limit(limit + 1)
    if after is not None:
        query = query.where(Place.id > after)
    with Session(engine) as session:
        found = session.scalars(query).all()
        shown = found[:limit]
        return PlacePage(place_view(session, shown), shown[-1].id if len(found) > limit else None)


def place_view(session: Session, rows: Sequence[Place]) -> list[PlaceView]:
    """These places with their devices."""
    devices: dict[str, list[DeviceView]] = {place.id: [] for place in rows}
    own = settings_of(session, devices)
    for device in session.scalars(select(Device).where(Device.place_id.in_(devices)).order_by(Device.id)):
        devices[device.place_id].append(
            DeviceView(id=device.id, kind=device.kind, room=device.room, heartbeat_s=device.heartbeat_s)
        )
    return [
        PlaceView(
            id=place.id,
            kind=place.kind,
            site=place.site,
            path=place.path,
            name=place.name,
            address=place.address,
            capacity=capacity_of(place.capacity, own.get(place.id)),
            devices=devices[place.id],
        )
        for place in rows
    ]


def _viewed(session: Session, rows: Sequence[Alert]) -> list[AlertView]:
    ids = [row.id for row in rows]
    wanted = {row.place_id for row in rows}
    homes = {place.id: place for place in session.scalars(select(Place).where(Place.id.in_(wanted)))}
    deliveries: dict[str, list[Delivery]] = {alert_id: [] for alert_id in ids}
    for sent in session.scalars(
        select(Outbox).where(Outbox.alert_id.in_(ids)).order_by(Outbox.rung, Outbox.channel)
    ):
        deliveries[sent.alert_id].append(
            Delivery(
                sent.channel, sent.state, sent.delivered_ms,
                rung=sent.rung, to=sent.person, role=sent.role, about=sent.about, proof=sent.proof,
            )
        )  # fmt: skip
    risen = select(AlertStep.alert_id, func.max(AlertStep.at)).where(
        AlertStep.alert_id.in_(ids), AlertStep.kind == "escalated"
    )
    escalated: dict[str, int] = {
        row[0]: row[1] for row in session.execute(risen.group_by(AlertStep.alert_id))
    }
    followers = (
        select(Alert.group_id, func.count())
        .where(Alert.group_id.in_(ids), Alert.state != "closed")
        .group_by(Alert.group_id)
    )
    following: dict[str, int] = {row[0]: row[1] for row in session.execute(followers)}
    own = own_steps(session, (row.rule for row in rows))
    paths = {home.id: home.path for home in homes.values()}
    return [
        AlertView(
            **{name: getattr(row, name) for name in _OWN},
            todo=steps_for(own, row.rule, paths.get(row.place_id, "")) or row.todo,
            who=who(homes.get(row.place_id), row.place_id),
            where=where(homes.get(row.place_id), row.room),
            place_kind=homes[row.place_id].kind if row.place_id in homes else "",
            deliveries=deliveries[row.id],
            escalated_at=escalated.get(row.id),
            group_size=following.get(row.id, 0),
        )
        for row in rows
    ]


_NOT_OWN = ("todo", "place_kind", "who", "where", "deliveries", "escalated_at", "group_size")
_OWN = [field.name for field in fields(AlertView) if field.name not in _NOT_OWN]


def who(place: Place | PlaceView | None, place_id: str) -> Text:
    """How the elder is addressed, or the facility's name."""
    own = own_name(place_id)
    if own is not None:
        return own
    name = place.name if place else place_id
    return {"zh": name, "en": form_of_address(name)[1] if place and place.kind == "home" else name}


def where(place: Place | PlaceView | None, room: str) -> Text:
    """Neighbourhood, address and room: names stay as they stand on the door, the room is translated."""
    before: tuple[str, ...] = ()
    if place is not None:
        neighbourhood = place.path.rsplit("/", 1)[-1]
        before = (place.address,) if neighbourhood in place.address else (neighbourhood, place.address)
    return {
        "zh": _joined((*before, room)),
        "en": _joined((*before, room_en(room))),
    }


def _joined(parts: Iterable[str]) -> str:
    return " ".join(part for part in parts if part)


def _values(view: AlertView) -> dict[str, Any]:
    return {field.name: getattr(view, field.name) for field in fields(view)}


def _cursor_of(row: Alert, which: Which) -> str:
    match which:
        case "open":
            rank = SEVERITIES.index(row.severity) if row.severity in SEVERITIES else 9
            return f"{rank}.{row.raised_at}.{row.number}"
        case "closed":
            return f"{row.closed_at}.{row.number}"
        case "all":
            return str(row.number)


def _cursor(text: str, parts: int) -> tuple[int, ...]:
    numbers = text.split(".")
    if len(numbers) != parts or not all(number.isascii() and number.isdigit() for number in numbers):
        raise ValueError(f"cursor {text!r}: take it from the 'next' of an answer with the same state")
    if any(len(number) > 15 for number in numbers):  # noqa: PLR2004 beyond any time or number, and SQLite's integers
        raise ValueError(f"cursor {text!r}: take it from the 'next' of an answer with the same state")
    return tuple(int(number) for number in numbers)
