"""The sheets of a form as they stand in its bytes: which cell lies where, what it says, how it is formatted.

Theory of operation: nothing of a form is written anew but the cells that are filled, so that borders, widths, pictures,
validations and whatever else the office has put in stay as they are. For that every cell is known by its first and last byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

from gateway.forms.package import FormError, Package

CELLS_MAX: Final = 40_000
SHEETS_MAX: Final = 20
ROWS_MAX, COLUMNS_MAX = 1_048_576, 16_384  # of the format itself
_REF = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_REACHES_OUT = re.compile(
    r"\b(WEBSERVICE|FILTERXML|RTD|DDE|CALL|REGISTER(\.ID)?|EXEC|IMAGE|STOCKHISTORY)\s*\(|\|[^\"]*!|://|\\\\|\[\d+\]",
    re.IGNORECASE,
)
_BUILT_IN = {9: "0%", 10: "0.00%"}  # the percentages among the formats that a file need not name
Spot = tuple[int, int]  # row and column, from 1


@dataclass(slots=True)
class Cell:
    """A cell: its bytes from ``start`` to ``end`` in the sheet, style, kind (t), what it says; whether a formula says it."""

    start: int
    end: int = 0
    style: str = ""
    kind: str = ""
    value: str = ""
    formula: bool = False


@dataclass(slots=True)
class Row:
    """A row: its bytes; where its cells begin and end (the same where it has none and no end tag)."""

    start: int
    first: int
    last: int = 0
    end: int = 0
    empty: bool = False
    style: str = ""


@dataclass(slots=True)
class Sheet:
    """A sheet: the part it is in, its rows and cells, where its data begin and end.

    ``merged``: which cells are one (from, to); ``columns``: from, to, style.
    """

    name: str
    part: str
    body: bytes
    cells: dict[Spot, Cell] = field(default_factory=dict)
    rows: dict[int, Row] = field(default_factory=dict)
    merged: list[tuple[Spot, Spot]] = field(default_factory=list)
    columns: list[tuple[int, int, str]] = field(default_factory=list)
    prefix: str = ""
    first: int = -1
    last: int = -1
    empty: bool = False
    hidden: bool = False

    def style_of(self, spot: Spot) -> str:
        """The style of a cell: its own; of one that does not stand in the file its row's, else its column's; '' none."""
        cell, row = self.cells.get(spot), self.rows.get(spot[0])
        if cell is not None:
            return cell.style
        if row is not None and row.style:
            return row.style
        return next((style for first, last, style in self.columns if first <= spot[1] <= last), "")


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets by name, in order; the texts that cells share; number formats by style; the part of the book."""

    sheets: dict[str, Sheet]
    shared: tuple[str, ...]
    formats: tuple[str, ...]
    part: str

    def text(self, cell: Cell) -> str:
        """What a cell says."""
        if cell.kind == "s":
            return (
                self.shared[int(cell.value)]
                if cell.value.isdigit() and int(cell.value) < len(self.shared)
                else ""
            )
        return cell.value

    def format_of(self, sheet: Sheet, spot: Spot) -> str:
        """The number format of a cell, '' where it is none of its own."""
        found = sheet.style_of(spot)
        style = int(found) if found.isdigit() else 0
        return self.formats[style] if style < len(self.formats) else ""


def spot_of(ref: str) -> Spot:
    """B3 as row and column; raises ``ValueError``."""
    found = _REF.fullmatch(ref)
    if found is None:
        raise ValueError(ref)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    row = int(found[2])
    if row > ROWS_MAX or column > COLUMNS_MAX:
        raise ValueError(ref)
    return row, column


def ref_of(spot: Spot) -> str:
    """Row and column as B3."""
    row, column = spot
    letters = ""
    while column:
        column, left = divmod(column - 1, 26)
        letters = chr(65 + left) + letters
    return f"{letters}{row}"


