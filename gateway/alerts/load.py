"""How much a station's people are asked to bear: the measures of ANSI/ISA-18.2-2016 and EEMUA 191 for alarm systems.

Up to 6 alarms an hour are fine for one operator, 12 can be managed. A flood begins when 10 come within 10 minutes
and ends when fewer than 5 do. Chattering: three or more within a minute. Stale: open for more than 24 hours. The standards are
about control rooms, where nobody has to walk; for a station they are an upper bound.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.alerts.record import DAY_MS, HOUR_MS, Asked, Facts, Record, Standing

FINE_AN_HOUR = 6
MANAGEABLE_AN_HOUR = 12
TEN_MINUTES_MS = 600_000
FLOOD_FROM = 10
FLOOD_UNDER = 5
CHATTER_ALARMS = 3
CHATTER_MS = 60_000
STALE_MS = DAY_MS
WORST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """More alarms than people can take in. ``begin`` is the first alarm of it; ``end`` is None while it goes on.

    ``most``: within ten minutes of it.
    """

    station: str
    begin: int
    end: int | None
    alarms: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The load of one station, or of all of them together; ``hours`` are station-hours of which any part was asked about.

    An hour's load is its alarms for each person who acted in it; where nobody did, as for one. Hours are fine (up to 6),
    manageable (up to 12) or overloaded, and ``…_share`` of all; a day's hours without any alarm are fine as well.
    """

    alarms: int
    hours: int
    operator_hours: int
    per_operator_hour: float | None
    per_ten_minutes: float | None
    most_per_operator_hour: float
    most_in_ten_minutes: int
    fine_hours: int
    manageable_hours: int
    overloaded_hours: int
    fine_share: float | None
    manageable_share: float | None
    overloaded_share: float | None
    floods: list[Flood]
    flooded_ms: int
    stale: list[int]
    shelved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A rule and what it spoke of (a device, else a place): how many alarms, and which share of all."""

    rule: str
    subject: str
    alarms: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chatter:
    """A rule and its subject that came three or more times within a minute: at how many alarms, and the first of them."""

    rule: str
    subject: str
    alarms: int
    first: int


def loads(records: Sequence[Record], facts: Facts, asked: Asked) -> dict[str, Load]:
    """The load of each station, by station."""
    raised: dict[str, list[int]] = defaultdict(list)
    for record in records:
        raised[record.station].append(record.raised_at)
    standing: dict[str, list[Standing]] = defaultdict(list)
    for one in facts.standing:
        standing[one.station].append(one)
    people: dict[str, dict[int, int]] = defaultdict(dict)
    for (station, hour), count in facts.operators.items():
        people[station][hour] = count
    return {
        name: _load(name, sorted(raised.get(name, ())), people.get(name, {}), standing.get(name, ()), asked)
        for name in sorted({*facts.homes, *raised, *standing})
    }


def together(parts: Iterable[Load], asked: Asked) -> Load:
    """The load of several stations; each has people of its own, so floods and the heaviest hours stay those of one."""
    parts = list(parts)
    hours, alarms = sum(part.hours for part in parts), sum(part.alarms for part in parts)
    operator_hours = sum(part.operator_hours for part in parts)
    floods = sorted(
        (flood for part in parts for flood in part.floods), key=lambda one: (one.begin, one.station)
    )
    classes = tuple(
        sum(counted)
        for counted in zip(
            *((part.fine_hours, part.manageable_hours, part.overloaded_hours) for part in parts), strict=True
        )
    ) or (0, 0, 0)
    return _summed(
        alarms,
        operator_hours,
        classes,
        stretch=len(parts) * (asked.until - asked.begin),
        most=max((part.most_per_operator_hour for part in parts), default=0.0),
        most_in_ten=max((part.most_in_ten_minutes for part in parts), default=0),
        floods=floods,
        flooded_ms=sum(part.flooded_ms for part in parts),
        stale=sorted(number for part in parts for number in part.stale),
        shelved=sum(part.shelved for part in parts),
        hours=hours,
    )


def _load(
    station: str, times: Sequence[int], people: Mapping[int, int], standing: Sequence[Standing], asked: Asked
) -> Load:
    begin, until = asked.begin, asked.until
    first, end = begin // HOUR_MS, -(-until // HOUR_MS)
    hours = end - first if until > begin else 0
    alarms = Counter(time // HOUR_MS for time in times)
    heavy = [count / people.get(hour, 1) for hour, count in alarms.items()]
    overloaded = sum(each > MANAGEABLE_AN_HOUR for each in heavy)
    manageable = sum(each > FINE_AN_HOUR for each in heavy) - overloaded
    acted = [count for hour, count in people.items() if first <= hour < end]
    found = floods(station, times, asked.now)
    return _summed(
        len(times),
        hours + sum(acted) - len(acted),
        (hours - manageable - overloaded, manageable, overloaded),
        stretch=until - begin,
        most=max(heavy, default=0.0),
        most_in_ten=most_within(times, TEN_MINUTES_MS),
        floods=found,
        flooded_ms=sum((flood.end or asked.now) - flood.begin for flood in found),
        stale=sorted(one.number for one in standing if asked.now - one.raised_at > STALE_MS),
        shelved=sum(one.shelved for one in standing),
        hours=hours,
    )


def _summed(
    alarms: int,
    operator_hours: int,
    classes: tuple[int, ...],
    *,
    hours: int,
    stretch: int,
    most: float,
    most_in_ten: int,
    floods: list[Flood],
    flooded_ms: int,
    stale: list[int],
    shelved: int,
) -> Load:
    fine, manageable, overloaded = classes
    shares = [each / hours if hours else None for each in classes]
    return Load(
        alarms=alarms,
        hours=hours,
        operator_hours=operator_hours,
        per_operator_hour=alarms / operator_hours if operator_hours else None,
        per_ten_minutes=alarms * TEN_MINUTES_MS / stretch if stretch else None,
        most_per_operator_hour=most,
        most_in_ten_minutes=most_in_ten,
        fine_hours=fine,
        manageable_hours=manageable,
        overloaded_hours=overloaded,
        fine_share=shares[0],
        manageable_share=shares[1],
        overloaded_share=shares[2],
        floods=floods,
        flooded_ms=flooded_ms,
        stale=stale,
        shelved=shelved,
    )


def most_within(times: Sequence[int], window_ms: int) -> int:
    """How many of these moments (ascending) lie within one window at most: later than its beginning, up to its end."""
    return max(
        (at + 1 - bisect_right(times, time - window_ms, 0, at + 1) for at, time in enumerate(times)),
        default=0,
    )


def floods(station: str, times: Sequence[int], now: int) -> list[Flood]:
    """The floods in a station's moments, ascending; the ten minutes slide, they are no slots of a clock."""
    found: list[Flood] = []
    begin, most = -1, 0  # where in times the flood has begun, -1 outside of one
    for at, time in enumerate(times):
        oldest = bisect_right(times, time - TEN_MINUTES_MS, 0, at + 1)
        recent = at + 1 - oldest
        if begin < 0:
            if recent < FLOOD_FROM:
                continue
            begin, most = oldest, 0
        most = max(most, recent)
        # The window holds fewer than five from the moment on at which the fifth from last falls out of it.
        ends = times[at + 1 - FLOOD_UNDER] + TEN_MINUTES_MS
        if at + 1 < len(times) and times[at + 1] <= ends:
            continue
        over = ends if ends <= now else None
        found.append(Flood(station=station, begin=times[begin], end=over, alarms=at + 1 - begin, most=most))
        begin = -1
    return found


