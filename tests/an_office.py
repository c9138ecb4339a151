"""Forms as an office has them: made by openpyxl, and by LibreOffice where it is there; and a report to fill them with."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import openpyxl
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from gateway.reports.document import PLAIN, Figure, Report, Section, Value

PERCENT = {"zh": "%", "en": "%"}
MAPPING = {
    "月报!B3": "about.subject",
    "月报!D3": "about.period",
    "月报!C5": "alerts.life_safety",
    "月报!C6": "alerts.care",
    "月报!C8": "share.station_accept",
    "月报!C9": "visits",
    "月报!E12": "visits",
    "封面!A4": "about.title",
}


def figure(key: str, value: Value, unit: dict[str, str] = PLAIN, decimals: int = 0) -> Figure:
    text = {"zh": f"指标 {key}", "en": key}
    return Figure(
        key=key, label=text, value=value, unit=unit, before=None, definition=text, decimals=decimals
    )


def report(**changed: Value) -> Report:
    """A month of a station; ``changed`` are other values of its figures."""
    values: dict[str, Value] = {
        "alerts.life_safety": 12,
        "alerts.care": "<5",
        "share.station_accept": 97.53,
        "visits": None,
    }
    values |= {key.replace("__", "."): value for key, value in changed.items()}
    figures = {
        key: figure(
            key, value, PERCENT if key.startswith("share") else PLAIN, 1 if key.startswith("share") else 0
        )
        for key, value in values.items()
    }
    title = {"zh": "社区长者服务站月报", "en": "Station, month"}
    return Report(
        kind="station", period="2025-10", begin=1_759_248_000_000, end=1_761_926_400_000, until=1_761_926_400_000,
        zone="Asia/Shanghai", at="福田区/莲花街道/莲花社区", place="", subject="莲花社区长者服务站", title=title,
        figures=figures, sections=(Section(key="all", title=title, figures=tuple(figures)),),
    )  # fmt: skip


def by_openpyxl() -> bytes:
    """A cover, and a month with merged heads, borders, a percentage, sums, and a hint in English."""
    book = openpyxl.Workbook()
    cover = book.active
    cover.title = "封面"
    cover["A1"] = "福田区民政局"
    sheet = book.create_sheet("月报")
    thin = Side(style="thin")
    sheet.merge_cells("A1:E1")
    sheet["A1"] = "社区长者服务站工作月报表"
    sheet["A1"].font, sheet["A1"].alignment = Font(size=18, bold=True), Alignment(horizontal="center")
    sheet["A3"], sheet["C3"] = "填报单位", "期间"
    for row, (name, unit) in enumerate(
        (("生命安全警情", "件"), ("关怀警情", "件"), ("合计", "件"), ("接警及时率", "%"), ("探访次数", "次")),
        start=5,
    ):
        sheet.cell(row, 1, name)
        sheet.cell(row, 2, unit)
        for column in range(1, 6):
            sheet.cell(row, column).border = Border(left=thin, right=thin, top=thin, bottom=thin)
    sheet["C7"] = "=SUM(C5:C6)"
    sheet["C8"].number_format = "0.0%"
    sheet["C5"].fill = PatternFill("solid", fgColor="FFFF00")
    sheet["D5"] = "=C5*2"
    sheet.merge_cells("A10:C11")
    sheet["A10"] = "备注"
    sheet.column_dimensions["A"].width = 22
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def by_libreoffice(folder: Path) -> bytes | None:
    """The same as LibreOffice writes it; None where there is none."""
    soffice = shutil.which("soffice")
    if soffice is None:
        return None
    source = folder / "form.xlsx"
    source.write_bytes(by_openpyxl())
    done = convert(source, "ods", folder / "ods")
    return convert(done, "xlsx", folder / "xlsx").read_bytes()


def convert(source: Path, to: str, folder: Path) -> Path:
    """By LibreOffice, with a profile of its own."""
    profile = f"-env:UserInstallation=file://{folder.parent}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", to, "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / f"{source.stem}.{to}"


def zipped(parts: dict[str, bytes | str]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def unzipped(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