def read_workbook(package: Package) -> Workbook:
    """Read all sheets; raises ``FormError``: damaged, too_large, external (a formula that reaches out)."""
    parts = package.parts
    book = next(name for name in parts if name.lower().endswith("workbook.xml"))
    listed = _elements(parts[book], "sheet")
    if not 0 < len(listed) <= SHEETS_MAX:
        raise FormError("too_large" if listed else "damaged", book)
    folder = book.rpartition("/")[0]
    rels = parts.get(f"{folder}/_rels/{book.rpartition('/')[2]}.rels".lstrip("/"), b"<none/>")
    targets = {one.get("Id", ""): one.get("Target", "") for one in _elements(rels, "Relationship")}
    sheets: dict[str, Sheet] = {}
    left = CELLS_MAX
    for one in listed:
        target = targets.get(
            next((value for key, value in one.items() if key.endswith("id") and key != "sheetId"), ""), ""
        )
        part = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
        name = one.get("name", "")
        if part not in parts or name in sheets:
            raise FormError("damaged", name[:80])
        sheet = _Reader(
            Sheet(name, part, parts[part], hidden=one.get("state", "visible") != "visible"), left
        ).read()
        left -= len(sheet.cells)
        sheets[name] = sheet
    for named in _texts(parts[book], "definedName"):
        _refuse_reaching(named, book)
    return Workbook(sheets, _shared(parts, folder), _formats(parts, folder), book)


def _refuse_reaching(formula: str, where: str) -> None:
    if _REACHES_OUT.search(formula):
        raise FormError("external", where[:80])


class _Reader:
    """Reads one sheet with expat, which says at which byte it is."""

    def __init__(self, sheet: Sheet, cells_max: int) -> None:
        self._sheet = sheet
        self._left = cells_max
        self._row, self._column = 0, 0
        self._cell: Cell | None = None
        self._said: list[str] | None = None
        self._of = ""
        self._phonetic = 0
        self._parser = ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._hear

    def read(self) -> Sheet:
        try:
            self._parser.Parse(self._sheet.body, True)
        except (ExpatError, ValueError) as wrong:
            raise FormError("damaged", self._sheet.name[:80]) from wrong
        if self._sheet.first < 0:
            raise FormError("damaged", self._sheet.name[:80])
        return self._sheet

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        at = self._parser.CurrentByteIndex
        prefix, _, name = tag.rpartition(":")
        match name:
            case "sheetData":
                self._sheet.prefix = f"{prefix}:" if prefix else ""
                self._sheet.first = tag_end(self._sheet.body, at)
                self._sheet.empty = self._is_empty(self._sheet.first)
            case "row" if self._sheet.last < 0 <= self._sheet.first:
                self._row = int(attributes.get("r", self._row + 1))
                self._column = 0
                first = tag_end(self._sheet.body, at)
                styled = attributes.get("customFormat") in ("1", "true")
                row = Row(
                    at, first, empty=self._is_empty(first), style=attributes.get("s", "") if styled else ""
                )
                self._sheet.rows[self._row] = row
            case "c" if self._row and self._sheet.last < 0:
                self._begin_cell(at, attributes)
            case "col" if "style" in attributes:
                first, last = int(attributes.get("min", 1)), int(attributes.get("max", 1))
                self._sheet.columns.append((first, last, attributes["style"]))
            case "mergeCell":
                begin, _, end = attributes.get("ref", "").partition(":")
                self._sheet.merged.append((spot_of(begin), spot_of(end or begin)))
            case "rPh":
                self._phonetic += 1
            case "v" | "t" | "f" if self._cell is not None and not self._phonetic:
                self._said, self._of = [], name
                self._cell.formula |= name == "f"
            case "formula" | "formula1" | "formula2" | "f":
                self._said, self._of = [], "f"

    def _begin_cell(self, at: int, attributes: dict[str, str]) -> None:
        spot = spot_of(attributes["r"]) if "r" in attributes else (self._row, self._column + 1)
        if spot[0] != self._row or spot in self._sheet.cells:
            raise FormError("damaged", self._sheet.name[:80])
        self._left -= 1
        if self._left < 0:
            raise FormError("too_large")
        self._column = spot[1]
        self._cell = Cell(at, style=attributes.get("s", ""), kind=attributes.get("t", ""))
        opened = tag_end(self._sheet.body, at)
        if self._is_empty(opened):  # expat tells the end of such a tag behind it
            self._cell.end = opened
        self._sheet.cells[spot] = self._cell

    def _is_empty(self, opened: int) -> bool:
        return self._sheet.body[opened - 2 : opened - 1] == b"/"

    def _end(self, tag: str) -> None:
        at = self._parser.CurrentByteIndex
        match tag.rpartition(":")[2]:
            case "sheetData":
                self._sheet.last = at
            case "row" if self._sheet.last < 0 and self._row:
                row = self._sheet.rows[self._row]
                row.last = row.first if row.empty else at
                row.end = row.first if row.empty else tag_end(self._sheet.body, at)
            case "c" if self._cell is not None:
                self._cell.end = self._cell.end or tag_end(self._sheet.body, at)
                self._cell = None
            case "rPh":
                self._phonetic -= 1
            case "v" | "t" | "f" | "formula" | "formula1" | "formula2" if self._said is not None:
                text = "".join(self._said)
                self._said = None
                if self._of == "f":
                    _refuse_reaching(text, self._sheet.name)
                elif self._cell is not None:
                    self._cell.value += text

    def _hear(self, text: str) -> None:
        if self._said is not None:
            self._said.append(text)


