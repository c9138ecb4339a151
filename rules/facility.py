"""What a facility's events do to its head count: counters, a person who has counted, sensors that see somebody."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from rules import headcount
from rules.doors import HOUR_MS, Slot
from rules.emptiness import QUIET_MS, empty_at, is_closed
from rules.events import Command, Telemetry, Value
from rules.headcount import Around, Headcount
from rules.local_time import is_workday, local_day, moment
from rules.plan import Plan
from rules.state import KeyState

HEARTBEATS = 3  # missed, after which a device is not heard
UNNOTICED_HEARTBEATS = HEARTBEATS / 2  # so long was off who was back before that, in the middle
PRESENCE = "presence"


def count(plan: Plan, state: KeyState, event: Telemetry, metric: str, value: Value, observed: int) -> None:
    """A device of the facility says something about its people: all of the message at once, so that nobody is counted twice."""
    found = state.headcount
    if metric == PRESENCE:
        if found is not None:
            _see(plan, state, found, observed, seen=bool(value))
        return
    if found is None:
        found = state.headcount = Headcount()
    headcount.hear(
        found, event.device, event.metrics, observed,
        empty_at=emptied_at(plan, state, found, observed), around=around(plan, state, observed, speaks=event.device),
    )  # fmt: skip


def correct(plan: Plan, state: KeyState, event: Command, now: int) -> int | None:
    """A person has counted the people; the number, None where it is none or was known already."""
    people = headcount.people_said(event.data)
    if people is None or not plan.counters:
        return None
    found = state.headcount
    if found is None:
        found = state.headcount = Headcount()
    news = headcount.correct(
        found, people, now, command=event.id,
        empty_at=emptied_at(plan, state, found, now), around=around(plan, state, now),
    )  # fmt: skip
    return people if news else None


def estimate(plan: Plan, state: KeyState, found: Headcount, now: int, *, whole: bool) -> headcount.Estimate:
    """How many people are there ``now``; not ``whole`` where the counters cannot be heard or believed."""
    return headcount.estimate(
        found, empty_at=emptied_at(plan, state, found, now), whole=whole, around=around(plan, state, now), now=now,
        seen=any(_sees(state, device) for device in plan.seers if _is_heard(plan, state, device, now)),
    )  # fmt: skip


def around(plan: Plan, state: KeyState, now: int, *, speaks: str = "") -> Around:
    """What the facility's other devices and its calendar add to what a counter says."""
    deaf = {
        device: state.devices[device].heard_at
        for device in plan.counters
        if device != speaks and device in state.devices and not _is_heard(plan, state, device, now)
    }
    unheard, away = 0.0, False
    if speaks:
        device = state.devices[speaks]
        away = device.away > 0 and device.changed_at >= device.heard_at
        unheard = device.away if away else UNNOTICED_HEARTBEATS * plan.heartbeats[speaks]
    return Around(slots_of(plan.zone, plan.calendar), deaf, int(unheard), away)


def emptied_at(plan: Plan, state: KeyState, found: Headcount, now: int) -> int | None:
    """When it was last truly empty, as far as that is known: at night, or by sensors that see nobody (None: never)."""
    last = max(found.moved_at, found.since)
    by_night = empty_at(last, now, plan.hours, plan.zone, plan.calendar)
    quiet = max(found.quiet_at, last) + QUIET_MS
    if not found.quiet_at or quiet > now or not plan.seers:
        return by_night
    if not all(_is_heard(plan, state, device, now) for device in plan.seers):
        return by_night
    sure = (headcount.counted(found) or (0.0, 0.0))[0] > 0
    if sure and not is_closed(quiet, plan.hours, plan.zone, plan.calendar):
        return by_night  # the counters are sure of somebody: in a room without a sensor
    return max(quiet, by_night or 0)


@lru_cache(maxsize=64)
def slots_of(zone: ZoneInfo, calendar: str) -> Callable[[int], Slot]:
    """The hours of the day as ``rules.doors`` tells them apart."""
    return partial(_slot, zone=zone, calendar=calendar)


@lru_cache(maxsize=4096)
def _slot(at: int, *, zone: ZoneInfo, calendar: str) -> Slot:
    day = local_day(at, zone)
    hour = min((at - moment(day, 0, zone)) // HOUR_MS, 23)
    return hour if is_workday(day, calendar) else 24 + hour


def _see(plan: Plan, state: KeyState, found: Headcount, observed: int, *, seen: bool) -> None:
    """A presence sensor begins to see somebody, or nobody; what was quiet until now was an empty house."""
    if seen:
        headcount.empty(found, emptied_at(plan, state, found, observed), around(plan, state, observed))
        found.quiet_at = 0
    elif not any(_sees(state, device) for device in plan.seers):
        found.quiet_at = observed


def _sees(state: KeyState, device: str) -> bool:
    known = state.devices.get(device)
    latest = known.latest.get(PRESENCE) if known is not None else None
    return latest is not None and bool(latest.value)


def _is_heard(plan: Plan, state: KeyState, device: str, now: int) -> bool:
    known = state.devices.get(device)
    return (
        known is not None
        and known.online
        and now - known.heard_at <= HEARTBEATS * plan.heartbeats[device] + known.credit
    )
