"""The figures of facilities from what the store has of their hours: read, reckoned, and written where they have changed.

A day's figures are a function of hours, corrections and settings. A truth (a person counted, the place was empty at night) puts
right what lies before it, and a late reading what lies behind: so with a day its neighbours are made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from gateway.accounts.who import EVERYTHING
from gateway.alerts.record import DAY_MS
from gateway.figures_kept.names import NAMES
from gateway.figures_kept.reading import FigureQuery, FigureStore, Point
from gateway.figures_kept.saying import Saying
from gateway.figures_kept.use import hours_between, say_day, say_hours, say_zone
from gateway.occupancy.hourly import HOUR_MS, Counted, Hour, When
from gateway.occupancy.unusual import flags
from gateway.occupancy.use import Fitted, days_of, facility_hours, zone_days_of
from gateway.occupancy.usual import WEEKS, usual_week
from gateway.operations import facility_views
from gateway.operations.facility_rooms import rooms_entered
from gateway.operations.facility_views import CORRECTIONS_READ_MAX, Facility
from gateway.store.summaries import Keeping, Series, Summary, day_of

BACK_DAYS = 7  # that a truth puts right
ON_DAYS = WEEKS * 7  # in which an hour is part of what is usual
LEAD_DAYS = ON_DAYS + 1  # read before the first day, so that it begins with what is known
AT_ONCE_DAYS = 31  # due days that are made together
DEVICES_MAX = 100  # of one facility
HALF_DAY_MS = DAY_MS // 2

Devices = Mapping[str, Sequence[Fitted]]  # of each facility


@dataclass(frozen=True, slots=True)
class Span:
    """Whole local days from ``begin`` up to ``end`` (epoch ms), read from ``lead`` on; ``until``: no hour after it is over."""

    days: tuple[tuple[int, int], ...]
    lead: int
    until: int

    @property
    def begin(self) -> int:
        """Of the first day."""
        return self.days[0][0]


class Facilities:
    """Makes their figures. ``devices`` are those of the registry now; ``now`` is hub time."""

    def __init__(
        self,
        engine: Engine,
        keeping: Keeping,
        figures: FigureStore,
        *,
        zone: ZoneInfo,
        calendar: str,
        devices: Callable[[], Devices],
    ) -> None:
        self._engine = engine
        self._keeping = keeping
        self._figures = figures
        self._zone = zone
        self._calendar = calendar
        self._devices = devices

    def make(self, due: Sequence[int], now: int) -> Iterator[int]:
        """Make the figures of those days, a facility at a time; how many points of each have changed."""
        devices = self._devices()
        span = self.span(due, now)
        for one in facility_views.facilities(self._engine, EVERYTHING).rows:
            if mine := devices.get(one.id):
                yield self._make_one(one, mine[:DEVICES_MAX], span)

    def span(self, due: Sequence[int], now: int) -> Span:
        """The days that are made again with those that are due."""
        first, last = (day_of(at, self._zone)[0] for at in (min(due), max(due)))
        today = day_of(now, self._zone)[0]
        begin = day_of(first - BACK_DAYS * DAY_MS + HALF_DAY_MS, self._zone)[0]
        end = min(day_of(last + ON_DAYS * DAY_MS + HALF_DAY_MS, self._zone)[0], max(today, last))
        days = []
        at = begin
        while at <= end:
            days.append(day_of(at, self._zone))
            at = days[-1][1]
        lead = day_of(begin - LEAD_DAYS * DAY_MS + HALF_DAY_MS, self._zone)[0]
        return Span(tuple(days), lead, at)

    def _make_one(self, one: Facility, devices: Sequence[Fitted], span: Span) -> int:
        rows = self._rows(one.id, span)
        if not rows:
            return 0
        until = min(max(row.begin for row in rows) + HOUR_MS, span.until)
        when = When(one.hours, self._zone, self._calendar)
        told = facility_views.corrections(self._engine, one.id, since=span.lead, limit=CORRECTIONS_READ_MAX)
        corrections = [Counted(each.at, each.people) for each in told if each.at < until]
        rooms = rooms_entered(self._engine, [one.id]).get(one.id, {})
        found = facility_hours(rows, devices, rooms, corrections, span.lead, until, when)
        said = Saying()
        self._say(said, one, found.whole.hours, span, when)
        for room in found.rooms:
            mine = [each for each in found.zones[room.name] if each.begin >= span.begin]
            for day in zone_days_of(room, mine, when):
                say_zone(said, one.id, room.name, day)
        return self.write_changed(said.points, span.begin)

    def _say(self, said: Saying, one: Facility, hours: Sequence[Hour], span: Span, when: When) -> None:
        judged = [each for each in flags(hours, when, since=span.begin) if each.score is not None]
        known = {each.begin for each in judged}
        unusual = {each.begin for each in judged if each.flag is not None}
        for begin, end in span.days:
            since = day_of(begin - ON_DAYS * DAY_MS + HALF_DAY_MS, self._zone)[0]
            week = usual_week(hours_between(hours, since, begin), self._zone)
            today = hours_between(hours, begin, end)
            say_hours(
                said, one.id, today, usual=week, unusual=unusual, judged=not known.isdisjoint(each.begin for each in today),
                when=when, capacity=one.capacity,
            )  # fmt: skip
            for day in days_of(today, when):
                say_day(said, one.id, day, one.capacity)

    def _rows(self, place: str, span: Span) -> list[Summary]:
        """All that its devices said: a sensor's sign of life shows that it would have seen somebody."""
        return self._keeping.kept("1h", Series(span.lead, span.until, place=place))

    def write_changed(self, points: Sequence[Point], since: int) -> int:
        """Write those that do not stand there already; how many."""
        if not points:
            return 0
        places = {one.place for one in points}
        until = max(one.at for one in points) + 1
        known = set(self._figures.read(FigureQuery(FOLDED, sorted(places), since, until)))
        changed = [one for one in points if one not in known]
        self._figures.write(changed)
        return len(changed)


FOLDED = [name for name in NAMES if name.partition(".")[0] in {"use_1h", "use_1d", "zone_1d"}]


def days_between(begin: int, end: int, zone: ZoneInfo) -> Iterable[int]:
    """The beginnings of the local days that ``begin`` ≤ time < ``end`` touches."""
    at = day_of(begin, zone)[0]
    while at < end:
        yield at
        at = day_of(at, zone)[1]
