"""Lines and bars over time as numbers for an SVG, in its own units: as wide as an old phone. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 360.0, 180.0, 36.0, 6.0, 12.0, 22.0
BASE = HEIGHT - BOTTOM
TICKS_MAX = 5
TINY = 1e-9  # nothing that is measured
NICE: Final = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
Numbers: TypeAlias = Sequence[float | None]
_Across: TypeAlias = Callable[[int], float]
_Up: TypeAlias = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Series:
    """A number for each bucket, None where nothing is known; ``word`` is its name among the words, ``name`` one of its own."""

    word: str
    numbers: Numbers
    name: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing of it is known."""
        return all(number is None for number in self.numbers)


@dataclass(frozen=True, slots=True)
class Limit:
    """A line across: what a load or a share is held to."""

    value: float
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is to be drawn over buckets that begin at ``begins`` (epoch ms): lines, or bars upon one another.

    ``band``: from the one to the other, behind the lines. ``word`` is its title, ``said`` what it means. ``top``: how far the
    scale goes, percent to 100; else as far as what is drawn. ``marks``: a dot above the buckets where it is over 0.
    """

    word: str
    kind: Literal["lines", "bars"]
    begins: Sequence[int]
    series: Sequence[Series]
    said: str = ""
    limits: Sequence[Limit] = ()
    band: tuple[Numbers, Numbers] | None = None
    top: float | None = None
    marks: Numbers = ()
    marks_word: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return all(one.empty for one in self.series)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranks:
    """Names with a number each, the greatest first; a bar as long as its part of the greatest. Or the smallest first."""

    word: str
    rows: Sequence[tuple[str, float]]
    said: str = ""

    @property
    def most(self) -> float:
        """The greatest."""
        return max((value for _, value in self.rows), default=0.0) or 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Numbers by name and column, None where nothing is told."""

    word: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[float | None]]]
    said: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a bar."""

    x: float
    y: float
    width: float
    height: float
    series: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart as it is drawn: y of each tick with its number, x of each tick with its time, outlines, bars and lines across."""

    across: list[tuple[float, str]]
    ticks: list[tuple[float, int]]
    paths: list[str] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    band: str = ""
    limits: list[tuple[float, Limit]] = field(default_factory=list)
    marks: list[float] = field(default_factory=list)


def drawn(chart: Chart) -> Drawing:
    """Draw it."""
    top = nice_top(chart.top if chart.top is not None else _most(chart))
    step = (WIDTH - LEFT - RIGHT) / max(len(chart.begins), 1)

    def x(at: int) -> float:
        return round(LEFT + (at + 0.5) * step, 1)

    def y(number: float) -> float:
        return round(BASE - min(number / top, 1.0) * (BASE - TOP), 1)

    every = max(1, math.ceil(len(chart.begins) / TICKS_MAX))
    drawing = Drawing(
        across=[(y(part), f"{part:g}") for part in (0.0, top / 2, top)],
        ticks=[(x(at), chart.begins[at]) for at in range(0, len(chart.begins), every)],
        limits=[(y(one.value), one) for one in chart.limits if one.value <= top],
        band=_band(chart.band, x, y) if chart.band else "",
        marks=[x(at) for at, number in enumerate(chart.marks) if number],
    )
    if chart.kind == "bars":
        drawing.bars.extend(_bars(chart, step, y))
    else:
        drawing.paths.extend(_path(one.numbers, x, y) for one in chart.series)
    return drawing


def nice_top(most: float) -> float:
    """The end of a scale, at or above that number: a number whose half is easily read as well."""
    if most < TINY:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(power * one for one in NICE if power * one >= most * (1 - 1e-9))


def _most(chart: Chart) -> float:
    numbers = [one.numbers for one in chart.series]
    if chart.kind == "bars":
        stacked = [sum(part or 0.0 for part in parts) for parts in zip(*numbers, strict=True)]
        return max(stacked, default=0.0)
    known = [number for some in numbers for number in some if number is not None]
    known += [number for number in (chart.band[1] if chart.band else ()) if number is not None]
    return max([*known, *(one.value for one in chart.limits)], default=0.0)


def _path(numbers: Numbers, x: _Across, y: _Up) -> str:
    """A line that breaks where nothing is known; a number by itself is a dot."""
    parts, pen = [], "M"
    for at, number in enumerate(numbers):
        if number is None:
            pen = "M"
            continue
        alone = pen == "M" and (at + 1 == len(numbers) or numbers[at + 1] is None)
        parts.append(f"{pen}{x(at):g} {y(number):g}" + ("h.01" if alone else ""))
        pen = "L"
    return "".join(parts)


def _band(band: tuple[Numbers, Numbers], x: _Across, y: _Up) -> str:
    """The outline of each run of buckets whose both ends are known."""
    low, high = band
    runs: list[list[int]] = [[]]
    for at, (one, other) in enumerate(zip(low, high, strict=True)):
        if one is None or other is None:
            runs.append([])
        else:
            runs[-1].append(at)
    outline = ""
    for run in runs:
        if len(run) > 1:
            there = [f"{x(at):g} {y(high[at] or 0.0):g}" for at in run]
            back = [f"{x(at):g} {y(low[at] or 0.0):g}" for at in reversed(run)]
            outline += "M" + "L".join(there + back) + "Z"
    return outline


def _bars(chart: Chart, step: float, y: _Up) -> list[Bar]:
    found = []
    for at in range(len(chart.begins)):
        below = 0.0
        for number, one in enumerate(chart.series):
            value = one.numbers[at]
            if not value:
                continue
            upper, lower = y(below + value), y(below)
            found.append(
                Bar(
                    round(LEFT + (at + 0.12) * step, 1),
                    upper,
                    round(step * 0.76, 1),
                    round(lower - upper, 1),
                    number,
                )
            )
            below += value
    return found
