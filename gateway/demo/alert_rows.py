"""Alerts as a score reads them: one row each, in words that any system could use (docs/simulator.md, "The score").

What a rule's alert says is written here, because only the hub knows its rules. A rule that is not named says ``other``; its
class, which limits apply to it, is the rule's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gateway.operations.tables import Alert, AlertStep, HeldAlert
from rules.rule import Rule

Row: TypeAlias = dict[str, Any]

SAYS = {
    "fall": "fall",
    "naive_fall": "fall",
    "naive_inactivity": "inactivity",
    "naive_sos": "help",
    "fall_confirmed": "fall",
    "fall_doubtful": "fall",
    "fall_not_worn": "fall",
    "sos": "help",
    "no_activity": "inactivity",
    "no_activity_learned": "inactivity",
    "no_morning_activity": "morning",
    "quiet_unusual": "inactivity",
    "stove_forgotten": "stove",
    "not_back_home": "not_home",
    "bathroom_too_long": "bathroom",
    "bathroom_too_long_urgent": "bathroom",
    "door_left_open": "door_open",
    "door_open_at_night": "night_door",
    "over_capacity": "crowded",
    "counter_drifting": "drift",
    "battery_low": "battery",
    "device_silent": "silent",
    "gateway_lost": "gateway",
    "smoke": "smoke",
    "smoke_event": "smoke",
    "water_leak": "leak",
    "water_leak_event": "leak",
    "home_too_cold": "cold",
    "home_too_hot": "hot",
}


def says(rule: str) -> str:
    """The word for what an alert of that rule says."""
    return SAYS.get(rule, "other")


def would_be_rows(alerts: Iterable[Mapping[str, Any]], rules: Mapping[str, Rule]) -> list[Row]:
    """What a backtest says would have been raised, or held back; ``alerts`` as its answer lists them."""
    return [
        {
            "id": alert["id"],
            "rule": alert["rule"],
            "says": says(alert["rule"]),
            "class": rules[alert["rule"]].kind,
            "severity": rules[alert["rule"]].severity,
            "place": alert["place"],
            "device": alert["subject"],
            "raised_ms": alert["raised_at"],
            "active_ms": alert["active_at"],
            "lowered_ms": alert["lowered_at"] or None,
            "lowered_to": alert["lowered_to"] or None,
            "held": bool(alert["held_by"]),
        }
        for alert in alerts
    ]


def raised_rows(operations: Engine) -> list[Row]:
    """What a hub raised, and what it held back and never told."""
    with Session(operations) as session:
        lowered = _lowered(session)
        raised = [
            _row(alert, alert.raised_at, lowered.get(alert.id), held=False)
            for alert in session.scalars(select(Alert).order_by(Alert.number))
        ]
        held = select(HeldAlert).where(HeldAlert.told_at.is_(None)).order_by(HeldAlert.held_at, HeldAlert.id)
        return raised + [_row(alert, alert.held_at, None, held=True) for alert in session.scalars(held)]


def _row(alert: Alert | HeldAlert, at: int, lowered: tuple[int, str] | None, *, held: bool) -> Row:
    first = alert.severity_before if isinstance(alert, Alert) else None
    return {
        "id": alert.id, "rule": alert.rule, "says": says(alert.rule), "class": alert.kind,
        "severity": first or alert.severity, "place": alert.place_id, "device": alert.device_id,
        "raised_ms": at, "active_ms": alert.active_at,
        "lowered_ms": lowered[0] if lowered else None, "lowered_to": lowered[1] if lowered else None, "held": held,
    }  # fmt: skip


def _lowered(session: Session) -> dict[str, tuple[int, str]]:
    """When another rule lowered an alert first, and to what: as its history has it (``operations.course.change``)."""
    found: dict[str, tuple[int, str]] = {}
    for step in session.scalars(select(AlertStep).where(AlertStep.kind == "changed").order_by(AlertStep.id)):
        severities, _, because = step.detail.partition(": ")
        if because.startswith("rule:"):
            found.setdefault(step.alert_id, (step.at, severities.rpartition(" → ")[2]))
    return found


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write the alerts file: a JSON line for each."""
    path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
