"""What is usual for a person: how long it is quiet at home at which hour, and how late they come home.

Theory of operation
-------------------
A quiet is the time between two activities at home; an outing is none. Those of an hour or more are kept for the last three
weeks on which anything was seen, each with its day, the time of day it began, its length, and whether a bed or a seat was
held through it: sleep, television and the rest have different lengths and are never compared.

A quiet that goes on is compared with those that began around the same time of day, and with those that were going on at
this time of day. Both say what it is: after supper, three hours are odd if evenings are lively, however long the nights;
at five in the morning they are sleep, however short the quiet after yesterday's three o'clock visit to the bathroom. It
is out of the ordinary when it is longer than either, by a factor and a margin. Of each day the longest counts, and of the
days the second longest: one odd day changes nothing.

A night is told from a day by when the person is usually up: the end of the long quiets of the night, on four mornings of
five no later. Nights are quiet for long or in pieces, as it comes, and neither says anything before that time.

That nothing was quiet for long at an hour says something only if the person was at home then. So the hours with any
activity are kept as well: the fewer days speak, the larger the margin, and where fewer than three do, a fixed time counts.

Times are kept in units of ten minutes, lengths rounded down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from rules.presence import Posture, Presence, posture, where

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

UNIT_MS = 600_000
DAY_UNITS = 144
LONG_MS = 3_600_000  # shorter quiets are everybody's and not kept
LEARNING_DAYS = 4  # days with something learned, before anything is said to be usual
DAYS_KEPT = 21
SPEAK_DAYS = 3  # fewer days do not say what is usual at an hour
SPARSE_MS = 3_600_000  # divided by the days that speak: what the margin is larger by
UNKNOWN_MS = 9_000_000  # ... and two and a half hours are odd: by day no real home was quiet for so long
QUIETS_A_DAY = 8  # the longest; who is quiet more often than that has no longest
AROUND_UNITS = 6  # an hour to either side is the same time of day
RETURNS_KEPT = 14
RETURNS_DAYS = 28  # late homecomings longer ago count no more
EVENING_UNITS = 120  # nobody's night begins before 20:00
NIGHT_ENDS_UNITS = 36  # .. and no quiet of it after 06:00
UP_FROM_UNITS = 18  # who is up before 03:00 is up at night
NIGHTS_KNOWN = 4  # fewer do not say when a person is up
MANY_NIGHTS = 8
FEW_NIGHTS_MINUTES = 120  # divided by the nights that are known
UP_SHARE = 0.8  # of the mornings
BEFORE_UP_MINUTES = 40  # who is seen so long before the usual time has got up, only earlier than usual
BEFORE_DOWN_MINUTES = 45
LATE_UNITS = 48  # a return counts as late from 20:00 ..
NIGHT_UNITS = 96  # .. to 04:00, in units after noon
BYTES_MAX = 255  # a byte holds no more
HABIT_BYTES_MAX = 4 * DAYS_KEPT * QUIETS_A_DAY + 4 * DAYS_KEPT + 2 * RETURNS_KEPT + 12

_POSTURES: dict[Posture, int] = {"up": 0, "seat": 1, "bed": 2}


class Habit(msgspec.Struct, array_like=True, gc=False):
    """``quiets``: four bytes each (day, begin, length, posture), oldest first; ``returns``: two each (day, time).

    Days are local days, modulo 256. ``begin`` counts from midnight, the time of a return from noon. ``hours``: four bytes
    a day, the day and a bit for each of its hours with activity; ``hour_at``: when the hour noted last ends (ms).
    """

    quiets: bytes = b""
    returns: bytes = b""
    hours: bytes = b""
    hour_at: int = 0


@dataclass(frozen=True, slots=True)
class Allowance:
    """How long a quiet may last before it is out of the ordinary, and the longest that is usual (ms).

    ``up_ms``: of a quiet of the night, how long after its beginning the person is usually up; 0 of another.
    """

    limit_ms: int
    usual_ms: int
    up_ms: int = 0


def note(habit: Habit, presence: Presence, at: int, zone: ZoneInfo, *, inside: bool) -> None:
    """Somebody is active at ``at``, and ``presence`` does not know it yet: learn from the quiet, or the outing, that ends.

    To be called when an hour has ended (``habit.hour_at``) or a long quiet does; nothing is lost by calling it more often.
    """
    if inside and at >= habit.hour_at:
        _note_hour(habit, at, zone)
    since = presence.active_at
    if not since or presence.doubt or at - since < LONG_MS:
        return
    place = where(presence, at)
    if place == "in":
        _note_quiet(habit, since, at - since, _POSTURES[posture(presence)], zone)
    elif place == "presumed_out":
        _note_return(habit, at, zone)


def is_learned(habit: Habit) -> bool:
    """Whether enough days have been seen to say what is usual, and enough nights, or twice as many days that have none."""
    days = len(habit.hours) // 4
    return days > 2 * LEARNING_DAYS or (days > LEARNING_DAYS and night(habit) is not None)


def allowance(
    habit: Habit,
    held: Posture,
    since: int,
    zone: ZoneInfo,
    *,
    factor: float,
    margin_ms: int,
    floor_ms: int,
    ceiling_ms: int,
    night_ms: int,
) -> Allowance | None:
    """How long the quiet that began at ``since`` may last, with that posture; None while nothing is learned.

    The first length from ``floor_ms`` on that exceeds ``factor`` times what is usual by ``margin_ms``; at most ``ceiling_ms``.
    One that began at night, where no bed tells, may last until ``night_ms`` after the usual time of getting up instead.
    """
    if not is_learned(habit):
        return None
    known = np.frombuffer(habit.quiets, np.uint8).reshape(-1, 4)
    known = known[known[:, 3] == _POSTURES[held]].astype(np.int64)
    begins, lengths = known[:, 1], known[:, 2]
    days = np.flatnonzero(np.diff(known[:, 0], prepend=-1))  # each day's first: they stand in order
    start = _unit_of_day(since, zone)
    shortest = -(-floor_ms // UNIT_MS)
    quiet = np.arange(shortest, max(shortest, ceiling_ms // UNIT_MS) + 1)  # all that may be the limit
    apart = np.abs(begins - start)
    begun = np.where(np.minimum(apart, DAY_UNITS - apart) <= AROUND_UNITS, lengths, 0)
    # How long each had lasted within the hour around now, for every possible now.
    opens = (start + quiet[:, None] - AROUND_UNITS - begins) % DAY_UNITS
    closes = opens + 2 * AROUND_UNITS
    going = np.where(opens < lengths, np.minimum(lengths, closes), np.minimum(lengths, closes - DAY_UNITS))
    seen = _days_seen(habit)
    usual, limit = _limit(begun[None, :], days, seen[[start // 6]], factor, margin_ms)
    usual_now, limit_now = _limit(going, days, seen[(start + quiet) % DAY_UNITS // 6], factor, margin_ms)
    odd = np.flatnonzero(quiet * UNIT_MS >= np.maximum(limit, limit_now))
    at = int(odd[0]) if len(odd) else len(quiet) - 1
    limit_ms = min(int(quiet[at]) * UNIT_MS, ceiling_ms) if len(odd) else ceiling_ms
    night_left = _night_left_ms(habit, since, zone) if held == "up" and not _lies_in_sight(habit) else None
    if night_left is not None:
        limit_ms = max(night_left + night_ms, floor_ms)
    return Allowance(limit_ms, int(max(usual[0], usual_now[at])) * UNIT_MS, night_left or 0)


def night(habit: Habit) -> tuple[int, int] | None:
    """When the person usually lies down and is up again, in minutes of the day; None while too few nights are known.

    The long quiets of a night begin after 20:00 and before 06:00; on a quarter of the days the first begins no later, on four
    of five the last has ended. Of few nights the latest counts, and the fewer they are, the later that is taken to be.
    """
    begins: dict[int, int] = {}
    ups: dict[int, int] = {}
    for at in range(0, len(habit.quiets), 4):
        day, begin, length, _ = habit.quiets[at : at + 4]
        end = begin + length + 1  # lengths are rounded down
        if begin >= EVENING_UNITS:
            begins[day] = min(begins.get(day, begin), begin)
            day, end = (day + 1) % 256, end - DAY_UNITS
        elif begin >= NIGHT_ENDS_UNITS:
            continue
        if end >= UP_FROM_UNITS:
            ups[day] = max(ups.get(day, 0), end)
    if len(ups) < NIGHTS_KNOWN:
        return None
    lain = sorted(begins.values())
    down = lain[(len(lain) - 1) // 4] if lain else DAY_UNITS
    mornings = sorted(ups.values())
    latest = -1 if len(ups) < MANY_NIGHTS else int(UP_SHARE * (len(ups) - 1) + 0.5)
    up = mornings[latest] * 10
    return down * 10, up + FEW_NIGHTS_MINUTES // len(ups)


def home_minute(habit: Habit, at: int, zone: ZoneInfo) -> int | None:
    """By which minute after midnight this person is usually home (over 1440: the next day); None if never out late."""
    today = _ordinal(at, zone)
    late = sorted(
        time
        for day, time in zip(habit.returns[::2], habit.returns[1::2], strict=True)
        if (today - day) % 256 <= RETURNS_DAYS
    )
    return (DAY_UNITS // 2 + late[-2]) * 10 if len(late) > 1 else None


def _lies_in_sight(habit: Habit) -> bool:
    """Whether a bed's sensor tells: then who is up at night is up."""
    return _POSTURES["bed"] in habit.quiets[3::4]


