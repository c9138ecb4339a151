"""A person's day as stays: where they are and what they do, midnight to midnight without gaps.

First come the parts with a time of their own (sleep, meals, outings, nap, shower), then what lies between is filled with being
busy, sitting, and going to the toilet. In two real homes the longest of 158 toilet stays was 30 minutes, of 37 showers 16, and
nobody sat for three hours without moving; these days keep to that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Literal

import chinese_calendar

from firmware_sim.chance import dice
from firmware_sim.daytime import DAY, MINUTE, SECOND, midnight_ms
from firmware_sim.lives.habits import Household, Person

Room = Literal["bed", "living", "bath", "kitchen", "out"]
Doing = Literal["asleep", "nap", "sit", "busy", "cook", "toilet", "shower", "out", "down"]

ILL_A_MONTH, ILL_DAYS = 0.12, (2, 4)
AWAY_A_MONTH = 0.1  # a night at the children's that nobody told the station of
LATE_RISE_SHARE, LATE_RISE_MIN = 0.04, (25, 60)
BUSY_SHARE = 0.45  # of what fills the time between; the rest is sitting
EVENING_SHOWER_SHARE = 0.75
SUNDAY_RISE_MIN = 12
SEASON_RISE_MIN = 15  # later in January, earlier in July
SUNDAY = 6
SHORTEST_MS = 2 * MINUTE


@dataclass(frozen=True, slots=True)
class Stay:
    """A stretch of one person's life, [start_ms, end_ms)."""

    room: Room
    doing: Doing
    start_ms: int
    end_ms: int

    @property
    def at_home(self) -> bool:
        """Not out."""
        return self.room != "out"

    @property
    def awake(self) -> bool:
        """At home and not in bed."""
        return self.at_home and self.doing not in {"asleep", "nap"}


def is_day_off(day: date) -> bool:
    """A weekend or public holiday in China; the weekend only, for a year that the calendar does not know."""
    try:
        return bool(chinese_calendar.is_holiday(day))
    except NotImplementedError:
        return day.weekday() >= SUNDAY - 1


def usual_rise_ms(person: Person, day: date) -> int:
    """When the person is usually up on such a day: by habit, season and weekday, without the chance of the day."""
    season = SEASON_RISE_MIN * math.cos(2 * math.pi * (day.timetuple().tm_yday - 15) / 365)
    return midnight_ms(day) + (person.rise + round(season) + SUNDAY_RISE_MIN * is_day_off(day)) * MINUTE


def usual_bed_ms(person: Person, day: date) -> int:
    """When the person usually goes to bed on that day."""
    return midnight_ms(day) + person.bed * MINUTE


def stays(lives: Household, person: Person, day: date, *, seed: int, calm: bool) -> list[Stay]:
    """The person's local day. A ``calm`` one knows neither illness nor nights away nor lying in."""
    return _Day(lives, person, day, seed, calm=calm).lived()


