"""What people do: accept, close, shelve an alert; put a home into a mode; silence. Of two at once one is told who was first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from gateway.operations.home_modes import obey_mode
from gateway.operations.silences import obey_silence
from gateway.operations.tables import Alert, AlertStep, Answered
from rules.events import Command
from rules.shaping.matter import is_protected
from rules.shaping.shelve import shelf_of

VERDICTS = ("true", "false", "test", "unconfirmed")


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command."""

    ok: bool
    reason: str
    version: int


def obey(session: Session, command: Command) -> tuple[Answer, bool]:
    """Apply a command once; returns its answer and whether something has changed now. The same again: the same answer.

    What the rules made of it at the same position is written before.
    """
    known = session.get(Answered, command.id)
    if known is not None:
        return Answer(**known.outcome), False
    match command.kind:
        case "mode" | "mode_end":
            answer = _answered(obey_mode(session, command))
        case "silence" | "silence_end":
            answer = _answered(obey_silence(session, command))
        case _:
            answer = _apply(session, command)
    session.add(Answered(id=command.id, outcome=_plain(answer), at=command.at))
    return answer, answer.ok


def _answered(fault: str) -> Answer:
    return Answer(ok=not fault, reason=fault, version=0)


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
        .values(**changes, version=alert.version + 1)
    )
    if session.execute(guarded).rowcount != 1:  # type: ignore[attr-defined]
        return Answer(ok=False, reason="changed meanwhile", version=alert.version)
    kind, detail = _step_of(command)
    session.add(AlertStep(alert_id=alert.id, kind=kind, at=command.at, by=command.by, detail=detail))
    return Answer(ok=True, reason="", version=alert.version)


def _step_of(command: Command) -> tuple[str, str]:
    """How the alert's history tells it."""
    data = command.data
    match command.kind:
        case "accept":
            return "accepted", ""
        case "close":
            return "closed", data["verdict"]
        case "shelve":
            return "shelved", f"{data['until']} {data['reason']}"
        case _:
            return "unshelved", ""


def _changes(alert: Alert, command: Command) -> dict[str, object] | str:
    """What a command changes in an alert as it stands, or why it may not."""
    if alert.state == "closed":
        return f"already closed by {alert.closed_by or 'the hub'}"
    match command.kind:
        case "accept":
            return _accept(alert, command)
        case "close":
            return _close(alert, command)
        case "shelve":
            return _shelve(alert, command)
        case "unshelve":
            return _OFF_SHELF if alert.shelved_until is not None else "it is not shelved"
    return f"unknown command {command.kind!r}"


_OFF_SHELF: dict[str, object] = {"shelved_until": None, "shelved_by": None, "shelved_why": None}


def _accept(alert: Alert, command: Command) -> dict[str, object] | str:
    if alert.state != "raised":
        return f"already accepted by {alert.accepted_by}"
    taken = {"state": "accepted", "accepted_by": command.by, "accepted_at": command.at, "escalate_at": None}
    return taken | _OFF_SHELF


def _close(alert: Alert, command: Command) -> dict[str, object] | str:
    verdict, note = command.data.get("verdict", ""), command.data.get("note", "")
    if alert.state != "accepted":
        return "accept first"
    if verdict not in VERDICTS:
        return f"verdict must be one of {', '.join(VERDICTS)}"
    closed = {"state": "closed", "closed_by": command.by, "closed_at": command.at, "escalate_at": None}
    return closed | {"verdict": verdict, "note": note} | _OFF_SHELF


def _shelve(alert: Alert, command: Command) -> dict[str, object] | str:
    """Told to nobody for a time; life safety and what is critical goes on up the ladder all the same."""
    try:
        shelf = shelf_of(command, alert.severity)
    except ValueError as wrong:
        return str(wrong)
    changes = {"shelved_until": shelf.until, "shelved_by": shelf.by, "shelved_why": shelf.reason}
    return changes if is_protected(alert.kind, alert.severity) else changes | {"escalate_at": None}


def _plain(answer: Answer) -> dict[str, object]:
    return {"ok": answer.ok, "reason": answer.reason, "version": answer.version}
