"""What people do about an alert: accept it, close it. Of two who tap at once one is told who was first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from gateway.operations.tables import Alert, AlertStep, Answered
from rules.events import Command

VERDICTS = ("true", "false", "test", "unconfirmed")


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command."""

    ok: bool
    reason: str
    version: int


def obey(session: Session, command: Command) -> tuple[Answer, bool]:
    """Apply a command once; returns its answer and whether the alert has changed now. The same again: the same answer."""
    known = session.get(Answered, command.id)
    if known is not None:
        return Answer(**known.outcome), False
    answer = _apply(session, command)
    session.add(Answered(id=command.id, outcome=_plain(answer), at=command.at))
    return answer, answer.ok


def _apply(session: Session, command: Command) -> Answer:
    alert = session.get(Alert, command.alert)
    if alert is None:
        return Answer(ok=False, reason="unknown", version=0)
    changes = _changes(alert, command)
    if isinstance(changes, str):
        return Answer(ok=False, reason=changes, version=alert.version)
    guarded = (
        update(Alert)
        .where(Alert.id == alert.id, Alert.version == alert.version)
        .values(**changes, version=alert.version + 1, escalate_at=None)
    )
    if session.execute(guarded).rowcount != 1:  # type: ignore[attr-defined]
        return Answer(ok=False, reason="changed meanwhile", version=alert.version)
    session.add(
        AlertStep(
            alert_id=alert.id,
            kind=f"{changes['state']}",
            at=command.at,
            by=command.by,
            detail=str(changes.get("verdict", "")),
        )
    )
    return Answer(ok=True, reason="", version=alert.version)


def _changes(alert: Alert, command: Command) -> dict[str, object] | str:
    """What a command changes in an alert as it stands, or why it may not."""
    if alert.state == "closed":
        return f"already closed by {alert.closed_by or 'the hub'}"
    if command.kind == "accept":
        taken = {"state": "accepted", "accepted_by": command.by, "accepted_at": command.at}
        return taken if alert.state == "raised" else f"already accepted by {alert.accepted_by}"
    if command.kind != "close":
        return f"unknown command {command.kind!r}"
    verdict, note = command.data.get("verdict", ""), command.data.get("note", "")
    if alert.state != "accepted" or verdict not in VERDICTS:
        return (
            "accept first" if alert.state != "accepted" else f"verdict must be one of {', '.join(VERDICTS)}"
        )
    return {
        "state": "closed",
        "closed_by": command.by,
        "closed_at": command.at,
        "verdict": verdict,
        "note": note,
    }


def _plain(answer: Answer) -> dict[str, object]:
    return {"ok": answer.ok, "reason": answer.reason, "version": answer.version}
