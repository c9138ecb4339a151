"""What the pages of facilities read of the store: one reading, reckoned once, for whatever a page or a route says of it."""

from __future__ import annotations

from functools import partial

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from gateway.occupancy.hourly import HOUR_MS, Counted, When
from gateway.occupancy.use import FacilityHours, Fitted, facility_hours
from gateway.operations import facility_rooms, facility_views
from gateway.operations.facility_views import CORRECTIONS_READ_MAX, Facility
from gateway.web.context import Context
from gateway.web.facilities import when_of
from gateway.web.port import ReadingQuery
from gateway.web.problems import refuse
from rules.local_time import local_day, moment

DAY_MS = 24 * HOUR_MS
DEVICES_MAX = 100  # of one facility
METRICS_MAX = 10  # that such a device says, on average


async def facility_of(request: Request, place_id: str) -> Facility:
    """It, or a refusal."""
    row = await run_in_threadpool(facility_views.facility, Context.of(request).engine, place_id)
    if row is None:
        raise refuse(404, "unknown_place")
    return row


async def hours_read(context: Context, row: Facility, begin: int, end: int) -> tuple[FacilityHours, When]:
    """Its hours from ``begin`` up to ``end``, read from a day before, so that the first begins with what is known."""
    when, early = when_of(context, row), begin - DAY_MS
    count = context.port.headcounts([row.id]).get(row.id)
    devices = [Fitted(one.id, one.kind, one.room) for one in (count.devices if count else ())][:DEVICES_MAX]
    most = (end - early) // HOUR_MS * max(len(devices), 1) * METRICS_MAX
    query = ReadingQuery(place=row.id, device="", metric="", from_ms=early, to_ms=end, limit=most)
    rows = await context.port.summaries(query, "1h") if devices else ()
    told = await run_in_threadpool(
        facility_views.corrections, context.engine, row.id, since=early, limit=CORRECTIONS_READ_MAX
    )
    rooms = await run_in_threadpool(facility_rooms.rooms_entered, context.engine, [row.id])
    corrections = [Counted(one.at, one.people) for one in told if one.at < end]
    found = await run_in_threadpool(
        partial(facility_hours, rows, devices, rooms.get(row.id, {}), corrections, early, end, when)
    )
    return found, when


def midnight(context: Context, row: Facility, at: int) -> int:
    """The whole hour in which the local day of ``at`` begins."""
    zone = when_of(context, row).zone
    return moment(local_day(at, zone), 0, zone) // HOUR_MS * HOUR_MS
