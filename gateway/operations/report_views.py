"""Reads what a station's report is drawn from, of many stations at once: alerts, calls, tests, ledger, faults.

Each statement runs along an index over two periods; to read all stations costs about what one costs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Engine, func, select

from gateway.accounts.who import Reach
from gateway.alerts.record import Asked as Numbers
from gateway.alerts.record import station_of
from gateway.duty.plan import Plan
from gateway.fitting.points import WEEK_MS, WEEKLY_KINDS
from gateway.fitting.service_hours import Hours, windows_of
from gateway.operations.home_tests import PRESSED
from gateway.operations.jobs import NO_FAULT
from gateway.operations.performance_views import read_facts
from gateway.operations.tables import (
    Alert,
    AlertStep,
    Device,
    DutyPlan,
    Erasure,
    FaultJob,
    FollowUp,
    LedgerItem,
    Place,
    PointProven,
    SignOff,
    Visit,
)
from gateway.operations.whereabouts import within
from gateway.reports.asked import Asked
from gateway.reports.facts import Alerted, Call, Fault, FollowUpFact, StationFacts

NO_MATTER = ("false", "test", "merged")  # verdicts of an alert about a device that was no fault
T = TypeVar("T")


def station_facts(engine: Engine, asked: Asked, stations: Sequence[str]) -> dict[str, StationFacts]:
    """The facts of these stations (区/街道/社区) over the period and the one before; ``asked.at`` is not looked at."""
    with engine.connect() as connection, connection.begin():
        return _Reading(connection, asked, stations).all()


def stations_within(engine: Engine, reach: Reach) -> list[str]:
    """The communities that lie within reach and have a home, by path: each has a station's report."""
    query = select(Place.path).where(Place.kind == "home", within(reach, Place.path)).distinct()
    with engine.connect() as connection:
        found = {station_of(path) for path in connection.scalars(query)}
    return sorted(path for path in found if path.count("/") == 2 and reach.holds(path))  # noqa: PLR2004 区/街道/社区


def areas_within(engine: Engine, reach: Reach) -> list[str]:
    """The parts of the tree that lie within reach and hold a place: 区, 区/街道, 区/街道/社区; '' where all of it does."""
    with engine.connect() as connection:
        paths = set(connection.scalars(select(Place.path).where(within(reach, Place.path)).distinct()))
    found = {"/".join(path.split("/")[:levels]) for path in paths for levels in (1, 2, 3) if path}
    parts = sorted(part for part in found if reach.holds(part))
    return ["", *parts] if reach.everything and parts else parts


def known_from(connection: Connection) -> int | None:
    """When the first alert that is still kept was raised: what was before, nobody knows any more."""
    found: int | None = connection.scalar(select(func.min(Alert.raised_at)))
    return found


def plan_at(connection: Connection, at: int) -> Plan:
    """The duty plan that was in force then; the first of all where it came later."""
    query = select(DutyPlan.body, DutyPlan.in_force_at).where(DutyPlan.in_force_at.is_not(None))
    rows = connection.execute(query.order_by(DutyPlan.in_force_at)).all()
    then = [body for body, since in rows if since is not None and since <= at]
    body = then[-1] if then else rows[0][0] if rows else None
    return msgspec.json.decode(body, type=Plan) if body is not None else Plan(heeds_hearing=False)


