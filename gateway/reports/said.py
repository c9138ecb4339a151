"""What the cells of a report read like: numbers with their decimals, 无数据, the difference; the same in every format."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from gateway.fitting.ledger_csv import safe_cell
from gateway.reports.document import NO_DATA, Cell, Figure, Lang, Report

WORDS: Final[dict[str, tuple[str, str]]] = {
    "figure": ("指标", "figure"),
    "now": ("本期", "this period"),
    "before": ("上期", "before"),
    "change": ("增减", "change"),
    "unit": ("单位", "unit"),
    "means": ("说明", "meaning"),
    "period": ("报告期", "period"),
    "place": ("范围", "place"),
    "everywhere": ("全部", "everywhere"),
    "up_to": ("报告期未结束，数据截至", "The period is not over; known up to"),
    "notes": ("附注", "notes"),
    "definitions": ("指标说明", "what the figures mean"),
    "summary": ("汇总", "summary"),
    "pictures": ("图", "pictures"),
    "tables": ("明细", "tables"),
    "date": ("日期", "date"),
    "section": ("部分", "section"),
    "key": ("键", "key"),
    "row": ("行", "row"),
    "label": ("名称", "label"),
    "value": ("本期值", "value"),
    "page": ("第 {n} 页", "page {n}"),
    "table_see": ("见工作表“{name}”", "see the sheet “{name}”"),
}
# The lines to sign by hand: who took which step in the hub is in its own trail, and would make another file each time.
SIGNS: Final[dict[Lang, tuple[str, ...]]] = {
    "zh": ("制表", "审核", "负责人"),
    "en": ("prepared by", "reviewed by", "approved by"),
}


def word(key: str, lang: Lang, **filled: object) -> str:
    """A word of every report."""
    return WORDS[key][lang == "en"].format(**filled)


def number(value: float, decimals: int = 0) -> str:
    """A number as people read it: 1,234 or 97.5."""
    return f"{value:,.{decimals}f}"


def said(value: Cell, lang: Lang, decimals: int = 0) -> str:
    """A cell as text; what is not known is 无数据."""
    match value:
        case None:
            return NO_DATA[lang]
        case dict():
            return value[lang]
        case str():
            return value
    return number(value, decimals)


def guarded(text: str) -> str:
    """A text as a cell that a spreadsheet shows and does not run; a percent sign alone is a unit and runs nothing."""
    return text if text == "%" else safe_cell(text)


def changed(figure: Figure) -> str:
    """The difference from the period before with its sign, '' where there is none to be told."""
    change = figure.change
    if change is None:
        return ""
    text = number(abs(change), figure.decimals)
    return text if change == 0 else f"{'+' if change > 0 else '−'}{text}"


def where(report: Report, lang: Lang) -> str:
    """The part of the tree it is about."""
    return report.at.replace("/", " / ") or word("everywhere", lang)


def up_to(report: Report, lang: Lang) -> str:
    """A sentence where the period was not over, else ''."""
    if report.until >= report.end:
        return ""
    moment = datetime.fromtimestamp(report.until / 1000, ZoneInfo(report.zone))
    return f"{word('up_to', lang)} {moment:%Y-%m-%d %H:%M}{'。' if lang == 'zh' else '.'}"


def stem(report: Report) -> str:
    """How its files are called: station_2026-10_区_街道_社区."""
    return stem_of(report.kind, report.period, report.place or report.at)


def stem_of(kind: str, period: str, about: str) -> str:
    """The same of a kind, a period and what it is about ('' for everything)."""
    safe = "".join(c if c.isalnum() or c in "-_" else "_" for c in about or "all")
    return f"{kind}_{period}_{safe}"


def ended(report: Report) -> datetime:
    """The moment that stands in its files for when they were made: the period's end, in the hub's zone."""
    return datetime.fromtimestamp(report.end / 1000, ZoneInfo(report.zone))
