"""How many people a facility held, hour by hour: from the counters' summaries, put right by every truth since.

The counters' figures stay as they are; the hours are reckoned anew at each question. Between two truths (a person has
counted, the place was empty at night) the counters' drift is spread over the passages (``gateway.occupancy.stretches``): so the
past is better known than it was then. Since the last truth the estimate of the rules stands (``rules.headcount``). What the
counters thought on average within an hour is shifted by as much as they are off at its end. An hour in which a counter said
nothing is not known: that is no zero. What passed meanwhile is told in the hour in which it is heard again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway.occupancy.said import Counted, Summed, When
from gateway.occupancy.stretches import Live, Mark, Stretch
from rules.doors import COUNTED, OCCUPANCY, passed
from rules.emptiness import NIGHT_MINUTES, empty_at
from rules.headcount import Headcount, correct, estimate, hear, present
from rules.local_time import local_day, moment

__all__ = ["HOUR_MS", "Counted", "Hour", "Reckoned", "Residual", "Summed", "When", "hours_of", "reckoned"]

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour: people on average and at most, None where a counter was silent; how many passed.

    ``lower`` and ``upper`` hold ``people`` in nine cases of ten; None while the band is open. ``came`` and ``went`` are as the
    counters have them, None where one was silent. ``drift``: people by which the count was put right in this hour (signed; the
    hours between two truths add up to what was off at the second); None while no truth has followed.
    """

    begin: int
    people: float | None
    peak: float | None
    passed: float
    lower: float | None = None
    upper: float | None = None
    came: float | None = None
    went: float | None = None
    drift: float | None = None


@dataclass(frozen=True, slots=True)
class Residual:
    """What was off at a truth: ``counted`` since the truth before, ``live`` by the rules; epoch ms."""

    at: int
    people: int
    counted: float
    live: float
    by_night: bool


@dataclass(frozen=True, slots=True)
class Reckoned:
    """The hours, and what was off at each truth among them."""

    hours: list[Hour]
    residuals: list[Residual]


Metrics = Mapping[str, Summed]


def hours_of(
    rows: Iterable[Summed],
    counters: Sequence[str],
    corrections: Sequence[Counted],
    begin: int,
    end: int,
    when: When,
) -> list[Hour]:
    """The hours from ``begin`` up to, not including, ``end`` (epoch ms, whole hours). Without a counter none is known."""
    return reckoned(rows, counters, corrections, begin, end, when).hours


def reckoned(
    rows: Iterable[Summed],
    counters: Sequence[str],
    corrections: Sequence[Counted],
    begin: int,
    end: int,
    when: When,
) -> Reckoned:
    """The same, and what was off at each truth."""
    by_hour: dict[int, dict[str, dict[str, Summed]]] = {}
    known = frozenset(counters)
    for row in rows:
        if row.device in known and row.metric in COUNTED:
            by_hour.setdefault(row.begin, {}).setdefault(row.device, {})[row.metric] = row
    told = sorted((one for one in corrections if one.at < end), key=lambda one: one.at)
    reckoning, at_next = _Reckoning(tuple(counters), when), 0
    for hour in range(begin, end, HOUR_MS):
        first = at_next
        while at_next < len(told) and told[at_next].at < hour + HOUR_MS:
            at_next += 1
        reckoning.hour(hour, by_hour.get(hour, {}), told[first:at_next])
    return reckoning.done()


@dataclass(slots=True)
class _Open:
    """An hour whose stretches may still be open."""

    begin: int
    said: Mapping[str, Metrics]
    whole: bool
    again: bool
    came: float
    went: float
    marks: list[tuple[Mark, Mark]]


