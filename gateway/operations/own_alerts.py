"""Alerts that the hub raises about itself: journalled as commands of its own, so a replay knows them as well."""

from __future__ import annotations

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gateway.alerts.own import DESK_PLACE, HUB_PLACE, own_words
from gateway.duty.route import Climb
from gateway.operations.new_alert import write_new
from gateway.operations.tables import Alert
from rules.events import Command

RAISE, END = "own_raise", "own_end"
KIND = "device"


def place_of(command: Command) -> str:
    """What the alert is about: the hub, or one of the desks."""
    desk = command.data.get("desk_id", "")
    return DESK_PLACE + desk if desk else HUB_PLACE


def raise_own(session: Session, command: Command, *, wall_ms: int, first: Climb) -> bool:
    """Write the alert that the command names, with its first step; False when it is there already."""
    words = own_words(command.data["rule"], command.data)
    values = {
        "id": command.alert, "rule": command.data["rule"], "kind": KIND, "severity": words.severity,
        "title": words.title, "why": words.why, "todo": words.todo,
        "evidence": {"condition": "own", "numbers": command.data, "facts": []},
        "place_id": place_of(command), "device_id": "", "room": "", "active_at": command.at, "raised_at": command.at,
        "raised_wall_ms": wall_ms, "rung": first.rung, "escalate_at": first.escalate_at, "group_id": "",
    }  # fmt: skip
    return write_new(session, values)


def standing(engine: Engine, rule: str) -> dict[str, str]:
    """By place, the alert of that rule of the hub's own whose cause is not over, also when a person has closed it."""
    with Session(engine) as session:
        found = session.execute(
            select(Alert.place_id, Alert.id)
            .where(Alert.rule == rule, Alert.ended_at.is_(None))
            .order_by(Alert.number)
        )
        return {place: alert for place, alert in found}  # noqa: C416 rows, not pairs
