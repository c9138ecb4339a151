"""How soon the rules notice that somebody at home is silent, and how often they cry wolf: tried on a home, counted, tabled."""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeAlias

from rich.console import Console
from rich.progress import track

from gateway.bench.recordings import HEARTBEAT_S
from gateway.bench.silences import WAYS, Alert, Home, Way
from rules.conditions.silent import HEARTBEATS

HOURS = (1, 2, 3, 4, 6)
HOUR_MS = 3_600_000
MONTH_DAYS = 30.44
SEED = 7
FOUND_FLOOR, MEDIAN_FLOOR_H, FALSE_FLOOR = 0.98, 3.0, 1.0  # what issue 3 asks for

ALIVE: tuple[Way, ...] = ("frozen", "fallen")

Figures: TypeAlias = dict[str, Any]  # as printed by --json


@dataclass
class Findings:
    """What came of one home: delays in hours by way (infinite: not found), and what the doors' silences raised."""

    home: Home
    plain: list[float] = field(default_factory=list)  # how long it had been quiet already, in hours
    delays: dict[Way, list[float]] = field(default_factory=lambda: {way: [] for way in WAYS})
    only_not_back: int = 0  # frozen silences that only "not back home" found
    asserted_though_dead: int = 0  # dead homes, known to be, whose person was called inactive or not back
    left: list[list[Alert]] = field(default_factory=list)  # what each leaving without a return raised
    came: list[float] = field(default_factory=list)  # delays after coming home, and then nothing

    @property
    def false_alerts(self) -> list[Alert]:
        """Inactivity-type alerts over the recording: the resident was well every time."""
        return [alert for alert in self.home.alerts if alert.inactivity]


def try_home(home: Home, every: int, err: Console) -> Findings:
    """Replay the home and let it fall silent at every moment that counts, and after every passing of its front door."""
    found = Findings(home)
    passings = set(home.passings)
    stops = sorted({*_moments(home, every), *(at + 1 for at in passings)})
    title = f"{home.recording.name}: {len(stops)} silences"
    for at, state in track(home.walk(stops), title, len(stops), console=err):
        if at - 1 in passings:
            _try_door(found, at, home.silence(state, "frozen"))
            continue
        found.plain.append((at - home.quiet_since(at)) / HOUR_MS)
        for way in WAYS:
            raised = home.silence(state, way)
            wanted = [alert for alert in raised if (alert.silent if way == "dead" else alert.inactivity)]
            found.delays[way].append(_delay(wanted, at))
            if way == "dead":
                known = at + HEARTBEATS * HEARTBEAT_S * 1000
                found.asserted_though_dead += any(
                    (alert.inactivity or alert.not_back) and alert.at > known for alert in raised
                )
            elif way == "frozen" and not wanted:
                found.only_not_back += any(alert.not_back for alert in raised)
    return found


def _moments(home: Home, every: int) -> list[int]:
    """One moment in every stretch of that length, if then annotated at home and awake, and long after the front door."""
    throw = random.Random(SEED)  # noqa: S311 a benchmark's dice
    acts = home.recording.activities
    moments = [
        start + throw.randrange(every) for start in range(acts[0].start, max(act.end for act in acts), every)
    ]
    return [
        at
        for at in moments
        if at > home.start + every and not home.doing(at) & {"asleep", "out"} and not home.after_door(at)
    ]


def _try_door(found: Findings, at: int, raised: list[Alert]) -> None:
    """Nothing after the front door: who left by it is not back; who came home by it is inactive."""
    soon = found.home.doing(at + 5 * 60_000)
    if "out" in soon:
        found.left.append(raised)
    elif "out" in found.home.doing(at - 15 * 60_000):
        found.came.append(_delay([alert for alert in raised if alert.inactivity], at))


def _delay(alerts: list[Alert], since: int) -> float:
    return min((max(alert.at - since, 0) / HOUR_MS for alert in alerts), default=math.inf)


# ---- what is told


def report(found: list[Findings]) -> Figures:
    """The figures of all homes and of each."""
    total = _figures(found, "all")
    frozen = total["frozen"]
    total["floors"] = {
        "found": min(frozen["found"], total["dead"]["found"]) >= FOUND_FLOOR,
        "median": frozen["median_h"] is not None and frozen["median_h"] <= MEDIAN_FLOOR_H,
        "false_alerts": total["false_per_resident_month"] <= FALSE_FLOOR,
        "not_back": total["left_not_back_only"] == total["left"],
    }
    total["floors_hold"] = all(total["floors"].values())
    return {**total, "homes": [_figures([one], one.home.recording.name) for one in found]}


def _figures(found: list[Findings], name: str) -> Figures:
    days = sum(one.home.recording.days for one in found)
    false = [(one, alert) for one in found for alert in one.false_alerts]
    not_back = [(one, alert) for one in found for alert in one.home.alerts if alert.not_back]
    left = [raised for one in found for raised in one.left]
    return {
        "name": name,
        "resident_days": round(days, 1),
        "silences": sum(len(one.plain) for one in found),
        "false_alerts": len(false),
        "false_while_learning": sum(
            not one.home.learned_at or alert.at < one.home.learned_at for one, alert in false
        ),
        "false_per_resident_month": round(len(false) / days * MONTH_DAYS, 2),
        **{way: _shares([delay for one in found for delay in one.delays[way]]) for way in WAYS},
        "alive": _shares([delay for one in found for way in ALIVE for delay in one.delays[way]]),
        "found_by_not_back_only": sum(one.only_not_back for one in found),
        "asserted_though_dead": sum(one.asserted_though_dead for one in found),
        "left": len(left),
        "left_not_back_only": sum(_only_not_back(raised) for raised in left),
        "left_latest": max(
            (_minute(alert.at) for raised in left for alert in raised if alert.not_back), default=None
        ),
        "came_home": _shares([delay for one in found for delay in one.came]),
        "not_back_alerts": len(not_back),
        "not_back_and_out": sum("out" in one.home.doing(alert.at) for one, alert in not_back),
        "plain": {str(hours): _plain(found, hours, days) for hours in HOURS},
    }


def _minute(at: int) -> int:
    """Minutes after midnight; up to 04:00 of the next day belongs to the day before."""
    return (at // 60_000 - 240) % 1440 + 240


def _only_not_back(raised: list[Alert]) -> bool:
    return any(alert.not_back for alert in raised) and not any(alert.inactivity for alert in raised)


def _shares(delays: list[float]) -> Figures:
    """The median delay in hours, and which share was found within so many hours, and at all."""
    if not delays:
        return {"median_h": None, "found": None, **{str(hours): None for hours in HOURS}}
    median = statistics.median(delays)
    return {
        "median_h": round(median, 2) if math.isfinite(median) else None,
        "found": round(sum(map(math.isfinite, delays)) / len(delays), 4),
        **{str(hours): round(sum(delay <= hours for delay in delays) / len(delays), 4) for hours in HOURS},
    }


def _plain(found: list[Findings], hours: int, days: float) -> Figures:
    """A plain rule for comparison: no sensor changed for so many hours, at whatever time of day."""
    delays = [hours - quiet if quiet < hours else 0.0 for one in found for quiet in one.plain]
    false = sum(
        sum(
            after.at - before.at >= hours * HOUR_MS
            for before, after in pairwise(changes)
            if (before.at, after.at) not in one.home.recording.gaps
        )
        for one in found
        for changes in [one.home.recording.changes]
    )
    return {
        **_shares(delays),
        "false_alerts": false,
        "false_per_resident_month": round(false / days * MONTH_DAYS, 2),
    }
