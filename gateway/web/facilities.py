"""The routes about facilities: how full they are, put right; capacity, hours, who uses rooms. No resident's data."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.occupancy.fullness import Fullness, fullness
from gateway.occupancy.hourly import When
from gateway.operations import facility_views
from gateway.operations.facility_settings import written_hours
from gateway.operations.facility_views import CorrectionView, Facility, OpenAlert, OperatorView
from gateway.registry.checks import CAPACITY_MAX
from gateway.web.access import APerson, reach_of
from gateway.web.acts import Key, carry_out, id_of
from gateway.web.context import Context
from gateway.web.facility_port import CounterNow, HeadcountNow
from gateway.web.needs import needs
from gateway.web.paging import Cursor, cut
from gateway.web.port import Act
from gateway.web.problems import declared, refuse
from rules.band import PEOPLE_MAX
from rules.local_time import Window, opening

NAME_CHARS_MAX = 64
LIMIT = 500
Care = Literal["silent", "battery", "dead", "drifting", "gateway", "clock", "flapping", "other"]
CARE: dict[str, Care] = {
    "device_silent": "silent", "battery_low": "battery", "counter_dead": "dead", "counter_drifting": "drifting",
    "gateway_lost": "gateway", "clock_wrong": "clock",
}  # fmt: skip
UNBELIEVED = frozenset(
    {"counter_dead"}
)  # while it stands, a counter says nothing, however it goes on reporting

router = APIRouter(prefix="/api/v1/facilities", tags=["facilities"])
PlaceId = Annotated[str, Path(max_length=NAME_CHARS_MAX)]
RoomName = Annotated[str, Query(max_length=NAME_CHARS_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityNow:
    """A facility as it is now. ``people`` is None where no counter can be heard, ``upper`` where the error is not known.

    ``fullness``: quiet, moderate, busy, near, over; unlimited where it has no capacity, unknown where nothing can be said.
    ``since``: the last truth in hub time (0: none yet). ``opens``: today's hours; None where nobody has said. ``widened``: a
    counter does not count; what it usually sees stands in for it, and the band is wider by that.
    """

    id: str
    name: str
    path: str
    people: int | None
    lower: int | None
    upper: int | None
    capacity: int | None
    fullness: Fullness
    since: int
    open: bool | None
    opens: list[str] | None
    troubles: int
    widened: bool = False


@dataclass(frozen=True, slots=True)
class FacilityPage:
    """Some facilities, and the cursor for those that follow."""

    facilities: list[FacilityNow]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceOfFacility(CounterNow):
    """A device, and what it needs somebody to see to."""

    care: list[Care]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOn:
    """From when to when it is open on ``days`` (workdays, weekends_and_holidays)."""

    days: str
    from_time: str
    to_time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityDetail(FacilityNow):
    """A facility with what was set and counted by people, its devices, and what is open about it."""

    address: str
    hours: list[OpenOn] | None
    public: bool
    set_at: int
    set_by: str
    passages: int
    corrections: list[CorrectionView]
    devices: list[DeviceOfFacility]
    alerts: list[OpenAlert]
    operators: list[OperatorView]


class Counting(BaseModel):
    """How many people there are, counted by a person."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"people": 43}]})
    people: int = Field(ge=0, le=PEOPLE_MAX, strict=True)


class Opening(BaseModel):
    """From when to when it is open (HH:MM); past midnight where it ends earlier than it begins."""

    model_config = ConfigDict(extra="forbid")
    from_time: str = Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
    to_time: str = Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")


class Hours(BaseModel):
    """When it is open: on working days (by the State Council's calendar), on weekends and holidays; null is closed."""

    model_config = ConfigDict(extra="forbid")
    workdays: Opening | None = None
    weekends_and_holidays: Opening | None = None


class Setting(BaseModel):
    """What to set; what is left out stays. ``capacity`` null: none; ``hours`` null: not known."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "capacity": 60,
                    "hours": {
                        "workdays": {"from_time": "08:30", "to_time": "17:30"},
                        "weekends_and_holidays": None,
                    },
                    "public": True,
                }
            ]
        },
    )
    capacity: Annotated[int | None, Field(ge=1, le=CAPACITY_MAX, strict=True)] = None
    hours: Hours | None = None
    public: Annotated[bool, Field(strict=True)] = False


def named(name: str) -> str:
    """A name as it is kept; raises ``ValueError``."""
    if not name.strip():
        raise ValueError("give a name")
    if not name.isprintable():
        raise ValueError("write it on one line, without unseen characters")
    return name.strip()


class Operating(BaseModel):
    """Who uses a room in exchange for service; ``room`` '' is all of the facility, null is not known."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "康宁服务社", "room": "一楼", "area_m2": 120.0, "hours_per_month": 80.0}]
        },
    )
    name: Annotated[str, Field(max_length=NAME_CHARS_MAX), AfterValidator(named)]
    room: Annotated[
        str, Field(max_length=NAME_CHARS_MAX), AfterValidator(lambda room: room and named(room))
    ] = ""
    area_m2: float | None = Field(default=None, gt=0, le=1_000_000, allow_inf_nan=False)
    hours_per_month: float | None = Field(default=None, gt=0, le=744, allow_inf_nan=False)


