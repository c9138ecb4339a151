"""The routes about who can be told: desks and whether they hear, the hand-over of a shift, channels and their tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.web.access import APerson, reach_of
from gateway.web.acts import Key, carry_out, id_of
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.port import Act, ChannelList, ChannelTested, DeskList, UnknownAddressError
from gateway.web.problems import REJECTED, declared, imported_as, refuse

router = APIRouter(prefix="/api/v1", tags=["duty"])
DeskId = Annotated[str, Path(max_length=64)]
ChannelName = Annotated[str, Path(max_length=64)]


class HandingOver(BaseModel):
    """What the next shift should know."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"note": "3栋1201今天出院，晚饭后去看过"}]}
    )
    note: str = Field(default="", max_length=500)


class Testing(BaseModel):
    """Whom a test message is for: a person of the duty plan by id; empty for a channel that reaches a group or a system."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"to": "li-min"}]})
    to: str = Field(default="", max_length=64)


@router.get("/desks")
@needs(May.DUTY, May.RING)
def read_desks(request: Request) -> DeskList:
    """The desks of the duty plan: staffed or closed, by what each hears, and since when one cannot.

    The word for the next shift names residents: it is for those who see the homes there.
    """
    homes = reach_of(request, May.HOMES)
    found = Context.of(request).port.desks().desks
    return DeskList(tuple(desk if homes.holds(desk.at) else replace(desk, note="") for desk in found))


@router.post("/desks/{desk_id}/beat", status_code=204, responses=declared(404, 422))
@needs(May.RING)
def beat(request: Request, desk_id: DeskId) -> Response:
    """A console at this desk is open and its sound is proven; every 5 seconds. After 15 without one it is not there.

    Of a person at a desk that serves some of what they reach: nobody says of another station that it hears.
    """
    port, reach = Context.of(request).port, reach_of(request, May.RING)
    if not reach.everything and not any(
        desk.id == desk_id and reach.meets(desk.at) for desk in port.desks().desks
    ):
        raise refuse(404, "unknown_desk")
    if not port.beat(desk_id):
        raise refuse(404, "unknown_desk")
    return Response(status_code=204)


@router.post("/desks/{desk_id}/handover", status_code=204, responses=declared(401, 404, 409, 422, 503))
@needs(May.DUTY, of="desk", noted="take_over")
async def hand_over(
    request: Request, desk_id: DeskId, person: APerson, handing: HandingOver, key: Key = None
) -> Response:
    """Take over a desk (交接班): the person who is signed in confirms to have it."""
    context = Context.of(request)
    known = await run_in_threadpool(context.port.desks)
    if desk_id not in {desk.id for desk in known.desks}:
        raise refuse(404, "unknown_desk")
    act = Act(kind="handover", by=person.name, place="", data={"desk": desk_id, "note": handing.note.strip()})
    outcome = await carry_out(context, act, id_of(key, "handover", desk_id, person))
    if not outcome.ok:
        raise refuse(409, "refused", reason=outcome.reason)
    return Response(status_code=204)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyReport:
    """The version of the duty plan that holds now, how many people and desks it has, and what is to be said of it."""

    ok: bool
    version: str
    people: int
    desks: int
    warnings: list[str]


@router.post("/duty/reload", responses=declared(503) | REJECTED, response_model=DutyReport)
@needs(May.SYSTEM, of="everywhere")
async def reload_duty(request: Request) -> Response:
    """Read the duty plan again; 422 lists its mistakes by line, or the hours in which an alert would reach nobody.

    Then nothing changes: the plan before it goes on.
    """
    return imported_as(await Context.of(request).port.reload_duty())


@router.get("/channels")
@needs(May.DUTY, May.SYSTEM)
def read_channels(request: Request) -> ChannelList:
    """The channels of the settings, what each proves, and what the last message or test on it came to."""
    return Context.of(request).port.channels()


@router.post("/channels/{channel}/test", responses=declared(401, 404, 422, 503))
@needs(May.DUTY, May.SYSTEM)
async def test_channel(
    request: Request, channel: ChannelName, person: APerson, testing: Testing
) -> ChannelTested:
    """Send a test message now, and say what came of it. It says first that nothing has happened."""
    context = Context.of(request)
    try:
        return await context.port.test_channel(channel, to=testing.to, by=person.name)
    except KeyError:
        raise refuse(404, "unknown_channel") from None
    except UnknownAddressError as wrong:
        raise refuse(422, "invalid", what=str(wrong)) from wrong
