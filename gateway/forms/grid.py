"""A sheet as people see it: rows of cells, merged ones as one, each with what it says and whether it can be filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.forms.sheets import Sheet, Spot, Workbook, ref_of

ROWS_SHOWN: Final = 200
COLUMNS_SHOWN: Final = 40
TEXT_SHOWN: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """A cell: its address (B3), what it says, how far it spans; the key of the figure that fills it, or ''."""

    ref: str
    text: str
    rows: int
    columns: int
    formula: bool
    figure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A sheet: its columns by letter; its rows by number, without the cells that a merged one covers; whether it goes on."""

    sheet: str
    columns: list[str]
    rows: list[tuple[int, list[GridCell]]]
    more: bool


def grid_of(book: Workbook, sheet: Sheet, mapped: Mapping[str, str]) -> Grid:
    """The sheet up to its last cell, bounded; ``mapped`` is the figure of a cell by its address."""
    used = [*sheet.cells, *(end for _, end in sheet.merged), (1, 1)]
    bottom, right = max(row for row, _ in used), max(column for _, column in used)
    shown = min(bottom, ROWS_SHOWN), min(right, COLUMNS_SHOWN)
    spans, covered = _spans(sheet, shown)
    rows = [
        (
            row,
            [
                _cell(book, sheet, (row, column), spans.get((row, column), (1, 1)), mapped)
                for column in range(1, shown[1] + 1)
                if (row, column) not in covered
            ],
        )
        for row in range(1, shown[0] + 1)
    ]
    columns = [ref_of((1, column)).rstrip("1") for column in range(1, shown[1] + 1)]
    return Grid(sheet=sheet.name, columns=columns, rows=rows, more=(bottom, right) != shown)


def _spans(sheet: Sheet, shown: Spot) -> tuple[dict[Spot, Spot], set[Spot]]:
    """How far the first cell of each merged area spans, and the cells that it covers; of what is shown."""
    spans: dict[Spot, Spot] = {}
    covered: set[Spot] = set()
    for (top, left), (bottom, right) in sheet.merged:
        down, across = min(bottom, shown[0]), min(right, shown[1])
        if down < top or across < left or (top, left) in covered:
            continue
        spans[top, left] = (down - top + 1, across - left + 1)
        covered |= {(row, column) for row in range(top, down + 1) for column in range(left, across + 1)}
        covered -= {(top, left)}
    return spans, covered


def _cell(book: Workbook, sheet: Sheet, spot: Spot, span: Spot, mapped: Mapping[str, str]) -> GridCell:
    cell = sheet.cells.get(spot)
    said = book.text(cell) if cell is not None else ""
    return GridCell(
        ref=ref_of(spot), text=said[:TEXT_SHOWN], rows=span[0], columns=span[1],
        formula=cell is not None and cell.formula, figure=mapped.get(ref_of(spot), ""),
    )  # fmt: skip