def tag_end(body: bytes, at: int) -> int:
    """The byte behind the tag that begins at ``at``; a > within quotes is none."""
    quote = 0
    for index in range(at, len(body)):
        byte = body[index]
        if quote:
            quote = 0 if byte == quote else quote
        elif byte in b"\"'":
            quote = byte
        elif byte == ord(">"):
            return index + 1
    raise FormError("damaged")


def _elements(body: bytes, wanted: str) -> list[dict[str, str]]:
    """The attributes of every element of that name."""
    found: list[dict[str, str]] = []

    def begin(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == wanted:
            found.append(attributes)

    parser = ParserCreate()
    parser.StartElementHandler = begin
    parser.Parse(body, True)
    return found


def _texts(body: bytes, wanted: str, of: str = "") -> list[str]:
    """The text within each element of that name; with ``of`` only of its elements of that name, without what is phonetic."""
    found: list[list[str]] = []
    within: list[str] = []

    def begin(tag: str, _attributes: dict[str, str]) -> None:
        within.append(tag.rpartition(":")[2])
        if within[-1] == wanted:
            found.append([])

    def end(_tag: str) -> None:
        within.pop()

    def hear(text: str) -> None:
        if wanted in within and "rPh" not in within and (not of or within[-1] == of):
            found[-1].append(text)

    parser = ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, hear
    parser.Parse(body, True)
    return ["".join(each) for each in found]


def _shared(parts: dict[str, bytes], folder: str) -> tuple[str, ...]:
    body = parts.get(f"{folder}/sharedStrings.xml".lstrip("/"))
    return tuple(_texts(body, "si", "t")) if body else ()


def _formats(parts: dict[str, bytes], folder: str) -> tuple[str, ...]:
    """The number format of each style; '' for those that are built in and no percentage."""
    body = parts.get(f"{folder}/styles.xml".lstrip("/"))
    if body is None:
        return ()
    own = {one.get("numFmtId", ""): one.get("formatCode", "") for one in _elements(body, "numFmt")}
    inner = re.search(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", body, re.DOTALL)
    ids = re.findall(rb"<(?:\w+:)?xf\b[^>]*?\bnumFmtId\s*=\s*[\"'](\d+)[\"']", inner[0] if inner else b"")
    return tuple(own.get(one.decode(), _BUILT_IN.get(int(one), "")) for one in ids)
