"""Draws what happens to a home over a stretch of time, from the seed alone.

How often is far above life, so that a month of a small town says something: a person over 65 falls about once in three years
(WHO Global Report on Falls Prevention, 2007: 28 to 35 % a year), here three times in two months. How the kinds, places and
hours of falls lie to one another is meant to be like life; a fifth of the falls is at night.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from random import Random

from firmware_sim.chance import dice, poisson
from firmware_sim.daytime import HOUR, SECOND, days_touching, local_day, midnight_ms
from firmware_sim.lives import mishaps
from firmware_sim.lives.days import Stay, stays
from firmware_sim.lives.guests import Guest, guests
from firmware_sim.lives.habits import Household, Person
from firmware_sim.lives.mishaps import Around, FallKind, Mishap
from firmware_sim.places import Home

FALLS_A_MONTH: dict[FallKind, float] = {
    "fall_hard": 0.45, "fall_soft": 0.45, "fall_chair": 0.3, "fall_bathroom": 0.3,
}  # fmt: skip
NIGHT_SHARE = 0.3  # of hard and soft falls; with the others, a fifth of all
IN_BATHROOM_SHARE = 0.5  # of falls at night; the others are on the way
HARD_SHARE = {"fall_hard": 1.0, "fall_soft": 0.0, "fall_chair": 0.3, "fall_bathroom": 0.6}
LIES_A_MONTH, SOS_A_MONTH = 0.25, 0.25
WANDERINGS_A_MONTH, NOT_HOME_A_MONTH, STOVES_A_MONTH, DOORS_A_MONTH = 0.03, 0.05, 0.1, 0.08
APART_MS = 12 * HOUR  # one thing at a time in a home
TRIES = 30

Make = Callable[[Random, Around, Person], Mishap | None]


def mishaps_of(
    home: Home, lives: Household, from_ms: int, to_ms: int, *, seed: int, eventful: float = 1.0
) -> list[Mishap]:
    """What happens in that home, beginning in [from_ms, to_ms), in order of time; ``eventful`` times as much as usual."""
    around = _undisturbed(lives, days_touching(from_ms, to_ms), seed=seed)
    draw = dice(seed, home.home, "fate", from_ms)
    months = (to_ms - from_ms) / (30 * 24 * HOUR) * eventful
    found: list[Mishap] = []
    for person in lives.people:
        for rate, make in _makers(home, person):
            for _ in range(poisson(draw, rate * months)):
                mishap = _somewhen(make, draw, around, person, from_ms, to_ms, found)
                if mishap is not None:
                    found.append(mishap)
    return sorted(found, key=lambda each: each.incident.from_ms)


def _undisturbed(lives: Household, days: Sequence[date], *, seed: int) -> Around:
    """A home's people as they would live those local days without mishaps."""
    everybody: list[list[Stay]] = [[] for _ in lives.people]
    came: list[Guest] = []
    for day in days:
        lived = [stays(lives, person, day, seed=seed, calm=False) for person in lives.people]
        came += guests(lives, day, lived, seed=seed, calm=False)
        for number, stretch in enumerate(lived):
            everybody[number] += stretch
    return Around(lives, tuple(everybody), came)


def _makers(home: Home, person: Person) -> list[tuple[float, Make]]:
    makers: list[tuple[float, Make]] = [(rate, _falling(kind)) for kind, rate in FALLS_A_MONTH.items()]
    makers += [
        (LIES_A_MONTH, _lie_long),
        (SOS_A_MONTH, _sos),
        (WANDERINGS_A_MONTH, _wandering),
        (NOT_HOME_A_MONTH, _not_home),
    ]
    if person.number == 0:
        makers.append((DOORS_A_MONTH, _door_open))
        if home.has("stove"):
            makers.append((STOVES_A_MONTH, _stove))
    return makers


def _somewhen(
    make: Make, draw: Random, around: Around, person: Person, from_ms: int, to_ms: int, others: list[Mishap]
) -> Mishap | None:
    """The first of some tries that begins within the time and is apart from the others."""
    for _ in range(TRIES):
        mishap = make(draw, around, person)
        if mishap is None:
            continue
        start, end = mishap.incident.from_ms - APART_MS, mishap.incident.to_ms + APART_MS
        apart = all(o.incident.to_ms < start or end < o.incident.from_ms for o in others)
        if apart and from_ms <= mishap.incident.from_ms < to_ms:
            return mishap
    return None


