"""Which rows of the operational database are about one home: what is copied of a resident, and what an erasure takes.

A table that is new is found by its columns: whatever has a ``place_id`` is about that home until somebody says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, Table, and_, func, or_, select
from sqlalchemy.orm import Session

from gateway.operations.tables import Alert, Base, Device, Place

# Columns that open something, or say nothing of a resident: in no copy.
LEFT_OUT = frozenset({"token_hash", "body", "position", "version", "escalate_at", "next_try_ms"})
NOT_COPIED = frozenset(
    {"snapshot", "erasure"}
)  # what the rules remember is their own shape; see the readings


@dataclass(frozen=True, slots=True)
class Resident:
    """A home as it is registered, with the ids of its devices."""

    place_id: str
    path: str
    devices: tuple[str, ...]


def resident_of(session: Session, place_id: str) -> Resident | None:
    """The home of that id; None where there is none."""
    place = session.get(Place, place_id)
    if place is None or place.kind != "home":
        return None
    devices = session.scalars(select(Device.id).where(Device.place_id == place_id).order_by(Device.id))
    return Resident(place_id, place.path, tuple(devices))


def about(table: Table, home: Resident) -> ColumnElement[bool] | None:
    """Which rows of a table are about that home; None where none can be."""
    columns = table.c
    match table.name:
        case "erasure":
            return None
        case "place":
            return columns.id == home.place_id
        case "snapshot":
            return columns.key == home.place_id
        case "by_hand":
            return columns.id.in_((home.place_id, *home.devices))
    of_alerts = select(Alert.id).where(Alert.place_id == home.place_id)
    if "place_id" not in columns:
        return columns.alert_id.in_(of_alerts) if "alert_id" in columns else None
    found = [columns.place_id == home.place_id]
    if (
        "device_id" in columns
    ):  # such as a silence of one device; an alert of a device that has moved names its place
        found.append(and_(columns.place_id == "", columns.device_id.in_(home.devices)))
    if "alert_id" in columns:
        found.append(columns.alert_id.in_(of_alerts))
    return or_(*found)


def tables_about(home: Resident) -> list[tuple[Table, ColumnElement[bool]]]:
    """Every table with what of it is about that home; what refers to another comes before it."""
    found = ((table, about(table, home)) for table in reversed(Base.metadata.sorted_tables))
    return [(table, which) for table, which in found if which is not None]


def counted(engine: Engine, place_id: str) -> dict[str, int]:
    """How many rows of which table are about a home; nothing where there is no such home."""
    with Session(engine) as session:
        home = resident_of(session, place_id)
        if home is None:
            return {}
        counts = {
            table.name: session.scalar(select(func.count()).select_from(table).where(which)) or 0
            for table, which in tables_about(home)
        }
    return {name: count for name, count in sorted(counts.items()) if count}


def open_alerts(session: Session, place_id: str) -> int:
    """How many alerts of a home are not closed, those of its devices as well."""
    about_it = (Alert.place_id == place_id, Alert.state != "closed")
    return session.scalar(select(func.count()).select_from(Alert).where(*about_it)) or 0


def has_open(engine: Engine, place_id: str) -> bool:
    """Whether an alert of a home is not closed."""
    with Session(engine) as session:
        return bool(open_alerts(session, place_id))


def copied(engine: Engine, place_id: str) -> tuple[Resident, dict[str, list[dict[str, Any]]]] | None:
    """Everything that is kept about a home, by table, without what opens anything; contacts' numbers are covered in part.

    None where there is no such home.
    """
    with Session(engine) as session:
        home = resident_of(session, place_id)
        if home is None:
            return None
        found = {
            table.name: _rows(session, table, which)
            for table, which in tables_about(home)
            if table.name not in NOT_COPIED
        }
    for contact in found["contact"]:
        contact["phone"] = _covered(contact["phone"])
    return home, found


def _rows(session: Session, table: Table, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    wanted = [column for column in table.c if column.name not in LEFT_OUT]
    order: Sequence[ColumnElement[Any]] = list(table.primary_key)
    rows = session.execute(select(*wanted).where(which).order_by(*order)).mappings()
    return [dict(row) for row in rows]


def _covered(phone: str) -> str:
    """A contact's number without its middle: the contact knows it, whoever finds the copy does not."""
    digits = [at for at, character in enumerate(phone) if character.isdigit()]
    middle = set(digits[3:-4]) if len(digits) > 7 else set(digits[:-2])  # noqa: PLR2004 as numbers are shown on bills
    return "".join("*" if at in middle else character for at, character in enumerate(phone))
