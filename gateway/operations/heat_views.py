"""Counts demand and supply of communities, and keeps where they lie and the seats somebody has typed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gateway.accounts.who import Reach
from gateway.alerts.record import station_of
from gateway.area_heat.geometry import Shape, as_json, as_shape
from gateway.area_heat.heat import Counts, Heat, heat_of
from gateway.area_heat.supply import Week, hours_of, seats_of, stations_of
from gateway.operations.area_views import Counted, Spans, count_area
from gateway.operations.duty_in_force import plan_in_force
from gateway.operations.facility_settings import capacity_of, settings_of
from gateway.operations.tables import Community, Place
from gateway.operations.visits import visits_between
from gateway.operations.whereabouts import within

DEMANDING = ("life_safety", "care")  # classes of alerts that are about people


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was kept of a community: its shape, seats outside of its facilities; by whom it was set, and when (hub time)."""

    path: str
    shape: Shape | None
    seats: int | None
    set_at: int
    set_by: str


def heats(engine: Engine, reach: Reach, spans: Spans, week: Week) -> list[Heat]:
    """The communities that lie wholly within reach, by path."""
    counted = count_area(engine, reach, spans)
    visits = Counter(station_of(one.path) for one in visits_between(engine, spans.before, spans.end))
    typed = communities(engine, reach)
    with Session(engine) as session:
        plan = plan_in_force(session)
        capacities = _capacities(session, reach)
    stations = stations_of(plan)
    found = []
    for path, one in counted.items():
        desks = None if stations is None else stations.get(path, [])
        kept = typed.get(path)
        counts = Counts(
            homes=one.homes, alerts=_parts(one), visits=visits[path], stations=None if desks is None else len(desks),
            hours=None if desks is None else hours_of(plan, desks, week),
            seats=seats_of(capacities.get(path, []), kept.seats if kept is not None else None),
        )  # fmt: skip
        found.append(heat_of(path, counts))
    return found


def communities(engine: Engine, reach: Reach) -> dict[str, Kept]:
    """What was kept of the communities within reach, by path."""
    query = select(Community).where(within(reach, Community.path))
    with Session(engine) as session:
        return {
            row.path: Kept(
                path=row.path, shape=as_shape(row.geometry) if row.geometry is not None else None, seats=row.seats,
                set_at=row.set_at, set_by=row.set_by,
            )
            for row in session.scalars(query)
        }  # fmt: skip


def known_communities(engine: Engine) -> set[str]:
    """Every community of the registry."""
    with Session(engine) as session:
        paths = session.scalars(select(Place.path).distinct())
        return {station_of(path) for path in paths if path.count("/") >= 2}  # noqa: PLR2004 two lie between three


def keep_shapes(engine: Engine, shapes: Mapping[str, Shape | None], *, at: int, by: str) -> None:
    """Keep these shapes, forget those that are None; what is not named stays."""
    with Session(engine) as session, session.begin():
        for path, shape in shapes.items():
            row = _row(session, path)
            row.geometry = as_json(shape) if shape is not None else None
            row.set_at, row.set_by = at, by


def keep_seats(engine: Engine, path: str, seats: int | None, *, at: int, by: str) -> None:
    """Keep the seats somebody has typed; None: not known."""
    with Session(engine) as session, session.begin():
        row = _row(session, path)
        row.seats, row.set_at, row.set_by = seats, at, by


def _row(session: Session, path: str) -> Community:
    row = session.get(Community, path)
    if row is None:
        row = Community(path=path, set_at=0, set_by="")
        session.add(row)
    return row


def _parts(one: Counted) -> list[int]:
    return [span[kind] for span in (one.lately, one.before) for kind in DEMANDING]


def _capacities(session: Session, reach: Reach) -> dict[str, list[int | None]]:
    """The capacities of facilities by community."""
    rows = session.scalars(select(Place).where(Place.kind == "facility", within(reach, Place.path))).all()
    own = settings_of(session, [row.id for row in rows])
    found: dict[str, list[int | None]] = {}
    for row in rows:
        found.setdefault(station_of(row.path), []).append(capacity_of(row.capacity, own.get(row.id)))
    return found
