"""The course of an alert after its raise: it ends, comes again, becomes more or less severe. Nothing here tells anybody."""

from __future__ import annotations

from enum import Enum

from sqlalchemy.orm import Session

from gateway.alerts.severity import more_severe, why_changed
from gateway.operations.tables import Alert, AlertStep, HeldAlert
from rules.effects import Again, Change, End
from rules.world import World


class Tell(Enum):
    """Whom a change of an alert is brought to, besides the pages that are open."""

    NOBODY = 0
    WHO_WAS_TOLD = 1  # everybody who was told of it before
    ANEW = 2  # the ladder, from its first rung


def end(session: Session, ended: End) -> Alert | HeldAlert | None:
    """The condition no longer holds. An alert about a device closes by itself, one about a person never does."""
    held = session.get(HeldAlert, ended.alert)
    if held is not None and held.ended_at is None:
        held.ended_at = ended.at
    alert = session.get(Alert, ended.alert)
    if alert is None or alert.ended_at is not None:
        return held
    alert.ended_at, alert.version = ended.at, alert.version + 1
    _step(session, alert, "ended", ended.at)
    if alert.kind == "device" and alert.state != "closed":
        alert.state, alert.closed_at, alert.verdict = "closed", ended.at, "cleared"
        alert.escalate_at = alert.shelved_until = None
        _step(session, alert, "closed", ended.at, "cleared")
    return alert


def again(session: Session, came: Again) -> tuple[Alert, Tell] | None:
    """It came again, or its time on the shelf is over. What had closed by itself is open again."""
    alert = session.get(Alert, came.alert)
    if alert is None or (alert.state == "closed" and alert.closed_by is not None):
        return None
    tell = Tell.NOBODY
    if alert.shelved_until is not None and came.at >= alert.shelved_until:
        take_from_shelf(session, alert, came.at)
        tell = Tell.ANEW if alert.state == "raised" else Tell.NOBODY
    if came.count > alert.count:
        alert.count, alert.last_at, alert.ended_at = came.count, came.at, None
        if alert.severity_before is None:
            alert.changed_why = None  # it flaps no more
        _step(session, alert, "again", came.at, str(came.count))
        if alert.state == "closed":
            alert.state, alert.closed_at, alert.verdict = "raised", None, None
            alert.accepted_by = alert.accepted_at = None
            tell = Tell.NOBODY if alert.severity == "notice" else Tell.ANEW  # a notice: the desk shows it
    alert.version += 1
    return alert, tell


def change(session: Session, changed: Change, world: World) -> tuple[Alert, Tell] | None:
    """Something decided about it: mostly another severity. Who was told of it is told when that has risen.

    The first severity is kept; of a closed alert only the history tells it.
    """
    alert = session.get(Alert, changed.alert)
    if alert is None:
        return None
    before, alert.version = alert.severity, alert.version + 1
    _step(session, alert, "changed", changed.at, f"{before} → {changed.severity}: {changed.because}")
    if alert.state == "closed" or changed.because == "shelved":  # whoever shelved it is named on it anyhow
        return alert, Tell.NOBODY
    alert.severity = changed.severity
    alert.changed_why = why_changed(changed.because, world.rules.get(changed.because.removeprefix("rule:")))
    if before != changed.severity:
        alert.severity_before = alert.severity_before or before
    risen = more_severe(changed.severity, before) and alert.state == "raised"
    return alert, Tell.WHO_WAS_TOLD if risen else Tell.NOBODY


def take_from_shelf(session: Session, alert: Alert, at: int, by: str = "") -> None:
    """It is told again: its time is over, or somebody (``by``) says so."""
    alert.shelved_until = alert.shelved_by = alert.shelved_why = None
    _step(session, alert, "unshelved", at, by=by)


def _step(session: Session, alert: Alert, kind: str, at: int, detail: str = "", by: str = "") -> None:
    session.add(AlertStep(alert_id=alert.id, kind=kind, at=at, by=by, detail=detail))
