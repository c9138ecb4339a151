"""Reads what the numbers of work are drawn from: the alerts of a span with their steps and messages, and what is open now.

Four statements, each along an index; a year of 100,000 alerts takes some four seconds, more than half of it Python. That is not
for the process that brings alarms: ``gateway.operations.performance_apart`` does it in another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import starmap
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, case, func, select
from sqlalchemy.orm import aliased

from gateway.accounts.who import Reach
from gateway.alerts.performance import Performance, performance
from gateway.alerts.record import HOUR_MS, Asked, Facts, Record, Standing, station_of
from gateway.operations.tables import Alert, AlertStep, Device, Erasure, Outbox, Place
from gateway.operations.whereabouts import within

# What people do to an alert. A look counts: somebody was there and read it.
ACTS = (
    "seen", "accepted", "called", "on_way", "on_site", "closed", "unconfirmed", "commented", "handed_over", "assigned",
    "merged", "reopened", "raised_up", "shelved", "unshelved",
)  # fmt: skip

Places: TypeAlias = Mapping[str, tuple[str, bool]]  # station of a place, and whether it is a home
Moments: TypeAlias = tuple[int | None, int | None, int | None]  # first seen, accepted, on site


def read_performance(engine: Engine, asked: Asked) -> Performance:
    """Read and draw up the numbers; all of one state of the database."""
    with engine.connect() as connection, connection.begin():
        facts = read_facts(connection, asked)
    return performance(facts, asked)


def alerts_asked(engine: Engine, asked: Asked) -> int:
    """How many alerts would have to be read; quick."""
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(Alert).where(*_span(asked))) or 0


def read_facts(connection: Connection, asked: Asked) -> Facts:
    """What is known of the stations, the class and the time that are asked about."""
    places = _places(connection, asked)
    known = {**places, **_erased(connection, asked)}
    kinds = {row[0]: row[1] for row in connection.execute(select(Device.id, Device.kind)).all()}
    moments, operators = _acts(connection, asked, known)
    sent = _sent(connection, asked)
    records = []
    fits = cache(asked.fits)
    for number, rule, kind, place, device, raised, wall, state, count, last_at, closed_at, settled_at, verdict, reason in (
        connection.execute(select(*_COLUMNS).where(*_span(asked))).all()
    ):  # fmt: skip
        station, home = known.get(place, _NOWHERE)
        if not fits(station):
            continue
        seen, accepted, on_site = moments.get(number, _NOTHING)
        taken, proven = sent.get(number, _NOT_SENT)
        if accepted is None and verdict == "merged":
            accepted = closed_at  # somebody has it in hand, with another of the same home
        records.append(
            Record(
                number=number, rule=rule, kind=kind, place=place, station=station, raised_at=raised, home=home, device=device,
                device_kind=kinds.get(device, ""), sent_ms=_after(wall, taken), delivered_ms=_after(wall, proven),
                seen_ms=_after(raised, seen), accepted_ms=_after(raised, accepted), on_site_ms=_after(raised, on_site),
                settled=settled_at is not None, closed=state == "closed", verdict=verdict, reason=reason, count=count,
                last_at=last_at,
            )
        )  # fmt: skip
    standing = list(_standing(connection, asked, places))
    return Facts(
        records=records, standing=standing, operators=operators, homes=_homes(places.values(), asked)
    )


_NOWHERE = ("", False)  # the hub itself, a desk, or a place that the registry no longer has
_NOTHING = (None, None, None)
_NOT_SENT = (None, None)
_COLUMNS = (
    Alert.number, Alert.rule, Alert.kind, Alert.place_id, Alert.device_id, Alert.raised_at, Alert.raised_wall_ms, Alert.state,
    Alert.count, Alert.last_at, Alert.closed_at, Alert.settled_at, Alert.verdict, Alert.reason,
)  # fmt: skip


def _span(asked: Asked) -> list[Any]:
    of_kind = [Alert.kind == asked.kind] if asked.kind else []
    return [Alert.raised_at >= asked.earliest, Alert.raised_at < asked.end, *of_kind]


def _places(connection: Connection, asked: Asked) -> Places:
    """The places that are asked about; what lies elsewhere is as a place that the registry does not have."""
    query = select(Place.id, Place.path, Place.kind).where(within(Reach(asked.within), Place.path))
    rows = connection.execute(query)
    return {place: (station_of(path), kind == "home") for place, path, kind in rows}


def _erased(connection: Connection, asked: Asked) -> Places:
    """Homes whose residents' records were erased: their alerts still count where they were, the homes do not."""
    query = select(Erasure.pseudonym, Erasure.path).where(within(Reach(asked.within), Erasure.path))
    return {name: (station_of(path), True) for name, path in connection.execute(query)}


