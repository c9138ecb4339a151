"""What a report is: figures, tables, pictures and notes in sections, in both languages; knows no format and no clock.

A figure is said once, under its key; sections name keys. None is 无数据 (nothing is known), never 0. A value in words ("<5",
"41–44") is a count as it may be shown: it has no difference. Everything is sorted by whoever makes it: a renderer adds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Text: TypeAlias = dict[str, str]  # zh and en
Value: TypeAlias = int | float | str | None  # None: 无数据
Cell: TypeAlias = int | float | str | Text | None
Kind: TypeAlias = Literal["station", "facility", "area"]
Lang: TypeAlias = Literal["zh", "en"]

KINDS: tuple[Kind, ...] = ("station", "facility", "area")
LANGUAGES: tuple[Lang, ...] = ("zh", "en")
NO_DATA: Text = {"zh": "无数据", "en": "no data"}
PLAIN: Text = {"zh": "", "en": ""}  # no unit, nothing to say


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of the period (``value``) and of the period before (``before``); a share is in percent, unit %."""

    key: str
    label: Text
    value: Value
    unit: Text
    before: Value = None
    definition: Text
    decimals: int = 0

    @property
    def change(self) -> int | float | None:
        """By how much it differs from the period before; None where either is not known exactly."""
        if isinstance(self.value, str) or isinstance(self.before, str):
            return None
        if self.value is None or self.before is None:
            return None
        return round(self.value - self.before, self.decimals) if self.decimals else self.value - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: its heading, how many decimals its numbers have, how wide it is against the others."""

    label: Text
    decimals: int = 0
    width: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns; a cell in both languages is a ``Text``."""

    key: str
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: Text = field(default_factory=lambda: {"zh": "本期没有。", "en": "None in this period."})

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers: their cells stand to the right, also those in words."""
        return tuple(
            any(isinstance(row[at], int | float) for row in self.rows) for at in range(len(self.columns))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The values of a picture, one for each of its labels; None leaves a gap."""

    name: Text
    values: tuple[int | float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is drawn: bars or lines over labels; each format draws it its own way (``gateway.reports.drawing``: SVG text)."""

    key: str
    title: Text
    shape: Literal["bars", "lines"]
    labels: tuple[Cell, ...]
    series: tuple[Series, ...]
    unit: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the report: figures by their keys, tables, pictures, notes."""

    key: str
    title: Text
    figures: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report of one place over one period.

    ``period``: 2026-10 or 2026-10-21, of the zone's days; ``begin`` ≤ time < ``end`` (epoch ms). ``at``: path in the tree of
    places; ``place``: the facility's id, else ''. ``until`` is before ``end`` where the period is not over. ``figures`` by key,
    in order; ``sections`` in order. Nothing in it says when it was made.
    """

    kind: Kind
    period: str
    begin: int
    end: int
    until: int
    zone: str
    at: str
    place: str
    subject: str
    title: Text
    figures: dict[str, Figure]
    sections: tuple[Section, ...]
    notes: tuple[Text, ...] = ()
