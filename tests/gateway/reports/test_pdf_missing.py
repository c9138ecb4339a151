"""Where Pango or a Chinese font is missing, the error names the package; the other formats do not care."""

from __future__ import annotations

import builtins
import subprocess
import sys

import pytest

from gateway.reports import pdf
from gateway.reports.document import Report


@pytest.fixture(autouse=True)
def _anew() -> object:
    pdf.ready.cache_clear()
    yield
    pdf.ready.cache_clear()


def test_no_pango_names_its_packages(monkeypatch: pytest.MonkeyPatch, reports: dict[str, Report]) -> None:
    real = builtins.__import__

    def failing(name: str, *given: object, **named: object) -> object:
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", failing)
    with pytest.raises(pdf.PdfError, match="apt-get install libpango"):
        pdf.pdf_bytes(reports["day"], "zh")


def test_no_chinese_font_names_its_package(
    monkeypatch: pytest.MonkeyPatch, reports: dict[str, Report]
) -> None:
    nothing = subprocess.CompletedProcess([], 0, b"", b"")
    monkeypatch.setattr(pdf.subprocess, "run", lambda *_, **__: nothing)
    with pytest.raises(pdf.PdfError, match="fonts-noto-cjk"):
        pdf.pdf_bytes(reports["day"], "zh")


def test_a_report_without_a_pdf_needs_no_weasyprint() -> None:
    code = "import sys, gateway.reports.apart, gateway.reports.xlsx; sys.exit('weasyprint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
