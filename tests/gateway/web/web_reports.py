"""The part of the small hub behind the web that makes reports: the real document, and files that say which it is."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import Any

from gateway.handing.compared import encoded
from gateway.operations.tables import Base, FiledReport, ReportForm, ReportSchedule
from gateway.report_files import ReportFiles, digest_of
from gateway.reports.asked import Asked
from gateway.reports.document import Report
from gateway.reports.making import UnknownPlaceError, make
from gateway.reports.rendering import file_name
from gateway.web.port import UnavailableError
from gateway.web.report_port import ReportMade, ReportWanted


class ReportDesk:
    """Makes reports at once, in this process; ``off`` says why none can be made; ``instead`` are other values of figures."""

    folder: Path
    engine: Any

    @cached_property
    def report_files(self) -> ReportFiles:
        return ReportFiles(self.folder / "reports.sqlite")

    @cached_property
    def instead(self) -> dict[str, Any]:
        return {}

    @cached_property
    def wanted_reports(self) -> list[ReportWanted]:
        return []

    off: str = ""
    reports_looked: int = 0

    async def make_report(self, wanted: ReportWanted) -> ReportMade:
        if self.off:
            raise UnavailableError(self.off)
        self.wanted_reports.append(wanted)
        asked = Asked(
            kind=wanted.kind, period=wanted.period, now=wanted.until, at=wanted.at, place=wanted.facility
        )  # fmt: skip
        try:
            report = make(self.engine, lambda _place, _begin, _end: (), asked)
        except UnknownPlaceError as none:
            raise KeyError(wanted.at) from none
        report = self._changed(report)
        stamp = digest_of(encoded(report)).encode()
        files = {
            file_name(report, form, wanted.language): form.encode() + b" " + stamp for form in wanted.formats
        }
        return ReportMade(report, files)

    def _changed(self, report: Report) -> Report:
        figures = {
            key: dataclasses.replace(one, value=self.instead[key]) if key in self.instead else one
            for key, one in report.figures.items()
        }
        return dataclasses.replace(report, figures=figures)

    def reports_soon(self) -> None:
        self.reports_looked += 1


def handed(at: str) -> list[Base]:
    """An area's report on its way, a schedule and a form, all of one community; they name their office."""
    of: dict[str, Any] = {"kind": "area", "at": at, "facility": "", "subject": at.rpartition("/")[2]}
    return [
        FiledReport(
            **of, id="r1", period="2025-10", language="zh", until=0, state="made", version=0, document="0" * 64, files={}
        ),
        ReportSchedule(
            **of, id="c1", every="month", day=1, hour=6, formats=["xlsx"], language="zh", channel="", person="", since=0,
            by="李敏",
        ),
        ReportForm(
            **of, id="o1", name="莲花月报", daily=False, file="0" * 64, mapping={}, version=0, made_at=0, by="李敏"
        ),
    ]  # fmt: skip
