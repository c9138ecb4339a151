"""The routes of installing: homes and devices entered by hand, moved and taken out. Held to the checks of a registry file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.accounts.who import Reach
from gateway.operations import installing, whereabouts
from gateway.operations.installing import Fitted
from gateway.registry.checks import FIELD_LENGTH_MAX, HEARTBEAT_S_MAX
from gateway.registry.edits import Edit, HomeGone, HomeMended, Moved, NewDevice, NewHome, TakenOut
from gateway.web.access import reach_of, who_of
from gateway.web.context import Context
from gateway.web.install_port import EntryRefusedError, Heard
from gateway.web.needs import needs
from gateway.web.paging import Cursor, read, written
from gateway.web.problems import RefusedError, declared, refuse
from gateway.web.words import WORDS

NAME_CHARS_MAX = 64
LIMIT = 200

router = APIRouter(prefix="/api/v1/install", tags=["install"])
PlaceId = Annotated[str, Path(max_length=NAME_CHARS_MAX)]
DeviceId = Annotated[str, Path(max_length=NAME_CHARS_MAX)]
Text = Annotated[str, Field(max_length=FIELD_LENGTH_MAX)]
Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
Filled = Annotated[str, Field(min_length=1, max_length=FIELD_LENGTH_MAX)]
REFUSALS = declared(404, 409, 422, 503)


class CallTo(BaseModel):
    """Somebody to call about a home."""

    model_config = ConfigDict(extra="forbid")
    name: Filled
    phone: Filled


class Home(BaseModel):
    """A home to be registered (登记长者家): form of address, where, whom to call. Without ``id`` it gets the next number."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "黄女士", "path": "福田区/莲花街道/景田社区/景田北", "address": "7栋302",
                    "access_note": "门禁按 302#", "contacts": [{"name": "女儿 黄静", "phone": "13800000001"}],
                }
            ]
        },
    )  # fmt: skip
    name: Filled
    path: Filled
    address: Filled
    access_note: Text = ""
    contacts: Annotated[list[CallTo], Field(max_length=2)] = []
    id: Annotated[str, Field(max_length=NAME_CHARS_MAX)] = ""
    site: Annotated[str, Field(max_length=NAME_CHARS_MAX)] = ""


class Mending(BaseModel):
    """What a home says otherwise from now on; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"address": "7栋303"}]})
    name: Filled | None = None
    address: Filled | None = None
    access_note: Text | None = None
    contacts: Annotated[list[CallTo], Field(max_length=2)] | None = None


class NewPoint(BaseModel):
    """A device to be registered (登记设备). ``heartbeat_s``: it reports at least so often; 0: as is usual for its kind."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"id": "J0001-pendant", "kind": "pendant", "room": "随身"}]},
    )
    id: Name
    kind: Name
    room: Filled
    heartbeat_s: Annotated[int, Field(ge=0, le=HEARTBEAT_S_MAX)] = 0