class _Day:
    """One person's day in the making: parts with a time of their own first, the rest around them."""

    def __init__(self, lives: Household, person: Person, day: date, seed: int, *, calm: bool) -> None:
        self._lives, self._person, self._day, self._seed = lives, person, day, seed
        self._draw = dice(seed, lives.home, person.number, day)
        self._midnight = midnight_ms(day)
        self._ill = not calm and self._is_ill()
        self._away = () if calm else self._nights_away()
        self._calm = calm
        self._parts: list[Stay] = []

    def lived(self) -> list[Stay]:
        """Midnight to midnight."""
        draw, person = self._draw, self._person
        rise = usual_rise_ms(person, self._day) + round(draw.gauss(0, person.rise_spread) * MINUTE)
        rise += self._lies_in() * MINUTE
        bed = usual_bed_ms(person, self._day) + round(min(max(draw.gauss(0, 15), -40), 40)) * MINUTE
        end = self._midnight + DAY
        for start, until in self._away:
            self._place("out", "out", start, until)
        self._outings()
        self._meals(rise)
        self._rests()
        self._shower(rise, bed)
        lived = self._night(self._midnight, rise)
        now = rise
        for part in [*sorted(self._parts, key=lambda each: each.start_ms), None]:
            start = bed if part is None else part.start_ms
            if start > now:
                lived += self._free(now, start)
            if part is not None and part.end_ms > now:
                lived.append(replace(part, start_ms=max(part.start_ms, now)))
            now = max(now, start if part is None else part.end_ms)
        if now < end:
            lived.append(Stay("bed", "asleep", now, end))
        return self._around_away(lived)

    def _lies_in(self) -> int:
        if self._ill:
            return self._draw.randint(20, 70)
        late = self._draw.random() < LATE_RISE_SHARE
        return self._draw.randint(*LATE_RISE_MIN) if late and not self._calm else 0

    def _is_ill(self) -> bool:
        for back in range(ILL_DAYS[1]):
            draw = dice(self._seed, self._lives.home, self._person.number, self._day - timedelta(back), "ill")
            if draw.random() < ILL_A_MONTH / 30 and back < draw.randint(*ILL_DAYS):
                return True
        return False

    def _nights_away(self) -> tuple[tuple[int, int], ...]:
        """What of today the whole household is at the children's for."""
        found = []
        for back in (1, 0):
            day = self._day - timedelta(back)
            draw = dice(self._seed, self._lives.home, day, "away")
            if draw.random() < AWAY_A_MONTH / 30:
                left = midnight_ms(day) + draw.randint(9 * 60 + 30, 16 * 60) * MINUTE
                back_ms = midnight_ms(day + timedelta(1)) + draw.randint(10 * 60, 18 * 60) * MINUTE
                found.append((max(left, self._midnight), min(back_ms, self._midnight + DAY)))
        return tuple(found)

    def _around_away(self, lived: list[Stay]) -> list[Stay]:
        for start, end in self._away:
            lived = cut(lived, start, end, "out", "out")
        return lived

    def _outings(self) -> None:
        if self._ill:
            return
        draw, outings = self._draw, self._person.outings
        if outings.club_weekday == self._day.weekday():
            self._out(draw.randint(13 * 60 + 40, 14 * 60 + 20), draw.randint(110, 180))
        elif draw.random() < outings.afternoon:
            self._out(draw.randint(14 * 60 + 10, 16 * 60 + 15), draw.randint(30, 110))
        if draw.random() < outings.market:
            self._out(draw.randint(8 * 60, 9 * 60 + 40), draw.randint(25, 120))
        family = outings.family_dinner * (1.5 if is_day_off(self._day) else 0.4)
        if draw.random() < family:
            self._out(draw.randint(16 * 60 + 45, 17 * 60 + 30), draw.randint(150, 260))
        elif draw.random() < outings.walk:
            self._out(draw.randint(18 * 60 + 45, 19 * 60 + 30), draw.randint(20, 60))

    def _meals(self, rise: int) -> None:
        draw = self._draw
        first = rise + draw.randint(8, 25) * MINUTE
        for start, cooks, eats in (
            (first, (6, 15), (8, 20)),
            (self._minute(11 * 60, 11 * 60 + 40), (15, 40), (15, 30)),
            (self._minute(17 * 60, 17 * 60 + 50), (15, 40), (15, 35)),
        ):
            done = start + draw.randint(*cooks) * MINUTE
            if self._place("kitchen", "cook", start, done):
                self._place("living", "sit", done, done + draw.randint(*eats) * MINUTE)

    def _rests(self) -> None:
        draw = self._draw
        if self._ill or draw.random() < self._person.nap:
            start = self._minute(12 * 60 + 35, 13 * 60 + 25)
            self._place("bed", "nap", start, start + draw.randint(30, 95) * MINUTE)
        if self._ill:
            for hour in (9, 15):
                start = self._minute(hour * 60, hour * 60 + 60)
                self._place("bed", "nap", start, start + draw.randint(40, 100) * MINUTE)

    def _shower(self, rise: int, bed: int) -> None:
        draw = self._draw
        if draw.random() < self._person.showers:
            evening = draw.random() < EVENING_SHOWER_SHARE
            start = bed - draw.randint(35, 100) * MINUTE if evening else rise + draw.randint(70, 110) * MINUTE
            self._place("bath", "shower", start, start + draw.randint(7 * 60, 16 * 60) * SECOND)

    def _night(self, start: int, rise: int) -> list[Stay]:
        """Sleep, and the visits to the bathroom in it."""
        draw, now, found = self._draw, start, list[Stay]()
        often = self._person.night_visits + self._ill
        count = int(often) + (draw.random() < often % 1)
        moments = sorted(draw.uniform(start, rise - 40 * MINUTE) for _ in range(count))
        for moment in map(int, moments):
            if moment - now < 30 * MINUTE:
                continue
            found.append(Stay("bed", "asleep", now, moment))
            now = moment + draw.randint(180, 600) * SECOND
            found.append(Stay("bath", "toilet", moment, now))
        found.append(Stay("bed", "asleep", now, rise))
        return found

    def _free(self, start: int, end: int) -> Iterator[Stay]:
        """What lies between: busy here and there, sitting, and the toilet every two or three hours."""
        draw, now, until_toilet = self._draw, start, start + self._draw.randint(10, 150) * MINUTE
        while now < end:
            if now >= until_toilet:
                length, room, doing = _toilet_ms(draw), "bath", "toilet"
                until_toilet = now + draw.randint(90, 210) * MINUTE
            elif draw.random() < BUSY_SHARE:
                room = draw.choices(("kitchen", "living", "bed"), (3, 4, 3))[0]
                length, doing = draw.randint(4, 25) * MINUTE, "busy"
            else:
                length, room, doing = draw.randint(12, 70) * MINUTE, "living", "sit"
            stop = end if end - now - length < SHORTEST_MS else now + length
            if doing == "toilet" and stop == end and stop - now > length + SHORTEST_MS:
                room, doing = "living", "sit"
            yield Stay(room, doing, now, stop)  # type: ignore[arg-type]
            now = stop

    def _out(self, minute: int, lasts: int) -> None:
        start = self._midnight + minute * MINUTE + self._draw.randrange(60) * SECOND
        self._place("out", "out", start, start + lasts * MINUTE)

    def _minute(self, earliest: int, latest: int) -> int:
        return self._midnight + self._draw.randint(earliest * 60, latest * 60) * SECOND

    def _place(self, room: Room, doing: Doing, start: int, end: int) -> bool:
        """Give this part its time unless another has it."""
        free = all(end <= part.start_ms or part.end_ms <= start for part in self._parts)
        if free:
            self._parts.append(Stay(room, doing, start, end))
        return free


def cut(lived: list[Stay], start: int, end: int, room: Room, doing: Doing) -> list[Stay]:
    """The stays with [start, end) spent otherwise."""
    if not lived or end <= lived[0].start_ms or lived[-1].end_ms <= start:
        return lived
    before = [replace(s, end_ms=min(s.end_ms, start)) for s in lived if s.start_ms < start]
    after = [replace(s, start_ms=max(s.start_ms, end)) for s in lived if s.end_ms > end]
    first, last = max(start, lived[0].start_ms), min(end, lived[-1].end_ms)
    return [*before, Stay(room, doing, first, last), *after]


def _toilet_ms(draw: Random) -> int:
    """Median four minutes, hardly ever above twenty."""
    return min(round(math.exp(draw.gauss(math.log(240), 0.55))), 25 * 60) * SECOND
