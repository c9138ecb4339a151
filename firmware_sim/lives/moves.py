"""What a home's sensors feel of its people's stays: doors, steps, the pendant taken up and laid down, the stove.

How often somebody is seen: a person who is busy moves every minute or three, one who sits every ten or so and after an hour at
the latest, a sleeper turns over. A person on the floor is below what a pet-immune motion sensor sees.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from firmware_sim.chance import dice
from firmware_sim.daytime import DAY, HOUR, MINUTE, SECOND, midnight_ms
from firmware_sim.devices.pendant import HANDLINGS_PER_WEEK
from firmware_sim.lives.days import Stay
from firmware_sim.lives.guests import Guest
from firmware_sim.lives.habits import WORN_SHARE, Household, Person
from firmware_sim.places import Home
from firmware_sim.script import Stimulus

SIT_MEDIAN_S, SIT_SPREAD, SIT_MOST_S = 660, 0.7, 4200
TURNS_OVER_MEAN_S = {"asleep": 9000, "nap": 4500}
SETTLES_SHARE = 0.8
TRIED_OUT_SHARE = 0.95
PET_SEEN_A_DAY = 0.3  # by pet-immune sensors
HALF_DAYS, WAKING_MS = 2, 15 * HOUR
PASSAGE_MS = 25 * SECOND  # from the front door to where somebody is seen


@dataclass(frozen=True, slots=True)
class Day:
    """One home's day as it is really lived: each person's stays, and who comes."""

    lives: Household
    day: date
    stays: tuple[list[Stay], ...]
    guests: tuple[Guest, ...]


def felt(home: Home, lived: Day, *, seed: int) -> list[Stimulus]:
    """Everything the home's devices feel of that day, in time order; for devices that hang there only."""
    there = {fitted.who.device for fitted in home.devices}
    moves = (stimulus for stimulus in _Moves(home, lived, seed).all() if stimulus.device in there)
    return sorted(moves, key=lambda each: each.at_ms)


