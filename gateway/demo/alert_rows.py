"""Alerts as a score reads them: one row each, in words that any system could use (docs/simulator.md, "The score").

What a rule's alert says is written here, because only the hub knows its rules. A rule that is not named says ``other``; its
class, which limits apply to it, is the rule's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from gateway.backtest.telling import Alert as WouldBe
from rules.rule import Rule

SAYS = {
    "fall": "fall",
    "naive_fall": "fall",
    "naive_inactivity": "inactivity",
    "naive_sos": "help",
    "fall_confirmed": "fall",
    "fall_doubtful": "fall",
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


def would_be_rows(alerts: Iterable[WouldBe], rules: Mapping[str, Rule]) -> list[dict[str, Any]]:
    """What a backtest says would have been raised, or held back."""
    return [
        {
            "id": alert.id,
            "rule": alert.rule,
            "says": says(alert.rule),
            "class": rules[alert.rule].kind,
            "severity": rules[alert.rule].severity,
            "place": alert.place,
            "device": alert.subject,
            "raised_ms": alert.raised_at,
            "active_ms": alert.active_at,
            "lowered_ms": alert.lowered_at or None,
            "lowered_to": alert.lowered_to or None,
            "held": bool(alert.held_by),
        }
        for alert in alerts
    ]


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write the alerts file: a JSON line for each."""
    path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