def _falling(kind: FallKind) -> Make:
    def make(draw: Random, around: Around, person: Person) -> Mishap | None:
        hard = draw.random() < HARD_SHARE[kind]
        if kind in {"fall_hard", "fall_soft"} and draw.random() < NIGHT_SHARE:
            return _at_night(draw, around, person, kind, hard=hard)
        doings = {"fall_bathroom": {"toilet", "shower"}, "fall_chair": {"sit"}}.get(kind, {"busy", "cook"})
        stay = _stay(draw, around, person, lambda s: s.doing in doings)
        if stay is None:
            return None
        at = stay.end_ms - SECOND if kind == "fall_chair" else _within(draw, stay)
        return mishaps.fall(
            draw, around, person, kind, at, stay.room, hard=hard, asleep=_is_night(around, person, stay)
        )

    return make


def _at_night(draw: Random, around: Around, person: Person, kind: FallKind, *, hard: bool) -> Mishap | None:
    """On the way to the bathroom, in it, or back."""
    visit = _stay(draw, around, person, lambda s: s.doing == "toilet" and _is_night(around, person, s))
    if visit is None:
        return None
    if draw.random() < IN_BATHROOM_SHARE:
        return mishaps.fall(draw, around, person, kind, _within(draw, visit), "bath", hard=hard, asleep=True)
    at = draw.choice((visit.start_ms - 5 * SECOND, visit.end_ms + 8 * SECOND))
    return mishaps.fall(draw, around, person, kind, at, "bed", hard=hard, asleep=True)


def _lie_long(draw: Random, around: Around, person: Person) -> Mishap | None:
    stay = _stay(draw, around, person, lambda s: s.at_home)
    if stay is None:
        return None
    asleep = stay.doing == "asleep" or _is_night(around, person, stay)
    return mishaps.lie_long(draw, around, person, _within(draw, stay), stay.room, asleep=asleep)


def _sos(draw: Random, around: Around, person: Person) -> Mishap | None:
    stay = _stay(draw, around, person, lambda s: s.awake)
    return None if stay is None else mishaps.sos(around, _within(draw, stay))


def _wandering(draw: Random, around: Around, person: Person) -> Mishap | None:
    stay = _stay(draw, around, person, lambda s: s.doing == "asleep")
    if stay is None:
        return None
    at, midnight = _within(draw, stay), midnight_ms(local_day(stay.start_ms))
    late = not midnight + 4 * HOUR < at < midnight + 23 * HOUR
    return mishaps.wandering(draw, around, person, at) if late else None


def _not_home(draw: Random, around: Around, person: Person) -> Mishap | None:
    stay = _stay(draw, around, person, lambda s: s.room == "out" and s.end_ms - s.start_ms < 6 * HOUR)
    return None if stay is None else mishaps.not_home(draw, around, person, stay)


def _stove(draw: Random, around: Around, person: Person) -> Mishap | None:
    stay = _stay(draw, around, person, lambda s: s.doing == "cook")
    return None if stay is None else mishaps.stove_forgotten(draw, around, stay)


def _door_open(draw: Random, around: Around, person: Person) -> Mishap | None:
    stay = _stay(draw, around, person, lambda s: s.room == "out" and s.end_ms - s.start_ms < 6 * HOUR)
    return None if stay is None else mishaps.door_open(draw, around, stay)


def _stay(draw: Random, around: Around, person: Person, fits: Callable[[Stay], bool]) -> Stay | None:
    """One of the fitting stays, the longer the likelier."""
    fitting = [stay for stay in around.stays[person.number] if fits(stay)]
    if not fitting:
        return None
    return draw.choices(fitting, [stay.end_ms - stay.start_ms for stay in fitting])[0]


def _within(draw: Random, stay: Stay) -> int:
    return stay.start_ms + draw.randrange(max(stay.end_ms - stay.start_ms, 1))


def _is_night(around: Around, person: Person, stay: Stay) -> bool:
    """Whether it interrupts a night's sleep."""
    return any(s.doing == "asleep" and s.start_ms == stay.end_ms for s in around.stays[person.number])
