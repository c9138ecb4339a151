"""What is known of desks: whether they can hear, who has taken over (交接班), and which duty plan holds."""

from __future__ import annotations

from sqlalchemy.orm import Session

from gateway.operations.duty_in_force import DutyInForce
from gateway.operations.tables import DeskState
from rules.events import Command


def obey_desk(session: Session, command: Command, duty: DutyInForce) -> str:
    """Why ``deaf``, ``hears``, ``handover`` (of a desk) or ``duty_plan`` was not done, '' when it was."""
    if command.kind == "duty_plan":
        known = duty.put_in_force(session, command.data.get("version", ""), command.at)
        return "" if known else "unknown plan"
    desk = command.data.get("desk", "")
    if desk not in {one.id for one in duty.of(session).desks}:
        return f"there is no desk {desk!r}"
    state = session.get(DeskState, desk)
    if state is None:
        state = DeskState(desk=desk)
        session.add(state)
    match command.kind:
        case "deaf":
            if state.deaf_since is None:
                state.deaf_since = command.at
        case "hears":
            state.deaf_since = None
        case _:
            state.handed_over_at, state.handed_over_by = command.at, command.by
            state.note = command.data.get("note", "")
    session.flush()
    return ""
