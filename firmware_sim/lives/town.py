"""The lives of a whole town: each home's day as it is really lived, mishaps included, and what its sensors feel of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date

from firmware_sim.daytime import DAY, midnight_ms
from firmware_sim.lives.days import Stay, cut, stays
from firmware_sim.lives.guests import guests
from firmware_sim.lives.habits import Household, household
from firmware_sim.lives.mishaps import Cut, Mishap
from firmware_sim.lives.moves import Day, felt
from firmware_sim.places import Home, Layout
from firmware_sim.script import Stimulus


class Lives:
    """Everybody's lives; ``calm`` ones know neither illness, nor nights away, nor lying in."""

    def __init__(self, layout: Layout, *, seed: int, calm: bool) -> None:
        self.households: dict[str, Household] = {
            home.home: household(home, seed=seed) for home in layout.homes
        }
        self._seed, self._calm = seed, calm
        self._mishaps: dict[str, list[Mishap]] = defaultdict(list)

    def disturb(self, mishap: Mishap) -> None:
        """Let this happen, on days that have not been asked for yet."""
        self._mishaps[mishap.incident.place].append(mishap)

    def stimuli(self, home: Home, day: date) -> list[Stimulus]:
        """What the home's devices feel of its people on that local day, in time order."""
        lived, held = self._day(home, day), self._instead(home)
        return [
            stimulus
            for stimulus in felt(home, lived, seed=self._seed)
            if not any(
                stimulus.device == device and start <= stimulus.at_ms < end for device, start, end in held
            )
        ]

    def awake(self, home: Home, day: date) -> list[tuple[int, int]]:
        """When somebody is at home and awake, as if nothing happened."""
        found: list[tuple[int, int]] = []
        for stay in self._stays(home, day)[0]:
            if not stay.awake:
                continue
            if found and found[-1][1] == stay.start_ms:
                found[-1] = (found[-1][0], stay.end_ms)
            else:
                found.append((stay.start_ms, stay.end_ms))
        return found

    def _stays(self, home: Home, day: date) -> list[list[Stay]]:
        lives = self.households[home.home]
        return [stays(lives, person, day, seed=self._seed, calm=self._calm) for person in lives.people]

    def _day(self, home: Home, day: date) -> Day:
        lives, usual = self.households[home.home], self._stays(home, day)
        came = guests(lives, day, usual, seed=self._seed, calm=self._calm)
        start, end = midnight_ms(day), midnight_ms(day) + DAY
        for mishap in self._mishaps.get(home.home, ()):
            for instead in mishap.cuts:
                usual[instead.person] = _lived(usual[instead.person], instead)
            if mishap.helper is not None and start <= mishap.helper.start_ms < end:
                came.append(mishap.helper)
        return Day(lives, day, tuple(usual), tuple(came))

    def _instead(self, home: Home) -> list[tuple[str, int, int]]:
        return [each for mishap in self._mishaps.get(home.home, ()) for each in mishap.instead]


def _lived(usual: list[Stay], instead: Cut) -> list[Stay]:
    """The day with the cut; nobody goes out right after having lain on the floor."""
    lived = cut(usual, instead.start_ms, instead.end_ms, instead.room, instead.doing)
    if instead.doing != "down":
        return lived
    return [
        replace(stay, room="living", doing="sit")
        if stay.start_ms == instead.end_ms and stay.room == "out"
        else stay
        for stay in lived
    ]
