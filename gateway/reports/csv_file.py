"""A report as CSV: one tidy table, a row a figure and a row a cell of a table, which a spreadsheet opens and does not execute."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.fitting.ledger_csv import csv_text
from gateway.reports.document import NO_DATA, Cell, Lang, Report

HEAD = ("section", "key", "row", "label", "value", "before", "change", "unit")


def csv_bytes(report: Report, lang: Lang) -> bytes:
    """UTF-8 with the mark that lets Excel read it; the names of the columns are the same in every language."""
    return csv_text(HEAD, _rows(report, lang)).encode()


def _rows(report: Report, lang: Lang) -> Iterator[tuple[str, ...]]:
    about = (
        ("title", report.title[lang]),
        ("period", report.period),
        ("at", report.at),
        ("place", report.place),
    )
    for key, value in about:
        yield ("report", key, "", key, value, "", "", "")
    for section in report.sections:
        name = section.title[lang]
        for key in section.figures:
            one = report.figures[key]
            change = "" if one.change is None else plain(one.change, lang, one.decimals)
            yield (
                name, key, "", one.label[lang], plain(one.value, lang, one.decimals), plain(one.before, lang, one.decimals),
                change, one.unit[lang],
            )  # fmt: skip
        for table in section.tables:
            for at, row in enumerate(table.rows, 1):
                for column, cell in zip(table.columns, row, strict=True):
                    yield (
                        name,
                        table.key,
                        str(at),
                        column.label[lang],
                        plain(cell, lang, column.decimals),
                        "",
                        "",
                        "",
                    )


def plain(value: Cell, lang: Lang, decimals: int = 0) -> str:
    """A cell without marks between thousands, for programs."""
    match value:
        case None:
            return NO_DATA[lang]
        case dict():
            return value[lang]
        case str():
            return value
    return f"{value:.{decimals}f}"
