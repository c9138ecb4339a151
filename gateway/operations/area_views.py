"""Counts what officers of a community or a street are shown: by community, never a home. Hiding is ``gateway.alerts.cells``.

Exact counts: nothing here goes to a page as it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, func, select

from gateway.accounts.who import Reach
from gateway.alerts.record import station_of
from gateway.operations.tables import Alert, Place
from gateway.operations.whereabouts import within

LEVELS = 3  # 区/街道/社区


@dataclass(slots=True)
class Counted:
    """One community. ``open`` is by severity, of all but devices; ``lately`` and ``before`` are by class of alert."""

    homes: int = 0
    neighbourhoods: set[str] = field(default_factory=set)
    open: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    lately: Counter[str] = field(default_factory=Counter)
    before: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Spans:
    """``before`` ≤ time < ``lately`` ≤ time < ``end``, epoch ms: two spans that have nothing in common."""

    before: int
    lately: int
    end: int


def count_area(engine: Engine, reach: Reach, spans: Spans | None) -> dict[str, Counted]:
    """The communities that lie wholly within reach, by path; without ``spans`` only what is now."""
    found: dict[str, Counted] = defaultdict(Counted)
    with engine.connect() as connection, connection.begin():
        _count_places(connection, reach, found)
        known = {path: one for path, one in found.items() if path}
        _count_open(connection, reach, known)
        if spans is not None:
            _count_raised(connection, reach, known, spans)
    return dict(sorted(known.items()))


def _community(path: str, reach: Reach) -> str:
    """The community that a place lies in; '' where there is none, or where it reaches out of what may be seen."""
    community = station_of(path)
    return community if community.count("/") == LEVELS - 1 and reach.holds(community) else ""


def _count_places(connection: Connection, reach: Reach, found: dict[str, Counted]) -> None:
    query = (
        select(Place.path, Place.kind, func.count())
        .where(within(reach, Place.path))
        .group_by(Place.path, Place.kind)
    )
    for path, kind, many in connection.execute(query):
        one = found[_community(path, reach)]
        one.homes += many if kind == "home" else 0
        if path.count("/") >= LEVELS:
            one.neighbourhoods.add("/".join(path.split("/")[: LEVELS + 1]))


def _count_open(connection: Connection, reach: Reach, found: dict[str, Counted]) -> None:
    query = (
        select(Place.path, Alert.kind, Alert.severity, func.count())
        .join(Place, Place.id == Alert.place_id)
        .where(Alert.state != "closed", within(reach, Place.path))
        .group_by(Place.path, Alert.kind, Alert.severity)
    )
    for path, kind, severity, many in connection.execute(query):
        one = found.get(_community(path, reach))
        if one is None:
            continue
        if kind == "device":
            one.faults += many
        else:
            one.open[severity] += many


def _count_raised(connection: Connection, reach: Reach, found: dict[str, Counted], spans: Spans) -> None:
    is_late = Alert.raised_at >= spans.lately
    query = (
        select(Place.path, Alert.kind, is_late, func.count())
        .join(Place, Place.id == Alert.place_id)
        .where(Alert.raised_at >= spans.before, Alert.raised_at < spans.end, within(reach, Place.path))
        .group_by(Place.path, Alert.kind, is_late)
    )
    for path, kind, late, many in connection.execute(query):
        one = found.get(_community(path, reach))
        if one is not None:
            (one.lately if late else one.before)[kind] += many
