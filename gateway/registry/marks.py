"""What was done to the registry by hand, until a registry file says the same: marks on places and devices.

A registry file is the whole truth of its sites (ADR 0011), and what was entered by hand is not in it yet. An import that would
undo it is refused, line by line, unless it is asked to (ADR 0031); what the file says as well needs its mark no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from gateway.operations import tables
from gateway.registry.compare import Change, Plan
from gateway.registry.values import Registry, RegistryFault

Marks = Mapping[tuple[str, str], str]  # what was done by hand to a place or a device, by (what, id)


def known(connection: Connection) -> dict[tuple[str, str], str]:
    """What was done by hand and no file has said since."""
    rows = connection.execute(select(_TABLE.what, _TABLE.id, _TABLE.act))
    return {(what, name): act for what, name, act in rows}


def undone(plan: Plan, marked: Marks) -> list[Change]:
    """The changes of an import that would undo what was done by hand."""
    return [change for change in plan.changes if _undoes(change.action, marked.get(_key(change), ""))]


def faults(changes: Sequence[Change], wanted: Registry) -> list[RegistryFault]:
    """Why an import that would undo these is refused, each at its line (1 for what is not in the file)."""
    lines = {("place", place.id): place.line for place in wanted.places}
    lines |= {("device", device.id): device.line for device in wanted.devices}
    remedy = "write it into the file, or import with --over-hand to undo it"
    return [
        RegistryFault(
            lines.get(_key(change), 0) or 1,
            "device" if change.what == "device" else "home",
            f"{change.id!r} was {_SAID[change.action]} by hand, and the file says otherwise ({change.en})",
            remedy,
        )
        for change in changes
    ]


def forget(connection: Connection, plan: Plan, wanted: Registry) -> None:
    """After an import: what it tells of needs no mark any more, and nor does what was taken out and is not in it."""
    told = {_key(change) for change in plan.changes}
    out = select(_TABLE.what, _TABLE.id).where(_TABLE.act == "removed", _TABLE.site.in_(wanted.sites()))
    gone = {(what, name) for what, name in connection.execute(out)}
    for what, name in known(connection).keys() & (told | gone):
        connection.execute(delete(_TABLE).where(_TABLE.what == what, _TABLE.id == name))


def _undoes(action: str, act: str) -> bool:
    """Whether an import's action is against what was done by hand to the same thing."""
    return (action, act) in {
        ("removed", "added"), ("removed", "changed"), ("changed", "added"), ("changed", "changed"), ("added", "removed"),
    }  # fmt: skip


def mark(connection: Connection, done: Plan, *, site: str, by: str, at: int) -> None:
    """Mark what a change by hand has changed in a site."""
    marked = known(connection)
    for change in done.changes:
        if change.action == "unchanged":
            continue
        what, name = key = _key(change)
        connection.execute(delete(_TABLE).where(_TABLE.what == what, _TABLE.id == name))
        act = _after(marked.get(key, ""), change.action)
        if act:
            row: dict[str, Any] = {"what": what, "id": name, "site": site, "act": act, "at": at, "by": by}
            connection.execute(insert(_TABLE).values(row))


def _after(before: str, action: str) -> str:
    """What a mark says after one more change by hand; '' for none: the file has never known of it."""
    match before, action:
        case "added", "changed":
            return "added"
        case "added", "removed":
            return ""
        case "removed", "added":
            return "changed"
    return action


def _key(change: Change) -> tuple[str, str]:
    return ("device" if change.what == "device" else "place"), change.id


_SAID = {"removed": "entered or changed", "changed": "entered or changed", "added": "taken out"}
_TABLE = tables.ByHand
