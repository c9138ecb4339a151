"""What happened in a home, made of stored readings: a change is told once, however often a device repeats it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.store.readings import Reading
from gateway.web.home_port import Happening
from rules.vocabulary import ACTIVITY_BY_CHANGE, ACTIVITY_BY_VALUE

EVENT = "event."
TURNED = frozenset({"contact"})  # 1 is closed: what is told is that it opened


def happened(readings: Iterable[Reading], rooms: Mapping[str, str]) -> list[Happening]:
    """The happenings among readings, oldest first; ``rooms`` says where a device is. What was replayed as retained is none."""
    known: dict[tuple[str, str], float] = {}
    found: list[Happening] = []
    for row in sorted(readings, key=lambda row: (row.time_ns, row.device, row.metric)):
        metric, before = row.metric, known.get((row.device, row.metric))
        known[row.device, metric] = row.value
        if row.quality == "retained":
            continue
        on = bool(row.value) != (metric in TURNED)
        if metric.startswith(EVENT):
            told = on = True  # its value is how sure the device is
        elif metric in ACTIVITY_BY_VALUE:
            told = bool(row.value)
        else:
            told = metric in ACTIVITY_BY_CHANGE and before is not None and before != row.value
        if told:
            found.append(Happening(row.observed_at, rooms.get(row.device, ""), row.device, metric, on))
    return found
