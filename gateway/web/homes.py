"""The routes about what holds alerts back: a home's mode, silences, and what was held back meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.accounts.who import EVERYWHERE
from gateway.operations import home_views
from gateway.operations.answers import HeldView, HomeInMode, ModeView, PlaceView, SilenceView
from gateway.operations.whereabouts import those_within
from gateway.web.access import APerson, reach_of
from gateway.web.acts import REASON_CHARS_MAX, Key, Reason, carry_out, id_of, until_within
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.paging import Cursor, cut
from gateway.web.port import Act, OwnRule
from gateway.web.problems import declared, refuse
from rules.modes import LASTS_MAX_MS, LASTS_MS, ModeKind
from rules.shaping.silence import LASTS_MAX_MS as SILENCE_MAX_MS

NAME_CHARS_MAX = 64
SILENCE_MS = 8 * 3_600_000  # how long a silence lasts when nobody says: a shift
FOR_FACILITIES = ("maintenance",)  # nobody lives there who could be away or have visitors

router = APIRouter(prefix="/api/v1", tags=["homes"])
LIMIT = 500
Limit = Annotated[int, Query(ge=1, le=LIMIT)]
PlaceId = Annotated[str, Path(max_length=NAME_CHARS_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceDetail(PlaceView):
    """A home or facility, what holds its alerts back, what was held back, and the rules it has otherwise."""

    mode: ModeView | None
    modes: list[ModeView]
    silences: list[SilenceView]
    held: list[HeldView]
    own_rules: Sequence[OwnRule]


@dataclass(frozen=True, slots=True)
class HomesPage:
    """Some homes with a mode on, and the cursor for those that follow."""

    homes: list[HomeInMode]
    next: str | None


@dataclass(frozen=True, slots=True)
class SilencesPage:
    """Some silences, and the cursor for those that follow."""

    silences: list[SilenceView]
    next: str | None


class Moding(BaseModel):
    """The mode a home goes into, until when (epoch ms of hub time; by default as long as such a mode usually lasts)."""

    model_config = ConfigDict(extra="forbid")
    kind: ModeKind
    until: int | None = Field(default=None, ge=0)
    reason: str = Field(default="", max_length=REASON_CHARS_MAX)


class Silencing(BaseModel):
    """What is not to be told: alerts of a rule, a device, a place, at least one of them; '' stands for any."""

    model_config = ConfigDict(extra="forbid")
    rule: str = Field(default="", max_length=NAME_CHARS_MAX)
    device: str = Field(default="", max_length=NAME_CHARS_MAX)
    place: str = Field(default="", max_length=NAME_CHARS_MAX)
    reason: Reason
    until: int | None = Field(default=None, ge=0)


@router.get("/places/{place_id}", responses=declared(404, 422))
@needs(May.HOMES, of="place", record=True)
def read_place(request: Request, place_id: PlaceId) -> PlaceDetail:
    """One home or facility: its devices, mode, silences, alerts held back, and rules of its own."""
    return place_detail(Context.of(request), place_id)


@router.get("/modes", responses=declared(422))
@needs(May.HOMES, record=True)
def read_modes(request: Request, limit: Limit = LIMIT, cursor: Cursor = None) -> HomesPage:
    """The homes with a mode on, a page at a time, the one that ends first on top."""
    found = home_views.homes_in_mode(Context.of(request).engine, reach_of(request, May.HOMES))
    return HomesPage(
        *cut(found, lambda home: (home.mode.until, home.place_id), cursor, limit, tuple[int, str])
    )


@router.post("/places/{place_id}/mode", responses=declared(401, 404, 409, 422, 503))
@needs(May.HOMES, of="place")
async def set_mode(
    request: Request, place_id: PlaceId, person: APerson, moding: Moding, key: Key = None
) -> PlaceDetail:
    """Put a home into a mode: away, hospital, visitors, cleaning, paused, maintenance. Every mode has an end.

    Without ``until``: away 7 days, hospital 30 days, visitors 12 h, cleaning 4 h, paused 24 h, maintenance 8 h; 90 days
    at most. Falls and calls for help are told in every mode.
    """
    place = await _place(request, place_id)
    if place.kind == "facility" and moding.kind not in FOR_FACILITIES:
        raise refuse(422, "facility_mode")
    until = until_within(request, moding.until, usual=LASTS_MS[moding.kind], most=LASTS_MAX_MS)
    act_id = id_of(key, "mode", place_id, person)
    data = {"kind": moding.kind, "until": str(until), "reason": moding.reason.strip(), "id": act_id}
    return await _done(request, Act(kind="mode", by=person.name, place=place_id, data=data), act_id)


@router.delete("/places/{place_id}/mode", responses=declared(401, 404, 409, 422, 503))
@needs(May.HOMES, of="place")
async def end_mode(request: Request, place_id: PlaceId, person: APerson, key: Key = None) -> PlaceDetail:
    """End a home's mode now; what it held back and still stands is told."""
    await _place(request, place_id)
    act = Act(kind="mode_end", by=person.name, place=place_id)
    return await _done(request, act, id_of(key, "mode_end", place_id, person))