def _homes(places: Iterable[tuple[str, bool]], asked: Asked) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for station, home in places:
        if asked.fits(station):
            counted[station] += home
    return dict(counted)


def _acts(
    connection: Connection, asked: Asked, places: Places
) -> tuple[dict[int, Moments], dict[tuple[str, int], int]]:
    """When each alert was first seen, accepted, arrived at, by number; how many people acted at a station in an hour."""
    hour = AlertStep.at.op("/")(HOUR_MS)
    first = (
        func.min(case((AlertStep.kind == kind, AlertStep.at))) for kind in ("seen", "accepted", "on_site")
    )
    query = (
        select(Alert.number, Alert.place_id, AlertStep.by, hour, *first)
        .join(AlertStep, AlertStep.alert_id == Alert.id)
        .where(*_span(asked), AlertStep.kind.in_(ACTS))
        .group_by(Alert.number, AlertStep.by, hour)
    )
    moments: dict[int, Moments] = {}
    people: set[tuple[str, int, str]] = set()
    fits = cache(asked.fits)
    for number, place, by, acted, *found in connection.execute(query).all():
        known = moments.get(number)
        moments[number] = (
            tuple(found) if known is None else tuple(map(_earlier, known, found))  # type: ignore[assignment]
        )
        station = places.get(place, _NOWHERE)[0]
        if by and fits(station):  # a step without anybody is the hub's
            people.add((station, acted, by))
    return moments, Counter((station, hour) for station, hour, _ in people)


def _earlier(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)


def _sent(connection: Connection, asked: Asked) -> dict[int, tuple[int, int | None]]:
    """When the first message of each alert was taken, and when the first is proven to have arrived; wall clock.

    What is gathered goes out within another message, and arrives with that.
    """
    whole = aliased(Outbox)
    at = func.coalesce(Outbox.delivered_ms, whole.delivered_ms)
    state = func.coalesce(whole.state, Outbox.state)
    query = (
        select(Alert.number, func.min(at), func.min(case((state == "delivered", at))))
        .join(Outbox, Outbox.alert_id == Alert.id)
        .outerjoin(whole, (Outbox.digest_id != "") & (whole.id == Outbox.digest_id))
        .where(*_span(asked), Outbox.about == "alert", at.is_not(None))
        .group_by(Alert.number)
    )
    return {number: (taken, proven) for number, taken, proven in connection.execute(query).all()}


def _after(begin: int, moment: int | None) -> int | None:
    """Never less than nothing: a clock may have been set back meanwhile."""
    return None if moment is None else max(0, moment - begin)


def _standing(connection: Connection, asked: Asked, places: Places) -> Iterable[Standing]:
    shelved = func.coalesce(Alert.shelved_until > asked.now, False)
    query = select(Alert.number, Alert.kind, Alert.place_id, Alert.raised_at, shelved).where(
        Alert.state != "closed", *([Alert.kind == asked.kind] if asked.kind else [])
    )
    found = (
        (number, kind, places.get(place, _NOWHERE)[0], raised_at, bool(is_shelved))
        for number, kind, place, raised_at, is_shelved in connection.execute(query)
    )
    return (one for one in starmap(Standing, found) if asked.fits(one.station))
