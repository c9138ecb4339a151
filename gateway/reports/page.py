"""A report as a page to read and print: whole in itself, no script; its policy allows its own style and nothing else."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gateway.reports.document import Cell, Lang, Picture, Report, Table
from gateway.reports.drawing import drawing
from gateway.reports.said import SIGNS, changed, ended, said, up_to, where, word

TEMPLATES = Path(__file__).parent / "templates"


def page_text(report: Report, lang: Lang) -> str:
    """The whole page."""
    return _render("report.html", report, lang)


def article_text(report: Report, lang: Lang) -> str:
    """The report alone, to stand within a page that has a style of its own for it."""
    return _render("_report.html", report, lang)


@cache
def policy() -> str:
    """What the page may load: nothing, and use: its own style."""
    digest = base64.b64encode(hashlib.sha256(_css().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'"


@cache
def _css() -> str:
    columns = "".join(f".c{share} {{ width: {share}%; }}\n" for share in range(1, 101))
    return (TEMPLATES / "report.css").read_text(encoding="utf-8") + columns


def _widths(table: Table) -> list[int]:
    """The share of each column in percent: a table with fixed widths is set in a third of the time."""
    whole = sum(column.width for column in table.columns)
    return [max(1, column.width * 100 // whole) for column in table.columns]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(template: str, report: Report, lang: Lang) -> str:
    def in_words(value: Cell, decimals: int = 0) -> str:
        return said(value, lang, decimals)

    def drawn(picture: Picture) -> Markup:
        return Markup(drawing(picture, lang))  # noqa: S704 every text in it is escaped where it is put in

    text = (
        _environment()
        .get_template(template)
        .render(
            report=report,
            lang=lang,
            word=lambda key: word(key, lang),
            said=in_words,
            changed=changed,
            drawing=drawn,
            widths=_widths,
            zipped=lambda *parts: zip(*parts, strict=True),
            where=where(report, lang),
            up_to=up_to(report, lang),
            signs=SIGNS[lang],
            ended=ended(report).isoformat(),
            css=Markup(_css()),  # noqa: S704 a file of ours; escaped it would be no style
            policy=policy(),
        )
    )
    return text.encode(errors="replace").decode()  # half of a surrogate pair cannot be sent
