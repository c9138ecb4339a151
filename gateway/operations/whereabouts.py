"""Where in the tree of places something is: asked before anybody is let to it, and in lists of what they reach."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from gateway.accounts.who import EVERYWHERE, Reach
from gateway.alerts.own import DESK_PLACE, HUB_PLACE
from gateway.operations.tables import (
    Alert,
    Device,
    FiledReport,
    FollowUp,
    Place,
    ReportForm,
    ReportSchedule,
    Silence,
    Visit,
)

ANYWHERE = "*"  # of the hub itself: whoever may see its kind may see it
_PLACE_OF = {
    "alert": select(Alert.place_id),
    "follow_up": select(FollowUp.place_id),
    "visit": select(Visit.place_id),
}
_AT_OF = {
    "report": select(FiledReport.at),
    "schedule": select(ReportSchedule.at),
    "form": select(ReportForm.at),
}
_ID_OF = {
    "report": FiledReport.id,
    "schedule": ReportSchedule.id,
    "form": ReportForm.id,
    "alert": Alert.id,
    "follow_up": FollowUp.id,
    "visit": Visit.id,
}


@dataclass(frozen=True, slots=True)
class Spot:
    """The place that something is about, '' for none, and where in the tree that is.

    The path '' is nowhere in the tree (a place that has left the registry): only who reaches everything reaches it.
    """

    place: str
    path: str


def spot_of(engine: Engine, kind: str, name: str) -> Spot | None:
    """Where an alert, a place, a device, … a report, a schedule or a form is; None: there is none of that name."""
    with Session(engine) as session:
        match kind:
            case "place":
                return _spot(session, Place.id == name)
            case "home" | "facility":
                return _spot(session, Place.id == name, Place.kind == kind)
            case "device":
                known = session.scalar(select(Device.place_id).where(Device.id == name))
                return _spot(session, Place.id == known) if known else None
            case "alert" | "follow_up" | "visit":
                return _about(session, session.scalar(_PLACE_OF[kind].where(_ID_OF[kind] == name)))
            case "report" | "schedule" | "form":
                at = session.scalar(_AT_OF[kind].where(_ID_OF[kind] == name))
                return Spot("", at) if at is not None else None
            case "silence":
                found = session.get(Silence, name)
                return _of_silence(session, found) if found else None
    raise ValueError(kind)


def within(reach: Reach, path: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The condition that a path lies within somebody's reach; letter by letter, which LIKE is not: to it A座 is a座."""
    if reach.everything:
        return true()
    if not reach:
        return false()
    return or_(
        *(or_(path == part, func.substr(path, 1, len(part) + 1) == part + "/") for part in reach.paths)
    )


def places_within(reach: Reach) -> Select[Any]:
    """The ids of the places within somebody's reach, for ``.in_``."""
    return select(Place.id).where(within(reach, Place.path))


def ids_within(engine: Engine, reach: Reach) -> frozenset[str]:
    """The ids of the places within somebody's reach."""
    with Session(engine) as session:
        return frozenset(session.scalars(places_within(reach)))


def about_within(reach: Reach, place: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The condition that what is about a place lies within reach; what is about the hub itself does for everybody."""
    if reach.everything:
        return true()
    own = or_(place == HUB_PLACE, place.startswith(DESK_PLACE, autoescape=True))
    return or_(place.in_(places_within(reach)), own)


def _spot(session: Session, *which: ColumnElement[bool]) -> Spot | None:
    row = session.execute(select(Place.id, Place.path).where(*which)).first()
    return Spot(row[0], row[1]) if row else None


def _about(session: Session, place_id: str | None) -> Spot | None:
    if place_id is None:
        return None
    if place_id == HUB_PLACE or place_id.startswith(DESK_PLACE):
        return Spot("", ANYWHERE)
    return _spot(session, Place.id == place_id) or Spot(place_id, EVERYWHERE)


def _of_silence(session: Session, silence: Silence) -> Spot:
    place_id: str | None = silence.place_id
    if not place_id and silence.device_id:
        place_id = session.scalar(select(Device.place_id).where(Device.id == silence.device_id))
    return (_about(session, place_id) if place_id else None) or Spot("", EVERYWHERE)


def those_within(engine: Engine, reach: Reach, places: Collection[str], *, kind: str = "") -> set[str]:
    """Those of the places that lie within reach, of one kind where it is given."""
    if not places or not reach:
        return set()
    query = select(Place.id).where(Place.id.in_(places), within(reach, Place.path))
    if kind:
        query = query.where(Place.kind == kind)
    with Session(engine) as session:
        return set(session.scalars(query))
