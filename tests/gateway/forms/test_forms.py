"""An office's form is filled cell by cell: what is not filled stays as it was, byte for byte; what is hostile is refused."""

from __future__ import annotations

import shutil
from functools import cache
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from an_office import MAPPING, by_libreoffice, by_openpyxl, convert, report, unzipped, zipped
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.forms.fill import Filled, check_target, fill
from gateway.forms.grid import grid_of
from gateway.forms.package import WHOLE_BYTES_MAX, FormError, read_package, write_package
from gateway.forms.sheets import COLUMNS_MAX, ROWS_MAX, Spot, read_workbook, ref_of, spot_of
from gateway.forms.values import values_for

once = cache(by_openpyxl)
MAKERS = [
    "openpyxl",
    pytest.param("libreoffice", marks=pytest.mark.skipif(not shutil.which("soffice"), reason="no soffice")),
]


@pytest.fixture(scope="module", params=MAKERS)
def form(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    if request.param == "openpyxl":
        return once()
    made = by_libreoffice(tmp_path_factory.mktemp("office"))
    assert made is not None
    return made


def filled(form: bytes, values: dict[tuple[str, Spot], Filled]) -> bytes:
    package = read_package(form)
    return write_package(fill(package, read_workbook(package), values))


def by_report(form: bytes, mapping: dict[str, str] = MAPPING, **changed: float | str | None) -> bytes:
    book = read_workbook(read_package(form))
    return filled(form, values_for(mapping, report(**changed), book))


def opened(body: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(body))


def test_the_grid_says_what_an_independent_reader_says(form: bytes) -> None:
    book, theirs = read_workbook(read_package(form)), opened(form)
    assert list(book.sheets) == theirs.sheetnames
    for name, sheet in book.sheets.items():
        for row, cells in grid_of(book, sheet, {}).rows:
            for cell in cells:
                said = theirs[name][cell.ref].value
                assert cell.formula == str(said or "").startswith("="), (name, row, cell)
                if not cell.formula:
                    assert cell.text == str(said if said is not None else ""), (name, row, cell)
    heads = {
        cell.ref: (cell.rows, cell.columns)
        for _, row in grid_of(book, book.sheets["月报"], {}).rows
        for cell in row
    }
    assert heads["A1"] == (1, 5)
    assert heads["A10"] == (2, 3)
    assert "B1" not in heads


def test_figures_stand_where_they_were_mapped_and_what_is_missing_is_said(form: bytes) -> None:
    sheet = opened(by_report(form))["月报"]
    assert (sheet["B3"].value, sheet["D3"].value) == ("莲花社区长者服务站", "2025年10月")
    assert (sheet["C5"].value, sheet["C6"].value) == (12, "<5")
    assert sheet["C8"].value == pytest.approx(0.975)  # the cell shows it as a percentage
    assert sheet["C9"].value == "无数据"
    assert sheet["E12"].value == "无数据"  # of a row that the form did not have
    assert opened(by_report(form))["封面"]["A4"].value == "社区长者服务站月报"
    unknown = opened(by_report(form, {"月报!C5": "no.such.figure"}))["月报"]
    assert unknown["C5"].value == "无数据"


def test_everything_else_of_the_form_stays_as_it_was(form: bytes) -> None:
    before, after = opened(form), opened(by_report(form))
    for name in before.sheetnames:
        old, new = before[name], after[name]
        assert {str(one) for one in old.merged_cells.ranges} == {str(one) for one in new.merged_cells.ranges}
        assert old.column_dimensions["A"].width == new.column_dimensions["A"].width
        for row in old.iter_rows():
            for cell in row:
                now = new[cell.coordinate]  # the styles are the same bytes, see below: so are their numbers
                assert cell._style in (None, now._style)
                if f"{name}!{cell.coordinate}" not in MAPPING:
                    assert cell.value == now.value
    assert after["月报"]["C7"].value == "=SUM(C5:C6)"
    kept = {"xl/styles.xml", "xl/theme/theme1.xml"}
    old, new = unzipped(form), unzipped(by_report(form))
    assert list(old) == list(new)
    assert [old[name] for name in kept & set(old)] == [new[name] for name in kept & set(old)]


def test_the_same_figures_are_the_same_bytes_and_others_are_not(form: bytes) -> None:
    assert by_report(form) == by_report(form)
    assert by_report(form) != by_report(form, visits=3)
    assert by_report(by_report(form)) == by_report(form)  # filled over again


@pytest.mark.skipif(not shutil.which("soffice"), reason="no soffice")
def test_libreoffice_opens_it_and_works_the_sums_out(form: bytes, tmp_path: Path) -> None:
    source = tmp_path / "filled.xlsx"
    source.write_bytes(by_report(form, alerts__care=7, visits=31))
    text = convert(
        source,
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2",
        tmp_path / "csv",
    )
    found = next(iter(text.parent.glob("*.csv"))).read_text(encoding="utf-8")
    assert "合计,件,19" in found
    assert "接警及时率,%,97.5%" in found
    assert "探访次数,次,31" in found


EVIL = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "_x0041_",
        "</t></is></c>",
        "&amp;",
        "\t=1",
        "'=1",
        "\x00=1",
        "  两头空格  ",
    ]
)


