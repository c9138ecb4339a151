"""What can happen to the people of a home, each as the truth of an incident and what it changes in their day.

Nothing here knows how a hub would judge it: moments are drawn evenly from those at which the thing can happen at all, and how
long it lasts follows from who is near. There is no hub in these lives: help comes as it would without one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from firmware_sim.daytime import DAY, HOUR, MINUTE, SECOND, local_day, midnight_ms
from firmware_sim.lives.days import Doing, Room, Stay, usual_bed_ms, usual_rise_ms
from firmware_sim.lives.guests import Guest
from firmware_sim.lives.habits import Household, Person
from firmware_sim.script import Incident, Stimulus

FallKind = Literal["fall_hard", "fall_soft", "fall_chair", "fall_bathroom"]
# Of non-injured fallers 47 % could not get up without help (Tinetti, JAMA 1993;269:65).
GETS_UP = {"fall_hard": 0.45, "fall_soft": 0.65, "fall_chair": 0.6, "fall_bathroom": 0.5}
DOWN_MEDIAN_S, DOWN_SPREAD = 180, 1.1  # of those who get up by themselves
MISSED_AFTER_MEAN_MS = 8 * HOUR  # until somebody calls in vain or comes by who did not mean to
MISSED_FROM, MISSED_TO = 7 * HOUR, 22 * HOUR
HELP_IN_THE_HOUSE_MS = (40 * SECOND, 5 * MINUTE)
DOOR_LEFT_OPEN_SHARE = 0.4  # by those who wander off
LIES_AT_MOST_MS = 30 * HOUR
UNDETECTED_BY_DAY_MS = 3 * HOUR
UNDETECTED_AFTER_RISING_MS = 90 * MINUTE
ROOMS: dict[str, str] = {"bath": "卫生间", "bed": "卧室", "living": "客厅", "kitchen": "厨房"}


@dataclass(frozen=True, slots=True)
class Cut:
    """Instead of what they would have done, that person spends [start_ms, end_ms) so."""

    person: int
    start_ms: int
    end_ms: int
    room: Room
    doing: Doing


@dataclass(frozen=True, slots=True)
class Mishap:
    """An incident, what it does to the day of the home, and what devices feel of it at once.

    ``instead``: of that device nothing usual is felt in [from_ms, to_ms).
    """

    incident: Incident
    cuts: tuple[Cut, ...] = ()
    stimuli: tuple[Stimulus, ...] = ()
    instead: tuple[tuple[str, int, int], ...] = ()
    helper: Guest | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """A home as it would be without the mishap: everybody's stays over the whole time, and who comes."""

    lives: Household
    stays: tuple[Sequence[Stay], ...]
    guests: Sequence[Guest]

    def others_there(self, person: int, at_ms: int) -> bool:
        """Whether anybody else is in the home at that moment."""
        return any(guest.start_ms <= at_ms < guest.end_ms for guest in self.guests) or any(
            stay.at_home and stay.start_ms <= at_ms < stay.end_ms
            for number, stays in enumerate(self.stays)
            if number != person
            for stay in stays
        )

    def next_coming_ms(self, person: int, at_ms: int) -> int | None:
        """When somebody comes to the home next: a guest, or who lives there too."""
        coming = [guest.start_ms for guest in self.guests if guest.start_ms > at_ms]
        for number, stays in enumerate(self.stays):
            if number != person:
                coming += [stay.end_ms for stay in stays if stay.room == "out" and stay.end_ms > at_ms]
        return min(coming, default=None)