class Moving(BaseModel):
    """Where a device goes: to a room of this place, or of another one of its site."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"place": "H0001", "room": "卧室"}]}
    )
    place: Name
    room: Filled


@dataclass(frozen=True, slots=True, kw_only=True)
class PointNow:
    """A device as an installer sees it. ``heard_at``: None while it never was; ``proven_at``: in a test, where it is now."""

    id: str
    kind: str
    room: str
    heartbeat_s: int
    heard_at: int | None
    online: bool | None
    proven_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedNow:
    """A home or facility as an installer sees it; the name of a resident is masked for whoever needs none."""

    id: str
    kind: str
    site: str
    path: str
    name: str
    where: str
    points: list[PointNow]
    signed_at: int | None

    @property
    def unheard(self) -> int:
        """How many of its devices were never heard."""
        return sum(point.heard_at is None for point in self.points)

    @property
    def unproven(self) -> int:
        """How many of its devices no test has proven."""
        return sum(point.proven_at is None for point in self.points)


@dataclass(frozen=True, slots=True)
class FittedPage:
    """Some places, and the cursor for those that follow."""

    places: list[FittedNow]
    next: str | None


@router.get("/places", responses=declared(422))
@needs(May.INSTALL, record=True)
def read_fitted(
    request: Request,
    q: Annotated[str, Query(max_length=NAME_CHARS_MAX)] = "",
    limit: Annotated[int, Query(ge=1, le=LIMIT)] = LIMIT,
    cursor: Cursor = None,
) -> FittedPage:
    """Homes and facilities within reach by id, with their devices and what is missing; found by address, number or device."""
    return fitted_page(request, q, limit, read(cursor, tuple[str])[0] if cursor else "")


@router.get("/places/{place_id}", responses=declared(404, 422))
@needs(May.INSTALL, of="place", record=True)
def read_fitted_place(request: Request, place_id: PlaceId) -> FittedNow:
    """One home or facility with its devices: heard when, proven when, signed off when."""
    return fitted_place(request, place_id)


@router.post("/homes", responses=REFUSALS, status_code=201)
@needs(May.INSTALL)
async def register_home(request: Request, home: Home) -> FittedNow:
    """Register a home at a place of the tree within reach. 409: its id is taken."""
    if not reach_of(request, May.INSTALL).holds(home.path.strip()):
        raise refuse(422, "entry_place")
    contacts = tuple((call.name, call.phone) for call in home.contacts)
    edit = NewHome(
        name=home.name, path=home.path, address=home.address, access_note=home.access_note, contacts=contacts,
        id=home.id, site=home.site,
    )  # fmt: skip
    return await _entered(request, edit)


@router.post("/homes/{place_id}", responses=REFUSALS)
@needs(May.INSTALL, of="home")
async def mend_home(request: Request, place_id: PlaceId, mending: Mending) -> FittedNow:
    """Mend what a home says: form of address, door, how to get in, contacts."""
    calls = None if mending.contacts is None else tuple((call.name, call.phone) for call in mending.contacts)
    edit = HomeMended(
        id=place_id,
        name=mending.name,
        address=mending.address,
        access_note=mending.access_note,
        contacts=calls,
    )
    return await _entered(request, edit)


@router.delete("/homes/{place_id}", responses=REFUSALS, status_code=204)
@needs(May.INSTALL, of="home")
async def take_home_out(request: Request, place_id: PlaceId) -> None:
    """Take a home out of the registry. 409: it has devices still."""
    await enter(request, HomeGone(id=place_id))


@router.post("/places/{place_id}/devices", responses=REFUSALS, status_code=201)
@needs(May.INSTALL, of="place")
async def register_device(request: Request, place_id: PlaceId, point: NewPoint) -> FittedNow:
    """Register a device in a home or facility. 409: it is registered already."""
    edit = NewDevice(
        id=point.id, place_id=place_id, kind=point.kind, room=point.room, heartbeat_s=point.heartbeat_s
    )
    return await _entered(request, edit)


@router.post("/devices/{device_id}/move", responses=REFUSALS)
@needs(May.INSTALL, of="device")
async def move_device(request: Request, device_id: DeviceId, moving: Moving) -> FittedNow:
    """Move a device to another room, or to another place of its site; there it is to be tested anew."""
    spot = await run_in_threadpool(whereabouts.spot_of, Context.of(request).engine, "place", moving.place)
    if spot is None or not reach_of(request, May.INSTALL).holds(spot.path):
        raise refuse(404, "unknown_place")
    return await _entered(request, Moved(id=device_id, place_id=moving.place, room=moving.room))


@router.delete("/devices/{device_id}", responses=REFUSALS)
@needs(May.INSTALL, of="device")
async def take_device_out(request: Request, device_id: DeviceId) -> FittedNow:
    """Take a device out of the registry; what it measured is kept, what it sends from now on is set aside."""
    return await _entered(request, TakenOut(id=device_id))


def named_reach(request: Request) -> Reach:
    """Where whoever asks may read the names of residents."""
    return reach_of(request, May.HOMES)


def by_of(request: Request) -> str:
    """Who does it: a person by name, a program as such."""
    return who_of(request).name or "api"


def fitted_page(request: Request, words: str, limit: int, after: str = "") -> FittedPage:
    """A page of the places within reach, ``after`` the id of the last one before."""
    context = Context.of(request)
    found = installing.fitted(
        context.engine, reach_of(request, May.INSTALL), named=named_reach(request), words=words, limit=limit + 1,
        after=after,
    )  # fmt: skip
    shown = found[:limit]
    return FittedPage(_now(context, shown), written(shown[-1].id) if len(found) > limit else None)


def fitted_place(request: Request, place_id: str) -> FittedNow:
    """A place as an installer sees it now; refuses an unknown one."""
    context = Context.of(request)
    found = installing.fitted_place(context.engine, place_id, named=named_reach(request))
    if found is None:
        raise refuse(404, "unknown_place")
    return _now(context, [found])[0]


async def enter(request: Request, edit: Edit) -> str:
    """Change the registry by hand; refuses, in the words of the column, what a registry file may not say."""
    try:
        return await Context.of(request).port.enter(edit, by=by_of(request))
    except EntryRefusedError as refused:
        raise _refusal(refused) from refused


async def _entered(request: Request, edit: Edit) -> FittedNow:
    place_id = await enter(request, edit)
    return await run_in_threadpool(fitted_place, request, place_id)


def _refusal(refused: EntryRefusedError) -> RefusedError:
    fault = refused.fault
    if "registered already" in fault.what:
        return refuse(409, f"entry_taken_{fault.column}")
    if fault.column in {"devices", "last"}:
        return refuse(409, f"entry_{fault.column}")
    if fault.column == "gone":
        return refuse(404, "unknown")
    word = f"entry_{fault.column}"
    return refuse(422, word if f"problem.{word}" in WORDS else "entry", what=f"{fault.what}; {fault.remedy}")


def _now(context: Context, found: list[Fitted]) -> list[FittedNow]:
    heard = context.port.heard([point.id for place in found for point in place.points])
    unknown = Heard(None, None)
    return [
        FittedNow(
            id=place.id, kind=place.kind, site=place.site, path=place.path, name=place.name, where=place.where,
            signed_at=place.signed_at,
            points=[
                PointNow(
                    id=point.id, kind=point.kind, room=point.room, heartbeat_s=point.heartbeat_s,
                    heard_at=heard.get(point.id, unknown).at, online=heard.get(point.id, unknown).online,
                    proven_at=point.proven.at if point.proven else None,
                )
                for point in place.points
            ],
        )
        for place in found
    ]  # fmt: skip