@router.get("", responses=declared(422))
@needs(May.FACILITIES)
async def read_facilities(
    request: Request, limit: Annotated[int, Query(ge=1, le=LIMIT)] = LIMIT, cursor: Cursor = None
) -> FacilityPage:
    """The facilities within reach and how full they are, a page at a time, by their place in the tree."""
    found = await facilities_now(request)
    return FacilityPage(
        *cut(found, lambda one: (one.path, one.name, one.id), cursor, limit, tuple[str, str, str])
    )


@router.get("/{place_id}", responses=declared(404, 422))
@needs(May.FACILITIES, of="facility")
async def read_facility(request: Request, place_id: PlaceId) -> FacilityDetail:
    """One facility as it is: how full, what was set and counted, its devices, and what is open about it."""
    return await facility_detail(request, place_id)


@router.post("/{place_id}/count", responses=declared(401, 404, 409, 422, 503))
@needs(May.COUNT, of="facility")
async def correct_count(
    request: Request, place_id: PlaceId, person: APerson, counting: Counting, key: Key = None
) -> FacilityDetail:
    """Put the count right: a person has counted. The rules judge by it from now on; what the counters said stays."""
    now = Context.of(request).port.headcounts([place_id]).get(place_id)
    if now is None or not any(device.kind == "counter" for device in now.devices):
        raise refuse(409, "no_counter")
    data = {"people": str(counting.people), "before": "" if now.people is None else str(now.people)}
    act = Act(kind="count", by=person.name, place=place_id, data=data)
    await _do(request, act, id_of(key, "count", place_id, person))
    return await facility_detail(request, place_id)


@router.post("/{place_id}/setting", responses=declared(401, 404, 409, 422, 503))
@needs(May.COUNT, of="facility")
async def set_facility(
    request: Request, place_id: PlaceId, person: APerson, setting: Setting, key: Key = None
) -> FacilityDetail:
    """Set the capacity (核定容量), the opening hours, and whether the public page `/p/{id}` shows it; the rest stays."""
    data = _data_of(setting)
    if not data:
        raise refuse(422, "invalid", what="give capacity, hours or public")
    act = Act(kind="facility", by=person.name, place=place_id, data=data)
    await _do(request, act, id_of(key, "facility", place_id, person))
    await Context.of(request).port.facilities_changed()
    return await facility_detail(request, place_id)


@router.post("/{place_id}/operators", responses=declared(401, 404, 409, 422))
@needs(May.COUNT, of="facility")
async def add_operator(
    request: Request, place_id: PlaceId, person: APerson, operating: Operating, key: Key = None
) -> FacilityDetail:
    """Write down who uses a room in exchange for service (以场地换服务)."""
    context = Context.of(request)
    new = OperatorView(
        id=id_of(key, "operator", place_id, person), made_at=context.port.health().hub_now_ms, made_by=person.name,
        **operating.model_dump(),
    )  # fmt: skip
    fault = await run_in_threadpool(facility_views.add_operator, context.engine, place_id, new)
    if fault:
        raise refuse(409, "many_operators")
    return await facility_detail(request, place_id)


@router.delete("/{place_id}/operators/{operator_id}", responses=declared(401, 404, 422))
@needs(May.COUNT, of="facility")
async def end_operator(
    request: Request,
    place_id: PlaceId,
    operator_id: PlaceId,
    person: APerson,
    key: Key = None,  # noqa: ARG001 a repeat ends nothing more
) -> FacilityDetail:
    """They have left; their statements of past months stay."""
    context = Context.of(request)
    at = context.port.health().hub_now_ms
    known = await run_in_threadpool(
        facility_views.end_operator, context.engine, place_id, operator_id, at=at, by=person.name
    )
    if not known:
        raise refuse(404, "unknown")
    return await facility_detail(request, place_id)


async def facilities_now(request: Request) -> list[FacilityNow]:
    """Those within reach, as they are now."""
    context = Context.of(request)
    found = await run_in_threadpool(
        facility_views.facilities, context.engine, reach_of(request, May.FACILITIES)
    )
    counts = context.port.headcounts([row.id for row in found.rows])
    return [
        facility_now(context, row, counts.get(row.id), found.troubles.get(row.id, ())) for row in found.rows
    ]


