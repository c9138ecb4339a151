"""Writes what was decided to raise or to hold back: an alert in its rule's words, told to people or recorded only."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from gateway.alerts.words import room_en
from gateway.duty.route import Climb
from gateway.operations.new_alert import write_new
from gateway.operations.tables import Alert, HeldAlert, table_of
from rules.effects import Hold, Raise
from rules.rule import Words
from rules.sentences import why
from rules.world import World


def raise_alert(session: Session, raised: Raise, world: World, *, wall_ms: int, first: Climb | None) -> bool:
    """Write a new alert with its first step; False when it is there already. ``first`` is its first rung, None without one.

    One that was held back before is marked as told.
    """
    held = session.connection().execute(_HELD, {"alert": raised.alert}).first()
    values = {
        **said_of(raised, world, held), "id": raised.alert, "raised_at": raised.at, "raised_wall_ms": wall_ms,
        "rung": first.rung if first else 0, "escalate_at": first.escalate_at if first else None,
        "group_id": raised.group,
    }  # fmt: skip
    if not write_new(session, values):
        return False
    if held is not None:
        session.execute(update(HeldAlert).where(HeldAlert.id == raised.alert).values(told_at=raised.at))
    return True


def kind_of(session: Session, raised: Raise, world: World) -> str:
    """The class of an alert; where its rule is gone meanwhile, as it was recorded when it was held back."""
    if raised.rule in world.rules:
        return world.rule(raised.key, raised.rule).kind
    return session.get_one(HeldAlert, raised.alert).kind


def hold_back(session: Session, hold: Hold, world: World) -> None:
    """Record an alert that is told to nobody; held back once more, it is the same entry with its newest reason."""
    held = session.get(HeldAlert, hold.alert)
    values = {"held_at": hold.at, "held_by": hold.by, "ended_at": None, "told_at": None}
    new = insert(HeldAlert).values(**said_of(hold, world, held), **values, id=hold.alert)
    session.execute(new.on_conflict_do_update(index_elements=["id"], set_=values))
    if held is not None:
        session.expire(held)


def lead_of(session: Session, raised: Raise) -> Alert | None:
    """The open alert that leads this one's group, if it is one of a group."""
    if not raised.group or raised.group == raised.alert:
        return None
    lead = session.get(Alert, raised.group)
    return lead if lead is not None and lead.state != "closed" else None


def next_lead(session: Session, lead: Alert) -> Alert | None:
    """After a lead was closed: who leads what is left of its group. The rest follows that one."""
    left = session.scalars(
        select(Alert).where(Alert.group_id == lead.id, Alert.state == "raised").order_by(Alert.number)
    ).all()
    for alert in left:
        alert.group_id = left[0].id if alert is not left[0] else ""
    return left[0] if left else None


def said_of(effect: Raise | Hold, world: World, held: HeldAlert | Row[Any] | None = None) -> dict[str, Any]:
    """What an alert says of itself; where its rule is gone meanwhile, what was recorded when it was held back."""
    if effect.rule not in world.rules:
        assert held is not None, "a rule that is in no world raises nothing"  # noqa: S101 an invariant of the stages
        return {name: getattr(held, name) for name in _KEPT}
    rule, device = world.rule(effect.key, effect.rule), world.devices.get(effect.subject)
    room = device.room if device else ""
    said_by = [world.devices[fact.device] for fact in effect.evidence.facts if fact.device in world.devices]
    rooms = {one.id: Words(one.room, room_en(one.room)) for one in said_by}
    reason = why(effect.evidence, room, world.zone, room_en=room_en(room), rooms=rooms, told_at=effect.at)
    return {
        "rule": rule.id,
        "kind": rule.kind,
        "severity": rule.severity,
        "title": msgspec.to_builtins(rule.title),
        "why": msgspec.to_builtins(reason),
        "todo": msgspec.to_builtins(rule.todo),
        "evidence": msgspec.to_builtins(effect.evidence),
        "place_id": effect.key,
        "device_id": effect.subject if device else "",
        "room": room,
        "active_at": effect.active_at,
    }


_KEPT = (
    "rule", "kind", "severity", "title", "why", "todo", "evidence", "place_id", "device_id", "room", "active_at",
)  # fmt: skip
_HELD = select(*(table_of(HeldAlert).c[name] for name in _KEPT)).where(HeldAlert.id == bindparam("alert"))
