"""A report as XLSX: a sheet to hand in, one of pictures, one for each long table, one of meanings; A4, ready to print.

Numbers are numbers with a format. Text is text: nothing that somebody typed is run as a formula. The same report is the same
bytes: the order of the parts, their times in the archive and the dates of the document come from the report alone.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC
from typing import Final

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.worksheet import Worksheet

from gateway.reports.charts import add_chart
from gateway.reports.document import NO_DATA, Cell, Figure, Lang, Picture, Report, Section, Table
from gateway.reports.said import SIGNS, ended, guarded, up_to, where, word

WIDTHS: Final = (34, 14, 14, 12, 14)
SHORT_MAX: Final = 12  # rows of a table that shares a sheet with others
WIDE: Final = 30  # a column that would stretch them
ONE_PAGE_MAX: Final = 75  # rows of the first sheet that are still readable on one page
TITLE: Final = Font(size=16, bold=True)
BOLD: Final = Font(bold=True)
GREY: Final = PatternFill("solid", fgColor="E8E8E8")
THIN: Final = Side(style="thin", color="808080")
BOX: Final = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
WRAP: Final = Alignment(wrap_text=True, vertical="top")
TEXT: Final = Alignment(horizontal="left", wrap_text=True, vertical="top", indent=1)
CENTRE: Final = Alignment(horizontal="center", vertical="center", wrap_text=True)
RIGHT: Final = Alignment(horizontal="right", vertical="top", indent=1)
FONTS: Final[dict[Lang, str]] = {"zh": "宋体", "en": "Calibri"}
SHEET_CHARS_MAX: Final = 31
CJK_FROM: Final = 0x2E80  # from there on a character is as wide as two
_NOT_IN_NAMES: Final = re.compile(r"[\\/*?:\[\]]")
_CORE: Final = "docProps/core.xml"


def xlsx_bytes(report: Report, lang: Lang) -> bytes:
    """The workbook."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)  # noqa: S101 a new workbook has one
    first.title = word("summary", lang)
    book._named_styles["Normal"].font.name = FONTS[lang]  # noqa: SLF001 there is no other way to the font of a whole workbook
    _summary(first, report, lang)
    pictures = [one for section in report.sections for one in section.pictures]
    if pictures:
        _pictures(book.create_sheet(word("pictures", lang)), pictures, lang)
    tables = [one for section in report.sections for one in section.tables]
    short = [one for one in tables if _is_short(one)]
    if short:
        _short_tables(book.create_sheet(word("tables", lang)), short, lang)
    for table in tables:
        if not _is_short(table):
            _table_sheet(book.create_sheet(_sheet_name(book, table, lang)), table, lang)
    _meanings(book.create_sheet(word("definitions", lang)), report, lang)
    for sheet in book.worksheets:
        _print_setup(sheet, report, lang)
    made = ended(report).astimezone(UTC).replace(tzinfo=None)
    book.properties.creator, book.properties.title = "Carehub", f"{report.title[lang]} {report.period}"
    book.properties.created = made
    out = io.BytesIO()
    book.save(out)
    return _settled(out.getvalue(), f"{made:%Y-%m-%dT%H:%M:%SZ}", made.timetuple()[:6])


def _is_short(table: Table) -> bool:
    return len(table.rows) <= SHORT_MAX and max(column.width for column in table.columns) <= WIDE


