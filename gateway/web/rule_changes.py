"""The routes about rules: read in plain words, changed for one place or the whole hub, tried before, with their history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.accounts.who import Reach
from gateway.operations import rule_changes
from gateway.operations.rule_changes import ChangeView
from gateway.operations.whereabouts import spot_of, those_within
from gateway.web.access import APerson, reach_of
from gateway.web.acts import Key, Reason, id_of
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.paging import Cursor, first, read
from gateway.web.problems import RefusedError, declared, refuse
from gateway.web.rule_port import RuleNow, RuleRefusedError, RuleWanted, TryNow

NAME_CHARS_MAX = 64
NUMBERS_MAX = 40
DAYS_MAX, DAYS = 90, 30
CHANGES_MAX = 200

router = APIRouter(prefix="/api/v1", tags=["rules"])
RuleId = Annotated[str, Path(max_length=NAME_CHARS_MAX)]
PlaceId = Annotated[str, Path(max_length=NAME_CHARS_MAX)]
Name = Annotated[str, Query(max_length=NAME_CHARS_MAX)]
ChangeId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Number = Annotated[float, Field(allow_inf_nan=False)] | Annotated[str, Field(max_length=5)]
Numbers = Annotated[
    dict[Annotated[str, Field(max_length=200)], Number], Field(default_factory=dict, max_length=NUMBERS_MAX)
]


@dataclass(frozen=True, slots=True)
class RuleList:
    """The rules of the hub as they hold for the whole hub, or in the place that was asked for."""

    place: str
    rules: Sequence[RuleNow]


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Some changes of rules, the newest first, and the cursor for those before them."""

    changes: list[ChangeView]
    next: str | None


@dataclass(frozen=True, slots=True)
class TryBegun:
    """The id to ask after."""

    id: str


class Otherwise(BaseModel):
    """What a rule is to be: off, or with numbers by the names of `GET /rules`; or as the rule files have it again."""

    model_config = ConfigDict(extra="forbid")
    off: bool = False
    numbers: Numbers
    follow_files: bool = False


class RuleChanging(Otherwise):
    """A change, why, and the `version` of the rule that was seen: somebody else may have changed it meanwhile."""

    reason: Reason
    version: int = Field(ge=0, le=2**63 - 1)


class RuleTrying(Otherwise):
    """A change to be tried over the last `days`, in a place or ('') for the whole hub."""

    place: str = Field(default="", max_length=NAME_CHARS_MAX)
    days: int = Field(default=DAYS, ge=1, le=DAYS_MAX)


