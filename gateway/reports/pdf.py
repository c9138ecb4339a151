"""A report as PDF: the page, set by WeasyPrint. The same report is the same bytes: dates and id come from the report."""

from __future__ import annotations

import hashlib
import logging
import subprocess
from functools import cache
from typing import TYPE_CHECKING

from gateway.reports.document import Lang, Report
from gateway.reports.page import page_text

if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration

FONTS = ("apt-get install fonts-noto-cjk", "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0")


class PdfError(Exception):
    """No PDF can be made on this machine; the message says which package is missing."""


def pdf_bytes(report: Report, lang: Lang) -> bytes:
    """The PDF. Raises ``PdfError`` where Pango or a Chinese font is missing."""
    fonts = ready()
    from weasyprint import HTML  # noqa: PLC0415 it takes a second, and needs what ``ready`` has looked for

    text = page_text(report, lang)
    found: bytes = HTML(string=text, url_fetcher=_nothing).write_pdf(
        font_config=fonts,
        pdf_identifier=hashlib.sha256(text.encode()).hexdigest()[:32].encode(),
        pdf_tags=True,
    )
    return found


@cache
def ready() -> FontConfiguration:
    """Find out once in a process whether PDFs can be made. Raises ``PdfError``."""
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    try:
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415 see above
    except OSError as error:
        raise PdfError(
            f"no PDF can be made: Pango is missing ({error}); on Debian: apt-get install {FONTS[1]}; "
            "XLSX, CSV and HTML do not need it"
        ) from None
    if not _has_chinese():
        raise PdfError(
            f"no PDF can be made: no Chinese font is installed; on Debian: {FONTS[0]}; XLSX, CSV and HTML do not need it"
        )
    return FontConfiguration()


def _has_chinese() -> bool:
    try:
        found = subprocess.run(
            ["fc-list", ":lang=zh", "family"],  # noqa: S607 fontconfig is found on the PATH
            capture_output=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return True  # without fontconfig's tool nobody can say; the page is set with what there is
    return bool(found.stdout.strip())


def _nothing(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"a report loads nothing from elsewhere: {url}")
