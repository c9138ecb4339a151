"""The pendant's firmware: three-axis acceleration in, a fall or none out. Impact, then another posture, then stillness."""

from __future__ import annotations

from dataclasses import dataclass
from math import acos, degrees, sqrt

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 50
# Thresholds of the family that the literature has settled on, rounded: an impact of 2 g at trunk or waist, the trunk off its
# upright posture afterwards (Kangas et al. 2008, Gait & Posture 28:285, doi 10.1016/j.gaitpost.2008.01.003), and lying still
# before anybody is called. Spread is the root mean square of the three axes' standard deviations within a second.
IMPACT_MG = 2_000
TURNED_DEG = 50.0
STILL_MG = 60.0
ALIVE_MG = 6.0  # less is a table: whoever lies there breathes
STILL_S = 12
UPRIGHT_S = 2  # of posture before the impact, without which none can be compared

Window = NDArray[np.int64]  # (samples, 3) thousandths of g, whole seconds at RATE_HZ


@dataclass(frozen=True, slots=True)
class Fall:
    """What the firmware has measured, and how long after the impact it knew."""

    peak_mg: float
    turned_deg: float
    spread_mg: float
    after_ms: int

    @property
    def confidence(self) -> float:
        """0.6 where one figure just passes its threshold, up to 0.98 where all pass them by far."""
        margin = min(
            self.peak_mg / IMPACT_MG, self.turned_deg / TURNED_DEG, STILL_MG / max(self.spread_mg, ALIVE_MG)
        )
        return round(0.98 - 0.38 / margin**2, 2)


def judge(felt: Window) -> Fall | None:
    """The fall in this window, or None. Every figure is rounded before it is judged: machines agree on it."""
    squares = (felt * felt).sum(axis=1)
    hit = int(squares.argmax())
    peak_mg = round(sqrt(squares[hit]), 1)
    hit_second = hit // RATE_HZ
    if peak_mg < IMPACT_MG or hit_second < UPRIGHT_S:
        return None
    seconds = felt.reshape(-1, RATE_HZ, 3)
    sums = seconds.sum(axis=1)
    variances = squares.reshape(-1, RATE_HZ).sum(axis=1) / RATE_HZ - ((sums / RATE_HZ) ** 2).sum(axis=1)
    spreads = np.round(np.sqrt(np.maximum(variances, 0.0) / 3), 1).tolist()
    upright, still_s = sums[: hit_second - 1].sum(axis=0), 0
    for second in range(hit_second + 1, len(spreads)):
        still_s = still_s + 1 if ALIVE_MG <= spreads[second] <= STILL_MG else 0
        if still_s == STILL_S:
            began, after_ms = second + 1 - STILL_S, (second + 1) * 1_000 - hit * 1_000 // RATE_HZ
            turned_deg = _angle_deg(upright, sums[began : second + 1].sum(axis=0))
            spread_mg = max(spreads[began : second + 1])
            return Fall(peak_mg, turned_deg, spread_mg, after_ms) if turned_deg >= TURNED_DEG else None
    return None


def _angle_deg(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    along = int((one * other).sum())
    across = sqrt(int((one * one).sum())) * sqrt(int((other * other).sum()))
    return round(degrees(acos(max(-1.0, min(1.0, along / across)))), 1) if across else 0.0
