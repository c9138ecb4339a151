"""The use of facilities over months, from figures of their days that are kept (``use_1d``, ``zone_1d``): a year in a moment.

The figures were made by ``gateway.occupancy.use``; a day in which nothing was known has none, and is no zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar
from zoneinfo import ZoneInfo

from gateway.occupancy.zones import Room, idle_by, purpose_of

USE: Final = "use_1d."
ZONE: Final = "zone_1d."
YEAR_NAMES: Final = ("people_h", "peak", "used_h", "open_known_h", "open_used_h")
MONTH_NAMES: Final = (*YEAR_NAMES, "known_h", "open_h", "came", "went")
ZONE_NAMES: Final = ("used_h", "open_h", "open_known_h", "open_used_h")


class Kept(Protocol):
    """One figure of one day."""

    @property
    def metric(self) -> str:
        """Its name."""

    @property
    def place(self) -> str:
        """The facility."""

    @property
    def device(self) -> str:
        """The room, of ``zone_1d``."""

    @property
    def at(self) -> int:
        """When the day begins, epoch ms."""

    @property
    def value(self) -> float:
        """How much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOfDays:
    """Sums over days; None is 无数据, never zero. ``days`` are those of which anything is known.

    ``utilisation``: of the known open hours, the share in which somebody was there. ``peak_at``: the day of the most people.
    """

    days: int
    used_h: float | None
    open_h: float | None
    utilisation: float | None
    people_h: float | None
    peak: float | None
    peak_at: int | None
    came: float | None
    went: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOfRooms:
    """The rooms of a facility: square metres times hours where the area is known, which stood idle, and which are not known."""

    m2_h: float | None
    idle: list[str]
    idle_unknown: list[str]


K = TypeVar("K", bound=Kept)


def by_place(points: Iterable[K]) -> dict[str, list[K]]:
    """The figures of each facility."""
    found: dict[str, list[K]] = {}
    for one in points:
        found.setdefault(one.place, []).append(one)
    return found


def use_of_days(points: Sequence[Kept]) -> UseOfDays:
    """Sum up the days of one facility."""
    sums: dict[str, float] = {}
    peak: Kept | None = None
    for one in points:
        if one.metric == USE + "peak":
            peak = one if peak is None or one.value > peak.value else peak
        else:
            sums[one.metric] = sums.get(one.metric, 0.0) + one.value
    known, used = sums.get(USE + "open_known_h"), sums.get(USE + "open_used_h")
    return UseOfDays(
        days=len({one.at for one in points}), used_h=sums.get(USE + "used_h"), open_h=sums.get(USE + "open_h"),
        utilisation=(used or 0.0) / known if known else None, people_h=sums.get(USE + "people_h"),
        peak=peak.value if peak else None, peak_at=peak.at if peak else None,
        came=sums.get(USE + "came"), went=sums.get(USE + "went"),
    )  # fmt: skip


def by_month(points: Iterable[K], zone: ZoneInfo) -> dict[str, list[K]]:
    """The figures of each month (YYYY-MM) of the zone."""
    names: dict[int, str] = {}
    found: dict[str, list[K]] = {}
    for one in points:
        if one.at not in names:
            names[one.at] = f"{datetime.fromtimestamp(one.at / 1000, zone):%Y-%m}"
        found.setdefault(names[one.at], []).append(one)
    return found


def use_of_rooms(points: Iterable[Kept], rooms: Iterable[Room], begin: int, idle_since: int) -> UseOfRooms:
    """The rooms of one facility: m²-hours from ``begin`` on, idle by the days from ``idle_since`` on (epoch ms)."""
    used: dict[str, float] = {}
    opened: dict[tuple[str, str], float] = {}
    for one in points:
        name = one.metric.removeprefix(ZONE)
        if name == "used_h" and one.at >= begin:
            used[one.device] = used.get(one.device, 0.0) + one.value
        elif name != "used_h" and one.at >= idle_since:
            opened[one.device, name] = opened.get((one.device, name), 0.0) + one.value
    within = [one for one in rooms if purpose_of(one) != "entrance"]
    m2_h = [one.area_m2 * used[one.name] for one in within if one.area_m2 is not None and one.name in used]
    idle = {
        one.name: idle_by(
            *(opened.get((one.name, name), 0.0) for name in ("open_h", "open_known_h", "open_used_h"))
        )
        for one in within
    }
    return UseOfRooms(
        m2_h=sum(m2_h) if m2_h else None,
        idle=[name for name, is_idle in idle.items() if is_idle],
        idle_unknown=[name for name, is_idle in idle.items() if is_idle is None],
    )