def _settled(archive: bytes, made: str, at: tuple[int, ...]) -> bytes:
    """The archive with its parts in order, and with one time for all of them."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as given, zipfile.ZipFile(out, "w") as settled:
        first = "[Content_Types].xml"
        for name in sorted(given.namelist(), key=lambda name: (name != first, name)):
            body = given.read(name)
            if name == _CORE:
                body = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + made.encode(), body)
            part = zipfile.ZipInfo(name, (at[0], at[1], at[2], at[3], at[4], at[5]))
            part.compress_type, part.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            settled.writestr(part, body, compresslevel=6)
    return out.getvalue()


def _summary(sheet: Worksheet, report: Report, lang: Lang) -> None:
    """The sheet that is handed in."""
    for at, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    _line(sheet, 1, report.title[lang], font=TITLE, height=26)
    about = f"{word('period', lang)}: {report.period}    {word('place', lang)}: {where(report, lang)}"
    _line(sheet, 2, about, height=18)
    row = 3
    if unfinished := up_to(report, lang):
        _line(sheet, row, unfinished, font=BOLD)
        row += 1
    _heads(sheet, row, [word(key, lang) for key in ("figure", "now", "before", "change", "unit")])
    sheet.freeze_panes = f"A{row + 1}"
    sheet.print_title_rows = f"1:{row}"
    row += 1
    for section in report.sections:
        if section.figures or section.notes:
            row = _section(sheet, row, section, report, lang)
    row += 1
    row = _to_sign(sheet, row, lang)
    for note in report.notes:
        _note(sheet, row, note[lang])
        row += 1
    if row <= ONE_PAGE_MAX:
        sheet.page_setup.fitToHeight = 1


def _section(sheet: Worksheet, row: int, section: Section, report: Report, lang: Lang) -> int:
    _line(sheet, row, section.title[lang], font=BOLD, centre=False)
    sheet.cell(row, 1).fill = GREY
    row += 1
    for key in section.figures:
        _figure(sheet, row, report.figures[key], lang)
        row += 1
    for note in section.notes:
        _note(sheet, row, note[lang])
        row += 1
    return row


def _note(sheet: Worksheet, row: int, text: str) -> None:
    _line(sheet, row, text, centre=False)
    _grow(sheet, row, [(text, sum(WIDTHS))])


def _figure(sheet: Worksheet, row: int, figure: Figure, lang: Lang) -> None:
    cells: tuple[Cell, ...] = (figure.label, figure.value, figure.before, figure.change, figure.unit)
    for column, value in enumerate(cells, 1):
        known = "" if column == 4 and value is None else value  # noqa: PLR2004 no difference is no missing figure
        cell = _put(sheet, row, column, known, lang, figure.decimals, signed_number=column == 4)  # noqa: PLR2004 the same
        cell.border, cell.alignment = BOX, RIGHT if column in {2, 3, 4} else TEXT


def _put(
    sheet: Worksheet,
    row: int,
    column: int,
    value: Cell,
    lang: Lang,
    decimals: int = 0,
    *,
    signed_number: bool = False,
) -> SheetCell:
    """Write a value: a number with its format, all else as text that is never run."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, SheetCell)  # noqa: S101 none of these is merged yet
    if isinstance(value, int | float):
        cell.value = value
        plain = "#,##0" + ("." + "0" * decimals if decimals else "")
        cell.number_format = f"+{plain};-{plain};{plain}" if signed_number else plain
        return cell
    text = NO_DATA[lang] if value is None else value[lang] if isinstance(value, dict) else value
    cell.value = guarded(_printable(text))
    cell.data_type = "s"
    cell.alignment = WRAP
    return cell


def _text(value: Cell, lang: Lang) -> str:
    return value[lang] if isinstance(value, dict) else value if isinstance(value, str) else ""