class _Reckoning:
    """Goes from hour to hour with the rules' own estimate, and puts right what lies between two truths."""

    def __init__(self, counters: tuple[str, ...], when: When) -> None:
        self._counters, self._when = counters, when
        self._count = Headcount()
        self._stretch = Stretch(None)
        self._hours: list[_Open] = []
        self._residuals: list[Residual] = []
        self._dark: set[str] = set()  # counters that are silent, and before which a truth was told meanwhile
        self._silent: set[str] = set()
        self._night: int | None = None  # the end of the last closed night; asked for once a day
        self._asked_at = self._ask_again_at = 0

    def hour(self, begin: int, said: Mapping[str, Metrics], told: Sequence[Counted]) -> None:
        """Read an hour: what the counters said last in it, and who has counted in it."""
        count, end = self._count, begin + HOUR_MS
        night = self._empty(begin)
        if night is not None and night > max(count.moved_at, count.since) and count.doors:
            self._truth(0, night, by_night=True)
            correct(count, 0, night, command="")
        first = self._mark(begin)
        came, went, again = self._hear(said)
        if again:
            first = self._breaks(begin, came, went)
        self._silent = {device for device in self._counters if device not in said}
        marks, spent = [], 0.0
        for one in told:
            share = max(_share(one.at - begin, said), spent)
            self._goes_on(came, went, share - spent)
            marks.append((first, self._mark(end)))
            self._truth(one.people, one.at, by_night=False)
            left = (1 - share) * (came - went)
            correct(count, max(round(one.people + left), 0), max(one.at, begin), command="")
            first, spent = self._mark(end), share
        self._goes_on(came, went, 1 - spent)
        marks.append((first, self._mark(end)))
        whole = bool(self._counters) and not self._silent
        self._hours.append(_Open(begin, said, whole, again, came, went, marks))

    def done(self) -> Reckoned:
        """The stretch that no truth has ended stands as the rules have it."""
        self._stretch.breaks()
        return Reckoned([_closed(one) for one in self._hours], self._residuals)

    def _hear(self, said: Mapping[str, Metrics]) -> tuple[float, float, bool]:
        """Who came and went, and whether the stretch breaks: what passed is not known, or a counter is new."""
        count, came, went, breaks = self._count, 0.0, 0.0, False
        for device in sorted(said):
            at = max(one.last_at for one in said[device].values())
            metrics = {name: one.last for name, one in said[device].items()}
            before, since, live = count.doors.get(device), count.since, present(count, empty_at=None)
            hear(count, device, metrics, at, empty_at=self._empty(at))
            if count.since != since:  # a night that ended within the hour
                self._truth(0, count.since, by_night=True, live=live)
            breaks = breaks or before is None or device in self._dark
            self._dark.discard(device)
            if before is not None:
                entered, left, again = passed(before, count.doors[device])
                came, went, breaks = came + entered, went + left, breaks or again
        return came, went, breaks

    def _truth(self, people: int, at: int, *, by_night: bool, live: float | None = None) -> None:
        """The number is known: what lies between the truth before and this one is put right."""
        if self._silent:  # who passed there since is not known
            self._stretch.breaks()
            self._dark |= self._silent
        else:
            off = self._stretch.residual(people)
            if off is not None:
                said = present(self._count, empty_at=None) if live is None else live
                self._residuals.append(Residual(at, people, people - off, said, by_night))
            self._stretch.ends(people, self._count.drift)
        self._stretch = Stretch(float(people))

    def _breaks(self, at: int, came: float, went: float) -> Mark:
        """What passed is not known: reckon onwards from before, and backwards from what is known next."""
        count = self._count
        self._stretch.breaks()
        if count.blind or count.since:
            self._stretch = Stretch(None)
        else:  # the counters' own counts were taken over
            self._stretch = Stretch(
                max(count.people - came + went, 0.0), max(count.passages - came - went, 0.0)
            )
        return self._mark(at)

    def _goes_on(self, came: float, went: float, share: float) -> None:
        self._stretch.goes_on(came * share, went * share)

    def _mark(self, at: int) -> Mark:
        empty = self._empty(at)
        found = estimate(self._count, empty_at=empty, whole=True)
        shut = found.upper is not None
        live = Live(
            present(self._count, empty_at=empty),
            float(found.lower) if shut else None,
            found.upper and float(found.upper),
        )
        return self._stretch.mark(live)

    def _empty(self, at: int) -> int | None:
        count, when = self._count, self._when
        if not self._asked_at <= at < self._ask_again_at:
            self._asked_at, self._ask_again_at = at, _next_morning(at, when)
            self._night = empty_at(0, at, when.hours, when.zone, when.calendar)  # whoever passed in it
        night, known = self._night, max(count.moved_at, count.since)
        if night is None or known >= night:
            return None
        return empty_at(known, at, when.hours, when.zone, when.calendar)


def _closed(one: _Open) -> Hour:
    """The hour as it is now known."""
    passed_by = one.came + one.went
    if not one.whole:
        return Hour(one.begin, None, None, passed_by)
    before, after = one.marks[0][0], one.marks[-1][1]
    people, peak = _within({} if one.again else one.said, before.people, after.people)
    below, above = (
        _widest([mark for pair in one.marks for mark in pair], above=side) for side in (False, True)
    )
    put_right = [
        end.put_right - begin.put_right
        for begin, end in one.marks
        if end.put_right is not None and begin.put_right is not None
    ]
    shut = below is not None and above is not None
    return Hour(
        one.begin,
        people,
        peak,
        passed_by,
        lower=max(people - below, 0.0) if shut and below is not None else None,
        upper=people + above if shut and above is not None else None,
        came=one.came,
        went=one.went,
        drift=sum(put_right) if put_right else None,
    )


def _widest(marks: Sequence[Mark], *, above: bool) -> float | None:
    """How far the band reaches above or below at its widest; None where it is open at a moment."""
    found = 0.0
    for one in marks:
        if one.lower is None or one.upper is None:
            return None
        found = max(found, one.upper - one.people if above else one.people - one.lower)
    return found


def _within(said: Mapping[str, Metrics], before: float, after: float) -> tuple[float, float]:
    own = [metrics[OCCUPANCY] for metrics in said.values() if OCCUPANCY in metrics]
    if not own or len(own) < len(said):  # a counter without a count of its own, or one that began anew
        return (before + after) / 2, max(before, after)
    off = after - sum(one.last for one in own)
    mean = max(sum(one.mean for one in own) + off, 0.0)
    # Doors have their most at different times: of several, the most of the whole is only known at the hour's ends.
    return mean, max(own[0].max + off if len(own) == 1 else 0.0, before, after, mean)


def _share(passed_ms: int, said: Mapping[str, Metrics]) -> float:
    """Of what passed in an hour, the part before that many ms of it; everything where the counters had fallen silent."""
    last = max((one.last_at - one.begin for metrics in said.values() for one in metrics.values()), default=0)
    return 1.0 if passed_ms >= last or last <= 0 else max(passed_ms, 0) / last


def _next_morning(at: int, when: When) -> int:
    """When the next night ends."""
    today = local_day(at, when.zone)
    end = moment(today, NIGHT_MINUTES[1], when.zone)
    return end if at < end else moment(today + timedelta(days=1), NIGHT_MINUTES[1], when.zone)