@given(EVIL)
@settings(max_examples=60)
def test_text_is_text_whatever_it_says(text: str) -> None:
    cell = opened(filled(once(), {("月报", (5, 3)): text}))["月报"]["C5"]
    assert (
        cell.data_type != "f" or str(cell.value) == text
    )  # openpyxl takes an inline = for a formula; the file does not
    part = unzipped(filled(once(), {("月报", (5, 3)): text}))["xl/worksheets/sheet2.xml"].decode()
    written = part[part.index('<c r="C5"') :].split("</c>")[0]
    assert 't="inlineStr"' in written
    assert "<f" not in written


@given(
    st.dictionaries(
        st.tuples(st.integers(1, 30), st.integers(1, 12)).filter(
            lambda spot: (
                spot not in {(7, 3), (5, 4)}
                and not (spot[0] == 1 and spot[1] <= 5)
                and not (10 <= spot[0] <= 11 and spot[1] <= 3)
            )
        ),
        st.integers(-(10**9), 10**9)
        | st.floats(allow_nan=False, allow_infinity=False, width=32)
        | st.sampled_from(["甲", "乙 丙"]),
        max_size=12,
    )
)
@settings(max_examples=40)
def test_any_cells_can_be_filled_and_are_read_back(values: dict[Spot, Filled]) -> None:
    sheet = opened(filled(once(), {("月报", spot): value for spot, value in values.items()}))["月报"]
    assert {spot: sheet.cell(*spot).value for spot in values} == values
    assert sheet["C7"].value == "=SUM(C5:C6)"


@given(st.integers(1, ROWS_MAX), st.integers(1, COLUMNS_MAX))
def test_addresses_go_both_ways(row: int, column: int) -> None:
    assert spot_of(ref_of((row, column))) == (row, column)


@pytest.mark.parametrize("ref", ["", "3B", "B0", "XFE1", "A1048577", "a1", "B-1", "A1:B2", "ＡＡ1"])
def test_what_is_no_address_is_refused(ref: str) -> None:
    with pytest.raises(ValueError, match=f"^{ref}$"):
        spot_of(ref)


@pytest.mark.parametrize(("name", "spot", "reason"), [
    ("月报", (7, 3), "formula"), ("月报", (1, 2), "merged"), ("月报", (11, 3), "merged"), ("无此表", (1, 1), "no_cell"),
])  # fmt: skip
def test_a_cell_that_is_the_forms_own_is_not_filled(name: str, spot: Spot, reason: str) -> None:
    book = read_workbook(read_package(once()))
    with pytest.raises(FormError) as refused:
        check_target(book, name, spot)
    assert refused.value.reason == reason
    with pytest.raises(FormError):
        filled(once(), {(name, spot): 1})


def with_formula(formula: str) -> bytes:
    sheet = unzipped(once())["xl/worksheets/sheet2.xml"].decode()
    return zipped({**unzipped(once()), "xl/worksheets/sheet2.xml": sheet.replace("SUM(C5:C6)", formula)})


RELS = "xl/worksheets/_rels/sheet2.xml.rels"
OUTSIDE = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId9" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{to}" TargetMode="External"/>'
    "</Relationships>"
)
TYPES = unzipped(once())["[Content_Types].xml"]
BOMB = b"<x>" + b" " * (WHOLE_BYTES_MAX + 1) + b"</x>"
LAUGHS = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'


def leading(kind: str, to: str) -> bytes:
    """The form with something that lies elsewhere."""
    return zipped({**unzipped(once()), RELS: OUTSIDE.format(kind=kind, to=to)})


