"""Reads about facilities: what is registered and set, who has put a count right, who uses rooms, what is wrong. No resident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gateway.accounts.who import Reach
from gateway.operations.answers import Text
from gateway.operations.facility_settings import capacity_of, settings_of
from gateway.operations.tables import Alert, CountCorrection, Operator, Place
from gateway.operations.whereabouts import within
from rules.local_time import Window

KINDS = ("facility", "device")  # of alerts that are about a facility and nobody in it
CORRECTIONS_SHOWN = 10
CORRECTIONS_READ_MAX = 2_000
ALERTS_MAX = 50
OPERATORS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """A facility as it is registered and set; ``hours`` None where nobody has said, ``set_at`` 0 where nothing was set."""

    id: str
    name: str
    path: str
    address: str
    capacity: int | None
    hours: tuple[Window, ...] | None
    public: bool
    set_at: int
    set_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionView:
    """Somebody has counted: ``before`` is what the hub had said, None where it knew nothing."""

    at: int
    by: str
    people: int
    before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorView:
    """Who uses a room ('' for all of it) in exchange for service; None is not known."""

    id: str
    name: str
    room: str
    area_m2: float | None
    hours_per_month: float | None
    made_at: int
    made_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlert:
    """An open alert of a facility or one of its devices; nobody's name is in it."""

    id: str
    number: int
    rule: str
    kind: str
    severity: str
    state: str
    title: Text
    device: str
    room: str
    raised_at: int


@dataclass(frozen=True, slots=True)
class Facilities:
    """Facilities by name, and the rules that have an open alert at each."""

    rows: list[Facility]
    troubles: dict[str, frozenset[str]]


def facilities(engine: Engine, reach: Reach) -> Facilities:
    """Those within somebody's reach."""
    with Session(engine) as session:
        query = select(Place).where(Place.kind == "facility", within(reach, Place.path))
        rows = session.scalars(query.order_by(Place.path, Place.name, Place.id)).all()
        found = _views(session, rows)
        alerts = select(Alert.place_id, Alert.rule).where(Alert.state != "closed", Alert.ended_at.is_(None))
        wanted = select(Place.id).where(Place.kind == "facility", within(reach, Place.path))
        troubles: dict[str, set[str]] = {}
        for place, rule in session.execute(alerts.where(Alert.place_id.in_(wanted), Alert.kind.in_(KINDS))):
            troubles.setdefault(place, set()).add(rule)
        return Facilities(found, {place: frozenset(rules) for place, rules in troubles.items()})


def facility(engine: Engine, place_id: str) -> Facility | None:
    """One of them."""
    with Session(engine) as session:
        row = session.get(Place, place_id)
        return _views(session, [row])[0] if row is not None and row.kind == "facility" else None


def corrections(
    engine: Engine, place_id: str, *, since: int = 0, limit: int = CORRECTIONS_SHOWN
) -> list[CorrectionView]:
    """The newest corrections of its count, newest first."""
    query = select(CountCorrection).where(CountCorrection.place_id == place_id, CountCorrection.at >= since)
    with Session(engine) as session:
        return [
            CorrectionView(at=row.at, by=row.by, people=row.people, before=row.before)
            for row in session.scalars(
                query.order_by(CountCorrection.at.desc(), CountCorrection.id).limit(limit)
            )
        ]


def open_alerts(engine: Engine, place_id: str) -> list[OpenAlert]:
    """What is open about it and its devices, newest first."""
    query = select(Alert).where(Alert.place_id == place_id, Alert.state != "closed", Alert.kind.in_(KINDS))
    with Session(engine) as session:
        return [
            OpenAlert(
                id=row.id, number=row.number, rule=row.rule, kind=row.kind, severity=row.severity, state=row.state,
                title=row.title, device=row.device_id, room=row.room, raised_at=row.raised_at,
            )
            for row in session.scalars(query.order_by(Alert.raised_at.desc(), Alert.id).limit(ALERTS_MAX))
        ]  # fmt: skip


def operators(engine: Engine, place_id: str, *, from_ms: int = 0, to_ms: int = 1 << 62) -> list[OperatorView]:
    """Who had rooms there at any time of that span, by name."""
    with Session(engine) as session:
        query = select(Operator).where(Operator.place_id == place_id, Operator.made_at < to_ms)
        query = query.where(Operator.ended_at.is_(None) | (Operator.ended_at > from_ms))
        return [_operator(row) for row in session.scalars(query.order_by(Operator.name, Operator.id))]


def add_operator(engine: Engine, place_id: str, operator: OperatorView) -> str:
    """Write one down; its repeat (by id) is the same. Says why not, '' where it did."""
    with Session(engine) as session, session.begin():
        known = session.get(Operator, operator.id)
        if known is not None:
            return "" if known.place_id == place_id else "known"
        there = select(func.count()).where(Operator.place_id == place_id, Operator.ended_at.is_(None))
        if (session.scalar(there) or 0) >= OPERATORS_MAX:
            return "too_many"
        session.add(
            Operator(
                id=operator.id, place_id=place_id, name=operator.name, room=operator.room, area_m2=operator.area_m2,
                hours_per_month=operator.hours_per_month, made_at=operator.made_at, made_by=operator.made_by, ended_by="",
            )
        )  # fmt: skip
    return ""


def end_operator(engine: Engine, place_id: str, operator_id: str, *, at: int, by: str) -> bool:
    """They have left; whether there was such a one."""
    with Session(engine) as session, session.begin():
        known = session.get(Operator, operator_id)
        if known is None or known.place_id != place_id:
            return False
        if known.ended_at is None:
            known.ended_at, known.ended_by = at, by
        return True


def _views(session: Session, rows: Sequence[Place]) -> list[Facility]:
    own = settings_of(session, [row.id for row in rows])
    views = []
    for row in rows:
        found = own.get(row.id)
        views.append(
            Facility(
                id=row.id, name=row.name, path=row.path, address=row.address, capacity=capacity_of(row.capacity, found),
                hours=found.hours if found else None, public=found.public if found else False,
                set_at=found.set_at if found else 0, set_by=found.set_by if found else "",
            )
        )  # fmt: skip
    return views


def _operator(row: Operator) -> OperatorView:
    return OperatorView(
        id=row.id, name=row.name, room=row.room, area_m2=row.area_m2, hours_per_month=row.hours_per_month,
        made_at=row.made_at, made_by=row.made_by,
    )  # fmt: skip
