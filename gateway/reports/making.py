"""Makes a report: reads its facts from the operational database and the store's hours, and has it drawn up.

Blocking, and more Python than may be done beside the alarm path: a hub does it in a process of its own
(``gateway.reports.jobs``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from gateway.occupancy.said import When
from gateway.occupancy.use import COUNTER, facility_hours
from gateway.operations.area_report_views import area_facts, registered
from gateway.operations.report_views import station_facts
from gateway.reports.area import area_report
from gateway.reports.asked import Asked
from gateway.reports.document import Report
from gateway.reports.facility import facility_report
from gateway.reports.facts import Counter, FacilityFacts
from gateway.reports.station import station_report
from gateway.reports.stored import HourRow

HOUR_MS = 3_600_000
EARLY_MS = (
    29 * 24 * HOUR_MS
)  # four weeks, by which a room is idle, and a day in which the first hour finds its count
# What a place's devices said by the hour: place, from ≤ hour < to.
StoreReader = Callable[[str, int, int], Sequence[HourRow]]


class UnknownPlaceError(LookupError):
    """There is no such facility, or no such part of the tree."""


def make(engine: Engine, store: StoreReader, asked: Asked) -> Report:
    """The report that is asked for. Raises ``UnknownPlaceError``."""
    return next(make_each(engine, store, [asked]))


def make_each(engine: Engine, store: StoreReader, every: Sequence[Asked]) -> Iterator[Report]:
    """Several, in their order; stations of one period are read together. Raises ``UnknownPlaceError``."""
    stations = [one for one in every if one.kind == "station"]
    together = {
        (one.period, one.until): [
            other.at for other in stations if (other.period, other.until) == (one.period, one.until)
        ]
        for one in stations
    }
    read = {
        key: station_facts(engine, next(one for one in stations if (one.period, one.until) == key), paths)
        for key, paths in together.items()
    }
    for one in every:
        if one.kind == "station":
            yield station_report(read[one.period, one.until][one.at], one)
        elif one.kind == "area":
            yield area_report(area_facts(engine, one), one)
        else:
            yield facility_report(facility_facts(engine, store, one), one)


def span_read(asked: Asked) -> tuple[int, int]:
    """Which hours of a facility's devices are read, epoch ms: four weeks before both periods, by which a room is idle."""
    return _hour(asked.before.begin) - EARLY_MS, _up(asked.until)


def facility_facts(engine: Engine, store: StoreReader, asked: Asked) -> FacilityFacts:
    """The facts of a facility over the period and the one before."""
    begin, end = span_read(asked)
    known = registered(engine, asked.place, begin, end)
    if known is None:
        raise UnknownPlaceError(asked.place)
    rows = store(asked.place, begin, end) if known.devices else ()
    when = When(known.facility.hours, ZoneInfo(asked.zone), asked.calendar)
    heard: dict[str, set[int]] = {one.id: set() for one in known.devices if one.kind == COUNTER}
    for row in rows:
        if row.device in heard:
            heard[row.device].add(row.begin)
    return FacilityFacts(
        id=known.facility.id, name=known.facility.name, at=known.facility.path, capacity=known.facility.capacity, when=when,
        hours=facility_hours(rows, known.devices, known.rooms, known.counted, begin, end, when),
        counters=tuple(
            Counter(id=one.id, room=one.room, heard=frozenset(heard[one.id])) for one in known.devices if one.id in heard
        ),
        corrections=tuple(one.at for one in known.counted),
    )  # fmt: skip


def _hour(at: int) -> int:
    return at // HOUR_MS * HOUR_MS


def _up(at: int) -> int:
    return -(-at // HOUR_MS) * HOUR_MS