def _night_left_ms(habit: Habit, since: int, zone: ZoneInfo) -> int | None:
    """From ``since`` to the time of usually being up, if it is of the night."""
    known = night(habit)
    if known is None:
        return None
    down, up = known
    local = _local(since, zone)
    minute = local.hour * 60 + local.minute
    if up - BEFORE_UP_MINUTES < minute < down - BEFORE_DOWN_MINUTES:
        return None
    return (up - minute if minute < up else up - minute + DAY_UNITS * 10) * 60_000


def _note_quiet(habit: Habit, since: int, length_ms: int, held: int, zone: ZoneInfo) -> None:
    day = _ordinal(since, zone) % 256
    new = bytes((day, _unit_of_day(since, zone), min(length_ms // UNIT_MS, BYTES_MAX), held))
    kept = [habit.quiets[i : i + 4] for i in range(0, len(habit.quiets), 4)] + [new]
    of_day = [quiet for quiet in kept if quiet[0] == day]
    if len(of_day) > QUIETS_A_DAY:
        kept.remove(min(of_day, key=lambda quiet: quiet[2]))
    if len({quiet[0] for quiet in kept}) > DAYS_KEPT:
        kept = [quiet for quiet in kept if quiet[0] != kept[0][0]]
    habit.quiets = b"".join(kept)


def _note_return(habit: Habit, at: int, zone: ZoneInfo) -> None:
    noon = at - DAY_UNITS // 2 * UNIT_MS
    units = _unit_of_day(noon, zone)
    if LATE_UNITS <= units <= NIGHT_UNITS:
        day = _ordinal(noon, zone) % 256
        before = habit.returns[:-2] if habit.returns[-2:-1] == bytes((day,)) else habit.returns
        habit.returns = (before + bytes((day, units)))[-2 * RETURNS_KEPT :]


def _note_hour(habit: Habit, at: int, zone: ZoneInfo) -> None:
    local = _local(at, zone)
    habit.hour_at = at - (local.minute * 60 + local.second) * 1000 - at % 1000 + 3_600_000
    day = local.toordinal() % 256
    before, seen = habit.hours, 1 << local.hour
    if before[-4:-3] == bytes((day,)):
        seen |= int.from_bytes(before[-3:])
        before = before[:-4]
    habit.hours = (before + bytes((day,)) + seen.to_bytes(3))[-4 * DAYS_KEPT :]


def _days_seen(habit: Habit) -> NDArray[np.int64]:
    """For each hour of the day: on how many days somebody was active within the hour before or after it, or in it."""
    seen = np.frombuffer(habit.hours, np.uint8).reshape(-1, 4)[:, 1:]
    hours = np.unpackbits(seen, axis=1)[:, ::-1]  # the last bit is midnight's
    around = hours | np.roll(hours, 1, axis=1) | np.roll(hours, -1, axis=1)
    return np.asarray(around.sum(axis=0), np.int64)


def _limit(
    lasted: NDArray[np.int64],
    days: NDArray[np.intp],
    seen: NDArray[np.int64],
    factor: float,
    margin_ms: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each row of ``lasted``: what is usual (units), and from how long on a quiet is odd (ms)."""
    if len(days) > 1:
        of_days = np.maximum.reduceat(lasted, days, axis=1)
        usual = np.partition(of_days, -2, axis=1)[:, -2]
        speak = np.maximum((of_days > 0).sum(axis=1), seen)
    else:  # one day's longest has no second
        usual, speak = np.zeros(len(lasted), np.int64), seen
    limit = factor * usual * UNIT_MS + margin_ms + SPARSE_MS / np.maximum(speak, 1)
    return usual, np.where(speak < SPEAK_DAYS, np.maximum(limit, UNKNOWN_MS), limit)


def _unit_of_day(at: int, zone: ZoneInfo) -> int:
    local = _local(at, zone)
    return (local.hour * 60 + local.minute) // 10


def _ordinal(at: int, zone: ZoneInfo) -> int:
    return _local(at, zone).toordinal()


def _local(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(zone)
