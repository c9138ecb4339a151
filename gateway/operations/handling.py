"""What people ask the hub to do, each once, whatever it concerns. The same again: the same answer."""

from __future__ import annotations

from collections.abc import Callable
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
from gateway.operations.home_tests import obey_test
from gateway.operations.rule_changes import obey_rule
from gateway.operations.silences import obey_silence
from gateway.operations.tables import Alert, Answered
from gateway.operations.visits import obey_visit
from rules.events import Command


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command."""

    ok: bool
    reason: str
    version: int


OF_DESKS = frozenset({"deaf", "hears", "handover", "duty_plan"})
OF_PLACES: dict[str, Callable[[Session, Command], str]] = {
    "mode": obey_mode, "mode_end": obey_mode, "silence": obey_silence, "silence_end": obey_silence, "follow_up": obey_follow_up,
    "consent": obey_consent, "consent_end": obey_consent, "link": obey_link, "link_end": obey_link, "count": obey_facility,
    "facility": obey_facility, "test": obey_test, "test_end": obey_test, "rule": obey_rule, "erase": obey_erase,
    "visit": obey_visit, "visit_strike": obey_visit,
}  # fmt: skip


def obey(session: Session, command: Command, duty: DutyInForce) -> tuple[Answer, Attended]:
    """Apply a command once; returns its answer and what it has changed now.

    What the rules made of it at the same position is written before.
    """
    known = session.get(Answered, command.id)
    if known is not None:
        return Answer(**known.outcome), Attended(changed=False)
    done = _done(session, command, duty)
    alert = session.get(Alert, command.alert) if command.alert else None
    answer = Answer(ok=not done.fault, reason=done.fault, version=alert.version if alert is not None else 0)
    session.add(Answered(id=command.id, outcome=_plain(answer), at=command.at))
    return answer, done


def _done(session: Session, command: Command, duty: DutyInForce) -> Attended:
    """What it has changed; everything of which the table knows nothing is done to an alert."""
    if command.kind in OF_DESKS:
        fault = obey_desk(session, command, duty)
    elif command.kind in OF_PLACES:
        fault = OF_PLACES[command.kind](session, command)
    else:
        return _attend(session, command)
    return Attended(fault, changed=not fault)


def _attend(session: Session, command: Command) -> Attended:
    alert = session.get(Alert, command.alert)
    return attend(session, alert, command) if alert is not None else Attended("unknown", changed=False)


def _plain(answer: Answer) -> dict[str, object]:
    return {"ok": answer.ok, "reason": answer.reason, "version": answer.version}
