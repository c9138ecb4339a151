"""Devices that send and are in no registry (待认领设备), and data that could not be read (无法识别的数据)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.operations import installing
from gateway.registry.checks import FIELD_LENGTH_MAX, HEARTBEAT_S_MAX
from gateway.registry.edits import NewDevice
from gateway.web.access import reach_of
from gateway.web.acts import Reason
from gateway.web.context import Context
from gateway.web.install import NAME_CHARS_MAX, PlaceId, by_of, enter
from gateway.web.install_port import SetAside
from gateway.web.needs import needs
from gateway.web.port import Chosen, GivenAgain, UnavailableError
from gateway.web.problems import declared, refuse

TOPIC_CHARS_MAX = 1_024
CHANNELS = ("telemetry", "event", "status")
UNKNOWN = "unknown_device"
TOPIC_PARTS = 5  # care/v1/site/device/channel
AGAIN_ROUNDS_MAX = 20  # each is ten thousand messages: more than a device sends in a month

router = APIRouter(prefix="/api/v1/install", tags=["install"])
Topic = Annotated[str, Field(min_length=1, max_length=TOPIC_CHARS_MAX)]
Part = Annotated[str, Field(min_length=1, max_length=TOPIC_CHARS_MAX)]


class Sender(BaseModel):
    """A device by the site and the id under which it publishes."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"site": "lianhua", "device": "H0001-lamp"}]}
    )
    site: Part
    device: Part


class Rejecting(Sender):
    """A device that is not ours, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"site": "lianhua", "device": "H0001-lamp", "reason": "邻居家的设备"}]
        },
    )
    reason: Reason


class Claiming(BaseModel):
    """What a device that sends already is, and in which room: its id, as it publishes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"site": "lianhua", "device": "H0001-lamp", "kind": "motion", "room": "客厅"}]
        },
    )
    site: Part
    device: Part
    kind: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
    room: Annotated[str, Field(min_length=1, max_length=FIELD_LENGTH_MAX)]
    heartbeat_s: Annotated[int, Field(ge=0, le=HEARTBEAT_S_MAX)] = 0