@router.get("/silences", responses=declared(422))
@needs(May.HOMES, May.SYSTEM, record=True)
def read_silences(request: Request, limit: Limit = LIMIT, cursor: Cursor = None) -> SilencesPage:
    """The silences in force, a page at a time, the one that ends first on top.

    Whose home it is, and why, is told to those who see the homes there.
    """
    context = Context.of(request)
    reach = reach_of(request, May.HOMES, May.SYSTEM)
    found = _without_homes(
        request, home_views.silences(context.engine, context.port.health().hub_now_ms, reach)
    )
    return SilencesPage(
        *cut(found, lambda silence: (silence.until, silence.id), cursor, limit, tuple[int, str])
    )


@router.post("/silences", responses=declared(401, 404, 409, 422, 503))
@needs(May.HOMES)
async def silence(request: Request, person: APerson, silencing: Silencing, key: Key = None) -> SilenceView:
    """Silence (暂缓提醒) a rule, a device or a place for 30 days at most; critical alerts are told all the same."""
    place = await _place(request, silencing.place) if silencing.place else None
    if not reach_of(request, May.HOMES).holds(place.path if place else EVERYWHERE):
        raise refuse(404, "unknown_place") if place else refuse(403, "beyond_reach")
    if not (silencing.rule or silencing.device or silencing.place):
        raise refuse(422, "invalid", what="give a rule, a device or a place")
    until = until_within(request, silencing.until, usual=SILENCE_MS, most=SILENCE_MAX_MS)
    about = f"{silencing.rule} {silencing.device} {silencing.place}"
    act_id = id_of(key, "silence", about, person)  # and the silence's own: a repeat is the same silence
    data = {"id": act_id, "rule": silencing.rule, "device": silencing.device}
    data |= {"until": str(until), "reason": silencing.reason}
    act = Act(kind="silence", by=person.name, place=silencing.place, data=data)
    return await _silence_done(request, act, act_id, act_id)


@router.delete("/silences/{silence_id}", responses=declared(401, 404, 409, 422, 503))
@needs(May.HOMES, of="silence")
async def end_silence(request: Request, silence_id: PlaceId, person: APerson, key: Key = None) -> SilenceView:
    """End a silence now; what it held back and still stands is told."""
    known = await run_in_threadpool(home_views.silence, Context.of(request).engine, silence_id)
    if known is None:
        raise refuse(404, "unknown_silence")
    act = Act(kind="silence_end", by=person.name, place=known.place_id, data={"id": silence_id})
    return await _silence_done(request, act, silence_id, id_of(key, "silence_end", silence_id, person))


def place_detail(context: Context, place_id: str) -> PlaceDetail:
    """The place as ``/api/v1/places/{id}`` has it; refuses an unknown one."""
    place = home_views.place(context.engine, place_id)
    if place is None:
        raise refuse(404, "unknown_place")
    state = home_views.place_state(context.engine, place_id, context.port.health().hub_now_ms)
    return PlaceDetail(**_values(place), **_values(state), own_rules=context.port.own_rules(place_id))


def _without_homes(request: Request, silences: list[SilenceView]) -> list[SilenceView]:
    """Without names and reasons where who asks sees no homes."""
    engine, homes = Context.of(request).engine, reach_of(request, May.HOMES)
    if homes.everything:
        return silences
    about = {silence.place_id for silence in silences}
    seen = those_within(engine, homes, about)
    seen |= those_within(engine, reach_of(request, May.FACILITIES), about, kind="facility")
    open_to_all = {silence.id for silence in silences if not silence.place_id and not silence.device_id}
    return [
        silence
        if silence.place_id in seen or silence.id in open_to_all
        else replace(silence, who=None, reason="")
        for silence in silences
    ]


async def _place(request: Request, place_id: str) -> PlaceView:
    found = await run_in_threadpool(home_views.place, Context.of(request).engine, place_id)
    if found is None:
        raise refuse(404, "unknown_place")
    return found


async def _done(request: Request, act: Act, act_id: str) -> PlaceDetail:
    context = Context.of(request)
    outcome = await carry_out(context, act, act_id)
    if not outcome.ok:
        raise refuse(409, "refused", reason=outcome.reason)
    return await run_in_threadpool(place_detail, context, act.place)


async def _silence_done(request: Request, act: Act, silence_id: str, act_id: str) -> SilenceView:
    context = Context.of(request)
    outcome = await carry_out(context, act, act_id)
    found = await run_in_threadpool(home_views.silence, context.engine, silence_id)
    if not outcome.ok or found is None:
        raise refuse(409, "refused", reason=outcome.reason)
    return found


def _values(view: Any) -> dict[str, Any]:  # noqa: ANN401 a view of any kind
    return {field.name: getattr(view, field.name) for field in fields(view)}
