"""Reads what the reports of an area and of a facility are drawn from, but for the counters' hours."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine, func, select

from gateway.accounts.who import Reach
from gateway.alerts.record import Asked as Numbers
from gateway.alerts.record import Record, station_of
from gateway.alerts.response import response_of
from gateway.occupancy.said import Counted
from gateway.occupancy.use import Fitted
from gateway.occupancy.zones import Room
from gateway.operations import denominators as typed_numbers
from gateway.operations import facility_rooms, facility_views
from gateway.operations.facility_views import Facility
from gateway.operations.performance_views import read_facts
from gateway.operations.report_views import known_from, plan_at
from gateway.operations.tables import CountCorrection, Device, Place, Visit
from gateway.operations.whereabouts import within
from gateway.reports.asked import Asked
from gateway.reports.facts import AreaFacts, CommunityFacts, Typed

LEVEL = 2  # slashes in 区/街道/社区


def area_facts(engine: Engine, asked: Asked) -> AreaFacts:
    """The facts of the part of the tree at ``asked.at`` over the period and the one before."""
    reach = Reach((asked.at,))
    typed = typed_numbers.denominators(engine)
    with engine.connect() as connection, connection.begin():
        communities = _communities(connection, reach, asked)
        plan = plan_at(connection, max(asked.until - 1, 0))
        since = known_from(connection)
    here = {
        one.indicator: Typed(value=one.value, source=one.source, as_of=one.as_of)
        for one in typed
        if one.at == asked.at
    }
    ageing = [
        one.at for one in typed if one.indicator == "ageing_communities" and one.at.count("/") == LEVEL and reach.holds(one.at)
    ]  # fmt: skip
    desks = tuple(desk for desk in plan.desks if desk.serves == "care" and desk.at and reach.holds(desk.at))
    return AreaFacts(
        at=asked.at,
        known_from=since,
        ageing=sorted(ageing),
        communities=communities,
        desks=desks,
        denominators=here,
    )


def _communities(connection: Connection, reach: Reach, asked: Asked) -> dict[str, CommunityFacts]:
    homes: Counter[str] = Counter()
    near: dict[str, set[str]] = defaultdict(set)
    rows = (
        select(Place.path, Place.kind, func.count())
        .where(within(reach, Place.path))
        .group_by(Place.path, Place.kind)
    )
    for path, kind, many in connection.execute(rows):
        community = station_of(path)
        if community.count("/") != LEVEL or not reach.holds(community):
            continue
        homes[community] += many if kind == "home" else 0
        known = near[community]
        if path.count("/") > LEVEL:
            known.add("/".join(path.split("/")[: LEVEL + 2]))
    now, before = (
        _numbers(connection, reach, each) for each in (asked, replace(asked.before, now=asked.now))
    )
    visits, visits_before = (_visits(connection, reach, each) for each in (asked, asked.before))
    return {
        path: CommunityFacts(
            homes=homes[path], neighbourhoods=frozenset(near[path]), alerts=now[path].alerts, alerts_before=before[path].alerts,
            kept=now[path].kept, kept_before=before[path].kept, visits=None if visits is None else visits[path],
            visits_before=None if visits_before is None else visits_before[path],
        )
        for path in sorted(near)
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Numbers:
    alerts: Mapping[str, int]
    kept: Mapping[str, tuple[int, int]]


def _numbers(connection: Connection, reach: Reach, asked: Asked) -> defaultdict[str, _Numbers]:
    """Alerts by class, and within and beyond the targets, of each community."""
    numbers = Numbers(
        begin=asked.begin, end=asked.until, now=asked.until, zone=asked.zone, within=reach.paths
    )
    by_community: dict[str, list[Record]] = defaultdict(list)
    for record in read_facts(connection, numbers).records:
        if asked.begin <= record.raised_at < asked.until:
            by_community[record.station].append(record)
    found: defaultdict[str, _Numbers] = defaultdict(lambda: _Numbers({}, {}))
    for path, records in by_community.items():
        targets = response_of(records, asked.targets, asked.until).targets
        found[path] = _Numbers(
            Counter(one.kind for one in records),
            {one.name: (one.within, one.of - one.within) for one in targets},
        )
    return found


def _visits(connection: Connection, reach: Reach, asked: Asked) -> Counter[str] | None:
    """By community; None where nobody of the hub had written one down by then."""
    first: int | None = connection.scalar(select(func.min(Visit.at)).where(Visit.struck_at.is_(None)))
    if first is None or first >= asked.until:
        return None
    query = select(Visit.path, func.count()).where(
        Visit.struck_at.is_(None), Visit.at >= asked.begin, Visit.at < asked.until, within(reach, Visit.path)
    )
    found: Counter[str] = Counter()
    for path, many in connection.execute(query.group_by(Visit.path)):
        found[station_of(path)] += many
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A facility as it is registered: its devices, the rooms that were entered, and what somebody has counted."""

    facility: Facility
    devices: tuple[Fitted, ...]
    rooms: Mapping[str, Room]
    counted: tuple[Counted, ...]


def registered(engine: Engine, place_id: str, begin: int, end: int) -> Registered | None:
    """A facility, with what people have counted in that time; None where there is none of that id."""
    facility = facility_views.facility(engine, place_id)
    if facility is None:
        return None
    with engine.connect() as connection:
        devices = select(Device.id, Device.kind, Device.room).where(Device.place_id == place_id)
        fitted = tuple(Fitted(*row) for row in connection.execute(devices.order_by(Device.id)))
        told = select(CountCorrection.at, CountCorrection.people).where(
            CountCorrection.place_id == place_id, CountCorrection.at >= begin, CountCorrection.at < end
        )
        rows = connection.execute(told.order_by(CountCorrection.at, CountCorrection.id))
        counted = tuple(Counted(at, people) for at, people in rows)
    rooms = facility_rooms.rooms_entered(engine, [place_id]).get(place_id, {})
    return Registered(facility=facility, devices=fitted, rooms=rooms, counted=counted)
