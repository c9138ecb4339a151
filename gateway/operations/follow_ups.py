"""The call or visit on the day after a fall (次日回访): set when an alert is closed as true, done by a person."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from gateway.operations.tables import Alert, FollowUp
from rules.events import Command
from rules.local_time import local_day, moment

DUE_MINUTE = 9 * 60  # of the day after: people are up, and the station is opening
FALL = "event.fall"


def set_follow_up(session: Session, alert: Alert, at: int, zone: ZoneInfo) -> None:
    """After a true fall somebody is to ask after the elder on the next day; two alerts of one day are one follow-up."""
    facts = alert.evidence.get("facts", [])
    if alert.verdict != "true" or not any(FALL in fact for fact in facts):
        return
    day = local_day(at, zone) + timedelta(days=1)
    name = hashlib.sha256(f"{alert.place_id}\n{day}".encode()).hexdigest()[:32]
    values = {
        "id": name, "alert_id": alert.id, "place_id": alert.place_id, "due_at": moment(day, DUE_MINUTE, zone),
        "done_by": "", "note": "",
    }  # fmt: skip
    session.execute(insert(FollowUp).values(values).on_conflict_do_nothing(index_elements=["id"]))


def obey_follow_up(session: Session, command: Command) -> str:
    """Why a ``follow_up`` was not noted as done, '' when it was."""
    known = session.get(FollowUp, command.data.get("id", ""))
    if known is None:
        return "unknown follow-up"
    if known.done_at is not None:
        return f"already done by {known.done_by}"
    if not command.data.get("note", "").strip():
        return "say how the elder is"
    known.done_at, known.done_by, known.note = command.at, command.by, command.data["note"].strip()
    return ""
