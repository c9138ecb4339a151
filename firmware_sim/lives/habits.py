"""Who lives in a home and what they usually do, drawn once from the seed.

The figures are assumptions within what is known: people over 70 get up one to two times a night (Bosch and Weiss,
J Urol 2010;184:440), sleep at midday in most Chinese homes, and rise early; nothing here was measured in a home.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

from firmware_sim.chance import dice
from firmware_sim.devices.pendant import Flaws
from firmware_sim.places import Home

HomeKind = Literal["alone", "couple", "cleaner", "pet"]
KINDS_OF_HOME: tuple[tuple[HomeKind, float], ...] = (
    ("alone", 0.55), ("couple", 0.25), ("cleaner", 0.12), ("pet", 0.08),
)  # fmt: skip
WORN_SHARE = Flaws().worn
CLUB_SHARE = 0.5  # who has an afternoon a week at the community centre
WEARS_LEAST, WEARS_MOST = (
    0.45,
    0.95,
)  # how differently people keep to their pendant; the mean is ``WORN_SHARE``


@dataclass(frozen=True, slots=True)
class Outings:
    """How likely a person goes out, of a day: to the market, in the afternoon, for an evening walk; and what is weekly."""

    market: float
    afternoon: float
    walk: float
    club_weekday: int | None
    family_dinner: float


@dataclass(frozen=True, slots=True)
class Person:
    """One resident's habits: minutes of the day, shares of days (``showers``, ``nap``) or of waking hours (``wears``)."""

    number: int
    rise: int
    bed: int
    rise_spread: float
    nap: float
    showers: float
    night_visits: float
    wears: float
    outings: Outings


@dataclass(frozen=True, slots=True)
class Household:
    """Everybody of a home; how often friends come, on which weekday the cleaner, on which buttons are tried out."""

    home: str
    kind: HomeKind
    people: tuple[Person, ...]
    visits_a_week: float
    cleaner_weekday: int | None
    test_weekday: int

    @property
    def pet(self) -> bool:
        """Whether an animal moves about."""
        return self.kind == "pet"


def household(home: Home, *, seed: int) -> Household:
    """Who lives in that home. The first home's resident lives alone."""
    draw = dice(seed, home.home, "habits")
    kind = _kind(draw)
    if home.home.endswith("0001"):
        kind = "alone"
    people = tuple(_person(draw, number) for number in range(2 if kind == "couple" else 1))
    cleaner = draw.randrange(5) if kind == "cleaner" else None
    return Household(home.home, kind, people, draw.uniform(0.5, 2.5), cleaner, draw.randrange(5))


def _kind(draw: Random) -> HomeKind:
    left = draw.random()
    for kind, share in KINDS_OF_HOME:
        left -= share
        if left < 0:
            return kind
    return "alone"


def _person(draw: Random, number: int) -> Person:
    outings = Outings(
        market=draw.uniform(0.4, 0.95),
        afternoon=draw.uniform(0.15, 0.6),
        walk=draw.uniform(0.1, 0.6),
        club_weekday=draw.randrange(7) if draw.random() < CLUB_SHARE else None,
        family_dinner=draw.uniform(0.0, 0.3),
    )
    return Person(
        number=number,
        rise=round(min(max(draw.gauss(395, 35), 320), 510)),
        bed=round(min(max(draw.gauss(1310, 30), 1245), 1380)),
        rise_spread=draw.uniform(10, 22),
        nap=draw.uniform(0.3, 0.9),
        showers=draw.uniform(0.3, 0.9),
        night_visits=draw.uniform(0.5, 2.2),
        wears=min(max(draw.gauss(WORN_SHARE, 0.12), WEARS_LEAST), WEARS_MOST),
        outings=outings,
    )
