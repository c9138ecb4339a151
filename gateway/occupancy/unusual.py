"""When more people come to a facility than usual, or fewer: from what its counters have said, hour by hour or finer.

Theory of operation
-------------------
What is on in a house shows in how many come together. So the arrivals of a slot, and of the last hour (two slots at least), are
held against what is usual then: the mean of the middle half of what came at that time of day on days of the same kind
(working days, or weekends and holidays) within four weeks. Neither an event nor a closed day among them counts, and the level
may drift. A day that is busy as a whole raises it. The score is minus the decimal logarithm of the chance of so many (or so
few) by a negative binomial: 3 is one in a thousand. Who came together often leaves together: half of the best score of those
who leave within the next three hours, reckoned likewise, is added. Where the score passes the threshold the slot is flagged;
flags with no more than an hour between them are one run.

Causal: what is usual, and the score by arrivals, rest on nothing later. The rest of the score waits ``LEAVE_MS`` and can only
add to it: a flag may come so much later, and never goes again. What is not known (a counter was silent) is never flagged and
teaches nothing; nor are there "fewer" people where nobody passed at all, for then the counter may be dead. Nothing is said
before ``DAYS_MIN`` days of the kind are known.

With a ``programme``, what comes every week at the same time (the choir on Tuesdays) is usual too, from its third time on.
Measured on a real entrance: ``bench/calit2.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log10, sqrt
from typing import Literal, TypeAlias

from gateway.occupancy.chance import fewer_by_chance, more_by_chance
from gateway.occupancy.custom import Slot, Usual, Ways, by_day, usual_day
from gateway.occupancy.hourly import HOUR_MS, When

Direction: TypeAlias = Literal["more", "fewer"]

# The smallest threshold, in tenths, with at most one run a week of more people outside the listed events in the first seven
# weeks of UCI CalIt2 (bench/calit2.py finds it again). Its slots are half hours.
UNUSUAL_AT, UNUSUAL_SLOT_MS = 3.0, HOUR_MS // 2

FILL_MS = HOUR_MS
LEAVE_MS, LEAVE_SHARE, LEAVE_MAX = 3 * HOUR_MS, 0.5, 3.0
PER_HOUR_MIN = 3.0  # taken to be usual where fewer are: a handful of people at night is no event
DAY_WEIGHT = 100.0  # arrivals after which half of it is believed that a day is busy as a whole: days differ by a seventh
BUSY_MAX = 2.0
CLEAR = 2.0  # standard deviations above what is usual; what is beyond says nothing of the day as a whole
EXPECTED_MIN = 0.05


@dataclass(frozen=True, slots=True)
class Flag:
    """A slot judged: what is usual (arrivals), the score (above zero: more, below: fewer), both None where not yet known.

    ``silent``: nobody passed lately, in or out (within the hour, or two slots).
    """

    begin: int
    came: float | None
    expected: float | None
    score: float | None
    silent: bool
    flag: Direction | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Slots of one flag, ``begin`` up to ``end`` (epoch ms): the strongest score, who came and who usually does."""

    begin: int
    end: int
    direction: Direction
    strength: float
    came: float
    expected: float


def flags(hours: Sequence[Slot], when: When, *, slot_ms: int = HOUR_MS, since: int = 0) -> list[Flag]:
    """The hours of a facility of the hub from ``since`` (epoch ms) on, judged by those before them; it has a weekly programme.

    Give ``hours`` in order, with four weeks before ``since``. Ask again for the last ``LEAVE_MS``: flags may have come.
    """
    ways = Ways(when.zone, when.calendar, slot_ms, programme=True)
    scored = scores(hours, ways, since=since - FILL_MS - slot_ms)
    return [one for one in mark(scored, slot_ms=slot_ms) if one.begin >= since]


def scores(slots: Iterable[Slot], ways: Ways, *, since: int = 0) -> list[Flag]:
    """Each slot's score, not flagged yet, from the local day of ``since`` on. ``slots`` in order; what is missing is a gap.

    In ``hindsight`` the first days are judged as well, by the days that followed: for looking back, never for a living hub.
    """
    slots = list(slots)
    arrivals = _one_way(slots, ways, since)
    leaving = _one_way([_Reversed(one.begin, came=one.went, went=one.came) for one in slots], ways, since)
    return [_joined(arrivals, leaving, at) for at in range(len(arrivals))]


def unusual_at(slot_ms: int) -> float:
    """The threshold for slots of that length: who looks half as often is mistaken half as often."""
    return UNUSUAL_AT - log10(slot_ms / UNUSUAL_SLOT_MS)


def mark(scored: Sequence[Flag], *, slot_ms: int = HOUR_MS, threshold: float | None = None) -> list[Flag]:
    """The same with flags, and with those between two flags of one direction at most ``FILL_MS`` apart.

    The threshold is ``unusual_at`` unless another is asked for.
    """
    threshold = unusual_at(slot_ms) if threshold is None else threshold
    told = [_direction(one, threshold) for one in scored]
    last = -1  # the last flag
    for at, direction in enumerate(told):
        if direction is None:
            continue
        if last >= 0 and told[last] == direction and _unbroken(scored, last, at, slot_ms):
            told[last + 1 : at] = [direction] * (at - last - 1)
        last = at
    return [replace(one, flag=direction) for one, direction in zip(scored, told, strict=True)]


