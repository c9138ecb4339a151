"""The numbers of communities as they may be shown: by community within reach, every count a cell, every share made of cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.accounts.who import Reach
from gateway.alerts import cells
from gateway.alerts.cells import Cell, cell, total
from gateway.alerts.record import station_of
from gateway.operations.area_views import LEVELS, Counted
from gateway.web.port import DeskNow

SEVERITIES = ("critical", "urgent", "notice")
CLASSES = ("life_safety", "care", "facility", "device")
STATION = "care"  # the work of a desk that is a station or a point

Kept = Mapping[str, tuple[int, int]]  # within and beyond a target, by its name


@dataclass(frozen=True, slots=True)
class CountShown:
    """A count as it may be shown: from ``low`` to ``high``; ``shown`` is how it is written. 1 to 4 are "<5"."""

    low: int
    high: int
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetShown:
    """A target, and the share within it in percent, from ``low`` to ``high``; '–' where fewer than five are judged."""

    name: str
    within_s: int
    wanted: float
    low: int | None
    high: int | None
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """One community, or all of them together (``path`` '').

    ``stations``: desks that care for people there; ``staffed`` by the plan now, ``hearing`` of those. ``neighbourhoods`` of the
    registry, ``covered`` by a point of their own or their community's station. ``open``: alerts that are not closed, by
    severity, without those about devices, which are ``faults``. ``alerts_7`` and ``alerts_30`` by class, ``response_7`` and
    ``response_30`` of life safety: up to the end of yesterday.
    """

    path: str
    homes: CountShown
    stations: int
    staffed: int
    hearing: int
    neighbourhoods: int
    covered: int
    open: dict[str, CountShown]
    faults: CountShown
    alerts_7: dict[str, CountShown]
    alerts_30: dict[str, CountShown]
    response_7: list[TargetShown]
    response_30: list[TargetShown]


@dataclass(frozen=True, slots=True, kw_only=True)
class StationAbove:
    """A desk above the communities: a street's centre."""

    name: str
    at: str
    staffed: bool
    hearing: bool


@dataclass(frozen=True, slots=True)
class Lately:
    """What came of the targets in two spans that have nothing in common, by community: the last 7 days, the 23 before."""

    targets: Sequence[Mapping[str, Any]]
    last: Mapping[str, Kept]
    before: Mapping[str, Kept]


@dataclass(frozen=True, slots=True)
class _Row:
    """A community as cells."""

    homes: Cell
    desks: tuple[DeskNow, ...]
    neighbourhoods: int
    covered: int
    open: Mapping[str, Cell]
    faults: Cell
    last: Mapping[str, Cell]
    before: Mapping[str, Cell]
    kept: tuple[Mapping[str, tuple[Cell, Cell]], Mapping[str, tuple[Cell, Cell]]]


def communities(
    counted: Mapping[str, Counted], desks: Sequence[DeskNow], lately: Lately | None
) -> tuple[list[Community], Community]:
    """Each community, and all together: these are sums of what is shown of each."""
    rows = {path: _row(path, one, desks, lately) for path, one in counted.items()}
    targets = lately.targets if lately is not None else ()
    return [_shown(path, row, targets) for path, row in rows.items()], _shown(
        "", _all(rows.values()), targets
    )


def stations_above(desks: Iterable[DeskNow], reach: Reach) -> list[StationAbove]:
    """The desks within reach that stand above the communities."""
    return [
        StationAbove(name=desk.name, at=desk.at, staffed=desk.staffed, hearing=bool(desk.hears_by))
        for desk in desks
        if desk.serves == STATION
        and (not desk.at or desk.at.count("/") < LEVELS - 1)
        and reach.holds(desk.at)
    ]


def _row(path: str, one: Counted, desks: Sequence[DeskNow], lately: Lately | None) -> _Row:
    here = tuple(desk for desk in desks if desk.serves == STATION and station_of(desk.at) == path)
    stands = {desk.at for desk in here}
    kept = (lately.last.get(path, {}), lately.before.get(path, {})) if lately is not None else ({}, {})
    return _Row(
        homes=cell(one.homes), desks=here, neighbourhoods=len(one.neighbourhoods),
        covered=sum(path in stands or place in stands for place in one.neighbourhoods), open=_cells(one.open, SEVERITIES),
        faults=cell(one.faults), last=_cells(one.lately, CLASSES), before=_cells(one.before, CLASSES),
        kept=(_kept(kept[0]), _kept(kept[1])),
    )  # fmt: skip


def _cells(counter: Counter[str], names: Sequence[str]) -> dict[str, Cell]:
    return {name: cell(counter[name]) for name in names}


def _kept(kept: Kept) -> dict[str, tuple[Cell, Cell]]:
    return {name: (cell(within), cell(beyond)) for name, (within, beyond) in kept.items()}


def _all(rows: Iterable[_Row]) -> _Row:
    every = list(rows)

    def summed(parts: Sequence[Mapping[str, Cell]], names: Sequence[str]) -> dict[str, Cell]:
        return {name: total(part[name] for part in parts) for name in names}

    return _Row(
        homes=total(row.homes for row in every), desks=tuple(desk for row in every for desk in row.desks),
        neighbourhoods=sum(row.neighbourhoods for row in every), covered=sum(row.covered for row in every),
        open=summed([row.open for row in every], SEVERITIES), faults=total(row.faults for row in every),
        last=summed([row.last for row in every], CLASSES), before=summed([row.before for row in every], CLASSES),
        kept=(_together([row.kept[0] for row in every]), _together([row.kept[1] for row in every])),
    )  # fmt: skip


def _together(parts: Sequence[Mapping[str, tuple[Cell, Cell]]]) -> dict[str, tuple[Cell, Cell]]:
    names = dict.fromkeys(name for part in parts for name in part)
    return {
        name: (
            total(part[name][0] for part in parts if name in part), total(part[name][1] for part in parts if name in part)
        )
        for name in names
    }  # fmt: skip


def _shown(path: str, row: _Row, targets: Sequence[Mapping[str, Any]]) -> Community:
    staffed = [desk for desk in row.desks if desk.staffed]
    return Community(
        path=path, homes=_count(row.homes), stations=len(row.desks), staffed=len(staffed),
        hearing=sum(bool(desk.hears_by) for desk in staffed), neighbourhoods=row.neighbourhoods, covered=row.covered,
        open={name: _count(one) for name, one in row.open.items()}, faults=_count(row.faults),
        alerts_7={name: _count(one) for name, one in row.last.items()},
        alerts_30={name: _count(total((row.last[name], row.before[name]))) for name in CLASSES},
        response_7=[_target(each, row.kept[0]) for each in targets],
        response_30=[_target(each, _together(row.kept)) for each in targets],
    )  # fmt: skip


def _count(one: Cell) -> CountShown:
    return CountShown(one.low, one.high, one.shown)


def _target(target: Mapping[str, Any], kept: Mapping[str, tuple[Cell, Cell]]) -> TargetShown:
    found = cells.share(*kept.get(target["name"], (cells.NONE, cells.NONE)))
    return TargetShown(
        name=target["name"], within_s=target["within_s"], wanted=target["wanted"],
        low=found.low if found is not None else None, high=found.high if found is not None else None,
        shown=found.shown if found is not None else "–",
    )  # fmt: skip