class _Reading:
    """One reading: all of one state of the database."""

    def __init__(self, connection: Connection, asked: Asked, stations: Sequence[str]) -> None:
        self._connection = connection
        self._asked = asked
        self._stations = sorted(set(stations))
        self._reach = Reach(tuple(self._stations))
        self._begin, self._end = asked.before.begin, asked.until
        rows = connection.execute(
            select(Place.id, Place.path, Place.kind).where(within(self._reach, Place.path))
        ).all()
        self._places: dict[str, str] = {place: path for place, path, _ in rows}
        self._homes = Counter(station_of(path) for _, path, kind in rows if kind == "home")
        erased = select(Erasure.pseudonym, Erasure.path).where(within(self._reach, Erasure.path))
        self._all: dict[str, str] = self._places | dict(iter(connection.execute(erased)))
        self._plan = plan_at(connection, max(asked.until - 1, 0))
        self._windows: dict[tuple[str, str], Hours] = {}

    def all(self) -> dict[str, StationFacts]:
        """Of every station that is asked about."""
        since = known_from(self._connection)
        alerts, calls, follow_ups = self._alerts(), self._calls(), self._follow_ups()
        devices, weekly, faults = self._devices(), self._weekly(), self._faults()
        visits = self._visits()
        days = self._of_places(select(LedgerItem.place_id, LedgerItem.day))
        accepted = self._of_places(
            select(LedgerItem.place_id, LedgerItem.accepted_at).where(*self._in(LedgerItem.accepted_at))
        )
        signed = self._of_places(select(SignOff.place_id, SignOff.at).where(*self._in(SignOff.at)))
        return {
            at: StationFacts(
                at=at,
                name=self._name(at),
                known_from=since,
                homes=self._homes[at],
                devices=devices[at],
                alerts=alerts[at],
                calls=calls[at],
                visits=visits[at],
                visits_from=self._visits_from(),
                follow_ups=follow_ups[at],
                weekly=weekly[at],
                ledger_days=sorted(days[at]),
                accepted_at=sorted(accepted[at]),
                signed_off_at=sorted(signed[at]),
                faults=faults[at],
            )
            for at in self._stations
        }

    def _in(self, column: Any) -> tuple[Any, Any]:  # noqa: ANN401 a column
        return column >= self._begin, column < self._end

    def _name(self, at: str) -> str:
        """What the station is called in the plan; else the community's name."""
        names = sorted(desk.name for desk in self._plan.desks if desk.serves == "care" and desk.at == at)
        return names[0] if len(names) == 1 else at.rsplit("/", 1)[-1]

    def _of_places(self, query: Any) -> Mapping[str, list[Any]]:  # noqa: ANN401 a statement: (place, value)
        return self._by_station((place, value) for place, value in self._connection.execute(query))

    def _by_station(self, rows: Iterable[tuple[str, T]]) -> Mapping[str, list[T]]:
        found: dict[str, list[T]] = defaultdict(list)
        for place, value in rows:
            path = self._all.get(place)
            if path is not None:
                found[station_of(path)].append(value)
        return found

    def _alerts(self) -> Mapping[str, list[Alerted]]:
        numbers = Numbers(
            begin=self._begin,
            end=self._end,
            now=self._end,
            zone=self._asked.zone,
            within=tuple(self._stations),
        )
        query = select(Alert.number, Alert.severity, Alert.closed_at).where(*self._in(Alert.raised_at))
        marks = {number: (severity, closed) for number, severity, closed in self._connection.execute(query)}
        found: dict[str, list[Alerted]] = defaultdict(list)
        for record in sorted(read_facts(self._connection, numbers).records, key=lambda one: one.number):
            if record.number in marks:
                found[record.station].append(Alerted(record, *marks[record.number]))
        return found

    def _calls(self) -> Mapping[str, list[Call]]:
        query = (
            select(Alert.place_id, AlertStep.at, AlertStep.detail)
            .join(Alert, Alert.id == AlertStep.alert_id)
            .where(AlertStep.kind == "called", *self._in(AlertStep.at))
            .order_by(AlertStep.at, AlertStep.id)
        )
        rows = self._connection.execute(query)
        return self._by_station(
            (place, Call(at, (detail.split(" ")[1:] or [""])[0])) for place, at, detail in rows
        )

    def _visits_from(self) -> int | None:
        found: int | None = self._connection.scalar(
            select(func.min(Visit.at)).where(Visit.struck_at.is_(None))
        )
        return found

    def _visits(self) -> Mapping[str, list[int]]:
        query = select(Visit.path, Visit.at).where(Visit.struck_at.is_(None), *self._in(Visit.at))
        found: dict[str, list[int]] = defaultdict(list)
        for path, at in self._connection.execute(
            query.where(within(self._reach, Visit.path)).order_by(Visit.at, Visit.id)
        ):
            found[station_of(path)].append(at)
        return found

    def _follow_ups(self) -> Mapping[str, list[FollowUpFact]]:
        query = select(FollowUp.place_id, FollowUp.due_at, FollowUp.done_at).where(*self._in(FollowUp.due_at))
        rows = self._connection.execute(query.order_by(FollowUp.due_at, FollowUp.id))
        return self._by_station((place, FollowUpFact(due, done)) for place, due, done in rows)

    def _devices(self) -> Mapping[str, Counter[str]]:
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for place, kind in self._connection.execute(select(Device.place_id, Device.kind)):
            if place in self._places:
                found[station_of(self._places[place])][kind] += 1
        return found

    def _weekly(self) -> Mapping[str, list[tuple[int, ...]]]:
        """When each button or wearable was proven: in a test where it is, or by an alert it raised."""
        devices = self._connection.execute(
            select(Device.id, Device.place_id, Device.room)
            .where(Device.kind.in_(WEEKLY_KINDS))
            .order_by(Device.id)
        ).all()
        since = self._begin - WEEK_MS
        proven: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        tests = select(PointProven.device_id, PointProven.place_id, PointProven.room, PointProven.at)
        for device, place, room, at in self._connection.execute(
            tests.where(PointProven.at >= since, PointProven.at < self._end)
        ):
            proven[device, place, room].add(at)
        pressed: dict[str, set[int]] = defaultdict(set)
        alerts = select(Alert.device_id, Alert.active_at).where(
            Alert.rule.in_(PRESSED), Alert.raised_at >= since, Alert.raised_at < self._end
        )
        for device, at in self._connection.execute(alerts):
            pressed[device].add(at)
        return self._by_station(
            (place, tuple(sorted(proven[device, place, room] | pressed[device])))
            for device, place, room in devices
        )

    def _faults(self) -> Mapping[str, list[Fault]]:
        """Jobs, and for alerts of devices that nobody has looked at as a job yet the same by the rule that opens one."""
        found: dict[str, list[tuple[str, Fault]]] = defaultdict(list)
        job = select(FaultJob, Alert.number).join(Alert, Alert.id == FaultJob.alert_id)
        rows = self._connection.execute(
            job.where(FaultJob.opened_at < self._end).order_by(FaultJob.opened_at, Alert.number)
        )
        jobs: set[str] = set()
        for row in rows.mappings():
            place = row["place_id"]
            jobs.add(row["alert_id"])
            if place in self._all:
                fault = self._fault(
                    place,
                    row["number"],
                    row["device_kind"],
                    row["opened_at"],
                    row["substitute_at"],
                    row["proven_at"],
                )
                found[row["device_id"]].append((place, fault))
        for device, opened in self._untold(jobs).items():
            for place, number, kind, at, ended in opened:
                stands = (one for _, one in found[device])
                if place in self._all and not any(_spans(one, at) for one in stands):
                    found[device].append((place, self._fault(place, number, kind, at, None, ended)))
        by_place = (each for _, faults in sorted(found.items()) for each in faults)
        told = self._by_station(by_place)
        return {
            at: sorted(
                (one for one in faults if one.over_at is None or one.over_at >= self._begin),
                key=lambda one: (one.opened_at, one.number),
            )
            for at, faults in told.items()
        } | {at: [] for at in self._stations if at not in told}

    def _untold(self, jobs: set[str]) -> Mapping[str, list[tuple[str, int, str, int, int | None]]]:
        query = (
            select(
                Alert.id,
                Alert.device_id,
                Alert.place_id,
                Alert.number,
                Device.kind,
                Alert.raised_at,
                Alert.ended_at,
                Alert.closed_at,
            )
            .join(Device, Device.id == Alert.device_id)
            .where(
                Alert.kind == "device",
                Alert.rule.not_in(NO_FAULT),
                *self._in(Alert.raised_at),
                (Alert.verdict.is_(None)) | (Alert.verdict.not_in(NO_MATTER)),
            )
            .order_by(Alert.raised_at, Alert.number)
        )
        found: dict[str, list[tuple[str, int, str, int, int | None]]] = defaultdict(list)
        for name, device, place, number, kind, at, ended, closed in self._connection.execute(query):
            if name not in jobs:
                found[device].append((place, number, kind, at, ended if ended is not None else closed))
        return found

    def _fault(
        self, place: str, number: int, kind: str, opened: int, substitute: int | None, over: int | None
    ) -> Fault:
        return Fault(
            number=number,
            device_kind=kind,
            opened_at=opened,
            substitute_at=substitute,
            over_at=over,
            hours=self._hours(place, self._all[place]),
        )

    def _hours(self, place: str, path: str) -> Hours:
        known = self._windows.get((place, path))
        if known is None:
            windows = windows_of(self._plan, place, path)
            known = self._windows[place, path] = Hours(
                windows, ZoneInfo(self._asked.zone), self._asked.calendar
            )
        return known


def _spans(fault: Fault, at: int) -> bool:
    return fault.opened_at <= at and (fault.over_at is None or at <= fault.over_at)
