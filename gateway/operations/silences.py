"""Silences as people see them: what is not told for a time, each with owner and reason. The rules judge what may be one."""

from __future__ import annotations

from sqlalchemy.orm import Session

from gateway.operations.tables import Silence
from rules.events import Command
from rules.shaping.silence import silence_of


def obey_silence(session: Session, command: Command) -> str:
    """Why a ``silence`` or ``silence_end`` was not done, '' when it was."""
    name = command.data.get("id", "")
    known = session.get(Silence, name)
    if command.kind == "silence_end":
        return _end(known, command)
    if known is not None:
        return f"there is a silence {name!r} already"
    try:
        asked = silence_of(command)
    except ValueError as wrong:
        return str(wrong)
    session.add(
        Silence(
            id=name, rule=asked.rule, device_id=asked.device, place_id=asked.key, since=command.at, until=asked.until,
            by=command.by, reason=asked.reason,
        )
    )  # fmt: skip
    session.flush()
    return ""


def _end(known: Silence | None, command: Command) -> str:
    if known is None:
        return "unknown silence"
    if known.ended_at is not None or known.until <= command.at:
        return "it is over already"
    known.ended_at, known.ended_by = command.at, command.by
    return ""
