"""Where in the tree of places something is: asked before anybody is let to it, and in lists of what they reach."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from gateway.accounts.who import EVERYWHERE, Reach
from gateway.alerts.own import DESK_PLACE, HUB_PLACE
from gateway.operations.tables import Alert, Device, FollowUp, Place, Silence

ANYWHERE = "*"  # of the hub itself: whoever may see its kind may see it


def path_of(engine: Engine, kind: str, name: str) -> str | None:
    """The path of the place that an alert, home, facility, place, device, silence or follow-up is about; None: there is none.

    '' is nowhere in the tree (a place that has left the registry): only who reaches everything reaches it.
    """
    with Session(engine) as session:
        match kind:
            case "place":
                return session.scalar(select(Place.path).where(Place.id == name))
            case "home" | "facility":
                return session.scalar(select(Place.path).where(Place.id == name, Place.kind == kind))
            case "device":
                return session.scalar(
                    select(Place.path).join(Device, Device.place_id == Place.id).where(Device.id == name)
                )
            case "alert":
                return _path(session, session.scalar(select(Alert.place_id).where(Alert.id == name)))
            case "follow_up":
                return _path(session, session.scalar(select(FollowUp.place_id).where(FollowUp.id == name)))
            case "silence":
                known = session.execute(
                    select(Silence.place_id, Silence.device_id).where(Silence.id == name)
                ).first()
                return _of_silence(session, known[0], known[1]) if known else None
    raise ValueError(kind)


def within(reach: Reach, path: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The condition that a path lies within somebody's reach."""
    if reach.everything:
        return true()
    if not reach:
        return false()
    return or_(*(or_(path == part, path.startswith(part + "/", autoescape=True)) for part in reach.paths))


def places_within(reach: Reach) -> Select[Any]:
    """The ids of the places within somebody's reach, for ``.in_``."""
    return select(Place.id).where(within(reach, Place.path))


def about_within(reach: Reach, place: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The condition that what is about a place lies within reach; what is about the hub itself does for everybody."""
    if reach.everything:
        return true()
    own = or_(place == HUB_PLACE, place.startswith(DESK_PLACE, autoescape=True))
    return or_(place.in_(places_within(reach)), own)


def _path(session: Session, place_id: str | None) -> str | None:
    if place_id is None:
        return None
    if place_id == HUB_PLACE or place_id.startswith(DESK_PLACE):
        return ANYWHERE
    return session.scalar(select(Place.path).where(Place.id == place_id)) or EVERYWHERE


def _of_silence(session: Session, place_id: str, device_id: str) -> str | None:
    if place_id:
        return _path(session, place_id)
    if device_id:
        place = session.scalar(select(Device.place_id).where(Device.id == device_id))
        return _path(session, place) if place else EVERYWHERE
    return EVERYWHERE


def those_within(engine: Engine, reach: Reach, places: Collection[str], *, kind: str = "") -> set[str]:
    """Those of the places that lie within reach, of one kind where it is given."""
    if not places or not reach:
        return set()
    query = select(Place.id).where(Place.id.in_(places), within(reach, Place.path))
    if kind:
        query = query.where(Place.kind == kind)
    with Session(engine) as session:
        return set(session.scalars(query))