class Dropping(BaseModel):
    """Messages of one topic that could not be read for one reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"topic": "care/v1/lianhua/H0001-radar/telemetry", "reason": "bad_json"}]
        },
    )
    topic: Topic
    reason: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """A device that sends and is in no registry: how many messages, of which channels, heard last when (hub time)."""

    site: str
    device: str
    channels: list[str]
    count: int
    first_at: int
    last_at: int
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Messages of one topic that could not be read for one reason; the beginning of the newest as text."""

    topic: str
    site: str
    device: str
    reason: str
    detail: str
    count: int
    last_at: int
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A device that was rejected: by whom, when (hub time) and why."""

    site: str
    device: str
    at: int
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What was set aside within reach: devices to be claimed, data that could not be read, devices that were rejected."""

    unclaimed: list[Unclaimed]
    unread: list[Unread]
    rejected: list[Rejected]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A device that is registered now, and what became of what it had sent; None while that cannot be read again yet."""

    place: str
    device: str
    again: GivenAgain | None


@dataclass(frozen=True, slots=True)
class Gone:
    """How many messages were dropped."""

    dropped: int


@router.get("/unclaimed", responses=declared(503))
@needs(May.INSTALL)
async def read_unclaimed(request: Request) -> Candidates:
    """Devices to be claimed (待认领设备), data that could not be read (无法识别的数据), and rejected devices, within reach."""
    return await candidates(request)


@router.post("/places/{place_id}/claim", responses=declared(404, 409, 422, 503), status_code=201)
@needs(May.INSTALL, of="place")
async def claim_device(request: Request, place_id: PlaceId, claiming: Claiming) -> Claimed:
    """Register a device that sends already, in a room of a place; then what it has sent is read again."""
    context = Context.of(request)
    place = await run_in_threadpool(
        installing.fitted_place, context.engine, place_id, named=reach_of(request)
    )
    if place is None:
        raise refuse(404, "unknown_place")
    if place.site != claiming.site:
        raise refuse(422, "entry_site")
    edit = NewDevice(
        id=claiming.device,
        place_id=place_id,
        kind=claiming.kind,
        room=claiming.room,
        heartbeat_s=claiming.heartbeat_s,
    )
    await enter(request, edit)
    await run_in_threadpool(
        installing.take_back,
        context.engine,
        claiming.site,
        claiming.device,
        by=by_of(request),
        at=_now(context),
    )
    return Claimed(place=place_id, device=claiming.device, again=await _given_again(context, claiming.device))


@router.post("/unclaimed/reject", responses=declared(404, 422, 503))
@needs(May.INSTALL)
async def reject_device(request: Request, rejecting: Rejecting) -> Gone:
    """Say that a device is not ours: what it has sent and sends is dropped, and it is listed no more until taken back."""
    context = Context.of(request)
    await _site_within(request, rejecting.site)
    site, device, reason = rejecting.site, rejecting.device, rejecting.reason
    await run_in_threadpool(
        installing.reject, context.engine, site, device, by=by_of(request), at=_now(context), reason=reason
    )
    topics = [f"care/v1/{site}/{device}/{channel}" for channel in CHANNELS]
    return Gone(sum([await context.port.drop(Chosen(reason=UNKNOWN, topic=topic)) for topic in topics]))


@router.post("/unclaimed/take-back", responses=declared(404, 422))
@needs(May.INSTALL)
async def take_back_device(request: Request, sender: Sender) -> Sender:
    """Let a rejected device be listed again once it sends. 404: it is not rejected."""
    context = Context.of(request)
    await _site_within(request, sender.site)
    known = await run_in_threadpool(
        installing.take_back, context.engine, sender.site, sender.device, by=by_of(request), at=_now(context)
    )
    if not known:
        raise refuse(404, "unknown")
    return sender


@router.post("/unread/drop", responses=declared(404, 422, 503))
@needs(May.INSTALL)
async def drop_unread(request: Request, dropping: Dropping) -> Gone:
    """Drop messages that could not be read, for good."""
    await _site_within(request, _site_and_device(dropping.topic)[0])
    chosen = Chosen(reason=dropping.reason, topic=dropping.topic)
    return Gone(await Context.of(request).port.drop(chosen))


async def candidates(request: Request) -> Candidates:
    """What was set aside within reach of whoever asks; of sites that no place belongs to only for who reaches everything."""
    context, reach = Context.of(request), reach_of(request, May.INSTALL)
    groups = await context.port.set_aside()
    sites = await run_in_threadpool(installing.sites, context.engine, reach)
    known = await run_in_threadpool(installing.rejected, context.engine)

    def seen(site: str) -> bool:
        return reach.everything or site in sites

    out = {(one.site, one.device_id) for one in known}
    unread = [_unread(group) for group in groups if group.reason != UNKNOWN]
    return Candidates(
        unclaimed=[one for one in gathered(groups) if seen(one.site) and (one.site, one.device) not in out],
        unread=[one for one in unread if seen(one.site)],
        rejected=[
            Rejected(site=one.site, device=one.device_id, at=one.at, by=one.by, reason=one.reason)
            for one in known
            if seen(one.site)
        ],
    )


def gathered(groups: Sequence[SetAside]) -> list[Unclaimed]:
    """The unknown devices among what was set aside, the last heard first: a device speaks on several channels."""
    found: dict[tuple[str, str], Unclaimed] = {}
    for group in groups:
        if group.reason != UNKNOWN:
            continue
        site, device = _site_and_device(group.topic)
        channel = group.topic.rpartition("/")[2]
        known = found.get((site, device))
        if known is None:
            known = Unclaimed(
                site=site, device=device, channels=[], count=0, first_at=group.first_at, last_at=group.last_at,
                payload=group.payload,
            )  # fmt: skip
        found[site, device] = replace(
            known,
            channels=[*known.channels, channel],
            count=known.count + group.count,
            first_at=min(known.first_at, group.first_at),
            last_at=max(known.last_at, group.last_at),
            payload=group.payload if group.last_at > known.last_at else known.payload,
        )
    return sorted(found.values(), key=lambda one: (-one.last_at, one.site, one.device))


async def _given_again(context: Context, device: str) -> GivenAgain | None:
    """What became of what the device had sent; None where the broker cannot be heard just now: it is still held."""
    total = GivenAgain(replayed=0, repeated=0, outdated=0, held=0, reasons={}, last=0, more=True)
    for _ in range(AGAIN_ROUNDS_MAX):
        try:
            part = await context.port.give_again(Chosen(reason=UNKNOWN, device=device), after=total.last)
        except UnavailableError:
            return None
        reasons = dict(total.reasons)
        for reason, count in part.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + count
        total = GivenAgain(
            replayed=total.replayed + part.replayed, repeated=total.repeated + part.repeated,
            outdated=total.outdated + part.outdated, held=total.held + part.held, reasons=reasons, last=part.last,
            more=part.more,
        )  # fmt: skip
        if not part.more:
            break
    return total


async def _site_within(request: Request, site: str) -> None:
    """Refuse, as what does not exist, a site that no place within reach belongs to."""
    reach = reach_of(request, May.INSTALL)
    if reach.everything:
        return
    if site not in await run_in_threadpool(installing.sites, Context.of(request).engine, reach):
        raise refuse(404, "unknown")


def _site_and_device(topic: str) -> tuple[str, str]:
    parts = topic.split("/")
    if len(parts) == TOPIC_PARTS and parts[:2] == ["care", "v1"]:
        return parts[2], parts[3]
    return "", ""


def _unread(group: SetAside) -> Unread:
    site, device = _site_and_device(group.topic)
    return Unread(
        topic=group.topic, site=site, device=device, reason=group.reason, detail=group.detail, count=group.count,
        last_at=group.last_at, payload=group.payload,
    )  # fmt: skip


def _now(context: Context) -> int:
    return context.port.health().hub_now_ms