def chattering(records: Iterable[Record]) -> list[Chatter]:
    """Which rules chattered about what, most alarms first.

    Of an alert that came again without being raised anew only its first and last time are known: on average.
    """
    of: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        of[record.rule, record.device or record.place].append(record)
    found = []
    for (rule, subject), alarms in of.items():
        times = sorted(record.raised_at for record in alarms)
        close = any(
            later - time <= CHATTER_MS
            for time, later in zip(times, times[CHATTER_ALARMS - 1 :], strict=False)
        )
        if close or any(_came_fast(record) for record in alarms):
            came = sum(record.count for record in alarms)
            found.append(
                Chatter(rule=rule, subject=subject, alarms=came, first=min(r.number for r in alarms))
            )
    return sorted(found, key=lambda one: (-one.alarms, one.rule, one.subject))


def _came_fast(record: Record) -> bool:
    if record.count < CHATTER_ALARMS or record.last_at is None:
        return False
    gaps = record.count - 1
    return (record.last_at - record.raised_at) * (CHATTER_ALARMS - 1) <= CHATTER_MS * gaps


def worst(records: Sequence[Record]) -> list[Source]:
    """The ten sources with the most alarms, as an operator's first list of what to mend."""
    of = Counter((record.rule, record.device or record.place) for record in records)
    most = sorted(of.items(), key=lambda one: (-one[1], one[0]))[:WORST]
    return [
        Source(rule=rule, subject=subject, alarms=count, share=count / len(records))
        for (rule, subject), count in most
    ]