def _grow(sheet: Worksheet, row: int, texts: list[tuple[str, int]]) -> None:
    """Make a row as high as its longest text needs: not every program does that by itself."""
    lines = max((-(-_wide(text) // max(width - 3, 1)) for text, width in texts), default=1)
    if lines > 1:
        sheet.row_dimensions[row].height = 15 * lines


def _wide(text: str) -> int:
    return sum(2 if ord(c) > CJK_FROM else 1 for c in text)


def _printable(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(
        c
        for c in text
        if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    )


def _line(
    sheet: Worksheet,
    row: int,
    text: str,
    *,
    font: Font | None = None,
    centre: bool = True,
    height: float | None = None,
) -> None:
    """A text over the whole width."""
    cell = _put(sheet, row, 1, text, "zh")
    cell.alignment = CENTRE if centre else WRAP
    if font is not None:
        cell.font = font
    if height is not None:
        sheet.row_dimensions[row].height = height
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(WIDTHS))


def _heads(sheet: Worksheet, row: int, texts: list[str]) -> None:
    for column, text in enumerate(texts, 1):
        cell = _put(sheet, row, column, text, "zh")
        cell.font, cell.fill, cell.border, cell.alignment = BOLD, GREY, BOX, CENTRE


def _to_sign(sheet: Worksheet, row: int, lang: Lang) -> int:
    for role in SIGNS[lang]:
        for column, text in enumerate((f"{role}:", "", "", f"{word('date', lang)}:", ""), 1):
            cell = _put(sheet, row, column, text, lang)
            cell.alignment = Alignment(vertical="center")
            if column in {2, 3, 5}:
                cell.border = Border(bottom=THIN)
        sheet.row_dimensions[row].height = 26
        row += 1
    return row + 1


def _pictures(sheet: Worksheet, pictures: list[Picture], lang: Lang) -> None:
    """Native charts over the numbers they are drawn from, which stand to their right."""
    row = 1
    for at, picture in enumerate(pictures):
        row = add_chart(sheet, picture, at, lang)
    sheet.print_area = f"A1:K{row}"


def _sheet_name(book: Workbook, table: Table, lang: Lang) -> str:
    """The table's title as Excel allows it, once."""
    name = _NOT_IN_NAMES.sub(" ", table.title[lang])[: SHEET_CHARS_MAX - 3].strip().capitalize()
    taken = {sheet.title.lower() for sheet in book.worksheets}
    numbered = name
    following = 2
    while numbered.lower() in taken:
        numbered, following = f"{name} {following}", following + 1
    return numbered


def _table_sheet(sheet: Worksheet, table: Table, lang: Lang) -> None:
    """A long table on a sheet of its own, its headings on every page."""
    _table(sheet, 1, table, lang)
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"


def _short_tables(sheet: Worksheet, tables: list[Table], lang: Lang) -> None:
    """Short tables one below the other."""
    row = 1
    for table in tables:
        _put(sheet, row, 1, table.title, lang).font = BOLD
        sheet.cell(row, 1).alignment = Alignment()
        row = _table(sheet, row + 1, table, lang) + 1


def _table(sheet: Worksheet, row: int, table: Table, lang: Lang) -> int:
    """Write a table from that row on; gives the row after it."""
    for at, column in enumerate(table.columns, 1):
        known = sheet.column_dimensions[get_column_letter(at)]
        wide = max(column.width, _wide(column.label[lang]) + 2)
        known.width = max(known.width, wide) if get_column_letter(at) in sheet.column_dimensions else wide
    _heads(sheet, row, [column.label[lang] for column in table.columns])
    numeric = table.numeric
    for cells in table.rows:
        row += 1
        for at, (column, value) in enumerate(zip(table.columns, cells, strict=True), 1):
            cell = _put(sheet, row, at, value, lang, column.decimals)
            cell.border, cell.alignment = BOX, RIGHT if numeric[at - 1] else TEXT
        _grow(
            sheet,
            row,
            [(_text(cell, lang), column.width) for column, cell in zip(table.columns, cells, strict=True)],
        )
    if not table.rows:
        row += 1
        _put(sheet, row, 1, table.empty, lang).alignment = Alignment()
    if sum(column.width for column in table.columns) > sum(WIDTHS) + 10:
        sheet.page_setup.orientation = "landscape"
    return row + 1


def _meanings(sheet: Worksheet, report: Report, lang: Lang) -> None:
    sheet.column_dimensions["A"].width = 28
    sheet.column_dimensions["B"].width = 66
    _heads(sheet, 1, [word("figure", lang), word("means", lang)])
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    for row, figure in enumerate(report.figures.values(), 2):
        _put(sheet, row, 1, figure.label, lang).border = BOX
        _put(sheet, row, 2, figure.definition, lang).border = BOX
        _grow(sheet, row, [(figure.label[lang], 28), (figure.definition[lang], 66)])


def _print_setup(sheet: Worksheet, report: Report, lang: Lang) -> None:
    """A4, as wide as the page, numbered, the title above."""
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    if sheet.page_setup.fitToHeight is None:
        sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins = PageMargins(left=0.55, right=0.55, top=0.7, bottom=0.7)
    sheet.print_options.horizontalCentered = True
    title = f"{report.title[lang]} {report.period}".replace("&", "&&")
    sheet.oddHeader.right.text, sheet.oddHeader.right.size = f"{title} · {sheet.title}".replace("\n", " "), 8
    sheet.oddFooter.center.text = "&P / &N"
