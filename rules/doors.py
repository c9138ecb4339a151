"""What a counter says and what it usually sees: passages between two of its words, and those of a time it could not count.

A figure that falls is one of two things, told apart by how far it fell:

- a **rollover**: counters of 16 or 32 bits begin again after their last number. The way from the old figure over the end to
  the new one is short: no more people than can have passed since the counter's last word. They are counted.
- a **restart** (power cut, new battery): it counts from zero; what it has since is counted, what passed while it was off is
  not. A restart looks like a rollover only where it comes within that short way of the last number: less than three times in
  a hundred at 16 bits. Where one of the two figures falls and the other goes on, it is one or the other by the same rule. From
  32,767 to -32,768 (a signed counter) is the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from rules.events import Value

OCCUPANCY = "occupancy"
COUNTED: tuple[str, ...] = (OCCUPANCY, "in", "out")  # what a counter says
HOUR_MS = 3_600_000
ROLLOVERS = (1 << 16, 1 << 32)
PASS_PER_S = 2.0  # people through one door
PASSAGES_OF_ONE_WORD = 100.0  # may be told at once however short the time: a counter that reports late
ROLLS_OVER_WITHIN = (
    2_000.0  # of the end, however long it was not heard: three in a hundred of the restarts at 16 bits
)
SLOTS = 48  # the hours of a working day, then those of another
DAYS_MIN = 2  # of that kind before anything is usual
DAYS_MAX = 9  # the mean is then carried on with a tenth of each new day
UNSEEN_MAX_MS = 24 * HOUR_MS  # longer, and what is usual says nothing any more
CATCH_UP_HOURS = 48  # without anybody, that are taken for empty hours
USUAL_BYTES_MAX = 5 + 3 * 9 + 5 + 2 * SLOTS * 9 + 5 + SLOTS * 9 + 9

Slot: TypeAlias = int
Slots: TypeAlias = Callable[
    [int], Slot
]  # of a moment in ms: its hour of the day, plus 24 where it is no working day


class Door(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a counter said last: people in and out since its power-up, its own count; None while it has not said."""

    at: int
    entered: float | None = None
    left: float | None = None
    own: float | None = None


class Usual(msgspec.Struct, array_like=True, gc=False):
    """What a counter usually counts in an hour of the day. ``hour`` (since 1970) is the one being counted now.

    ``behind`` is how many had passed the facility's counters altogether when somebody last passed this one.
    """

    hour: int = 0
    came: float = 0.0
    went: float = 0.0
    behind: float = 0.0
    means_in: list[float] = msgspec.field(default_factory=list)
    means_out: list[float] = msgspec.field(default_factory=list)
    days: list[int] = msgspec.field(default_factory=list)

    @property
    def of_a_day(self) -> float:
        """Passages of a working day."""
        return sum(self.means_in[:24]) + sum(self.means_out[:24])


class Around(msgspec.Struct, frozen=True, gc=False):
    """What is known beside the counters' figures.

    ``slots`` tells the hours of the day apart (None: nothing is learned of hours), ``deaf`` are counters that are not heard,
    since when; ``unheard_ms`` how long the one that now speaks was off where it has begun anew, ``away`` whether it was missed.
    """

    slots: Slots | None = None
    deaf: Mapping[str, int] = {}
    unheard_ms: int = 0
    away: bool = False


def said_by(before: Door | None, metrics: Mapping[str, Value], at: int) -> Door:
    """The counter after another word."""

    def said(metric: str, known: float | None) -> float | None:
        value = metrics.get(metric)
        return known if value is None or isinstance(value, str) else float(value)

    known = before or Door(at)
    return Door(at, said("in", known.entered), said("out", known.left), said(OCCUPANCY, known.own))


def passed(before: Door, after: Door) -> tuple[float, float, bool]:
    """Who came and went between two words of a counter, and whether it began anew between them."""
    if (
        before.entered is not None and before.left is not None
        and after.entered is not None and after.left is not None
    ):  # fmt: skip
        most = min(PASSAGES_OF_ONE_WORD + PASS_PER_S * max(after.at - before.at, 0) / 1000, ROLLS_OVER_WITHIN)
        came, went = _on(before.entered, after.entered, most), _on(before.left, after.left, most)
        if came is None or went is None:  # since power-up again
            return max(after.entered, 0.0), max(after.left, 0.0), True
        return came, went, False
    if before.own is not None and after.own is not None:
        change = after.own - before.own
        return max(change, 0.0), max(-change, 0.0), False
    return 0.0, 0.0, False


def note(usual: Usual, slots: Slots, came: float, went: float, at: int) -> None:
    """So many have passed; what is usual is carried on by the hours that are over."""
    hour = at // HOUR_MS
    if not usual.days:
        usual.means_in, usual.means_out, usual.days = [0.0] * SLOTS, [0.0] * SLOTS, [0] * SLOTS
        usual.hour = hour + 1  # the one in which it begins is no whole one
    if hour > usual.hour:
        for over in range(usual.hour, min(hour, usual.hour + CATCH_UP_HOURS)):
            _carry_on(usual, slots(over * HOUR_MS))
        usual.hour = hour
    if hour == usual.hour:
        usual.came += came
        usual.went += went


def pass_over(usual: Usual, at: int) -> None:
    """It could not count until ``at``: those hours are no usual ones."""
    usual.hour, usual.came, usual.went = at // HOUR_MS + 1, 0.0, 0.0


def expected(usual: Usual | None, slots: Slots | None, begin: int, end: int) -> tuple[float, float] | None:
    """Entries and exits that are usual in that time (ms); None where that has not been learned."""
    if usual is None or slots is None or not usual.days or end - begin > UNSEEN_MAX_MS:
        return None
    if begin >= end:
        return 0.0, 0.0
    came = went = 0.0
    for hour in range(begin // HOUR_MS, (end - 1) // HOUR_MS + 1):
        slot = slots(hour * HOUR_MS)
        if usual.days[slot] < DAYS_MIN:
            return None
        share = (min(end, (hour + 1) * HOUR_MS) - max(begin, hour * HOUR_MS)) / HOUR_MS
        came += usual.means_in[slot] * share
        went += usual.means_out[slot] * share
    return came, went


def _carry_on(usual: Usual, slot: Slot) -> None:
    days = usual.days[slot]
    weight = 1 / (days + 1)
    usual.means_in[slot] += weight * (usual.came - usual.means_in[slot])
    usual.means_out[slot] += weight * (usual.went - usual.means_out[slot])
    usual.days[slot] = min(days + 1, DAYS_MAX)
    usual.came = usual.went = 0.0


def _on(before: float, after: float, most: float) -> float | None:
    """From one figure to the next, over the end of the counter if need be; None where it has begun anew."""
    if after >= before:
        return after - before
    return next((way for end in ROLLOVERS if 0 <= (way := after - before + end) <= most), None)
