"""A report as CSV: one tidy table, a row a figure and a row a cell of a table, which a spreadsheet shows and does not run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from gateway.reports.document import NO_DATA, Cell, Lang, Report
from gateway.reports.said import guarded

HEAD = ("section", "key", "row", "label", "value", "before", "change", "unit")
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # by which Excel knows UTF-8


def csv_bytes(report: Report, lang: Lang) -> bytes:
    """The table as UTF-8; the names of the columns are the same in every language."""
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(HEAD)
    table.writerows(_rows(report, lang))
    return (MARK + out.getvalue()).encode(errors="replace")


def _rows(report: Report, lang: Lang) -> Iterator[tuple[str, ...]]:
    about = (
        ("title", report.title[lang]),
        ("period", report.period),
        ("at", report.at),
        ("place", report.place),
    )
    for key, value in about:
        yield ("report", key, "", key, guarded(value), "", "", "")
    for section in report.sections:
        name = guarded(section.title[lang])
        for key in section.figures:
            one = report.figures[key]
            now, before = (plain(each, lang, one.decimals) for each in (one.value, one.before))
            change = "" if one.change is None else plain(one.change, lang, one.decimals)
            yield (name, key, "", guarded(one.label[lang]), now, before, change, guarded(one.unit[lang]))
        for table in section.tables:
            for at, row in enumerate(table.rows, 1):
                for column, cell in zip(table.columns, row, strict=True):
                    label = guarded(column.label[lang])
                    yield (name, table.key, str(at), label, plain(cell, lang, column.decimals), "", "", "")


def plain(value: Cell, lang: Lang, decimals: int = 0) -> str:
    """A cell without marks between thousands, for programs; what somebody typed is never run."""
    match value:
        case None:
            return NO_DATA[lang]
        case dict():
            return guarded(value[lang])
        case str():
            return guarded(value)
    return f"{value:.{decimals}f}"
