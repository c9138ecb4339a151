"""The modes of homes as people see them: written from what the rules decided, and the answer to who asked for it.

The rules are the only judge of a mode: a command is answered by what they made of it, earlier in the same commit.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.operations.tables import HomeMode
from rules.effects import ModeChanged
from rules.events import Command


def change_mode(session: Session, changed: ModeChanged) -> None:
    """A mode began (its forerunner ends with it), or ended."""
    before = mode_in_force(session, changed.key)
    if before is not None:
        before.ended_at, before.ended_by, before.ended_because = changed.at, changed.by, changed.because
    if changed.kind:
        _replaced(session, changed)
        new = HomeMode(
            place_id=changed.key, kind=changed.kind, since=changed.at, until=changed.until, by=changed.by
        )
        session.add(new)
    session.flush()


def _replaced(session: Session, began: ModeChanged) -> None:
    """What a person ended by beginning another mode was replaced by it."""
    ended = (
        HomeMode.place_id == began.key,
        HomeMode.ended_at == began.at,
        HomeMode.ended_because == "command",
    )
    for mode in session.scalars(select(HomeMode).where(*ended)):
        mode.ended_because = "replaced"


def mode_in_force(session: Session, place_id: str) -> HomeMode | None:
    """The mode a place is in."""
    return session.scalar(select(HomeMode).where(HomeMode.place_id == place_id, HomeMode.ended_at.is_(None)))


def obey_mode(session: Session, command: Command) -> str:
    """Why a ``mode`` or ``mode_end`` was not done, '' when it was; keeps the reason that a person gave."""
    now = mode_in_force(session, command.key)
    if command.kind == "mode":
        wanted = command.data.get("kind", "")
        if now is None or now.kind != wanted:
            return f"the rules did not take the mode {wanted!r} for {command.key!r}"
        now.reason = command.data.get("reason", "") or now.reason
        return ""
    ended = session.scalar(
        select(HomeMode.id).where(
            HomeMode.place_id == command.key,
            HomeMode.ended_at == command.at,
            HomeMode.ended_because == "command",
        )
    )
    if now is not None:
        return "the rules did not end the mode"
    return "" if ended is not None else "no mode is on"