def runs(flagged: Iterable[Flag], *, slot_ms: int = HOUR_MS) -> list[Run]:
    """Flags that follow one another, as one."""
    together: list[list[Flag]] = []
    for one in flagged:
        if one.flag is None:
            continue
        before = together[-1][-1] if together else None
        if before is not None and before.flag == one.flag and one.begin - before.begin == slot_ms:
            together[-1].append(one)
        else:
            together.append([one])
    return [_run(several, slot_ms) for several in together]


def _run(several: Sequence[Flag], slot_ms: int) -> Run:
    return Run(
        several[0].begin,
        several[-1].begin + slot_ms,
        several[0].flag or "more",
        max(abs(one.score or 0.0) for one in several),
        sum(one.came or 0.0 for one in several),
        sum(one.expected or 0.0 for one in several),
    )


def _direction(one: Flag, threshold: float) -> Direction | None:
    if one.score is None:
        return None
    if one.score >= threshold:
        return "more"
    return "fewer" if one.score <= -threshold and not one.silent else None


def _unbroken(scored: Sequence[Flag], first: int, last: int, slot_ms: int) -> bool:
    """Whether at most ``FILL_MS`` lie between two slots, all of them known."""
    between = scored[last].begin - scored[first].begin - slot_ms
    whole = between == (last - first - 1) * slot_ms
    return between <= FILL_MS and whole and all(one.score is not None for one in scored[first:last])


@dataclass(frozen=True, slots=True)
class _Reversed:
    """A slot in which who left is taken for who came."""

    begin: int
    came: float | None
    went: float | None


def _one_way(slots: Iterable[Slot], ways: Ways, since: int) -> list[Flag]:
    """Each slot's score by arrivals alone."""
    days = by_day(slots, ways.zone)
    found: list[Flag] = []
    for day in sorted(days):
        if days[day][-1][1].begin >= since:
            found += _judge_day(days[day], usual_day(days, day, ways), ways.slot_ms)
    return found


def _joined(arrivals: Sequence[Flag], leaving: Sequence[Flag], at: int) -> Flag:
    """The score by arrivals, with the best one of those who leave until ``LEAVE_MS`` later."""
    one, best, later = arrivals[at], 0.0, at + 1
    if one.score is None or one.score < 0:
        return one
    while later < len(leaving) and leaving[later].begin <= one.begin + LEAVE_MS:
        best = max(best, leaving[later].score or 0.0)
        later += 1
    return replace(one, score=one.score + LEAVE_SHARE * min(best, LEAVE_MAX))


def _judge_day(slots: Sequence[tuple[int, Slot]], custom: Mapping[int, Usual], slot_ms: int) -> list[Flag]:
    """The slots of a local day. How busy it is as a whole is what was said of it before the window."""
    many = max(HOUR_MS // slot_ms, 2)
    found: list[Flag] = []
    for at, (minute, one) in enumerate(slots):
        usual = custom.get(minute)
        if one.came is None or usual is None:
            found.append(Flag(one.begin, one.came, None, None, silent=False))
            continue
        level = _level(slots[: max(at + 1 - many, 0)], custom)
        window = _window(slots[max(at + 1 - many, 0) : at + 1], custom, many, slot_ms)
        alone = [(one, usual)]
        more = max(_more(alone, level, slot_ms), _more(window, level, slot_ms))
        fewer = _fewer(window)
        silent = not any((slot.came or 0) + (slot.went or 0) for slot, _ in window)
        found.append(Flag(one.begin, one.came, usual.high * level, more if more >= fewer else -fewer, silent))
    return found


def _more(window: Sequence[tuple[Slot, Usual]], level: float, slot_ms: int) -> float:
    came = sum(slot.came or 0.0 for slot, _ in window)
    expected = level * sum(usual.high for _, usual in window)
    least = PER_HOUR_MIN * len(window) * slot_ms / HOUR_MS
    return more_by_chance(round(came), max(expected, least), window[0][1].dispersion)


def _fewer(window: Sequence[tuple[Slot, Usual]]) -> float:
    came = sum(slot.came or 0.0 for slot, _ in window)
    expected = max(sum(usual.low for _, usual in window), EXPECTED_MIN)
    return fewer_by_chance(round(came), expected, window[0][1].dispersion)


def _window(
    slots: Sequence[tuple[int, Slot]], custom: Mapping[int, Usual], many: int, slot_ms: int
) -> list[tuple[Slot, Usual]]:
    """The last ``many`` slots, or as many of them as are known up to the last without a gap."""
    found: list[tuple[Slot, Usual]] = []
    for minute, one in reversed(slots[-many:]):
        if one.came is None or minute not in custom or (found and found[-1][0].begin - one.begin != slot_ms):
            break
        found.append((one, custom[minute]))
    return found


def _level(slots: Sequence[tuple[int, Slot]], custom: Mapping[int, Usual]) -> float:
    """How much busier a day is than usual, 1 to ``BUSY_MAX``, by its slots so far; bursts are cut off."""
    came = expected = DAY_WEIGHT
    for minute, one in slots:
        usual = custom.get(minute)
        if one.came is not None and usual is not None:
            came += min(one.came, usual.high + CLEAR * sqrt(usual.dispersion * usual.high + 1))
            expected += usual.high
    return min(max(came / expected, 1.0), BUSY_MAX)
