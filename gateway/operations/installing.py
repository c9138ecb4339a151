"""Reads about installing: places within somebody's reach with their devices, and what is still missing in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, and_, func, or_, select
from sqlalchemy.orm import Session

from gateway.accounts.who import Reach
from gateway.alerts.discretion import discreet
from gateway.operations.home_tests import Proven, last_proven
from gateway.operations.tables import Device, Place, RejectedDevice, SignOff
from gateway.operations.whereabouts import within

WORDS_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A device in its room; ``proven`` is its last proof where it is now."""

    id: str
    kind: str
    room: str
    heartbeat_s: int
    proven: Proven | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A home or facility as an installer sees it: ``name`` masked and ``where`` discreet for whoever needs no more."""

    id: str
    kind: str
    site: str
    path: str
    name: str
    where: str
    points: tuple[Point, ...]
    signed_at: int | None

    @property
    def unproven(self) -> list[Point]:
        """The devices that no test has proven where they are."""
        return [point for point in self.points if point.proven is None]


def fitted(
    engine: Engine, reach: Reach, *, named: Reach, words: str = "", limit: int, after: str = ""
) -> list[Fitted]:
    """Places within reach by path and id, those in which every one of these words stands; ``named``: where names may be read.

    ``after`` is the id of the last one of the page before. Names are searched only where they may be read.
    """
    where: list[ColumnElement[bool]] = [within(reach, Place.path)]
    for word in words.split()[:WORDS_MAX]:
        columns = (Place.address, Place.path, Place.id)
        by_name = and_(
            Place.name.icontains(word, autoescape=True),
            or_(within(named, Place.path), Place.kind == "facility"),
        )
        device = Place.id.in_(select(Device.place_id).where(Device.id.icontains(word, autoescape=True)))
        where.append(or_(by_name, device, *(column.icontains(word, autoescape=True) for column in columns)))
    if after:
        where.append(Place.id > after)
    with Session(engine) as session:
        rows = session.scalars(select(Place).where(*where).order_by(Place.id).limit(limit)).all()
        session.expunge_all()
    return _fitted(engine, rows, named)


def fitted_place(engine: Engine, place_id: str, *, named: Reach) -> Fitted | None:
    """One place."""
    with Session(engine) as session:
        row = session.get(Place, place_id)
        session.expunge_all()
    return _fitted(engine, [row], named)[0] if row is not None else None


def spots(engine: Engine, reach: Reach) -> list[tuple[str, str]]:
    """Where in the tree within reach there are places already: (path, site), in order."""
    query = (
        select(Place.path, Place.site)
        .where(within(reach, Place.path))
        .distinct()
        .order_by(Place.path, Place.site)
    )
    with Session(engine) as session:
        return [(path, site) for path, site in session.execute(query)]


def sites(engine: Engine, reach: Reach) -> frozenset[str]:
    """The sites that have a place within reach."""
    with Session(engine) as session:
        return frozenset(session.scalars(select(Place.site).where(within(reach, Place.path)).distinct()))


def neighbours(engine: Engine, reach: Reach, site: str, *, named: Reach) -> list[tuple[str, str, str]]:
    """The places of a site within reach, to which a device may go: (id, path and address, name or mask)."""
    query = (
        select(Place)
        .where(within(reach, Place.path), Place.site == site)
        .order_by(Place.path, Place.address, Place.id)
    )
    with Session(engine) as session:
        return [(row.id, spot_of(row), shown_name(row, named)) for row in session.scalars(query)]


def rejected(engine: Engine) -> list[RejectedDevice]:
    """The devices that were rejected and still are, the last one on top."""
    query = select(RejectedDevice).where(RejectedDevice.ended_at.is_(None)).order_by(RejectedDevice.at.desc())
    with Session(engine) as session:
        rows = list(session.scalars(query))
        session.expunge_all()
    return rows


def reject(engine: Engine, site: str, device_id: str, *, by: str, at: int, reason: str) -> None:
    """Note that a device is not ours."""
    with Session(engine) as session, session.begin():
        row = session.get(RejectedDevice, (site, device_id))
        if row is None:
            row = RejectedDevice(site=site, device_id=device_id)
            session.add(row)
        row.at, row.by, row.reason, row.ended_at, row.ended_by = at, by, reason, None, ""


def take_back(engine: Engine, site: str, device_id: str, *, by: str, at: int) -> bool:
    """Let a rejected device be listed again when it sends; whether it was rejected."""
    with Session(engine) as session, session.begin():
        row = session.get(RejectedDevice, (site, device_id))
        if row is None or row.ended_at is not None:
            return False
        row.ended_at, row.ended_by = at, by
        return True


def masked(name: str) -> str:
    """A name for whoever needs none: 王** (the first character and two stars)."""
    return f"{name[:1]}**"


def shown_name(place: Place, named: Reach) -> str:
    """The name of a place: a facility's as it is, a resident's masked where ``named`` does not reach."""
    return place.name if place.kind == "facility" or named.holds(place.path) else masked(place.name)


def spot_of(place: Place) -> str:
    """Neighbourhood and door, the neighbourhood once."""
    neighbourhood, door = place.path.rsplit("/", 1)[-1], discreet(place.address)
    return door if neighbourhood in door else f"{neighbourhood} {door}".strip()


def _fitted(engine: Engine, rows: Sequence[Place], named: Reach) -> list[Fitted]:
    ids = [row.id for row in rows]
    proven = last_proven(engine, ids)
    points: dict[str, list[Point]] = {name: [] for name in ids}
    with Session(engine) as session:
        devices = session.scalars(
            select(Device).where(Device.place_id.in_(ids)).order_by(Device.room, Device.id)
        )
        for device in devices:
            points[device.place_id].append(
                Point(
                    id=device.id, kind=device.kind, room=device.room, heartbeat_s=device.heartbeat_s,
                    proven=proven.get(device.id),
                )
            )  # fmt: skip
        signed = select(SignOff.place_id, func.max(SignOff.at)).where(SignOff.place_id.in_(ids))
        signed_at: dict[str, int] = {
            row[0]: row[1] for row in session.execute(signed.group_by(SignOff.place_id))
        }
    return [
        Fitted(
            id=row.id, kind=row.kind, site=row.site, path=row.path, name=shown_name(row, named),
            where=spot_of(row), points=tuple(points[row.id]), signed_at=signed_at.get(row.id),
        )
        for row in rows
    ]  # fmt: skip