def fall(
    draw: Random,
    around: Around,
    person: Person,
    kind: FallKind,
    at_ms: int,
    room: Room,
    *,
    hard: bool,
    asleep: bool,
) -> Mishap:
    """A fall in that room; ``asleep``: in a night's visit to the bathroom."""
    home = around.lives.home
    alone = not around.others_there(person.number, at_ms)
    gets_up = draw.random() < GETS_UP[kind]
    own_ms = round(DOWN_MEDIAN_S * math.exp(draw.gauss(0, DOWN_SPREAD))) * SECOND
    help_ms = _until_help(draw, around, person.number, at_ms, alone=alone)
    up_ms = at_ms + (min(own_ms, help_ms) if gets_up else help_ms)
    gets_up = gets_up and own_ms <= help_ms
    word = "fall_hard" if hard else "fall_soft"
    # A home has one pendant: its first resident's.
    noticing = [*(["pendant"] if person.number == 0 else []), *(["radar"] if room == "bath" else [])]
    felt = [Stimulus(at_ms, f"{home}-{suffix}", word) for suffix in noticing]
    device = felt[-1].device if felt else f"{home}-pir-{room}"
    return Mishap(
        _lying(kind, around, person, device, at_ms, up_ms, room, gets_up=gets_up, asleep=asleep),
        cuts=(Cut(person.number, at_ms, up_ms, room, "down"),),
        stimuli=tuple(felt),
        helper=None if gets_up or not alone else _helper(draw, around, person.number, up_ms),
    )


def lie_long(draw: Random, around: Around, person: Person, at_ms: int, room: Room, *, asleep: bool) -> Mishap:
    """Too weak to get up, without a fall: a stroke in bed, a faint in the chair."""
    alone = not around.others_there(person.number, at_ms)
    up_ms = at_ms + _until_help(draw, around, person.number, at_ms, alone=alone)
    device = f"{around.lives.home}-pir-{room}"
    return Mishap(
        _lying("lie_long", around, person, device, at_ms, up_ms, room, gets_up=False, asleep=asleep),
        cuts=(Cut(person.number, at_ms, up_ms, room, "down"),),
        helper=_helper(draw, around, person.number, up_ms) if alone else None,
    )


def sos(around: Around, at_ms: int) -> Mishap:
    """The button is pressed."""
    device = f"{around.lives.home}-sos"
    incident = Incident(
        "sos", around.lives.home, device, at_ms, at_ms + 10 * MINUTE, due_ms=at_ms + 3 * MINUTE
    )
    return Mishap(incident, stimuli=(Stimulus(at_ms, device, "sos"),))


def wandering(draw: Random, around: Around, person: Person, at_ms: int) -> Mishap:
    """Out of the house at night, the door left open in four of ten cases, back or found after a while."""
    home = around.lives.home
    back_ms = at_ms + draw.randint(40 * 60, 240 * 60) * SECOND
    incident = Incident(
        "wandering", home, f"{home}-door", at_ms, back_ms,
        due_ms=_if_still(at_ms + 75 * MINUTE, back_ms), by="night",
    )  # fmt: skip
    instead = ((f"{home}-door", at_ms + 1, back_ms),) if draw.random() < DOOR_LEFT_OPEN_SHARE else ()
    return Mishap(incident, cuts=(Cut(person.number, at_ms, back_ms, "out", "out"),), instead=instead)


def not_home(draw: Random, around: Around, person: Person, outing: Stay) -> Mishap:
    """An outing that does not end: lost, fallen, taken ill outside; found after hours."""
    home, meant_ms = around.lives.home, outing.end_ms
    found_ms = meant_ms + round(min(5 * HOUR * math.exp(draw.gauss(0, 0.6)), 20 * HOUR))
    evening = midnight_ms(local_day(meant_ms)) + 22 * HOUR + 30 * MINUTE
    incident = Incident(
        "not_home", home, f"{home}-door", meant_ms, found_ms,
        due_ms=_if_still(max(evening, meant_ms + 90 * MINUTE), found_ms),
    )  # fmt: skip
    return Mishap(incident, cuts=(Cut(person.number, outing.start_ms, found_ms, "out", "out"),))


