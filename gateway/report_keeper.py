"""Makes by itself the reports that schedules ask for, each period once, and lets go of files whose time is over.

A period is due at its hour; one whose hour passed while the hub was off is made at its start. What is made waits to be checked
like any other; a note that says so goes out where the schedule names a channel, and never holds a report up.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import DBAPIError

from gateway.accounts.who import EVERYTHING
from gateway.alerts.report_note import compose_report_note
from gateway.handing.compared import encoded
from gateway.notify.channel import GROUP, Recipient
from gateway.operations import filed_reports, report_schedules
from gateway.operations.filed_reports import Of, Reaches
from gateway.operations.report_schedules import ScheduleView
from gateway.report_port import make_report
from gateway.reports.document import Lang
from gateway.reports.rendering import FORMATS, Format
from gateway.web.port import UnavailableError
from gateway.web.report_port import ReportWanted

if TYPE_CHECKING:
    from gateway.hub import Hub

log = logging.getLogger(__name__)
LOOK_EVERY_S: Final = 60.0
TIDY_EVERY: Final = 60  # looks
ALL: Final = Reaches(station=EVERYTHING, facility=EVERYTHING, area=EVERYTHING)
OF_OTHERS = (sqlite3.Error, DBAPIError, OSError)


@dataclass(frozen=True, slots=True)
class Owed:
    """A period of a schedule that is to be made."""

    schedule: ScheduleView
    period: str


class ReportKeeper:
    """Looks once a minute, and when a schedule has changed."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._asked = asyncio.Event()
        self._looks = 0

    def soon(self) -> None:
        """A schedule was changed."""
        self._asked.set()

    async def run(self) -> None:
        """Go round for ever. What a disk refuses is tried in the next round."""
        while True:
            try:
                await self.round()
            except OF_OTHERS as error:
                log.warning(
                    "reports cannot be made now: %s", error.orig if isinstance(error, DBAPIError) else error
                )
            except Exception:
                log.exception("reports cannot be made: a fault of the program; tried again")
            self._asked.clear()
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._asked.wait()
            except TimeoutError:
                continue

    async def round(self) -> None:
        """Make what is owed, one after the other; once an hour let go of what is over its time."""
        for owed in await asyncio.to_thread(self._owed):
            await self._make(owed)
        if self._looks % TIDY_EVERY == 0:
            await asyncio.to_thread(self._tidy)
        self._looks += 1

    def _owed(self) -> list[Owed]:
        hub = self._hub
        now = hub.clock.now()
        return [
            Owed(one, period)
            for one in report_schedules.schedules_within(hub.database, ALL)
            for period in report_schedules.owed(one, now, hub.zone)
        ]

    def _tidy(self) -> None:
        hub = self._hub
        days = hub.settings.retention.reports_days
        while filed_reports.let_go(hub.database, hub.clock.now(), days=days):
            continue
        hub.report_files.keep_only(filed_reports.digests_kept(hub.database))

    async def _make(self, owed: Owed) -> None:
        one, hub = owed.schedule, self._hub
        language: Lang = "en" if one.language == "en" else "zh"
        formats: tuple[Format, ...] = tuple(form for form in FORMATS if form in one.formats)
        wanted = ReportWanted(
            kind="station" if one.kind == "station" else "facility" if one.kind == "facility" else "area",
            period=owed.period, at=one.at, facility=one.facility, until=hub.clock.now(), language=language, formats=formats,
        )  # fmt: skip
        try:
            made = await make_report(hub, wanted)
        except (UnavailableError, KeyError) as error:
            why = "no such place" if isinstance(error, KeyError) else str(error)
            log.warning("the report of schedule %s for %s cannot be made: %s", one.id, owed.period, why)
            await asyncio.to_thread(self._note, owed, error=why)
            return

        def keep() -> str:
            digests = {name: hub.report_files.put(body) for name, body in made.files.items()}
            document = hub.report_files.put(encoded(made.report))
            return filed_reports.file_report(
                hub.database, Of(kind=one.kind, at=one.at, facility=one.facility, subject=one.subject), period=owed.period,
                language=language, until=wanted.until, document=document, files=digests, by="", by_id=0, now=hub.clock.now(),
            ).id  # fmt: skip

        report_id = await asyncio.to_thread(keep)
        await asyncio.to_thread(self._note, owed, report_id=report_id)
        if one.channel:
            noted = await self._tell(owed, report_id)
            await asyncio.to_thread(self._note, owed, report_id=report_id, noted=noted)

    def _note(self, owed: Owed, *, report_id: str = "", error: str = "", noted: str = "") -> None:
        report_schedules.note_run(
            self._hub.database, owed.schedule.id, owed.period, at=self._hub.clock.now(), report_id=report_id, error=error,
            noted=noted,
        )  # fmt: skip

    async def _tell(self, owed: Owed, report_id: str) -> str:
        """Send the note: which report waits, where to look, and no figure. What became of it: sent, delivered, failed."""
        one, hub = owed.schedule, self._hub
        channel = hub.channels.get(one.channel)
        if channel is None:
            return "failed"
        to = GROUP
        if channel.personal:
            address = hub.duty.address_of(one.person, one.channel)
            if not address:
                return "failed"
            to = Recipient(one.person, address)
        message = compose_report_note(
            report_id, kind=one.kind, period=owed.period, subject=one.subject, at_ms=hub.clock.now(),
            link=f"{hub.web_settings.public_url.rstrip('/')}/reports/filed/{report_id}" if hub.web_settings.public_url else "",
        )  # fmt: skip
        outcome = await hub.delivery.say(one.channel, message, to)
        return outcome.state if outcome.state in ("sent", "delivered") else "failed"
