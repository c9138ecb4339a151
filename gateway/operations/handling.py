"""What people ask the hub to do, each once, whatever it concerns. The same again: the same answer."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from gateway.operations.agreements import obey_consent, obey_link
from gateway.operations.attending import Attended, attend
from gateway.operations.desks import obey_desk
from gateway.operations.duty_in_force import DutyInForce
from gateway.operations.erasing import obey_erase
from gateway.operations.facility_settings import obey_facility
from gateway.operations.follow_ups import obey_follow_up
from gateway.operations.home_modes import obey_mode
from gateway.operations.rule_changes import obey_rule
from gateway.operations.silences import obey_silence
from gateway.operations.tables import Alert, Answered
from rules.events import Command


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command."""

    ok: bool
    reason: str
    version: int


def obey(session: Session, command: Command, duty: DutyInForce) -> tuple[Answer, Attended]:
    """Apply a command once; returns its answer and what it has changed now.

    What the rules made of it at the same position is written before.
    """
    known = session.get(Answered, command.id)
    if known is not None:
        return Answer(**known.outcome), Attended(changed=False)
    match command.kind:
        case "mode" | "mode_end":
            done = _said(obey_mode(session, command))
        case "silence" | "silence_end":
            done = _said(obey_silence(session, command))
        case "follow_up":
            done = _said(obey_follow_up(session, command))
        case "consent" | "consent_end":
            done = _said(obey_consent(session, command))
        case "link" | "link_end":
            done = _said(obey_link(session, command))
        case "count" | "facility":
            done = _said(obey_facility(session, command))
        case "deaf" | "hears" | "handover" | "duty_plan":
            done = _said(obey_desk(session, command, duty))
        case "rule" | "erase":
            done = _said((obey_rule if command.kind == "rule" else obey_erase)(session, command))
        case _:
            done = _attend(session, command)
    alert = session.get(Alert, command.alert) if command.alert else None
    answer = Answer(ok=not done.fault, reason=done.fault, version=alert.version if alert is not None else 0)
    session.add(Answered(id=command.id, outcome=_plain(answer), at=command.at))
    return answer, done


def _said(fault: str) -> Attended:
    return Attended(fault, changed=not fault)


def _attend(session: Session, command: Command) -> Attended:
    alert = session.get(Alert, command.alert)
    return attend(session, alert, command) if alert is not None else Attended("unknown", changed=False)


def _plain(answer: Answer) -> dict[str, object]:
    return {"ok": answer.ok, "reason": answer.reason, "version": answer.version}