class _Moves:
    """A day being turned into stimuli."""

    def __init__(self, home: Home, lived: Day, seed: int) -> None:
        self._home, self._lived = home.home, lived
        self._draw: Random = dice(seed, home.home, lived.day, "moves")
        self._midnight = midnight_ms(lived.day)

    def all(self) -> Iterator[Stimulus]:
        for person, stays in zip(self._lived.lives.people, self._lived.stays, strict=True):
            for stay in stays:
                # A fall may end a stay in its first seconds: what would have followed is not felt any more.
                yield from (s for s in self._stay(stay) if stay.room == "out" or s.at_ms < stay.end_ms)
            if person.number == 0:
                yield from self._pendant(person, stays)
        for guest in self._lived.guests:
            yield from self._guest(guest)
        yield from self._bathroom()
        yield from self._tried_out()
        if self._lived.lives.pet and self._draw.random() < PET_SEEN_A_DAY:
            room = self._draw.choice(("living", "bed", "kitchen"))
            yield self._at(self._midnight + self._draw.randrange(DAY), f"pir-{room}", "motion")

    def _tried_out(self) -> Iterator[Stimulus]:
        """Button and pendant, once a week, in most weeks (JGJ/T 484 asks for it)."""
        if (
            self._lived.lives.test_weekday != self._lived.day.weekday()
            or self._draw.random() > TRIED_OUT_SHARE
        ):
            return
        if any(s.doing == "down" for stays in self._lived.stays for s in stays):
            return
        asked = [
            s.start_ms
            for s in self._lived.stays[0]
            if s.awake
            and 9 * HOUR <= s.start_ms - self._midnight <= 18 * HOUR
            and s.end_ms - s.start_ms > 5 * MINUTE
        ]
        if asked:
            at = self._draw.choice(asked) + MINUTE
            yield self._at(at, "sos", "test")
            yield self._at(at + MINUTE, "pendant", "test")

    def _stay(self, stay: Stay) -> Iterator[Stimulus]:
        match stay.doing:
            case "out":
                yield from self._out(stay)
            case "down":
                return
            case "toilet" | "shower":
                yield self._at(stay.start_ms + 2 * SECOND, "pir-bath", "motion")
                yield from self._seen(stay, "bath", lambda: self._draw.uniform(60, 200))
                yield self._at(stay.end_ms - 5 * SECOND, "pir-bath", "motion")
            case "asleep" | "nap":
                if stay.start_ms > self._midnight:
                    yield self._at(stay.start_ms + 15 * SECOND, "pir-bed", "motion")
                    yield from self._settles(stay)
                mean = TURNS_OVER_MEAN_S[stay.doing]
                yield from self._seen(stay, "bed", lambda: self._draw.expovariate(1 / mean))
            case "sit":
                yield self._at(stay.start_ms + 5 * SECOND, f"pir-{stay.room}", "motion")
                yield from self._settles(stay)
                yield from self._seen(stay, stay.room, self._sitting)
            case "busy" | "cook":
                yield self._at(stay.start_ms + 5 * SECOND, f"pir-{stay.room}", "motion")
                yield from self._seen(stay, stay.room, lambda: self._draw.uniform(90, 420))
                if stay.doing == "cook" and stay.end_ms - stay.start_ms > 2 * MINUTE:
                    yield self._at(stay.start_ms + MINUTE, "stove", "on")
                    yield self._at(stay.end_ms - 20 * SECOND, "stove", "off")

    def _settles(self, stay: Stay) -> Iterator[Stimulus]:
        """Who has sat or lain down still stirs for a few minutes, mostly."""
        at = stay.start_ms + self._draw.randint(70, 240) * SECOND
        if at < stay.end_ms and self._draw.random() < SETTLES_SHARE:
            yield self._at(at, f"pir-{stay.room}", "motion")

    def _sitting(self) -> float:
        return min(SIT_MEDIAN_S * math.exp(self._draw.gauss(0, SIT_SPREAD)), SIT_MOST_S)

    def _seen(self, stay: Stay, room: str, after_s: Callable[[], float]) -> Iterator[Stimulus]:
        now = stay.start_ms + round(after_s() * SECOND)
        while now < stay.end_ms:
            yield self._at(now, f"pir-{room}", "motion")
            now += round(after_s() * SECOND)

    def _out(self, stay: Stay) -> Iterator[Stimulus]:
        if stay.start_ms > self._midnight:
            yield self._at(stay.start_ms - 40 * SECOND, "pir-living", "motion")
            yield from self._door(stay.start_ms)
        if stay.end_ms < self._midnight + DAY:
            yield from self._door(stay.end_ms)
            yield self._at(stay.end_ms + PASSAGE_MS, "pir-living", "motion")

    def _door(self, at: int) -> Iterator[Stimulus]:
        yield self._at(at, "door", "open")
        yield self._at(at + self._draw.randint(5, 20) * SECOND, "door", "close")

    def _guest(self, guest: Guest) -> Iterator[Stimulus]:
        draw = self._draw
        if guest.airs:
            yield self._at(guest.start_ms, "door", "open")
            yield self._at(guest.end_ms + 10 * SECOND, "door", "close")
        else:
            yield from self._door(guest.start_ms)
            yield from self._door(guest.end_ms)
        now = guest.start_ms + PASSAGE_MS
        while now < guest.end_ms - MINUTE:
            rooms = ("living", "bed", "kitchen", "bath") if guest.cleans else ("living",)
            yield self._at(now, f"pir-{draw.choice(rooms)}", "motion")
            now += draw.randint(70, 240 if guest.cleans else 500) * SECOND

    def _bathroom(self) -> Iterator[Stimulus]:
        """Somebody is in there from the first who enters to the last who leaves."""
        there = sorted(
            (s.start_ms, s.end_ms) for stays in self._lived.stays for s in stays if s.room == "bath"
        )
        since, until = 0, 0
        for start, end in [*there, (1 << 60, 0)]:
            if start <= until:
                until = max(until, end)
                continue
            if until:
                yield from self._presence(since, until)
            since, until = start, end

    def _presence(self, since: int, until: int) -> Iterator[Stimulus]:
        if since > self._midnight:
            yield self._at(since + 4 * SECOND, "radar", "enter")
        if until < self._midnight + DAY:
            yield self._at(until, "radar", "leave")

    def _pendant(self, person: Person, stays: list[Stay]) -> Iterator[Stimulus]:
        """Worn on some half days, off in the shower and in bed; nobody puts it on or off while lying on the floor."""
        down = [(s.start_ms, s.end_ms) for s in stays if s.doing == "down"]
        for stimulus in self._worn(person, stays):
            if not any(start <= stimulus.at_ms < end for start, end in down):
                yield stimulus

    def _worn(self, person: Person, stays: list[Stay]) -> Iterator[Stimulus]:
        draw = self._draw
        rise = next(
            (
                s.end_ms
                for s in reversed(stays)
                if s.doing == "asleep" and s.end_ms < self._midnight + 12 * HOUR
            ),
            0,
        )
        bed = stays[-1].start_ms if stays[-1].doing == "asleep" else self._midnight + DAY - MINUTE
        noon = (rise + bed) // 2
        halves = [half for half in ((rise, noon), (noon, bed)) if rise and draw.random() < person.wears]
        worn = [(rise, bed)] if len(halves) == HALF_DAYS else halves
        for start, end in worn:
            on = start + draw.randint(10, 120) * SECOND
            yield self._at(on, "pendant", "wear")
            yield from self._handled(stays, on, end)
            for shower in (s for s in stays if s.doing == "shower" and on < s.start_ms < end):
                yield self._at(shower.start_ms + 20 * SECOND, "pendant", "doff")
                yield self._at(shower.end_ms + 2 * MINUTE, "pendant", "wear")
            yield self._at(end, "pendant", "doff")

    def _handled(self, stays: list[Stay], on: int, end: int) -> Iterator[Stimulus]:
        """Bumped while busy, dropped when taken off, lain down with heavily: as often as ``HANDLINGS_PER_WEEK`` says."""
        draw = self._draw
        usual_ms = WORN_SHARE * WAKING_MS
        mean = HANDLINGS_PER_WEEK / 7 * (end - on) / usual_ms
        for _ in range(int(mean) + (draw.random() < mean % 1)):
            word = draw.choices(("bump", "drop", "flop"), (45, 35, 20))[0]
            if word == "drop":
                yield self._at(end + 2 * SECOND, "pendant", "drop")
                continue
            naps = [s for s in stays if s.doing == "nap" and on < s.start_ms < end]
            if word == "flop" and naps:
                yield self._at(draw.choice(naps).start_ms + 3 * SECOND, "pendant", "flop")
                continue
            busy = [s for s in stays if s.doing in {"busy", "cook"} and on < s.start_ms and s.end_ms < end]
            if busy:
                stay = draw.choice(busy)
                into = draw.randrange(stay.end_ms - stay.start_ms)
                yield self._at(stay.start_ms + into, "pendant", "bump")

    def _at(self, at: int, suffix: str, word: str) -> Stimulus:
        return Stimulus(at, f"{self._home}-{suffix}", word)
