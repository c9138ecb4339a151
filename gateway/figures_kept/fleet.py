"""The devices as figures: by community and kind as counts, and those that stand in facilities one by one. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.alerts.cells import Cell, cell, total
from gateway.figures_kept.saying import Saying

BATTERY_LOW = 15.0  # percent
BATTERY_SOON_DAYS = 30.0
SIGNAL_WEAK = -85.0  # dBm
CLOCK_WRONG_MS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A device as the hub knows it; None is not known. ``facility``: it stands in ``place``, and that is no home.

    ``community`` is '' where it lies in none; ``firmware`` '' where it has not said.
    """

    device: str
    kind: str
    place: str
    facility: bool
    community: str
    online: bool
    battery: float | None = None
    battery_days: float | None = None
    rssi: float | None = None
    clock_skew_ms: float | None = None
    firmware: str = ""


def say_fleet(said: Saying, devices: Iterable[Seen], at: int) -> None:
    """Say all of them at that hour."""
    by: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    versions: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in devices:
        if one.facility:
            _say_one(said, one, at)
        if one.community:
            by[one.community, one.kind].update(_counts(one))
            if one.firmware:
                versions[one.community, one.kind][one.firmware] += 1
    together: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for (community, kind), counted in sorted(by.items()):
        for name, found in _cells(counted).items():
            said.count(f"fleet.{name}", community, at, found, device=kind)
            together[name, kind].append(found)
    for (name, kind), cells in sorted(together.items()):
        said.count_together(f"fleet.{name}", at, cells, device=kind)
    _say_firmware(said, versions, at)


def _say_one(said: Saying, one: Seen, at: int) -> None:
    for name, value in (
        ("battery_days", one.battery_days), ("battery", one.battery), ("rssi", one.rssi),
        ("clock_skew_ms", one.clock_skew_ms), ("online", float(one.online)),
    ):  # fmt: skip
        said.facility(f"device.{name}", one.place, at, value, device=one.device)


def _counts(one: Seen) -> Iterable[str]:
    yield "online" if one.online else "silent"
    if one.battery is not None and one.battery < BATTERY_LOW:
        yield "battery_low"
    if one.battery_days is not None and one.battery_days <= BATTERY_SOON_DAYS:
        yield "battery_30d"
    if one.rssi is not None and one.rssi < SIGNAL_WEAK:
        yield "signal_weak"
    if one.clock_skew_ms is not None and abs(one.clock_skew_ms) > CLOCK_WRONG_MS:
        yield "clock_wrong"


def _cells(counted: Counter[str]) -> dict[str, Cell]:
    """Each count by itself; how many there are is the sum of what is told of online and silent, or nothing."""
    names = ("online", "silent", "battery_low", "battery_30d", "signal_weak", "clock_wrong")
    found = {name: cell(counted[name]) for name in names}
    return {"devices": total((found["online"], found["silent"])), **found}


def _say_firmware(said: Saying, versions: dict[tuple[str, str], Counter[str]], at: int) -> None:
    """By version, of those communities where it can be told: else the rest would be a hidden community's."""
    cells: dict[str, list[Cell]] = defaultdict(list)
    for (_, kind), counted in versions.items():
        for version, count in counted.items():
            cells[f"{kind} {version}"].append(cell(count))
    for name, found in sorted(cells.items()):
        said.count_together("fleet.firmware", at, found, device=name)
