"""What was missed, and what was raised for nothing, one by one and with the reason, so that somebody can look at each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from firmware_sim.score.alerts import Raised
from firmware_sim.score.answers import Answered
from firmware_sim.score.truth import Incident, Truth

NEAR_MS = 6 * 3_600_000  # what was or was said so near may be what a developer looks for


def told_missed(matched: Sequence[Answered], told: Sequence[Raised], zone: str) -> list[dict[str, Any]]:
    """Incidents that were missed, late or unknowable, in order of time."""
    return [
        {
            "id": each.incident.id, "kind": each.incident.kind, "class": each.incident.class_,
            "place": each.incident.place, "room": each.incident.room, "outcome": each.outcome,
            "at": _shown(each.incident.from_ms, zone), "from_ms": each.incident.from_ms, "to_ms": each.incident.to_ms,
            "due_ms": each.due_ms, "detected_by": [seen.device for seen in each.incident.detections],
            "why": _why_missed(each, told, zone),
        }
        for each in matched
        if each.outcome in {"missed", "late", "unknowable"} and not (each.outcome == "unknowable" and each.strict)
    ]  # fmt: skip


def told_false(wrong: Sequence[Raised], truth: Truth) -> list[dict[str, Any]]:
    """Alerts that no incident is the reason of, in order of time."""
    return [
        {
            "id": alert.id, "rule": alert.rule, "says": alert.says, "class": alert.class_, "place": alert.place,
            "device": alert.device, "at": _shown(alert.raised_ms, truth.zone), "raised_ms": alert.raised_ms,
            "lowered_ms": alert.lowered_ms, "why": _why_false(alert, truth),
        }
        for alert in wrong
    ]  # fmt: skip


def _why_missed(each: Answered, told: Sequence[Raised], zone: str) -> str:
    incident, words = each.incident, "/".join(each.incident.raise_)
    if each.outcome == "unknowable":
        return "over before anybody could know without a detector, and none detected it"
    due = "" if each.due_ms is None else f", due {_shown(each.due_ms, zone)}"
    if each.answers:
        first = each.answers[0]
        by = _length(first.raised_ms - (each.due_ms or incident.from_ms))
        return f"{first.says} was raised {_shown(first.raised_ms, zone)} by {first.rule}, {by} late{due}"
    others = [
        f"{alert.says} {_shown(alert.raised_ms, zone)}"
        for alert in told
        if alert.place == incident.place and incident.from_ms <= alert.raised_ms <= incident.to_ms
    ]
    said = f"; said meanwhile: {', '.join(others)}" if others else ""
    return f"nobody said {words} by {_shown(incident.to_ms, zone)}{due}{said}"


def _why_false(alert: Raised, truth: Truth) -> str:
    near = [i for i in truth.incidents if i.place == alert.place and _apart_ms(alert, i) <= NEAR_MS]
    if not near:
        return f"nothing happened at {alert.place} within {_length(NEAR_MS)}"
    nearest = min(near, key=lambda incident: (_apart_ms(alert, incident), incident.id))
    apart = _apart_ms(alert, nearest)
    when = (
        "then"
        if not apart
        else f"{_length(apart)} {'later' if nearest.from_ms > alert.raised_ms else 'earlier'}"
    )
    words = "/".join(nearest.raise_)
    return f"the only thing near is {nearest.id} {nearest.kind} {when}, of which one says {words}"


def _apart_ms(alert: Raised, incident: Incident) -> int:
    return max(incident.from_ms - alert.raised_ms, alert.raised_ms - incident.to_ms, 0)


def _shown(at_ms: int, zone: str) -> str:
    return datetime.fromtimestamp(at_ms // 1000, ZoneInfo(zone)).strftime("%m-%d %H:%M:%S")


def _length(span_ms: int) -> str:
    minutes, seconds = divmod(span_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds:02d} s"
