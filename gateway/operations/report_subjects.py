"""Of what reports can be made: the stations (communities), the facilities, the areas, within somebody's reach."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gateway.accounts.who import Reach
from gateway.operations.filed_reports import Of, Reaches
from gateway.operations.tables import Place
from gateway.operations.whereabouts import within

STATION_LEVELS: Final = 3  # 区/街道/社区
WHOLE: Final = "全部片区"


def subjects(engine: Engine, reaches: Reaches) -> list[Of]:
    """Stations, facilities and areas that lie wholly within reach, in the order of the tree."""
    with Session(engine) as session:
        paths = set(session.scalars(select(Place.path).distinct()))
        halls = session.execute(
            select(Place.id, Place.name, Place.path)
            .where(Place.kind == "facility", within(reaches.facility, Place.path))
            .order_by(Place.path, Place.name, Place.id)
        ).all()
    levels = range(1, STATION_LEVELS + 1)
    parts = sorted({"/".join(path.split("/")[:level]) for path in paths for level in levels} - {""})
    found = [
        Of(kind="station", at=part, facility="", subject=_last(part))
        for part in parts
        if _is_station(part) and reaches.station.holds(part)
    ]
    found += [Of(kind="facility", at=path, facility=name, subject=title) for name, title, path in halls]
    if reaches.area.everything:
        found.append(Of(kind="area", at="", facility="", subject=WHOLE))
    held = (part for part in parts if reaches.area.holds(part))
    return [*found, *(Of(kind="area", at=part, facility="", subject=_last(part)) for part in held)]


def subject(engine: Engine, kind: str, at: str, facility: str) -> Of | None:
    """That one, as it is registered; None where there is none."""
    with Session(engine) as session:
        if kind == "facility":
            hall = session.get(Place, facility)
            if hall is None or hall.kind != "facility" or (at and hall.path != at):
                return None
            return Of(kind=kind, at=hall.path, facility=facility, subject=hall.name)
        if facility or kind not in ("station", "area") or (kind == "station" and not _is_station(at)):
            return None
        if not at:
            return Of(kind=kind, at="", facility="", subject=WHOLE)
        known = session.scalar(select(Place.id).where(within(Reach((at,)), Place.path)).limit(1))
        return Of(kind=kind, at=at, facility="", subject=_last(at)) if known is not None else None


def _is_station(part: str) -> bool:
    return part.count("/") == STATION_LEVELS - 1


def _last(part: str) -> str:
    return part.rpartition("/")[2]
