"""Makes a report: reads its facts from the operational database and the store's hours, and has it drawn up.

Blocking, and more Python than may be done beside the alarm path: a hub does it in a process of its own (``gateway.reports.jobs``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from gateway.occupancy.hourly import HOUR_MS, Counted, Hour, When, hours_of
from gateway.operations.area_report_views import Registered, area_facts, registered
from gateway.operations.report_views import station_facts
from gateway.reports.area import area_report
from gateway.reports.asked import Asked
from gateway.reports.document import Report
from gateway.reports.facility import facility_report
from gateway.reports.facts import Counter, FacilityFacts, Zone
from gateway.reports.station import station_report
from gateway.reports.stored import HourRow

EARLY_MS = 24 * HOUR_MS  # hours are read from a day before, so that the first begins with what is known
StoreReader = Callable[
    [str, int, int], Sequence[HourRow]
]  # a place's counters by the hour: place, from ≤ hour < to


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
    """Which hours of a facility's counters are read, epoch ms."""
    return _hour(asked.before.begin) - EARLY_MS, _up(asked.until)


def facility_facts(engine: Engine, store: StoreReader, asked: Asked) -> FacilityFacts:
    """The facts of a facility over the period and the one before."""
    begin, end = span_read(asked)
    known = registered(engine, asked.place, begin, end)
    if known is None:
        raise UnknownPlaceError(asked.place)
    rows = store(asked.place, begin, end) if known.counters else ()
    when = When(known.facility.hours, ZoneInfo(asked.zone), asked.calendar)
    names = [name for name, _ in known.counters]
    whole = _hours(rows, names, known, asked, when, counted=True)
    zones = []
    for room, area in known.rooms.items():
        own = [name for name, stands in known.counters if stands == room]
        if own:
            hours = _hours(rows, own, known, asked, when, counted=len(own) == len(names))
            zones.append(
                Zone(room=room, area_m2=area, hours=_of(hours, asked), before=_of(hours, asked.before))
            )
    heard: dict[str, set[int]] = {name: set() for name in names}
    for row in rows:
        if row.device in heard:
            heard[row.device].add(row.begin)
    return FacilityFacts(
        id=known.facility.id, name=known.facility.name, at=known.facility.path, capacity=known.facility.capacity, when=when,
        whole=_of(whole, asked), before=_of(whole, asked.before), zones=tuple(zones), rooms=known.rooms,
        counters=tuple(Counter(id=name, room=room, heard=frozenset(heard[name])) for name, room in known.counters),
        corrections=tuple(at for at, _ in known.counted),
    )  # fmt: skip


def _hours(
    rows: Sequence[HourRow],
    counters: Sequence[str],
    known: Registered,
    asked: Asked,
    when: When,
    *,
    counted: bool,
) -> list[Hour]:
    """Both periods; who counts a facility's people does not count one door's."""
    begin, end = span_read(asked)
    told = [Counted(at, people) for at, people in known.counted] if counted else []
    return hours_of(rows, counters, told, begin, end, when)


def _of(hours: Iterable[Hour], asked: Asked) -> tuple[Hour, ...]:
    begin, end = _hour(asked.begin), _up(asked.until)
    return tuple(one for one in hours if begin <= one.begin < end)


def _hour(at: int) -> int:
    return at // HOUR_MS * HOUR_MS


def _up(at: int) -> int:
    return -(-at // HOUR_MS) * HOUR_MS
