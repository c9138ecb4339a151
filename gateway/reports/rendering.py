"""A report as a file: which formats there are, and the bytes of each; the same report is the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeAlias, get_args

from gateway.reports.csv_file import csv_bytes
from gateway.reports.document import Lang, Report
from gateway.reports.said import stem

Format: TypeAlias = Literal["xlsx", "csv", "html", "pdf"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
MEDIA: Final[dict[Format, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}


def rendered(report: Report, form: Format, lang: Lang) -> bytes:
    """The bytes. Raises ``gateway.reports.pdf.PdfError`` where no PDF can be made."""
    return _WRITERS[form](report, lang)


def file_name(report: Report, form: Format, lang: Lang) -> str:
    """How the file is called: station_2026-10_区_街道_社区.xlsx, in English with .en before the ending."""
    return f"{stem(report)}{'.en' if lang == 'en' else ''}.{form}"


def _xlsx(report: Report, lang: Lang) -> bytes:
    from gateway.reports.xlsx import xlsx_bytes  # noqa: PLC0415 a third of a second that other formats can do without

    return xlsx_bytes(report, lang)


def _html(report: Report, lang: Lang) -> bytes:
    from gateway.reports.page import page_text  # noqa: PLC0415 the same

    return page_text(report, lang).encode()


def _pdf(report: Report, lang: Lang) -> bytes:
    from gateway.reports.pdf import pdf_bytes  # noqa: PLC0415 a second

    return pdf_bytes(report, lang)


_WRITERS: Final[dict[Format, Callable[[Report, Lang], bytes]]] = {
    "xlsx": _xlsx,
    "csv": csv_bytes,
    "html": _html,
    "pdf": _pdf,
}