def stove_forgotten(draw: Random, around: Around, cooking: Stay) -> Mishap:
    """The stove stays on after cooking until somebody notices."""
    home, from_ms = around.lives.home, cooking.end_ms
    off_ms = from_ms + round(min(80 * MINUTE * math.exp(draw.gauss(0, 0.7)), 8 * HOUR))
    stove = f"{home}-stove"
    incident = Incident(
        "stove_forgotten", home, stove, from_ms, off_ms,
        room=ROOMS["kitchen"], due_ms=_if_still(from_ms + 60 * MINUTE, off_ms),
    )  # fmt: skip
    return Mishap(
        incident,
        stimuli=(Stimulus(off_ms, stove, "off"),),
        instead=((stove, from_ms - MINUTE, off_ms),),
    )


def door_open(draw: Random, around: Around, outing: Stay) -> Mishap:
    """After coming home the front door stays open, until somebody notices or passes it."""
    home, from_ms = around.lives.home, outing.end_ms
    passing = [
        s.start_ms for stays in around.stays for s in stays if s.room == "out" and s.start_ms > from_ms
    ]
    passing += [
        moment for guest in around.guests for moment in (guest.start_ms, guest.end_ms) if moment > from_ms
    ]
    noticed = from_ms + round(min(40 * MINUTE * math.exp(draw.gauss(0, 0.7)), 8 * HOUR))
    shut_ms = min([noticed, *passing])
    door = f"{home}-door"
    incident = Incident(
        "door_open", home, door, from_ms, shut_ms, due_ms=_if_still(from_ms + 15 * MINUTE, shut_ms)
    )
    return Mishap(
        incident, stimuli=(Stimulus(shut_ms, door, "close"),), instead=((door, from_ms + 1, shut_ms),)
    )


def _lying(
    kind: str, around: Around, person: Person, device: str, at_ms: int, up_ms: int, room: Room, *, gets_up: bool, asleep: bool
) -> Incident:  # fmt: skip
    due_ms, by = _missed(person, at_ms, asleep=asleep)
    return Incident(
        kind, around.lives.home, device, at_ms, up_ms,
        room=ROOMS[room], due_ms=_if_still(due_ms, up_ms), gets_up=gets_up, by=by,
    )  # fmt: skip


def _missed(person: Person, at_ms: int, *, asleep: bool) -> tuple[int, Literal["day", "night"]]:
    """By when somebody who lies unseen can be missed: after three hours by day, else 90 minutes after usual rising.

    Where the three hours reach beyond the usual bedtime it is night: nothing is missing before the morning.
    """
    day = local_day(at_ms)
    if not asleep and at_ms + UNDETECTED_BY_DAY_MS <= usual_bed_ms(person, day):
        return at_ms + UNDETECTED_BY_DAY_MS, "day"
    rise = usual_rise_ms(person, day)
    if at_ms >= rise:
        rise = usual_rise_ms(person, local_day(at_ms + DAY))
    return rise + UNDETECTED_AFTER_RISING_MS, "night"


def _until_help(draw: Random, around: Around, person: int, at_ms: int, *, alone: bool) -> int:
    if not alone:
        return draw.randint(*HELP_IN_THE_HOUSE_MS)
    missed = at_ms + round(draw.expovariate(1 / MISSED_AFTER_MEAN_MS))
    midnight = midnight_ms(local_day(missed))
    if missed < midnight + MISSED_FROM:
        missed = midnight + MISSED_FROM + draw.randint(0, 2 * HOUR)
    elif missed > midnight + MISSED_TO:
        missed = midnight + DAY + MISSED_FROM + draw.randint(0, 2 * HOUR)
    coming = around.next_coming_ms(person, at_ms)
    if coming is not None:
        missed = min(missed, coming + 2 * MINUTE)
    return min(missed - at_ms, LIES_AT_MOST_MS)


def _helper(draw: Random, around: Around, person: int, up_ms: int) -> Guest | None:
    """Who finds the person comes in by the front door, unless somebody is in the home by then."""
    came_ms = up_ms - 90 * SECOND
    if around.others_there(person, up_ms):
        return None
    return Guest(came_ms, came_ms + draw.randint(25, 70) * MINUTE)


def _if_still(due_ms: int, over_ms: int) -> int | None:
    return due_ms if due_ms < over_ms else None
