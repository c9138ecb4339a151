"""Agreed tests (约定测试) of homes and facilities: begun and ended by commands, proven point by point, shown on alert cards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Engine, and_, func, or_, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from gateway.fitting.points import WEEKLY_KINDS
from gateway.operations.tables import Alert, Device, HomeTest, Place, PointProven
from rules.events import Command

KINDS: Final = ("walk", "weekly")
LASTS_MS: Final = {"walk": 2 * 3_600_000, "weekly": 30 * 60_000}  # until it ends by itself
PRESSED: Final = ("sos", "fall")  # rules that one press of a button, or one fall, raises


@dataclass(frozen=True, slots=True, kw_only=True)
class TestView:
    """A test of a home or facility; in force until ``until``, or until somebody has ended it (``ended_at``)."""

    __test__ = False  # it is no test of ours, whatever pytest thinks
    id: str
    place_id: str
    kind: str
    since: int
    until: int
    by: str
    ended_at: int | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class Proven:
    """A device was proven at ``at`` by what it said, in that place and room; ``test_id`` '' outside of a test."""

    device_id: str
    test_id: str
    place_id: str
    room: str
    at: int
    said: str


def obey_test(session: Session, command: Command) -> str:
    """Why a ``test`` or ``test_end`` was not done, '' when it was. A test that is under way ends where the next begins."""
    data, now = command.data, _in_force(command.at)
    running = session.scalars(select(HomeTest).where(HomeTest.place_id == command.key, now)).all()
    if command.kind == "test_end":
        if not running:
            return "no test is under way"
    elif data.get("kind") not in KINDS:
        return f"kind must be one of {', '.join(KINDS)}"
    elif session.get(Place, command.key) is None:
        return "unknown place"
    elif session.get(HomeTest, data["id"]) is not None:
        return "there is such a test already"
    for test in running:
        test.ended_at, test.ended_by = command.at, command.by
    if command.kind == "test":
        session.add(
            HomeTest(
                id=data["id"], place_id=command.key, kind=data["kind"], since=command.at,
                until=command.at + LASTS_MS[data["kind"]], by=command.by,
            )
        )  # fmt: skip
    session.flush()
    return ""


def under_way(engine: Engine, now: int, place_id: str | None = None) -> list[TestView]:
    """The tests in force at hub time ``now``, of every place or of one."""
    where = [_in_force(now)] if place_id is None else [_in_force(now), HomeTest.place_id == place_id]
    with Session(engine) as session:
        return [
            _view(test) for test in session.scalars(select(HomeTest).where(*where).order_by(HomeTest.since))
        ]


def agreed_test_of(engine: Engine, place_id: str, raised_at: int) -> TestView | None:
    """The test that was under way at a place when an alert about it was raised; None where there was none."""
    with Session(engine) as session:
        found = session.scalar(
            select(HomeTest)
            .where(HomeTest.place_id == place_id, HomeTest.since < raised_at, _in_force(raised_at))
            .order_by(HomeTest.since.desc())
            .limit(1)
        )
        return _view(found) if found is not None else None


def prove(engine: Engine, proven: Iterable[Proven]) -> None:
    """Write down what was proven; within a test the first time counts."""
    rows = [
        {"test_id": p.test_id, "device_id": p.device_id, "place_id": p.place_id, "room": p.room, "at": p.at, "said": p.said}
        for p in proven
    ]  # fmt: skip
    if rows:
        with engine.begin() as connection:
            connection.execute(insert(PointProven).values(rows).on_conflict_do_nothing())


def proven_in(engine: Engine, test_id: str) -> dict[str, Proven]:
    """What was proven in one test, by device."""
    with Session(engine) as session:
        rows = session.scalars(select(PointProven).where(PointProven.test_id == test_id))
        return {row.device_id: _proven(row) for row in rows}


def last_proven(engine: Engine, places: Sequence[str]) -> dict[str, Proven]:
    """By device in these places, when it was last proven in a test where it is now; a device that has moved since is not."""
    newest = (
        select(PointProven.device_id, func.max(PointProven.at).label("at"))
        .join(Device, _where_it_is())
        .where(Device.place_id.in_(places))
        .group_by(PointProven.device_id)
        .subquery()
    )
    query = select(PointProven).join(
        newest, and_(PointProven.device_id == newest.c.device_id, PointProven.at == newest.c.at)
    )
    with Session(engine) as session:
        return {row.device_id: _proven(row) for row in session.scalars(query)}


def weekly_points(engine: Engine, where: ColumnElement[bool]) -> list[tuple[Place, Device, int | None]]:
    """Buttons and wearables of homes, each with its last proven press: in a test, or by an alert it raised. None: never."""
    tests = select(PointProven.device_id, func.max(PointProven.at).label("at")).join(Device, _where_it_is())
    tested = tests.group_by(PointProven.device_id).subquery()
    alerts = select(Alert.device_id, func.max(Alert.active_at).label("at")).where(Alert.rule.in_(PRESSED))
    pressed = alerts.group_by(Alert.device_id).subquery()
    query = (
        select(Place, Device, tested.c.at, pressed.c.at)
        .join(Device, Device.place_id == Place.id)
        .outerjoin(tested, tested.c.device_id == Device.id)
        .outerjoin(pressed, pressed.c.device_id == Device.id)
        .where(Place.kind == "home", Device.kind.in_(WEEKLY_KINDS), where)
        .order_by(Place.path, Place.address, Place.id, Device.id)
    )
    with Session(engine) as session:
        rows = session.execute(query).all()
        session.expunge_all()
    return [(row[0], row[1], max(filter(None, row[2:]), default=None)) for row in rows]


def _where_it_is() -> ColumnElement[bool]:
    return and_(
        Device.id == PointProven.device_id,
        Device.place_id == PointProven.place_id,
        Device.room == PointProven.room,
    )


def _in_force(at: int) -> ColumnElement[bool]:
    return and_(HomeTest.until > at, or_(HomeTest.ended_at.is_(None), HomeTest.ended_at > at))


def _view(row: HomeTest) -> TestView:
    return TestView(
        id=row.id, place_id=row.place_id, kind=row.kind, since=row.since, until=row.until, by=row.by, ended_at=row.ended_at,
        ended_by=row.ended_by,
    )  # fmt: skip


def _proven(row: PointProven) -> Proven:
    return Proven(row.device_id, row.test_id, row.place_id, row.room, row.at, row.said)