HOSTILE = {
    "no zip at all": (b"hello", "not_xlsx"),
    "an old .xls, or one with a password": (b"\xd0\xcf\x11\xe0" + b"0" * 600, "not_xlsx"),
    "a zip of something else": (zipped({"a.txt": b"x"}), "not_xlsx"),
    "cut off": (once()[:-200], "damaged"),
    "too long": (b"PK" + b"0" * (2 * 1024 * 1024), "too_large"),
    "a bomb": (zipped({**unzipped(once()), "xl/media/x.xml": BOMB}), "too_large"),
    "many parts": (zipped({**unzipped(once()), **{f"x/{n}.txt": b"" for n in range(501)}}), "too_large"),
    "macros": (zipped({**unzipped(once()), "xl/vbaProject.bin": b"x"}), "macros"),
    "macros by type": (
        zipped({**unzipped(once()), "[Content_Types].xml": TYPES.replace(b"sheet.main", b"sheet.macroEnabled.main")}),
        "macros",
    ),
    "a control": (zipped({**unzipped(once()), "xl/activeX/activeX1.xml": b"<a/>"}), "macros"),
    "an embedded file": (zipped({**unzipped(once()), "xl/embeddings/a.docx": b"x"}), "macros"),
    "another book": (zipped({**unzipped(once()), "xl/externalLinks/externalLink1.xml": b"<a/>"}), "external"),
    "a connection": (zipped({**unzipped(once()), "xl/connections.xml": b"<a/>"}), "external"),
    "a picture from elsewhere": (leading("image", "http://x/a.png"), "external"),
    "a link to a file": (leading("hyperlink", "file:///etc"), "external"),
    "DDE": (with_formula("cmd|'/C calc'!A0"), "external"),
    "a web service": (with_formula('WEBSERVICE("http" &amp; A1)'), "external"),
    "another book in a formula": (with_formula("[1]Sheet1!A1"), "external"),
    "a share": (with_formula(r"'\\host\a\[b.xlsx]S'!A1"), "external"),
    "a DTD": (zipped({**unzipped(once()), "xl/worksheets/sheet2.xml": LAUGHS}), "damaged"),
    "UTF-16": (zipped({**unzipped(once()), "xl/worksheets/sheet2.xml": LAUGHS.encode("utf-16")}), "damaged"),
    "no XML": (zipped({**unzipped(once()), "xl/worksheets/sheet2.xml": b"<a><b></a>"}), "damaged"),
    "out of the folder": (zipped({**unzipped(once()), "../../evil.xml": b"<a/>"}), "damaged"),
    "no sheets": (zipped({**unzipped(once()), "xl/workbook.xml": b"<workbook/>"}), "damaged"),
    "a cell twice": (
        zipped({**unzipped(once()), "xl/worksheets/sheet2.xml":
                b'<worksheet><sheetData><row r="1"><c r="A1"/><c r="A1"/></row></sheetData></worksheet>'}), "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_what_could_do_harm_is_refused(what: str) -> None:
    body, reason = HOSTILE[what]
    with pytest.raises(FormError) as refused:
        read_workbook(read_package(body))
    assert refused.value.reason == reason


def test_a_link_that_somebody_may_click_stays() -> None:
    assert "月报" in read_workbook(read_package(leading("hyperlink", "mailto:a@b.cn"))).sheets


@given(st.integers(0, 5_000), st.integers(0, 255))
@settings(max_examples=150)
def test_a_damaged_file_is_refused_or_read_and_never_more(at: int, byte: int) -> None:
    body = bytearray(once())
    body[at % len(body)] = byte
    try:
        package = read_package(bytes(body))
        write_package(fill(package, read_workbook(package), {}))
    except FormError:
        return


def test_a_new_cell_looks_as_its_row_or_column_does() -> None:
    """An office formats whole columns: a cell that does not stand in the file has no style of its own."""
    sheet = (
        b'<worksheet><cols><col min="4" max="6" width="9" style="2"/></cols><sheetData>'
        b'<row r="2" s="1" customFormat="1"/><row r="3"><c r="A3" s="1"/></row></sheetData></worksheet>'
    )
    form = zipped({**unzipped(once()), "xl/worksheets/sheet2.xml": sheet})
    part = unzipped(filled(form, {("月报", (2, 5)): 1, ("月报", (3, 5)): 2, ("月报", (4, 9)): 3}))[
        "xl/worksheets/sheet2.xml"
    ]
    assert part.endswith(
        b'<row r="2" s="1" customFormat="1"><c r="E2" s="1"><v>1</v></c></row><row r="3"><c r="A3" s="1"/><c r="E3" s="2">'
        b'<v>2</v></c></row><row r="4"><c r="I4"><v>3</v></c></row></sheetData></worksheet>'
    )
