"""The routes of agreed tests (约定测试): begun, followed point by point, ended; and the alert of a press that was one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.fitting.points import WEEK_MS, is_due
from gateway.operations import home_tests, installing
from gateway.operations.answers import AlertDetail, AlertInHand
from gateway.operations.home_tests import TestView
from gateway.operations.tables import Place
from gateway.operations.whereabouts import within
from gateway.web.access import APerson, reach_of
from gateway.web.acts import Key, carry_out, id_of
from gateway.web.alert_acts import act_on, known_alert
from gateway.web.alerts import AlertId
from gateway.web.context import Context
from gateway.web.install import PlaceId, named_reach
from gateway.web.needs import needs
from gateway.web.paging import Cursor, cut
from gateway.web.port import Act
from gateway.web.problems import declared, refuse

LIMIT = 500
PASSED = "约定测试，测试正常"  # the note of an alert that was closed so, for whoever reads its history

router = APIRouter(prefix="/api/v1", tags=["install"])


class Beginning(BaseModel):
    """Which test begins: ``walk`` of every point, two hours at most; ``weekly`` of buttons and wearables, half an hour."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"kind": "weekly"}]})
    kind: Literal["walk", "weekly"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A device that has proven itself in the test: when, and by what it said (a metric, or ``event.<type>``)."""

    device: str
    at: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestNow:
    """The test of a place: the one under way, None where there is none, and what it has proven so far."""

    __test__ = False
    place: str
    test: TestView | None
    ticks: list[Tick]


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePoint:
    """A button or wearable, when it was last proven (None: never), and from when on the next weekly test is due."""

    place_id: str
    name: str
    where: str
    path: str
    device: str
    kind: str
    room: str
    proven_at: int | None
    due_at: int
    due: bool
    testing: bool  # a test is under way there


@dataclass(frozen=True, slots=True)
class DuePage:
    """Some buttons and wearables, the one that is due first on top, and the cursor for those that follow."""

    points: list[DuePoint]
    next: str | None


@router.get("/places/{place_id}/test", responses=declared(404, 422))
@needs(May.INSTALL, May.ATTEND, of="place")
def read_test(request: Request, place_id: PlaceId) -> TestNow:
    """The test under way at a place, and which of its devices have proven themselves since it began."""
    return test_now(Context.of(request), place_id)


@router.post("/places/{place_id}/test", responses=declared(401, 404, 409, 422, 503))
@needs(May.INSTALL, May.ATTEND, of="place")
async def begin_test(
    request: Request, place_id: PlaceId, person: APerson, beginning: Beginning, key: Key = None
) -> TestNow:
    """Begin a test: what is pressed raises as usual, and its card says 约定测试. A fall and a call for help are always told."""
    act_id = id_of(key, "test", place_id, person)
    data = {"id": act_id, "kind": beginning.kind}
    return await _done(request, Act(kind="test", by=person.name, place=place_id, data=data), act_id)


@router.delete("/places/{place_id}/test", responses=declared(401, 404, 409, 422, 503))
@needs(May.INSTALL, May.ATTEND, of="place")
async def end_test(request: Request, place_id: PlaceId, person: APerson, key: Key = None) -> TestNow:
    """End the test that is under way at a place. 409: there is none."""
    act = Act(kind="test_end", by=person.name, place=place_id)
    return await _done(request, act, id_of(key, "test_end", place_id, person))


@router.post("/alerts/{alert_id}/test-passed", responses=declared(401, 404, 409, 422, 503))
@needs(May.ATTEND, of="alert")
async def confirm_test(
    request: Request, alert_id: AlertId, person: APerson, key: Key = None
) -> AlertInHand | AlertDetail:
    """Close an alert of an agreed test as a test (测试正常), in one tap. 409: no test was under way when it was raised."""
    alert = await known_alert(request, alert_id)
    engine = Context.of(request).engine
    if await run_in_threadpool(home_tests.agreed_test_of, engine, alert.place_id, alert.raised_at) is None:
        raise refuse(409, "no_test")
    if alert.state == "raised":
        await act_on(request, "accept", alert_id, person, {}, key)
    return await act_on(request, "close", alert_id, person, {"verdict": "test", "note": PASSED}, key)


@router.get("/install/tests", responses=declared(422))
@needs(May.INSTALL, May.ATTEND, record=True)
def read_due_tests(
    request: Request, limit: Annotated[int, Query(ge=1, le=LIMIT)] = LIMIT, cursor: Cursor = None
) -> DuePage:
    """Buttons and wearables within reach with their last proven press: they are tested weekly (JGJ/T 484)."""
    found = due_points(request)
    return DuePage(*cut(found, lambda point: (point.due_at, point.device), cursor, limit, tuple[int, str]))


def test_now(context: Context, place_id: str) -> TestNow:
    """The test under way at a place, with its ticks."""
    running = home_tests.under_way(context.engine, context.port.health().hub_now_ms, place_id)
    if not running:
        return TestNow(place=place_id, test=None, ticks=[])
    proven = home_tests.proven_in(context.engine, running[-1].id)
    ticks = [Tick(device=one.device_id, at=one.at, said=one.said) for one in proven.values()]
    return TestNow(
        place=place_id, test=running[-1], ticks=sorted(ticks, key=lambda tick: (tick.at, tick.device))
    )


def due_points(request: Request) -> list[DuePoint]:
    """What is to be tested weekly within reach, the one that is due first on top."""
    context, named = Context.of(request), named_reach(request)
    now = context.port.health().hub_now_ms
    testing = {test.place_id for test in home_tests.under_way(context.engine, now)}
    reach = reach_of(request, May.INSTALL, May.ATTEND)
    rows = home_tests.weekly_points(context.engine, within(reach, Place.path))
    points = [
        DuePoint(
            place_id=place.id, name=installing.shown_name(place, named), where=installing.spot_of(place), path=place.path,
            device=device.id, kind=device.kind, room=device.room, proven_at=proven_at,
            due_at=proven_at + WEEK_MS if proven_at is not None else 0, due=is_due(proven_at, now),
            testing=place.id in testing,
        )
        for place, device, proven_at in rows
    ]  # fmt: skip
    return sorted(points, key=lambda point: (point.due_at, point.device))


async def _done(request: Request, act: Act, act_id: str) -> TestNow:
    context = Context.of(request)
    outcome = await carry_out(context, act, act_id)
    if not outcome.ok:
        raise refuse(409, "refused", reason=outcome.reason)
    return await run_in_threadpool(test_now, context, act.place)
