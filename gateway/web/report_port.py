"""What the pages of reports ask of the hub: a report made from what is known now, and the files that are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gateway.report_files import ReportFiles
from gateway.reports.document import Kind, Lang, Report
from gateway.reports.rendering import Format


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWanted:
    """A report of ``kind`` over ``period``, of the tree's ``at`` or the ``facility``, from data up to ``until`` (hub time).

    ``formats``: the files to make of it, in ``language``; none where the document is enough.
    """

    kind: Kind
    period: str
    at: str
    facility: str
    until: int
    language: Lang
    formats: tuple[Format, ...]


@dataclass(frozen=True, slots=True)
class ReportMade:
    """The document and its files by name; ``missing`` are formats that this machine cannot make (PDF without fonts)."""

    report: Report
    files: dict[str, bytes]
    missing: tuple[Format, ...] = ()


class ReportPort(Protocol):
    """Reports."""

    @property
    def report_files(self) -> ReportFiles:
        """Where files of reports and forms are kept."""

    async def make_report(self, wanted: ReportWanted) -> ReportMade:
        """Make it, beside the alarm path. UnavailableError: others are being made, or it cannot be; KeyError: no such place."""

    def reports_soon(self) -> None:
        """A schedule was changed: look now which reports are due."""
