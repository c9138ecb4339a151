"""The routes about denominators (指标分母): what the plan's indicators are divided by, typed with source and date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.operations import denominators, report_subjects
from gateway.operations.denominators import VALUE_MAX, Denominator, EntryView
from gateway.web.access import APerson, reach_of
from gateway.web.acts import Key
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.problems import declared, refuse
from gateway.web.report_reach import PLACE_CHARS_MAX
from rules.local_time import local_day

SOURCE_CHARS_MAX: Final = 200
SHOWN_MAX: Final = 200

router = APIRouter(prefix="/api/v1", tags=["reports"])


@dataclass(frozen=True, slots=True)
class DenominatorList:
    """What holds within reach, and every entry, the newest first (at most 200)."""

    denominators: list[Denominator]
    entries: list[EntryView]


def _said(source: str) -> str:
    if not source.strip():
        raise ValueError("name the source")
    return source.strip()


class DenominatorEntered(BaseModel):
    """A number for an indicator at a place of the tree ('' the whole), its source, as of which day; null takes it back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"indicator": "elders_60", "at": "福田区/莲花街道/莲花社区", "value": 1240,
                          "source": "2025年社区人口台账", "as_of": "2025-12-31"}]
        },
    )  # fmt: skip
    indicator: Literal["streets", "communities", "ageing_communities", "elders_60"]
    at: Annotated[str, Field(max_length=PLACE_CHARS_MAX)] = ""
    value: Annotated[int, Field(ge=1, le=VALUE_MAX, strict=True)] | None
    source: Annotated[str, Field(max_length=SOURCE_CHARS_MAX), AfterValidator(_said)]
    as_of: Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$")]


@router.get("/denominators", responses=declared(422))
@needs(May.AREA)
def read_denominators(request: Request) -> DenominatorList:
    """The denominators within reach with their source and date, and the history of entries."""
    reach = reach_of(request, May.AREA)
    engine = Context.of(request).engine
    held = [one for one in denominators.denominators(engine) if reach.holds(one.at)]
    return DenominatorList(held, denominators.entries(engine, reach, SHOWN_MAX))


@router.post("/denominators", status_code=201, responses=declared(401, 404, 422))
@needs(May.AREA)
async def enter_denominator(
    request: Request,
    person: APerson,
    entering: DenominatorEntered,
    key: Key = None,  # noqa: ARG001 the same entry again is that entry
) -> EntryView:
    """Enter a number for one's own part of the tree. Every entry is kept; the last one holds."""
    context = Context.of(request)
    if not reach_of(request, May.AREA).holds(entering.at):
        raise refuse(404, "unknown_subject")
    if await run_in_threadpool(report_subjects.subject, context.engine, "area", entering.at, "") is None:
        raise refuse(404, "unknown_subject")
    now = context.port.health().hub_now_ms
    try:
        as_of = date.fromisoformat(entering.as_of)
    except ValueError:
        raise refuse(422, "day") from None
    if as_of > local_day(now, context.zone):
        raise refuse(422, "day")
    request.scope["audit_subject"] = f"{entering.indicator} {entering.at}"
    request.scope["audit_reason"] = entering.source
    return await run_in_threadpool(
        lambda: denominators.enter(
            context.engine, entering.indicator, at=entering.at, value=entering.value, source=entering.source,
            as_of=entering.as_of, by=person.name, now=now,
        )
    )  # fmt: skip
