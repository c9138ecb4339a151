"""What people do to an alert, as ``gateway.alerts.lifecycle`` allows it: written with who did it, when and from where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.alerts import lifecycle
from gateway.operations.tables import ERASED_PLACE, Alert, AlertStep
from gateway.operations.visits import fault_of_tick, record_at_close
from rules.events import Command
from rules.shaping.matter import is_protected
from rules.shaping.shelve import shelf_of

_OFF_SHELF: dict[str, object] = {"shelved_until": None, "shelved_by": None, "shelved_why": None}
_STEP = {  # how an alert's history calls it
    "accept": "accepted", "close": "closed", "shelve": "shelved", "unshelve": "unshelved", "call": "called",
    "depart": "on_way", "arrive": "on_site", "comment": "commented", "hand_over": "handed_over", "assign": "assigned",
    "merge": "merged", "reopen": "reopened", "see": "seen", "raise_up": "raised_up",
    "slip": "slip",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attended:
    """What became of it: the reason why it was not done ('' when it was), and whether anything has changed.

    ``goes_up``: it says that nothing is known of somebody whose life may be at stake; the alert stays open and goes up a rung.
    """

    fault: str = ""
    changed: bool = True
    goes_up: bool = False


def attend(session: Session, alert: Alert, command: Command) -> Attended:
    """Apply a command to an alert as it stands."""
    if command.kind not in _STEP:
        return Attended(f"unknown command {command.kind!r}", changed=False)
    goes_up = command.kind != "see" and lifecycle.keeps_open(alert.kind, command.kind, command.data)
    state = lifecycle.next_state(alert.state, command.kind)
    if state is None:
        return Attended(_why_not(alert, command.kind), changed=False)
    if command.kind == "see" and _has_seen(session, alert, command.by):
        return Attended(changed=False)
    changes: dict[str, object] | str = {} if goes_up else _changes(session, alert, command)
    if isinstance(changes, str):
        return Attended(changes, changed=False)
    if not goes_up:
        changes["state"] = state
    if lifecycle.settles(command.kind, command.data):
        changes["settled_at"] = command.at
    guarded = (
        update(Alert)
        .where(Alert.id == alert.id, Alert.version == alert.version)
        .values(**changes, version=alert.version + 1)
    )
    if session.execute(guarded).rowcount != 1:  # type: ignore[attr-defined]
        return Attended("changed meanwhile", changed=False)
    _note_all(session, alert, command, goes_up=goes_up)
    if command.kind == "close" and not goes_up:
        record_at_close(session, alert, command)
    return Attended(goes_up=goes_up)


def _note_all(session: Session, alert: Alert, command: Command, *, goes_up: bool) -> None:
    """Write what was done into the alert's history; of a merge, into that of both."""
    kind = "unconfirmed" if goes_up and command.kind == "close" else _STEP[command.kind]
    if command.kind != "merge":
        _note(session, alert.id, kind, command, _detail(command))
        return
    into = session.get_one(Alert, command.data["into"])
    _note(session, alert.id, kind, command, str(into.number))
    _note(session, into.id, "merged_in", command, str(alert.number))


def _note(session: Session, alert_id: str, kind: str, command: Command, detail: str) -> None:
    via = command.data.get("via", "")
    session.add(AlertStep(alert_id=alert_id, kind=kind, at=command.at, by=command.by, detail=detail, via=via))


def _has_seen(session: Session, alert: Alert, by: str) -> bool:
    seen = select(AlertStep.id).where(
        AlertStep.alert_id == alert.id, AlertStep.kind == "seen", AlertStep.by == by
    )
    return session.scalar(seen.limit(1)) is not None


def _why_not(alert: Alert, act: str) -> str:
    if alert.state == "closed":
        return f"already closed by {alert.closed_by or 'the hub'}"
    if act == "reopen":
        return "it is not closed"
    if alert.state == "raised":
        return "accept first"
    return f"already accepted by {alert.accepted_by}"


def _changes(session: Session, alert: Alert, command: Command) -> dict[str, object] | str:
    """What a command changes in an alert beside its state, or what is wrong with it."""
    change = _CHANGES.get(command.kind)
    return change(session, alert, command) if change is not None else {}


def _accept(_session: Session, _alert: Alert, command: Command) -> dict[str, object]:
    taken = {"accepted_by": command.by, "accepted_at": command.at, "escalate_at": None}
    return taken | _OFF_SHELF


