"""A list as CSV that a spreadsheet opens and does not execute: what somebody typed stays text (CSV injection, CWE-1236)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_RUN = tuple(
    "=+-@＝＋－＠\t\r\n|%"
)  # what a cell may begin with to be run, in half and full width; DDE included


def safe_cell(text: str) -> str:
    """The text as a cell that is shown as it is: an apostrophe before what a spreadsheet would run."""
    return f"'{text}" if text.lstrip(" \u3000").startswith(_RUN) or text.startswith(_RUN) else text


def csv_text(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The table, with the mark that lets Excel read it as UTF-8."""
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(head)
    table.writerows([safe_cell(cell) for cell in row] for row in rows)
    return "\N{ZERO WIDTH NO-BREAK SPACE}" + out.getvalue()
