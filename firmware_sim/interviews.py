"""What people answered when their sensors were installed: when they usually get up.

Told to the nearest ten minutes, and not always right.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from firmware_sim.chance import dice
from firmware_sim.lives.habits import Household

COLUMNS = ("home", "usual_rise")
OFF_BY_MIN = 12  # standard deviation of what people say of themselves: assumed


def interviews_csv(households: Mapping[str, Household], *, seed: int) -> str:
    """One line for each home: its first resident's answer, as HH:MM."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for home, lives in households.items():
        said = lives.people[0].rise + dice(seed, home, "interview").gauss(0, OFF_BY_MIN)
        minute = round(said / 10) * 10
        table.writerow((home, f"{minute // 60:02}:{minute % 60:02}"))
    return out.getvalue()
