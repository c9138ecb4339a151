"""What a pendant's accelerometer feels when its wearer falls, and when it is only knocked, dropped or lain down with.

A window is 3 s before the impact and 30 s from it. Its figures (peak, turn, spread) are drawn so that the detector, judging
the window, is right or wrong in the wanted share of cases: a threshold times exp(scale x margin), the margin being a normal
draw shifted to be above zero in that share. Which figure decides differs from fall to fall.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import cos, exp, pi, sin
from random import Random
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from firmware_sim.chance import dice
from firmware_sim.devices.fall_detector import ALIVE_MG, IMPACT_MG, RATE_HZ, STILL_MG, TURNED_DEG, Window

BEFORE_S, AFTER_S = 3, 30
ONE_G_MG, RANGE_MG = 1_000, 16_000  # the sensor's range is +-16 g
BANK_S = 240
FREE_FALL_SHARE = 0.15  # of gravity that is still felt while falling
PULSE = tuple(sin(pi * n / 6) for n in range(1, 6))  # an impact lasts 0.1 s
HIT = BEFORE_S * RATE_HZ
NORMAL = NormalDist()

Part = tuple[float, float, float]  # how often impact, turn and stillness is what a fall hangs on
HANGS_ON: dict[str, Part] = {"fall_hard": (0.5, 0.2, 0.3), "fall_soft": (0.6, 0.3, 0.1)}


@dataclass(frozen=True, slots=True)
class Course:
    """What befalls the pendant: free fall, impact, turn; then it stirs for a while, then is as still as it will be."""

    peak_mg: float
    turned_deg: float
    still_mg: float
    stirs_s: int
    free_fall_ms: int
    walking: bool = False


def felt(word: str, share: float, draw: Random) -> Window:
    """A window of that fall or handling; the detector takes this share of them for a fall. 0 and 1 are exact."""
    return window(course(word, share, draw), draw)


def course(word: str, share: float, draw: Random) -> Course:
    """What befalls it: ``fall_hard``, ``fall_soft``, ``bump``, ``drop`` or ``flop``."""
    margin, ample = _margin(share, draw), 0.7 + abs(_normal(draw))
    match word:
        case "bump":  # an impact, hardly a turn, and on one walks
            return Course(_peak_mg(ample), _turned_deg(margin), _still_mg(margin), 0, 0, walking=True)
        case "drop":  # free fall, impact, and then stiller than anybody who breathes
            lies_mg = ALIVE_MG * exp(min(margin, 4.0) / 2)
            return Course(_peak_mg(ample), _turned_deg(ample), lies_mg, 1, draw.randint(300, 450))
        case "flop":  # lying down heavily: all of a fall but for its force
            return Course(_peak_mg(margin), _turned_deg(ample), _still_mg(ample), draw.randint(1, 8), 0)
    on = draw.choices(range(3), HANGS_ON[word])[0]
    impact, turn, stillness = (margin if part == on else ample for part in range(3))
    free_fall_ms = draw.randint(200, 400) if word == "fall_hard" else draw.randint(0, 120)
    return Course(
        _peak_mg(impact), _turned_deg(turn), _still_mg(stillness), draw.randint(1, 15), free_fall_ms,
        walking=word == "fall_hard",
    )  # fmt: skip


def window(course: Course, draw: Random) -> Window:
    """The samples of that course: gravity, what the body adds, and the sensor's rounding and range."""
    spread_mg = np.full(BEFORE_S + AFTER_S, course.still_mg)
    spread_mg[:BEFORE_S] = 180.0 if course.walking else 50.0
    spread_mg[BEFORE_S : BEFORE_S + course.stirs_s] = 150.0
    trembling, gait = _banks()
    began = draw.randrange(BANK_S - BEFORE_S - AFTER_S) * RATE_HZ
    moved = trembling[began : began + len(spread_mg) * RATE_HZ].copy()
    if course.walking:
        moved[:HIT] = gait[:HIT]
    if course.walking and course.still_mg > STILL_MG:
        moved[HIT:] = gait[HIT : len(moved)]
    moved *= np.repeat(spread_mg, RATE_HZ)[:, None]
    up, then = _directions(course.turned_deg, draw)
    moved[:HIT] += up
    moved[HIT:] += then
    weightless = course.free_fall_ms * RATE_HZ // 1_000
    moved[HIT - weightless : HIT] *= FREE_FALL_SHARE
    for n, part in enumerate(PULSE):
        moved[HIT + n] = then * ((ONE_G_MG + (course.peak_mg - ONE_G_MG) * part) / ONE_G_MG)
    rounded: Window = np.rint(np.clip(moved, -RANGE_MG, RANGE_MG)).astype(np.int64)
    return rounded


def _normal(draw: Random) -> float:
    return NORMAL.inv_cdf((draw.getrandbits(32) + 0.5) / (1 << 32))


def _margin(share: float, draw: Random) -> float:
    """Above zero with the chance ``share``, always for 1, never for 0."""
    drawn = _normal(draw)
    if 0 < share < 1:
        return drawn + NORMAL.inv_cdf(share)
    return (0.1 + abs(drawn)) * (1 if share else -1)


def _peak_mg(margin: float) -> float:
    return min(ONE_G_MG + (IMPACT_MG - ONE_G_MG) * exp(0.45 * margin), RANGE_MG * 0.9)


def _turned_deg(margin: float) -> float:
    return min(TURNED_DEG * exp(0.35 * margin), 160.0)


def _still_mg(margin: float) -> float:
    return max(STILL_MG * exp(-0.5 * margin), 1.5 * ALIVE_MG)


def _directions(turned_deg: float, draw: Random) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gravity on the three axes (mg) before and after a turn about a level axis; it hangs within some 15 degrees."""
    lean, towards, about = draw.uniform(0, pi / 12), draw.uniform(0, 2 * pi), draw.uniform(0, 2 * pi)
    up = np.array([sin(lean) * cos(towards), sin(lean) * sin(towards), cos(lean)])
    level = np.array([cos(lean) * cos(towards), cos(lean) * sin(towards), -sin(lean)])
    side = np.array([-sin(towards), cos(towards), 0.0])
    turn = turned_deg * pi / 180
    then = cos(turn) * up + sin(turn) * (cos(about) * level + sin(about) * side)
    return ONE_G_MG * up, ONE_G_MG * then


@cache
def _banks() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A body's trembling and its gait: each second of each axis with mean 0 and standard deviation 1.

    Made once: a window only looks up where it begins. Two steps a second; a body moves below some 8 Hz.
    """
    draw = dice("acceleration", "banks")
    count = BANK_S * RATE_HZ
    white = [[draw.gauss(0, 1) for _ in range(count + 4)] for _ in range(3)]
    trembling = [[sum(axis[n : n + 5]) for n in range(count)] for axis in white]
    stepping = (
        [sin(2 * pi * (n / RATE_HZ + shift) * hertz) for n in range(count)]
        for hertz, shift in ((2, 0.0), (1, 0.1), (2, 0.2))
    )
    gait = [
        [step + 0.1 * rest for step, rest in zip(steps, rests, strict=True)]
        for steps, rests in zip(stepping, trembling, strict=True)
    ]
    return _levelled(trembling), _levelled(gait)


def _levelled(axes: list[list[float]]) -> NDArray[np.float64]:
    seconds = np.array(axes).T.reshape(BANK_S, RATE_HZ, 3)
    seconds = seconds - seconds.mean(axis=1, keepdims=True)
    seconds = seconds / seconds.std(axis=1, keepdims=True)
    rounded: NDArray[np.float64] = np.round(seconds.reshape(-1, 3), 6)
    return rounded
