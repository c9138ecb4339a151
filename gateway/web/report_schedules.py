"""The routes about schedules of reports (自动生成): which the hub makes by itself, when, and who is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.operations import report_schedules
from gateway.operations.report_schedules import ScheduleView
from gateway.reports.document import Kind, Lang
from gateway.reports.rendering import Format
from gateway.web.access import APerson
from gateway.web.acts import Key, id_of
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.problems import declared, refuse
from gateway.web.report_reach import (
    HANDS_IN,
    PLACE_CHARS_MAX,
    READS,
    hand_in_reaches,
    read_reaches,
    subject_of,
)

NAME_CHARS_MAX: Final = 64
DAY_MAX: Final = 28  # every month has it

router = APIRouter(prefix="/api/v1", tags=["reports"])


@dataclass(frozen=True, slots=True)
class ScheduleList:
    """The schedules within reach, each with its last periods."""

    schedules: list[ScheduleView]


class Scheduling(BaseModel):
    """What the hub is to make by itself: of each day the day after, of each month on a day of the next, at an hour.

    ``channel``: where a note goes out, with no figure in it; '' nowhere. ``person``: of the duty plan, where the channel
    reaches one at a time.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"kind": "station", "every": "month", "day": 1, "hour": 6, "at": "福田区/莲花街道/莲花社区",
                          "formats": ["xlsx", "pdf"], "channel": "值班群"}]
        },
    )  # fmt: skip
    kind: Kind
    every: Literal["day", "month"]
    day: Annotated[int, Field(ge=1, le=DAY_MAX, strict=True)] = 1
    hour: Annotated[int, Field(ge=0, le=23, strict=True)]
    at: Annotated[str, Field(max_length=PLACE_CHARS_MAX)] = ""
    facility: Annotated[str, Field(max_length=NAME_CHARS_MAX)] = ""
    formats: Annotated[list[Format], Field(min_length=1, max_length=4)]
    language: Lang = "zh"
    channel: Annotated[str, Field(max_length=NAME_CHARS_MAX)] = ""
    person: Annotated[str, Field(max_length=NAME_CHARS_MAX)] = ""


@router.get("/report-schedules", responses=declared(422))
@needs(*READS)
def read_schedules(request: Request) -> ScheduleList:
    """The reports that the hub makes by itself, within reach."""
    engine = Context.of(request).engine
    return ScheduleList(report_schedules.schedules_within(engine, read_reaches(request)))


@router.post("/report-schedules", status_code=201, responses=declared(401, 404, 409, 422))
@needs(*HANDS_IN)
async def set_schedule(
    request: Request, person: APerson, scheduling: Scheduling, key: Key = None
) -> ScheduleView:
    """Have a report made by itself from now on; whose time passes while the hub is off is made when it is back."""
    context = Context.of(request)
    reaches = hand_in_reaches(request)
    of = await run_in_threadpool(
        subject_of, request, reaches, scheduling.kind, scheduling.at, scheduling.facility
    )
    if scheduling.every == "day" and scheduling.kind != "station":
        raise refuse(422, "period")
    channels = {one.name: one for one in context.port.channels().channels}
    if scheduling.channel and scheduling.channel not in channels:
        raise refuse(422, "report_channel")
    if scheduling.channel and channels[scheduling.channel].personal and not scheduling.person.strip():
        raise refuse(422, "report_person")
    made = ScheduleView(
        id=id_of(key, "schedule", f"{of.kind}\n{of.at}\n{of.facility}", person), kind=of.kind, every=scheduling.every,
        day=scheduling.day if scheduling.every == "month" else 0, hour=scheduling.hour, at=of.at, facility=of.facility,
        subject=of.subject, formats=list(dict.fromkeys(scheduling.formats)), language=scheduling.language,
        channel=scheduling.channel, person=scheduling.person.strip() if scheduling.channel else "",
        since=context.port.health().hub_now_ms, by=person.name, runs=[],
    )  # fmt: skip
    if await run_in_threadpool(report_schedules.add_schedule, context.engine, made):
        raise refuse(409, "report_many")
    context.port.reports_soon()
    found = await run_in_threadpool(report_schedules.schedule, context.engine, made.id)
    return found or made


@router.delete("/report-schedules/{schedule_id}", responses=declared(401, 404, 422))
@needs(*HANDS_IN, of="schedule")
def end_schedule(
    request: Request,
    schedule_id: Annotated[str, Path(max_length=NAME_CHARS_MAX)],
    person: APerson,
    key: Key = None,  # noqa: ARG001 a repeat ends nothing more
) -> ScheduleList:
    """Have it made by itself no more; what was made stays."""
    context = Context.of(request)
    known = report_schedules.schedule(context.engine, schedule_id)
    if known is None or not hand_in_reaches(request).holds(known):
        raise refuse(404, "unknown_schedule")
    now = context.port.health().hub_now_ms
    report_schedules.end_schedule(context.engine, schedule_id, by=person.name, now=now)
    return read_schedules(request)
