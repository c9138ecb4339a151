"""The part of the hub's port that is about reports: each is made in a process of its own, beside the alarm path."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.handing.compared import decoded
from gateway.report_files import ReportFiles
from gateway.reports.asked import Asked
from gateway.reports.jobs import BusyError, NoPlaceError, ReportError, made, turn
from gateway.reports.making import span_read
from gateway.reports.order import Form, Order
from gateway.reports.stored import HourRow, rows_of
from gateway.store.readings import StoreUnavailable
from gateway.store.summaries import Series
from gateway.summed import summed
from gateway.web.port import UnavailableError
from gateway.web.report_port import ReportMade, ReportWanted

if TYPE_CHECKING:
    from gateway.hub import Hub

TURN_WITHIN_S: Final = 20.0  # another one takes a few seconds; fifty stations take most of a minute
LOOK_EVERY_S: Final = 0.2
ANSWER_WITHIN_S: Final = 90.0
NO_PDF: Final = "no PDF can be made"  # how gateway.reports.pdf begins, where a package is missing


class ReportAnswers:
    """Makes reports of what the hub knows."""

    _hub: Hub

    @property
    def report_files(self) -> ReportFiles:
        """Where files of reports and forms are kept."""
        return self._hub.report_files

    async def make_report(self, wanted: ReportWanted) -> ReportMade:
        """Make one; waits its turn for a while."""
        return await make_report(self._hub, wanted)

    def reports_soon(self) -> None:
        """A schedule has changed."""
        self._hub.report_keeper.soon()


async def make_report(hub: Hub, wanted: ReportWanted) -> ReportMade:
    """Make one. Raises ``UnavailableError``, and ``KeyError`` where there is no such place."""
    settings = hub.settings
    asked = Asked(
        kind=wanted.kind, period=wanted.period, now=wanted.until, at=wanted.at if not wanted.facility else "",
        place=wanted.facility, zone=settings.hub.zone, calendar=settings.hub.calendar, targets=hub.web_settings.targets,
    )  # fmt: skip
    hours = {asked.place: await _hours(hub, asked)} if asked.place else {}
    forms: tuple[Form, ...] = ("json", *wanted.formats)
    order = Order(asked=(asked,), forms=forms, lang=wanted.language, hours=hours)
    database = settings.hub.data / "operations.sqlite"
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await asyncio.get_running_loop().run_in_executor(
                hub.report_thread, _in_turn, database, order
            )
    except TimeoutError:
        raise UnavailableError("reports are being made for others; try again in a minute") from None
    except NoPlaceError as none:
        raise KeyError(wanted.at) from none
    except ReportError as error:
        if "pdf" in wanted.formats and str(error).startswith(
            NO_PDF
        ):  # a machine without fonts hands in the others
            others = tuple(form for form in wanted.formats if form != "pdf")
            return replace(await make_report(hub, replace(wanted, formats=others)), missing=("pdf",))
        raise UnavailableError(str(error)) from error


def _in_turn(database: Path, order: Order) -> ReportMade:
    """The report and its files, once no others are being made; in the one thread that is for it: nothing else waits there."""
    until = time.monotonic() + TURN_WITHIN_S
    while True:
        try:
            with turn():
                files = list(made(database, order))
                break
        except BusyError:
            if time.monotonic() > until:
                raise UnavailableError("other reports are being made; try again in a minute") from None
            time.sleep(LOOK_EVERY_S)
    report = decoded(next(one.body for one in files if one.form == "json"))
    return ReportMade(report, {one.name: one.body for one in files if one.form != "json"})


async def _hours(hub: Hub, asked: Asked) -> list[HourRow]:
    """What the devices of a facility said by the hour: over the period, the one before, and what is read before both."""
    kept, series = hub.kept, Series(*span_read(asked), "", asked.place)
    try:
        rows = await asyncio.to_thread(summed, kept.keeping, kept.book, series, "1h", hub.zone)
    except StoreUnavailable as error:
        raise UnavailableError(str(error)) from error
    return await asyncio.to_thread(rows_of, rows)