class Undoing(BaseModel):
    """Why a change is taken back."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


@router.get("/rules", responses=declared(404, 422))
@needs(May.RULES, record=True)
def read_rules(request: Request, place: Name = "") -> RuleList:
    """The rules in plain words: what each waits for, its numbers and how far they may be changed, where it is otherwise.

    ``place``: as that home or facility has them.
    """
    return rules_in(request, place)


@router.get("/rules/changes", responses=declared(404, 422))
@needs(May.RULES, record=True)
def read_rule_changes(
    request: Request,
    rule: Name = "",
    place: Annotated[
        str | None, Query(max_length=NAME_CHARS_MAX, description="A home or facility; empty: the whole hub.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=CHANGES_MAX)] = CHANGES_MAX,
    cursor: Cursor = None,
) -> ChangePage:
    """Who changed which rule when and why, before and after; kept for ever. Of the whole hub, and of places within reach.

    Why a home differs is told to those who may see homes.
    """
    if place:
        _reachable(request, place)
    return ChangePage(*changes_of(request, rule=rule, place=place, limit=limit, cursor=cursor))


@router.post("/rules/{rule_id}/change", responses=declared(401, 404, 409, 422, 503))
@needs(May.RULES_SET, of="everywhere")
async def change_rule(
    request: Request, rule_id: RuleId, person: APerson, changing: RuleChanging, key: Key = None
) -> RuleNow:
    """Change a rule for the whole hub: off, other numbers, or as the files have it again. Life safety cannot be switched off.

    The rule starts anew from now on; alerts that are open stay. 409 where somebody else has changed it meanwhile.
    """
    wanted = _wanted(rule_id, "", changing)
    await _change(request, wanted, changing, by=person.name, act_id=id_of(key, "rule", rule_id, person))
    return await run_in_threadpool(_rule_now, request, "", rule_id)


@router.post("/places/{place_id}/rules/{rule_id}", responses=declared(401, 404, 409, 422, 503))
@needs(May.RULES_SET, of="place")
async def change_rule_of_place(
    request: Request,
    place_id: PlaceId,
    rule_id: RuleId,
    person: APerson,
    changing: RuleChanging,
    key: Key = None,
) -> RuleNow:
    """Change a rule for one home or facility: off there, other numbers, or as everywhere else again."""
    wanted = _wanted(rule_id, place_id, changing)
    about = f"{rule_id} {place_id}"
    await _change(request, wanted, changing, by=person.name, act_id=id_of(key, "rule", about, person))
    return await run_in_threadpool(_rule_now, request, place_id, rule_id)


@router.post("/rules/changes/{change_id}/undo", status_code=204, responses=declared(401, 404, 409, 422, 503))
@needs(May.RULES_SET)
async def undo_rule_change(
    request: Request, change_id: ChangeId, person: APerson, undoing: Undoing, key: Key = None
) -> None:
    """Take the last change of a rule back: another change, in the history beside it."""
    context = Context.of(request)
    found = await run_in_threadpool(rule_changes.find, context.engine, change_id)
    reach = reach_of(request, May.RULES_SET)
    if found is None or not await run_in_threadpool(_within, request, reach, found.place_id):
        raise refuse(404, "unknown_change")
    try:
        await context.port.undo_rule_change(
            change_id,
            reason=undoing.reason,
            by=person.name,
            id=id_of(key, "undo_rule", str(change_id), person),
        )
    except RuleRefusedError as refused:
        raise refusal_of(refused) from None


@router.post("/rules/{rule_id}/try", status_code=202, responses=declared(404, 409, 422, 503))
@needs(May.RULES)
async def try_rule(request: Request, rule_id: RuleId, trying: RuleTrying) -> TryBegun:
    """Ask what a changed rule would have raised in the last days, and what people found of it; gives the id to ask after.

    For the whole hub it takes who may read the rules everywhere. 409 while another backtest is at work.
    """
    reach = reach_of(request, May.RULES)
    if not await run_in_threadpool(_within, request, reach, trying.place):
        raise refuse(404, "unknown_place") if trying.place else refuse(403, "not_yours")
    try:
        begun = await Context.of(request).port.begin_try(
            _wanted(rule_id, trying.place, trying), days=trying.days
        )
    except RuleRefusedError as refused:
        raise refusal_of(refused) from None
    if begun is None:
        raise refuse(409, "busy")
    return TryBegun(begun)


@router.get("/rules/tries/{try_id}", responses=declared(404, 422))
@needs(May.RULES)
async def read_try(request: Request, try_id: PlaceId) -> TryNow:
    """How far a try is; its answer when it is done: how many alerts with the change and without, and their verdicts."""
    found = await Context.of(request).port.try_now(try_id)
    if found is None or not await run_in_threadpool(
        _within, request, reach_of(request, May.RULES), found.place
    ):
        raise refuse(404, "unknown_try")
    return found


def rules_in(request: Request, place: str) -> RuleList:
    """The rules as the hub or a place has them; where others differ, only those within reach. Refuses a place outside it."""
    context = Context.of(request)
    if place:
        _reachable(request, place)
    found = context.port.rule_views(place)
    reach = reach_of(request, May.RULES)
    if not reach.everything:
        inside = those_within(context.engine, reach, {name for rule in found for name in rule.places})
        found = [replace(rule, places=[name for name in rule.places if name in inside]) for rule in found]
    return RuleList(place, found)


def changes_of(
    request: Request, *, rule: str, place: str | None, limit: int, cursor: str | None = None
) -> tuple[list[ChangeView], str | None]:
    """The changes within reach; without the reason where it is about a home and who asks may not see homes."""
    engine = Context.of(request).engine
    before = read(cursor, tuple[int])[0] if cursor is not None else None
    rows = rule_changes.changes(
        engine, reach_of(request, May.RULES), rule=rule, place_id=place, before=before, limit=limit + 1
    )
    shown, following = first(rows, lambda row: (row.id,), limit)
    named = {row.place_id for row in shown if row.place_id}
    known = {"", *those_within(engine, reach_of(request, May.HOMES), named)}
    known |= those_within(engine, reach_of(request, May.FACILITIES), named, kind="facility")
    return [row if row.place_id in known else replace(row, reason="") for row in shown], following


def refusal_of(refused: RuleRefusedError) -> RefusedError:
    """How a refusal of the hub is answered."""
    match refused.reason:
        case "unknown_rule" | "unknown_place" | "unknown_change":
            return refuse(404, refused.reason)
        case "rule_refused":
            return refuse(409, "rule_meanwhile" if refused.what == rule_changes.MEANWHILE else "rule_nothing")
        case "rule_files_refused":
            return refuse(409, refused.reason)
        case "invalid":
            return refuse(422, "invalid", what=refused.what)
    return refuse(422, refused.reason)


def _wanted(rule: str, place: str, asked: Otherwise) -> RuleWanted:
    return RuleWanted(
        rule=rule, place=place, off=asked.off, numbers=asked.numbers, follow_files=asked.follow_files
    )


async def _change(
    request: Request, wanted: RuleWanted, changing: RuleChanging, *, by: str, act_id: str
) -> None:
    try:
        await Context.of(request).port.change_rule(
            wanted, reason=changing.reason, version=changing.version, by=by, id=act_id
        )
    except RuleRefusedError as refused:
        raise refusal_of(refused) from None


def _rule_now(request: Request, place: str, rule_id: str) -> RuleNow:
    found = next((rule for rule in rules_in(request, place).rules if rule.id == rule_id), None)
    if found is None:  # the files were read again meanwhile, and have it no more
        raise refuse(404, "unknown_rule")
    return found


def _reachable(request: Request, place: str) -> None:
    if not _within(request, reach_of(request, May.RULES), place):
        raise refuse(404, "unknown_place")


def _within(request: Request, reach: Reach, place: str) -> bool:
    """Whether a place, or ('') the whole hub, lies within reach."""
    if not place:
        return reach.everything
    spot = spot_of(Context.of(request).engine, "place", place)
    return spot is not None and reach.holds(spot.path)
