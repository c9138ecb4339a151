"""Puts values into cells of a form: those cells are written anew, every other byte of the form stays.

Text is inline text, which no program takes for a formula. What a formula of the form has said before is taken away, and the
book asks to be worked out anew when it is opened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias
from xml.sax.saxutils import escape

from gateway.forms.package import FormError, Package
from gateway.forms.sheets import Row, Sheet, Spot, Workbook, ref_of, tag_end

Filled: TypeAlias = int | float | str
TEXT_CHARS_MAX: Final = 2_000
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # Excel reads _x0041_ as A
_BEFORE_CALC = ("definedNames", "externalReferences", "functionGroups", "sheets")


def fill(package: Package, book: Workbook, values: Mapping[tuple[str, Spot], Filled]) -> Package:
    """The form with these values; raises ``FormError`` (formula, merged, no_cell) where one may not be there."""
    parts = dict(package.parts)
    for sheet in book.sheets.values():
        mine = {spot: value for (name, spot), value in values.items() if name == sheet.name}
        for spot in mine:
            check_target(book, sheet.name, spot)
        parts[sheet.part] = _spliced(sheet, mine)
    if missing := {name for name, _ in values} - set(book.sheets):
        raise FormError("no_cell", min(missing)[:80])
    parts[book.part] = _worked_out_anew(parts[book.part])
    return Package(parts)


def check_target(book: Workbook, name: str, spot: Spot) -> None:
    """Refuse a cell that cannot be filled: of no sheet, with a formula, or within a merged one but not its first."""
    sheet = book.sheets.get(name)
    if sheet is None:
        raise FormError("no_cell", name[:80])
    cell = sheet.cells.get(spot)
    if cell is not None and cell.formula:
        raise FormError("formula", ref_of(spot))
    for (top, left), (bottom, right) in sheet.merged:
        if top <= spot[0] <= bottom and left <= spot[1] <= right and spot != (top, left):
            raise FormError("merged", ref_of(spot))


def _spliced(sheet: Sheet, values: Mapping[Spot, Filled]) -> bytes:
    changes: list[tuple[int, int, bytes]] = []
    for spot, cell in sheet.cells.items():
        if spot in values:
            changes.append((cell.start, cell.end, _cell(sheet, spot, values[spot])))
        elif cell.formula:
            changes.append((cell.start, cell.end, _unsaid(sheet.body[cell.start : cell.end])))
    new: dict[int, list[Spot]] = {}
    for spot in sorted(set(values) - set(sheet.cells)):
        new.setdefault(spot[0], []).append(spot)
    fresh = b""
    for number, spots in sorted(new.items()):
        row = sheet.rows.get(number)
        if row is not None:
            changes += _into_row(sheet, row, number, {spot: values[spot] for spot in spots})
            continue
        cells = b"".join(_cell(sheet, spot, values[spot]) for spot in spots)
        made = f'<{sheet.prefix}row r="{number}">'.encode() + cells + f"</{sheet.prefix}row>".encode()
        behind = [one for one in sheet.rows if one > number]
        if behind:
            changes.append((sheet.rows[min(behind)].start, sheet.rows[min(behind)].start, made))
        else:
            fresh += made
    if fresh:
        changes.append(_at_the_end(sheet, fresh))
    return _with(sheet.body, changes)


def _into_row(
    sheet: Sheet, row: Row, number: int, values: Mapping[Spot, Filled]
) -> list[tuple[int, int, bytes]]:
    """Cells that a row does not have yet, each before the one that follows it."""
    standing = sorted(spot for spot in sheet.cells if spot[0] == number)
    before: dict[int, bytes] = {}
    for spot, value in values.items():
        behind = next((sheet.cells[one].start for one in standing if one > spot), row.last)
        before[behind] = before.get(behind, b"") + _cell(sheet, spot, value)
    if row.empty:
        opened = sheet.body[row.start : row.first].rstrip(b"/>").rstrip() + b">"
        closed = f"</{sheet.prefix}row>".encode()
        return [(row.start, row.end, opened + b"".join(before.values()) + closed)]
    return [(at, at, cells) for at, cells in before.items()]


def _at_the_end(sheet: Sheet, rows: bytes) -> tuple[int, int, bytes]:
    if not sheet.empty:
        return sheet.last, sheet.last, rows
    tag = f"{sheet.prefix}sheetData"
    start = sheet.body.rindex(f"<{tag}".encode(), 0, sheet.first)
    return start, sheet.first, f"<{tag}>".encode() + rows + f"</{tag}>".encode()


def _with(body: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    parts, at = [], 0
    for start, end, new in sorted(changes, key=lambda one: (one[0], one[1])):
        parts += [body[at:start], new]
        at = end
    return b"".join([*parts, body[at:]])


def _cell(sheet: Sheet, spot: Spot, value: Filled) -> bytes:
    tag, style = sheet.prefix, sheet.style_of(spot)
    styled = f' s="{style}"' if style.isdigit() else ""
    if isinstance(value, str):
        text = _ESCAPED.sub("_x005F_", _UNSEEN.sub("", value)[:TEXT_CHARS_MAX])
        inner = f'<{tag}is><{tag}t xml:space="preserve">{escape(text)}</{tag}t></{tag}is>'
        return f'<{tag}c r="{ref_of(spot)}"{styled} t="inlineStr">{inner}</{tag}c>'.encode()
    return f'<{tag}c r="{ref_of(spot)}"{styled}><{tag}v>{value!r}</{tag}v></{tag}c>'.encode()


def _unsaid(cell: bytes) -> bytes:
    """A cell with a formula, without what it came to."""
    opened = tag_end(cell, 0)
    begin = re.sub(rb"""\st\s*=\s*("[^"]*"|'[^']*')""", b"", cell[:opened])
    rest = re.sub(
        rb"<(\w+:)?v(\s[^>]*)?>.*?</(\w+:)?v\s*>|<(\w+:)?v\s*/>", b"", cell[opened:], flags=re.DOTALL
    )
    return begin + rest


def _worked_out_anew(book: bytes) -> bytes:
    found = re.search(rb"<(\w+:)?calcPr\b", book)
    if found is not None:
        end = tag_end(book, found.start())
        tag = re.sub(rb"""\sfullCalcOnLoad\s*=\s*("[^"]*"|'[^']*')""", b"", book[found.start() : end])
        at = len(found[0])
        return book[: found.start()] + tag[:at] + b' fullCalcOnLoad="1"' + tag[at:] + book[end:]
    for name in _BEFORE_CALC:
        ends = list(re.finditer(rb"</(\w+:)?" + name.encode() + rb"\s*>", book))
        if ends:
            prefix = ends[-1][1] or b""
            return (
                book[: ends[-1].end()]
                + b"<"
                + prefix
                + b'calcPr fullCalcOnLoad="1"/>'
                + book[ends[-1].end() :]
            )
    raise FormError("damaged")


def needs_percent(code: str) -> bool:
    """Whether a number format shows 0.97 as 97 %."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", code)
