"""Two sets of rules are compared alert by alert."""

from __future__ import annotations

from collections import defaultdict

from gateway.backtest.telling import Alert

MOVED_MS_MAX = 3_600_000  # without an end, this is how far apart two alerts about the same thing may begin


def compare(asked: list[Alert], current: list[Alert]) -> list[Alert]:
    """Mark each asked alert as same, moved or new; returns the current ones that are gone, in order.

    The same alert has the same id and is told or held alike. Else two alerts are one that has moved if rule, place and subject
    are the same and their times overlap.
    """
    mine, theirs = ({(alert.id, alert.held_by) for alert in alerts} for alerts in (asked, current))
    waiting: dict[tuple[str, str, str, bool], list[Alert]] = defaultdict(list)
    for alert in current:
        if (alert.id, alert.held_by) not in mine:
            waiting[_about(alert)].append(alert)
    for alert in asked:
        if (alert.id, alert.held_by) in theirs:
            alert.change = "same"
            continue
        others = waiting.get(_about(alert), [])
        near = next((other for other in others if _overlap(alert, other)), None)
        if near is not None:
            others.remove(near)
            alert.change, alert.moved_ms = "moved", alert.active_at - near.active_at
    gone = [alert for others in waiting.values() for alert in others]
    for alert in gone:
        alert.change = "gone"
    return sorted(gone, key=lambda alert: (alert.active_at, alert.place, alert.rule, alert.id))


def _about(alert: Alert) -> tuple[str, str, str, bool]:
    return alert.rule, alert.place, alert.subject, bool(alert.held_by)


def _overlap(one: Alert, other: Alert) -> bool:
    return one.active_at <= _end(other) and other.active_at <= _end(one)


def _end(alert: Alert) -> int:
    return alert.ended_at or alert.active_at + MOVED_MS_MAX
