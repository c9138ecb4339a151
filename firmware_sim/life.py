"""An elder's days: when they sleep, are at home, are out, and what the sensors of the home feel of it.

Assumed habits, not measured ones: up between 06:00 and 08:00, one or two toilet visits at night, a nap after
lunch on most days, up to three outings, to bed after 21:10. Somebody awake at home moves every 2 to 15 minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Literal

from firmware_sim.chance import dice
from firmware_sim.daytime import HOUR, MINUTE, SECOND, days_touching, midnight_ms
from firmware_sim.places import Home
from firmware_sim.script import Stimulus

BATH_SHARE = 0.12
NAP_CHANCE = 0.7
SECOND_TOILET_VISIT_CHANCE = 0.5
LIVING_ROOM_SHARE = 0.7

# outing: (earliest and latest start, shortest and longest stay, chance), minutes of the day; never overlapping
OUTINGS = (
    (8 * 60 + 15, 10 * 60, 25, 150, 0.8),
    (14 * 60 + 40, 16 * 60 + 30, 30, 100, 0.5),
    (18 * 60 + 45, 19 * 60 + 30, 20, 50, 0.6),
)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of life, [start_ms, end_ms)."""

    doing: Literal["asleep", "home", "out"]
    start_ms: int
    end_ms: int


def spans(home: Home, day: date, *, seed: int) -> list[Span]:
    """The local day of that home, midnight to midnight, without gaps."""
    habits, draw, midnight = dice(seed, home.home, "habits"), dice(seed, home.home, day), midnight_ms(day)
    usual_rise, usual_bed = habits.randint(380, 460), habits.randint(1285, 1350)
    rise = midnight + (usual_rise + draw.randint(-20, 20)) * MINUTE
    bed = midnight + (usual_bed + draw.randint(-15, 15)) * MINUTE
    away: list[Span] = []
    for earliest, latest, shortest, longest, chance in OUTINGS:
        if draw.random() < chance:
            start = midnight + draw.randint(earliest * 60, latest * 60) * SECOND
            away.append(Span("out", start, start + draw.randint(shortest * 60, longest * 60) * SECOND))
    if draw.random() < NAP_CHANCE:
        start = midnight + draw.randint(12 * 60 + 45, 13 * 60 + 10) * MINUTE
        away.append(Span("asleep", start, start + draw.randint(35, 75) * MINUTE))
    day_spans = [Span("asleep", midnight, rise)]
    for span in sorted(away, key=lambda each: each.start_ms):
        day_spans += [Span("home", day_spans[-1].end_ms, span.start_ms), span]
    day_spans.append(Span("home", day_spans[-1].end_ms, bed))
    day_spans.append(Span("asleep", bed, midnight + 24 * HOUR))
    return day_spans


def usual_life(home: Home, from_ms: int, to_ms: int, *, seed: int) -> list[Stimulus]:
    """What the home's sensors feel in [from_ms, to_ms) when nothing goes wrong, in time order."""
    felt = [
        stimulus
        for day in days_touching(from_ms, to_ms)
        for stimulus in _Day(home, day, seed).lived()
        if from_ms <= stimulus.at_ms < to_ms
    ]
    return sorted(felt, key=lambda each: each.at_ms)


class _Day:
    """One home's day, turned from spans into stimuli."""

    def __init__(self, home: Home, day: date, seed: int) -> None:
        self._home = home.home
        self._radar, self._bath = home.has("radar"), home.has("pir-bath")
        self._spans = spans(home, day, seed=seed)
        self._draw: Random = dice(seed, home.home, day, "moves")

    def lived(self) -> Iterator[Stimulus]:
        rise, bed = self._spans[0].end_ms, self._spans[-1].start_ms
        yield from self._night(rise)
        yield self._at(rise + self._draw.randint(60, 400) * SECOND, "pendant", "wear")
        for span in self._spans:
            if span.doing == "home":
                yield from self._at_home(span)
            elif span.doing == "out":
                yield from self._out(span)
        yield self._at(bed, "pendant", "doff")

    def _night(self, rise: int) -> Iterator[Stimulus]:
        if self._draw.random() < SECOND_TOILET_VISIT_CHANCE:
            yield from self._toilet(rise - self._draw.randint(290, 380) * MINUTE)
        yield from self._toilet(rise - self._draw.randint(80, 200) * MINUTE)

    def _toilet(self, at: int) -> Iterator[Stimulus]:
        yield self._at(at, "pir-bed", "motion")
        yield from self._bathroom(at + 20 * SECOND, at + self._draw.randint(180, 500) * SECOND)
        yield self._at(at + 520 * SECOND, "pir-bed", "motion")

    def _at_home(self, span: Span) -> Iterator[Stimulus]:
        now, last_visit = span.start_ms + self._draw.randint(5, 40) * SECOND, span.start_ms - HOUR
        end = span.end_ms - 3 * MINUTE
        while now < end:
            if now - last_visit >= HOUR and now + 12 * MINUTE < end and self._draw.random() < BATH_SHARE:
                last_visit, out = now, now + self._draw.randint(120, 600) * SECOND
                yield from self._bathroom(now, out)
                now = out + 30 * SECOND
            else:
                room = "pir-living" if self._draw.random() < LIVING_ROOM_SHARE else "pir-bed"
                yield self._at(now, room, "motion")
                now += self._draw.randint(120, 900) * SECOND

    def _bathroom(self, enter: int, leave: int) -> Iterator[Stimulus]:
        if self._radar:
            yield self._at(enter + 4 * SECOND, "radar", "enter")
            yield self._at(leave, "radar", "leave")
        if self._bath:
            yield self._at(enter + 2 * SECOND, "pir-bath", "motion")
            yield self._at(leave - 5 * SECOND, "pir-bath", "motion")
        else:
            yield self._at(leave + 6 * SECOND, "pir-bed", "motion")

    def _out(self, span: Span) -> Iterator[Stimulus]:
        yield self._at(span.start_ms - 40 * SECOND, "pir-living", "motion")
        for opened in (span.start_ms, span.end_ms):
            yield self._at(opened, "door", "open")
            yield self._at(opened + self._draw.randint(5, 20) * SECOND, "door", "close")
        yield self._at(span.end_ms + 25 * SECOND, "pir-living", "motion")

    def _at(self, at: int, suffix: str, word: str) -> Stimulus:
        return Stimulus(at, f"{self._home}-{suffix}", word)