def _unshelve(_session: Session, alert: Alert, _command: Command) -> dict[str, object] | str:
    return dict(_OFF_SHELF) if alert.shelved_until is not None else "it is not shelved"


def _comment(_session: Session, _alert: Alert, command: Command) -> dict[str, object] | str:
    return {} if command.data.get("text", "").strip() else "write something"


def _give(_session: Session, _alert: Alert, command: Command) -> dict[str, object] | str:
    to = command.data.get("to", "").strip()
    if not to:
        return "say to whom"
    return {"accepted_by" if command.kind == "hand_over" else "assigned_to": to}


def _close(session: Session, alert: Alert, command: Command) -> dict[str, object] | str:
    data = command.data
    fault = lifecycle.fault_of_closing(alert.kind, data) or fault_of_tick(session, alert, data)
    if fault:
        return fault
    told = {name: data.get(name) or None for name in ("reason", "outcome")}
    closed = {"closed_by": command.by, "closed_at": command.at, "escalate_at": None}
    return closed | told | {"verdict": data["verdict"], "note": data.get("note", "")} | _OFF_SHELF


def _call(_session: Session, _alert: Alert, command: Command) -> dict[str, object] | str:
    data = command.data
    if data.get("result") not in lifecycle.CALLED:
        return f"result must be one of {', '.join(lifecycle.CALLED)}"
    if data.get("whom") not in lifecycle.WHOM:
        return f"whom must be one of {', '.join(lifecycle.WHOM)}"
    return {}


def _slip(_session: Session, _alert: Alert, command: Command) -> dict[str, object] | str:
    if command.data.get("answer") not in lifecycle.DOORS:
        return f"answer must be one of {', '.join(lifecycle.DOORS)}"
    return {}


def _merge(session: Session, alert: Alert, command: Command) -> dict[str, object] | str:
    into = session.get(Alert, command.data.get("into", ""))
    if into is None or into.id == alert.id:
        return "name another alert to merge it into"
    if into.place_id != alert.place_id and alert.kind in {"life_safety", "care"}:
        return "an alert about a person is merged only into one of the same home"
    if into.state == "closed":
        return f"alert {into.number:04d} is closed; merge into one that is open"
    closed = {"closed_by": command.by, "closed_at": command.at, "escalate_at": None, "verdict": "merged"}
    return closed | {"merged_into": into.id, "note": ""} | _OFF_SHELF


def _reopen(_session: Session, alert: Alert, command: Command) -> dict[str, object] | str:
    if not command.data.get("reason", "").strip():
        return "say why it is opened again"
    if alert.place_id.startswith(ERASED_PLACE):
        return "the resident's record was erased: there is nobody to attend to"
    nothing = dict.fromkeys(
        ("accepted_by", "accepted_at", "closed_by", "closed_at", "verdict", "reason", "outcome", "note", "settled_at",
         "merged_into", "assigned_to")
    )  # fmt: skip
    return nothing | {"reopened": alert.reopened + 1}


def _shelve(_session: Session, alert: Alert, command: Command) -> dict[str, object] | str:
    """Told to nobody for a time; life safety and what is critical goes on up the ladder all the same."""
    try:
        shelf = shelf_of(command, alert.severity)
    except ValueError as wrong:
        return str(wrong)
    changes = {"shelved_until": shelf.until, "shelved_by": shelf.by, "shelved_why": shelf.reason}
    return changes if is_protected(alert.kind, alert.severity) else changes | {"escalate_at": None}


_CHANGES: dict[str, Callable[[Session, Alert, Command], dict[str, object] | str]] = {
    "accept": _accept,
    "close": _close,
    "shelve": _shelve,
    "unshelve": _unshelve,
    "call": _call,
    "slip": _slip,
    "comment": _comment,
    "hand_over": _give,
    "assign": _give,
    "merge": _merge,
    "reopen": _reopen,
}
_TOLD = {  # what an alert's history says beside who and when: words of ``gateway.alerts.lifecycle``, and what was written
    "close": ("verdict", "reason", "outcome"),
    "call": ("whom", "result", "note"),
    "slip": ("answer",),
    "shelve": ("until", "reason"),
    "comment": ("text",),
    "hand_over": ("to", "note"),
    "assign": ("to", "note"),
    "reopen": ("reason",),
    "raise_up": ("reason",),
}


def _detail(command: Command) -> str:
    said = (command.data.get(name, "").strip() for name in _TOLD.get(command.kind, ()))
    return " ".join(filter(None, said))
