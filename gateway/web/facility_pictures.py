"""Pictures of a facility's day, drawn on the server: numbers for an SVG, in its own units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.occupancy.usual import HourOfDay, Week
from gateway.occupancy.zones import WeekHour

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 360, 170, 28, 22, 10
HEAT_LEVELS = 5
FIRST_HOUR, LAST_HOUR = 8, 20  # shown in any case


@dataclass(frozen=True, slots=True)
class Bar:
    """An hour: where its bar stands, how high it is, and where the line of what is usual runs (None: not known)."""

    hour: int
    x: float
    width: float
    y: float | None
    height: float
    usual_y: float | None


@dataclass(frozen=True, slots=True)
class DayPicture:
    """Today's bars against lines of what is usual; ``top`` is what the highest line of the scale stands for."""

    bars: list[Bar]
    width: int
    height: int
    left: int
    base: float
    top: int
    capacity_y: float | None


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One hour of the seven days: the people, and how dark the cell is (None: not known)."""

    hour: int
    cells: list[tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class WeekCell:
    """An hour of the week: where its cell stands, how dark it is and what stands in it (None: not known)."""

    weekday: int
    x: float
    level: int | None
    figure: int | None


@dataclass(frozen=True, slots=True)
class WeekRow:
    """An hour of the seven days."""

    hour: int
    y: int
    cells: list[WeekCell]


@dataclass(frozen=True, slots=True)
class WeekPicture:
    """A week by the hour, as a picture and as a table: people on average, or (``shares``) how often it was used, in percent."""

    rows: list[WeekRow]
    shares: bool
    width: int
    height: int
    left: int
    top: int
    cell_width: float
    cell_height: int


WEEK_LEFT, WEEK_TOP, CELL_HEIGHT = 30, 24, 26


def week_picture(week: Sequence[WeekHour], *, shares: bool) -> WeekPicture | None:
    """The hours in which something happened, 08:00 to 20:00 in any case; None where nothing is known."""
    known = {(one.weekday, one.hour): one for one in week if one.known and (shares or one.people is not None)}
    if not known:
        return None
    values = {at: 100.0 * one.used / one.known if shares else one.people or 0.0 for at, one in known.items()}
    most = 100.0 if shares else max(*values.values(), 1.0)
    wide = round((WIDTH - WEEK_LEFT) / 7, 2)

    def cell(weekday: int, hour: int) -> WeekCell:
        value, x = values.get((weekday, hour)), round(WEEK_LEFT + weekday * wide, 2)
        if value is None:
            return WeekCell(weekday, x, None, None)
        return WeekCell(weekday, x, min(int(value / most * HEAT_LEVELS), HEAT_LEVELS - 1), round(value))

    hours = _shown([hour for (_, hour), value in values.items() if value >= 1])
    rows = [
        WeekRow(hour, WEEK_TOP + at * CELL_HEIGHT, [cell(day, hour) for day in range(7)])
        for at, hour in enumerate(hours)
    ]
    height = WEEK_TOP + len(rows) * CELL_HEIGHT
    return WeekPicture(rows, shares, WIDTH, height, WEEK_LEFT, WEEK_TOP, wide, CELL_HEIGHT)


def day_picture(day: Sequence[HourOfDay], capacity: int | None) -> DayPicture | None:
    """Drawn over the hours in which something is known; None where nothing is."""
    known = [one for one in day if one.people is not None or one.usual is not None]
    if not known:
        return None
    shown = _shown([one.hour for one in known if (one.people or 0) >= 1 or (one.usual or 0) >= 1])
    most = max([one.people or 0 for one in known] + [one.usual or 0 for one in known])
    top = _round_up(max(most, capacity or 0, 4))
    base = HEIGHT - BOTTOM
    step = (WIDTH - LEFT) / len(shown)

    def y(people: float) -> float:
        return round(base - people / top * (base - TOP), 1)

    bars = [
        Bar(
            hour=one.hour, x=round(LEFT + at * step + step * 0.15, 1), width=round(step * 0.7, 1),
            y=None if one.people is None else y(one.people),
            height=0.0 if one.people is None else round(base - y(one.people), 1),
            usual_y=None if one.usual is None else y(one.usual),
        )
        for at, one in enumerate(day[hour] for hour in shown)
    ]  # fmt: skip
    return DayPicture(bars, WIDTH, HEIGHT, LEFT, base, top, y(capacity) if capacity else None)


def heat_rows(week: Week, capacity: int | None) -> list[HeatRow]:
    """The usual week, an hour a row; none where nothing is known."""
    if not week:
        return []
    most = capacity or max(*week.values(), 1.0)
    shown = _shown([hour for (_, hour), people in week.items() if people >= 1])

    def cell(weekday: int, hour: int) -> tuple[int, int] | None:
        people = week.get((weekday, hour))
        if people is None:
            return None
        return round(people), min(int(people / most * HEAT_LEVELS), HEAT_LEVELS - 1)

    return [HeatRow(hour, [cell(weekday, hour) for weekday in range(7)]) for hour in shown]


def _shown(hours: Sequence[int]) -> range:
    return range(min([*hours, FIRST_HOUR]), max([*hours, LAST_HOUR - 1]) + 1)


def _round_up(people: float) -> int:
    step = 10 ** max(len(str(int(people))) - 1, 0)
    step = step // 2 or 1
    return int(-(-people // step) * step)