async def facility_detail(request: Request, place_id: str) -> FacilityDetail:
    """One of them, as ``/api/v1/facilities/{id}`` has it; refuses an unknown one."""
    context = Context.of(request)

    def read() -> tuple[Facility | None, list[CorrectionView], list[OpenAlert], list[OperatorView]]:
        engine, now = context.engine, context.port.health().hub_now_ms
        return (
            facility_views.facility(engine, place_id),
            facility_views.corrections(engine, place_id),
            facility_views.open_alerts(engine, place_id),
            facility_views.operators(engine, place_id, from_ms=now),
        )

    row, corrections, alerts, operators = await run_in_threadpool(read)
    if row is None:
        raise refuse(404, "unknown_place")
    count = context.port.headcounts([place_id]).get(place_id)
    standing = {alert.rule for alert in alerts}
    now = facility_now(context, row, count, standing)
    return FacilityDetail(
        **_values(now), address=row.address, hours=_open_on(row.hours), public=row.public, set_at=row.set_at, set_by=row.set_by,
        passages=count.passages if count else 0, corrections=corrections, alerts=alerts, operators=operators,
        devices=[DeviceOfFacility(**_values(one), care=_care(one, alerts)) for one in (count.devices if count else ())],
    )  # fmt: skip


def facility_now(
    context: Context, row: Facility, count: HeadcountNow | None, troubles: Collection[str]
) -> FacilityNow:
    """How full it is; a counter that is known to be dead is not believed."""
    if count is not None and not UNBELIEVED.isdisjoint(troubles):
        count = replace(count, lower=None if count.people is None else 0, upper=None, widened=False)
    people, upper = (count.people, count.upper) if count else (None, None)
    at, when = context.port.health().hub_now_ms, when_of(context, row)
    silent = any(device.silent for device in count.devices) if count else False
    return FacilityNow(
        id=row.id, name=row.name, path=row.path, people=people, lower=count.lower if count else None, upper=upper,
        capacity=row.capacity, fullness=fullness(people, upper, row.capacity), since=count.since if count else 0,
        open=when.is_open(at), opens=opens_on(when, at), troubles=max(len(troubles), int(silent)),
        widened=count.widened if count else False,
    )  # fmt: skip


def when_of(context: Context, row: Facility) -> When:
    """When it is open, in the hub's zone."""
    return When(row.hours, ZoneInfo(context.settings.zone), context.port.calendar)


def opens_on(when: When, at: int) -> list[str] | None:
    """The hours of that local day, as 08:30–17:30; none where it is closed, None where nobody has said."""
    if when.hours is None:
        return None
    day = datetime.fromtimestamp(at / 1000, when.zone).toordinal()
    meant = [window for window in when.hours if opening(window, day, when.zone, when.calendar)[1]]
    return [f"{window.from_time}–{window.to_time}" for window in sorted(meant, key=lambda one: one.from_time)]


async def _do(request: Request, act: Act, act_id: str) -> None:
    outcome = await carry_out(Context.of(request), act, act_id)
    if not outcome.ok:
        raise refuse(409, "refused", reason=outcome.reason)


def _data_of(setting: Setting) -> dict[str, str]:
    """What was given, as the command carries it."""
    data: dict[str, str] = {}
    given = setting.model_fields_set
    if "capacity" in given:
        data["capacity"] = "" if setting.capacity is None else str(setting.capacity)
    if "hours" in given:
        data["hours"] = written_hours(_windows(setting.hours))
    if "public" in given:
        data["public"] = "1" if setting.public else "0"
    return data


def _windows(hours: Hours | None) -> tuple[Window, ...] | None:
    if hours is None:
        return None
    days: Mapping[Literal["workdays", "weekends_and_holidays"], Opening | None] = {
        "workdays": hours.workdays, "weekends_and_holidays": hours.weekends_and_holidays
    }  # fmt: skip
    try:
        return tuple(
            Window(own.from_time, own.to_time, name) for name, own in days.items() if own is not None
        )
    except ValueError as wrong:
        raise refuse(422, "invalid", what=str(wrong)) from wrong


def _open_on(hours: Sequence[Window] | None) -> list[OpenOn] | None:
    if hours is None:
        return None
    return [OpenOn(days=str(one.days), from_time=one.from_time, to_time=one.to_time) for one in hours]


def _care(device: CounterNow, alerts: Sequence[OpenAlert]) -> list[Care]:
    own = {
        CARE.get(alert.rule, "other")
        for alert in alerts
        if alert.device == device.id and alert.kind == "device"
    }
    return sorted(own | ({"silent"} if device.silent else set()))


def _values(view: Any) -> dict[str, Any]:  # noqa: ANN401 a view of any kind
    return {field.name: getattr(view, field.name) for field in fields(view)}
