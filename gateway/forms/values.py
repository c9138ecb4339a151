"""What goes into the mapped cells of a form: the figures of a report by their keys, and a few words about the report itself.

What is not known is 无数据, never 0 and never an empty cell that somebody would read as nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.forms.fill import Filled, needs_percent
from gateway.forms.sheets import Spot, Workbook, spot_of
from gateway.reports.document import NO_DATA, Figure, Lang, Report, Text

MAPPED_MAX: Final = 500
ABOUT: Final[dict[str, Text]] = {  # what a form may say of the report beside its figures
    "about.period": {"zh": "报表期间", "en": "period"},
    "about.subject": {"zh": "单位或场所", "en": "station, facility or area"},
    "about.title": {"zh": "报表名称", "en": "title of the report"},
}


def cell_named(name: str) -> tuple[str, Spot]:
    """``Sheet1!B3`` as sheet and spot; raises ``ValueError``."""
    sheet, found, ref = name.rpartition("!")
    if not found or not sheet:
        raise ValueError(name)
    return sheet, spot_of(ref)


def values_for(
    mapping: Mapping[str, str], report: Report, book: Workbook, language: Lang = "zh"
) -> dict[tuple[str, Spot], Filled]:
    """What to put where; a figure that the report does not have is 无数据."""
    found: dict[tuple[str, Spot], Filled] = {}
    for name, key in mapping.items():
        sheet, spot = cell_named(name)
        if key in ABOUT:
            found[sheet, spot] = _about(report, key, language)
            continue
        shown = book.sheets.get(sheet)
        code = book.format_of(shown, spot) if shown is not None else ""
        found[sheet, spot] = _value(report.figures.get(key), code, language)
    return found


def _about(report: Report, key: str, language: Lang) -> str:
    match key:
        case "about.period":
            return _period(report.period, language)
        case "about.subject":
            return report.subject
        case _:
            return report.title[language]


def _period(period: str, language: Lang) -> str:
    """2026年10月, 2026年10月21日."""
    if language == "en":
        return period
    parts = zip((int(part) for part in period.split("-")), ("年", "月", "日"), strict=False)
    return "".join(f"{number}{word}" for number, word in parts)


def _value(figure: Figure | None, code: str, language: Lang) -> Filled:
    if figure is None or figure.value is None:
        return NO_DATA[language]
    value = figure.value
    if isinstance(value, str | bool):
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 NaN
        return NO_DATA[language]
    if figure.unit["zh"] == "%" and needs_percent(code):  # a cell that shows 0.97 as 97 %
        return round(value / 100, figure.decimals + 2)
    if isinstance(value, int):
        return value
    return round(value, figure.decimals) if figure.decimals else round(value)
