"""The rooms of facilities as people have entered them: a ledger that changes no decision."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gateway.occupancy.zones import PURPOSES, Purpose, Room
from gateway.operations.tables import FacilityRoom

ROOMS_MAX = 100  # of one facility


def rooms_entered(engine: Engine, places: Collection[str] | None = None) -> dict[str, dict[str, Room]]:
    """By facility and name; of these facilities, None: of all."""
    query = select(FacilityRoom).order_by(FacilityRoom.place_id, FacilityRoom.name)
    if places is not None:
        query = query.where(FacilityRoom.place_id.in_(places))
    found: dict[str, dict[str, Room]] = {}
    with Session(engine) as session:
        for row in session.scalars(query):
            found.setdefault(row.place_id, {})[row.name] = Room(row.name, row.area_m2, _purpose(row.purpose))
    return found


def enter_room(engine: Engine, place_id: str, room: Room, *, at: int, by: str) -> bool:
    """Write a room down, or as it is now; one without area and purpose is forgotten. False where there are too many."""
    with Session(engine) as session, session.begin():
        known = session.get(FacilityRoom, (place_id, room.name))
        if room.area_m2 is None and room.purpose is None:
            if known is not None:
                session.delete(known)
            return True
        if known is None:
            there = select(func.count()).where(FacilityRoom.place_id == place_id)
            if (session.scalar(there) or 0) >= ROOMS_MAX:
                return False
            known = FacilityRoom(place_id=place_id, name=room.name)
            session.add(known)
        known.area_m2, known.purpose, known.set_at, known.set_by = room.area_m2, room.purpose or "", at, by
    return True


def _purpose(text: str) -> Purpose | None:
    return text if text in PURPOSES else None
