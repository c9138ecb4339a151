"""The files of a report, opened again: what a clerk, a spreadsheet and a printer find in them."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from gateway.reports.document import Column, Figure, Report, Section, Table
from gateway.reports.page import article_text, page_text, policy
from gateway.reports.rendering import FORMATS, file_name, rendered
from gateway.reports.said import SIGNS, changed

GOLDEN = Path(__file__).parents[2] / "golden"
INJECTED = (
    '=HYPERLINK("http://x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "＝1",
    "|calc",
    "\x01<b>&\"'\ud800",
    "无",
)


def workbook(report: Report, lang: str = "zh") -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(rendered(report, "xlsx", lang)))  # type: ignore[arg-type]


def written(report: Report, lang: str = "zh") -> list[list[str]]:
    return list(csv.reader(io.StringIO(rendered(report, "csv", lang).decode("utf-8-sig"))))  # type: ignore[arg-type]


def test_the_workbook_holds_every_figure_as_a_number_with_its_difference(reports: dict[str, Report]) -> None:
    for report in reports.values():
        sheet = workbook(report).worksheets[0]
        rows = {row[0].value: row for row in sheet.iter_rows() if row[4].value is not None}
        for figure in report.figures.values():
            label, now, before, change, unit = rows[figure.label["zh"]][:5]
            assert now.value == ("无数据" if figure.value is None else figure.value), label.value
            assert before.value == ("无数据" if figure.before is None else figure.before)
            assert (change.value or None) == (figure.change or None) or change.value == figure.change
            assert unit.value == figure.unit["zh"]
            if isinstance(figure.value, float | int):
                assert now.data_type == "n"
                assert ("." in now.number_format) == bool(figure.decimals)


def test_the_workbook_prints_on_a4_with_its_heading_on_every_page(reports: dict[str, Report]) -> None:
    book = workbook(reports["month"])
    for sheet in book.worksheets:
        assert sheet.page_setup.paperSize == 9
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToWidth == 1
    first = book.worksheets[0]
    assert first.freeze_panes == "A4"
    assert first.print_title_rows == "$1:$3"
    texts = [cell.value for row in first.iter_rows() for cell in row]
    assert {"制表:", "审核:", "负责人:"} <= set(texts)


def test_the_charts_are_native_and_drawn_over_numbers_that_are_there(reports: dict[str, Report]) -> None:
    for name, kinds in (
        ("month", ["BarChart"]),
        ("facility", ["BarChart", "LineChart"]),
        ("area", ["BarChart"]),
    ):
        sheet = workbook(reports[name])["图"]
        assert [type(chart).__name__ for chart in sheet._charts] == kinds
        picture = next(one for section in reports[name].sections for one in section.pictures)
        series = sheet._charts[0].series[0]
        found = [cell[0].value for cell in sheet[series.val.numRef.f.split("!")[1].replace("$", "")]]
        assert found == list(picture.series[0].values)


def test_nothing_that_somebody_typed_is_run_and_all_of_it_is_shown(reports: dict[str, Report]) -> None:
    table = Table(
        key="t", title={"zh": "=T/[1]*?", "en": "t"}, columns=(Column(label={"zh": "=列", "en": "c"}),),
        rows=tuple((text,) for text in INJECTED),
    )  # fmt: skip
    figure = Figure(
        key="f",
        label={"zh": "=f", "en": "=f"},
        value="<5",
        unit={"zh": "@", "en": "@"},
        definition={"zh": "+d", "en": "+d"},
    )
    minus = {"zh": "-s", "en": "-s"}
    report = replace(
        reports["month"], title={"zh": "=&A", "en": "x"}, subject="=x", figures={"f": figure},
        sections=(Section(key="s", title=minus, figures=("f",), tables=(table,), notes=({"zh": "=n", "en": "=n"},)),),
    )  # fmt: skip
    book = workbook(report)
    cells = [
        cell
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell.value for cell in cells if re.match(r"\s*[=+@＝|\-]", str(cell.value))]
    typed = [cell for row in written(report)[1:] for cell in row]
    assert not [cell for cell in typed if re.match(r"\s*[=+@＝|\-]", cell)]
    page = page_text(report, "zh")
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page


def test_the_csv_is_one_tidy_table_that_excel_reads_as_chinese(reports: dict[str, Report]) -> None:
    for report in reports.values():
        body = rendered(report, "csv", "zh")
        assert body.startswith(b"\xef\xbb\xbf")
        rows = written(report)
        assert rows[0] == ["section", "key", "row", "label", "value", "before", "change", "unit"]
        assert {len(row) for row in rows} == {8}
        figures = {row[1]: row for row in rows if not row[2]}
        for key, figure in report.figures.items():
            told = figures[key][4]
            expected = figure.value
            assert (
                (told == "无数据")
                if expected is None
                else told == expected
                if isinstance(expected, str)
                else float(told) == expected
            )


def test_the_page_loads_nothing_runs_nothing_and_allows_its_own_style_only(
    reports: dict[str, Report],
) -> None:
    for report in reports.values():
        page = page_text(report, "zh")
        style = page.split("<style>")[1].split("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert policy() == f"default-src 'none'; style-src 'sha256-{digest}'"
        assert policy() in page.replace("&#39;", "'")
        assert not re.search(r"<script|style=|onload|https?://(?!www\.w3\.org/2000/svg)", page)
        assert page.count("<svg") == sum(len(section.pictures) for section in report.sections)
        assert article_text(report, "zh") in page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pdf_says_what_the_report_says(reports: dict[str, Report], tmp_path: Path, lang: str) -> None:
    report = reports["facility"]
    file = tmp_path / "report.pdf"
    file.write_bytes(rendered(report, "pdf", lang))  # type: ignore[arg-type]
    text = subprocess.run(
        ["pdftotext", "-layout", file, "-"], capture_output=True, check=True, text=True
    ).stdout
    assert report.title[lang] in text
    for figure in report.figures.values():
        assert figure.label[lang] in text
    assert ("无数据" if lang == "zh" else "no data") in text
    for role in SIGNS[lang]:  # type: ignore[index]
        assert f"{role}:" in text
    about = subprocess.run(["pdfinfo", file], capture_output=True, check=True, text=True).stdout
    assert re.search(r"Pages:\s+[23]\n", about)
    assert "A4" in about


def test_a_difference_has_its_sign_and_an_unknown_one_is_left_empty() -> None:
    figure = Figure(key="f", label={}, value=3, before=5, unit={}, definition={})
    assert changed(figure) == "−2"
    assert changed(replace(figure, value=5)) == "0"
    assert changed(replace(figure, value=6.25, decimals=1)) == "+1.2"
    assert changed(replace(figure, before=None)) == changed(replace(figure, value="<5")) == ""


def test_the_names_of_the_files_say_what_they_are(reports: dict[str, Report]) -> None:
    assert file_name(reports["month"], "xlsx", "zh") == "station_2026-10_莲花区_街道01_社区01.xlsx"
    assert file_name(reports["facility"], "pdf", "en") == "facility_2026-10_F-01.en.pdf"
    assert file_name(replace(reports["area"], at="../区 x"), "csv", "zh") == "area_2026-10____区_x.csv"


def test_an_unfinished_period_says_so_in_every_format(reports: dict[str, Report]) -> None:
    report = reports["underway"]
    assert "数据截至" in page_text(report, "zh")
    assert any(
        "数据截至" in str(cell.value) for row in workbook(report).worksheets[0].iter_rows() for cell in row
    )


def test_the_figures_are_those_of_the_golden_file(reports: dict[str, Report]) -> None:
    """Who changes a definition renews it: the file is what is printed when this fails."""
    found = {
        name: {key: [one.value, one.before] for key, one in report.figures.items()}
        for name, report in reports.items()
    }
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    assert text == (GOLDEN / "report_figures.json").read_text(encoding="utf-8"), text
    assert rendered(reports["area"], "csv", "zh") == (GOLDEN / "report_area.csv").read_bytes()


def test_every_part_of_the_archive_has_the_periods_own_time(reports: dict[str, Report]) -> None:
    with zipfile.ZipFile(io.BytesIO(rendered(reports["month"], "xlsx", "zh"))) as archive:
        assert {part.date_time for part in archive.infolist()} == {(2026, 10, 31, 16, 0, 0)}
        assert archive.namelist()[0] == "[Content_Types].xml"
        core = archive.read("docProps/core.xml").decode()
    assert core.count("2026-10-31T16:00:00Z") == 2
    assert len(FORMATS) == 4
