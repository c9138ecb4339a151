"""What people set of a facility and count there: as commands in the journal, and as the world the rules judge in.

A capacity set by a person stands over later imports of the registry file until the file itself says another one than it said
then (ADR 0030). Opening hours and whether the public may see are not in the file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gateway.operations.tables import CountCorrection, FacilitySetting, Place
from gateway.registry import checks
from gateway.registry.values import Place as RegisteredPlace
from rules.events import Command
from rules.headcount import people_said
from rules.local_time import Window
from rules.world import Place as PlaceOfWorld

WINDOWS_MAX = 14


@dataclass(frozen=True, slots=True)
class SetByPeople:
    """What was set of a facility, when (hub time) and by whom."""

    capacity: int | None
    capacity_set: bool
    capacity_in_file: int | None
    hours: tuple[Window, ...] | None
    public: bool
    set_at: int
    set_by: str


def capacity_of(in_file: int | None, own: SetByPeople | None) -> int | None:
    """The capacity that holds: what a person has set, until the file says another one than it said then."""
    return (
        own.capacity if own is not None and own.capacity_set and own.capacity_in_file == in_file else in_file
    )


def facility_settings(engine: Engine) -> dict[str, SetByPeople]:
    """What was set of any facility."""
    with Session(engine) as session:
        return settings_of(session, None)


def settings_of(session: Session, places: Collection[str] | None) -> dict[str, SetByPeople]:
    """What was set of these facilities; None: of all."""
    query = select(FacilitySetting)
    if places is not None:
        query = query.where(FacilitySetting.place_id.in_(places))
    return {row.place_id: _set(row) for row in session.scalars(query)}


def places_of(
    registered: Sequence[RegisteredPlace], own: Mapping[str, SetByPeople]
) -> tuple[PlaceOfWorld, ...]:
    """The places of the registry as the rules know them."""
    return tuple(
        PlaceOfWorld(place.id, place.kind, capacity_of(place.capacity, found), place.site, found.hours)
        if (found := own.get(place.id)) is not None
        else PlaceOfWorld(place.id, place.kind, place.capacity, place.site)
        for place in registered
    )


def obey_facility(session: Session, command: Command) -> str:
    """Why a ``count`` or ``facility`` was not done, '' when it was."""
    place = session.get(Place, command.key)
    if place is None or place.kind != "facility":
        return "unknown facility"
    return (
        _obey_count(session, command) if command.kind == "count" else _obey_setting(session, place, command)
    )


def written_hours(hours: Sequence[Window] | None) -> str:
    """Opening hours as a command carries them; '' where nobody knows them."""
    return "" if hours is None else msgspec.json.encode(hours).decode()


def read_hours(text: str) -> tuple[Window, ...] | None:
    """The reverse of ``written_hours``; raises ``ValueError``."""
    if not text:
        return None
    found = msgspec.json.decode(text, type=tuple[Window, ...])
    if len(found) > WINDOWS_MAX:
        raise ValueError(f"at most {WINDOWS_MAX} windows")
    return found


def _obey_count(session: Session, command: Command) -> str:
    people = people_said(command.data)
    if people is None:
        return "people must be a whole number"
    before = command.data.get("before", "")
    session.add(
        CountCorrection(
            id=command.id, place_id=command.key, at=command.at, by=command.by, people=people,
            before=int(before) if before else None,
        )
    )  # fmt: skip
    return ""


def _obey_setting(session: Session, place: Place, command: Command) -> str:
    """Only what is given changes: ``capacity`` ('' for none), ``hours`` ('' for not known), ``public`` (1 or 0)."""
    data = command.data
    try:
        hours = read_hours(data.get("hours", ""))
    except ValueError as wrong:
        return str(wrong)
    capacity = data.get("capacity", "")
    if capacity and checks.integer(capacity, largest=checks.CAPACITY_MAX, unit="people") is not None:
        return f"capacity must be a whole number from 1 to {checks.CAPACITY_MAX}"
    row = session.get(FacilitySetting, place.id)
    if row is None:
        row = FacilitySetting(place_id=place.id, capacity_set=False, public=False, set_at=0, set_by="")
        session.add(row)
    if "capacity" in data:
        row.capacity, row.capacity_set = int(capacity) if capacity else None, True
        row.capacity_in_file = place.capacity
    if "hours" in data:
        row.hours = None if hours is None else msgspec.to_builtins(hours)
    if "public" in data:
        row.public = data["public"] == "1"
    row.set_at, row.set_by = command.at, command.by
    session.flush()
    return ""


def _set(row: FacilitySetting) -> SetByPeople:
    hours = None if row.hours is None else msgspec.convert(row.hours, tuple[Window, ...])
    return SetByPeople(
        row.capacity, row.capacity_set, row.capacity_in_file, hours, row.public, row.set_at, row.set_by
    )
