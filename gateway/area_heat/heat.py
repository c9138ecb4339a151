"""Demand, supply and demand per supply of a community, as they may be shown.

What is about people is a cell (``gateway.alerts.cells``); a ratio is worked out from cells and from supply, which is about
nobody, and from nothing else. So whoever divides or subtracts learns what they read already.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from gateway.alerts.cells import SMALLEST, Cell, cell, total

Demand: TypeAlias = Literal["elders", "alerts", "visits"]
Supply: TypeAlias = Literal["stations", "hours", "seats"]
Show: TypeAlias = Literal["ratio", "demand", "supply"]
State: TypeAlias = Literal["exact", "range", "few", "no_service", "nothing", "missing"]

DEMANDS: Final[tuple[Demand, ...]] = get_args(Demand)
SUPPLIES: Final[tuple[Supply, ...]] = get_args(Supply)
SHOWS: Final[tuple[Show, ...]] = get_args(Show)
WHOLE: Final = 10.0  # from here on a ratio is told without decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Exact counts of a community: nothing of this is shown as it is. None: 无数据.

    ``alerts`` are the parts of the count that are shown by themselves elsewhere (class by class, the last 7 days and the 23
    before): each is hidden by itself here as well, else the sum would give one away.
    """

    homes: int
    alerts: Sequence[int]
    visits: int | None
    stations: int | None
    hours: float | None
    seats: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """A community as it may be shown, or several together (``path`` ''). ``hours``: staffed in a week; None: 无数据."""

    path: str
    elders: Cell
    alerts: Cell
    visits: Cell | None
    stations: int | None
    hours: float | None
    seats: int | None

    @property
    def name(self) -> str:
        """The community's own name, without its street and district."""
        return self.path.rpartition("/")[2]

    @property
    def street(self) -> str:
        """Where it lies: 区/街道."""
        return self.path.rpartition("/")[0]

    def of_demand(self, demand: Demand) -> Cell | None:
        """One kind of demand."""
        return {"elders": self.elders, "alerts": self.alerts, "visits": self.visits}[demand]

    def of_supply(self, supply: Supply) -> float | None:
        """One kind of supply."""
        return {"stations": self.stations, "hours": self.hours, "seats": self.seats}[supply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A number as it may be shown, from ``low`` to ``high``; ``shown`` is how it is written.

    ``few``: 1 to 4 people, homes or cases, or what is worked out of them. ``no_service``: demand and no supply at all (无服务).
    ``nothing``: no supply, and no demand either. ``missing``: 无数据. The last three have no number.
    """

    state: State
    low: float | None = None
    high: float | None = None
    shown: str = ""


MISSING: Final = Value(state="missing")


def heat_of(path: str, counts: Counts) -> Heat:
    """What may be shown of these counts."""
    return Heat(
        path=path, elders=cell(counts.homes), alerts=total(cell(part) for part in counts.alerts),
        visits=None if counts.visits is None else cell(counts.visits), stations=counts.stations, hours=counts.hours,
        seats=counts.seats,
    )  # fmt: skip


def together(heats: Iterable[Heat]) -> Heat:
    """All of them: sums of what is shown. Where one lacks a figure the sum lacks it too: it would read as all there is."""
    every = list(heats)
    visits = [one.visits for one in every]
    return Heat(
        path="", elders=total(one.elders for one in every), alerts=total(one.alerts for one in every),
        visits=None if None in visits else total(one for one in visits if one is not None),
        stations=_sum_int([one.stations for one in every]), hours=_sum([one.hours for one in every]),
        seats=_sum_int([one.seats for one in every]),
    )  # fmt: skip


def value_of(heat: Heat, show: Show, demand: Demand, supply: Supply) -> Value:
    """What is shown of it: that demand, that supply, or the one per the other."""
    if show == "demand":
        return demand_value(heat.of_demand(demand))
    if show == "supply":
        return supply_value(heat.of_supply(supply))
    return ratio(heat.of_demand(demand), heat.of_supply(supply))


def demand_value(count: Cell | None) -> Value:
    """A count about people."""
    if count is None:
        return MISSING
    state: State = "exact" if not count.hidden else "few" if count.high < SMALLEST else "range"
    return Value(state=state, low=count.low, high=count.high, shown=count.shown)


def supply_value(amount: float | None) -> Value:
    """What is there; about nobody, so that it is told as it is."""
    if amount is None:
        return MISSING
    return Value(state="exact", low=amount, high=amount, shown=f"{amount:g}")


def ratio(demand: Cell | None, supply: float | None) -> Value:
    """Demand per supply, worked out from what is shown; a range is rounded outwards, so that it holds the truth."""
    if demand is None or supply is None:
        return MISSING
    if supply <= 0:
        return Value(state="no_service" if demand.low else "nothing")
    low, high = demand.low / supply, demand.high / supply
    if not demand.hidden:
        return Value(state="exact", low=low, high=low, shown=_written(low))
    if demand.high < SMALLEST:
        return Value(state="few", low=low, high=high, shown=f"<{_written(SMALLEST / supply, up=True)}")
    shown = f"{_written(low, down=True)}–{_written(high, up=True)}"
    return Value(state="range", low=low, high=high, shown=shown)


def kept_values(heat: Heat) -> dict[str, float]:
    """The exact figures for a store that others read (``care_places``), by measurement: where one is hidden there is none."""
    found: dict[str, float | None] = {
        "heat.elders": _exact(heat.elders), "heat.alerts_30d": _exact(heat.alerts), "heat.visits_30d": _exact(heat.visits),
        "heat.stations": heat.stations, "heat.hours_week": heat.hours, "heat.seats": heat.seats,
    }  # fmt: skip
    return {name: float(value) for name, value in found.items() if value is not None}


def _exact(count: Cell | None) -> float | None:
    return None if count is None or count.hidden else count.low


def _written(number: float, *, up: bool = False, down: bool = False) -> str:
    digits = 0 if number >= WHOLE else 1 if number >= 1 else 2
    scale = 10**digits
    scaled = number * scale
    if up:
        scaled = math.ceil(scaled - 1e-9)
    elif down:
        scaled = math.floor(scaled + 1e-9)
    else:
        scaled = round(scaled)
    return f"{scaled / scale:g}"


def _sum(parts: Sequence[float | None]) -> float | None:
    return None if None in parts else math.fsum(part for part in parts if part is not None)


def _sum_int(parts: Sequence[int | None]) -> int | None:
    return None if None in parts else sum(part for part in parts if part is not None)
