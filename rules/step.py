"""The contract of the core: ``step(world, state, event, now) -> (state, effects)``, ``next_deadline``, ``keys``.

Theory of operation
-------------------
A key (a home or a facility) has one state. Its time is told by events alone. ``step`` first settles every deadline that
has come by ``now``, in order, each at its own time, and only then reads the event; a ``Tick`` is an event with nothing in
it. ``state.wake`` is a lower bound of the next deadline, so most events look at one number and settle nothing.

While the feed is lost (``FeedLost`` .. ``Resumed``), what the broker kept arrives late but in order. Then the key's time is
not ``now`` but what its devices' own stamps say: events raise at once, levels settle as far as the stamps reach, and
nothing that rests on silence settles at all. ``Resumed`` gives absences back the time in which nobody could be heard and
settles the rest.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from rules.conditions.level import Level
from rules.effects import Effect
from rules.events import (
    AnyEvent,
    ClockStepped,
    Command,
    FeedLost,
    FromDevice,
    Occurrence,
    Quality,
    Resumed,
    Status,
    Telemetry,
    Tick,
    WorldChanged,
)
from rules.identity import remember, remember_id
from rules.interruptions import change_world, forget_unused_links, lose, resume, step_clock
from rules.plan import Plan
from rules.settle import act, end_alert, next_due, settle
from rules.state import NEVER, DeviceState, Fact, KeyState, Link, decode, encode
from rules.vocabulary import ACTIVITY_BY_VALUE
from rules.world import World

RETAINED = int(Quality.RETAINED)  # an enum is slow to look up, event by event

Routes: TypeAlias = dict[str, set[str]]  # radio gateway -> keys with a device behind it


def step(world: World, state: KeyState, event: AnyEvent, now: int) -> tuple[KeyState, list[Effect]]:
    """The state after the event, and what is to be done about it. Changes neither argument."""
    after = decode(encode(state))
    return after, advance(world, after, event, now)


def advance(world: World, state: KeyState, event: AnyEvent, now: int) -> list[Effect]:
    """``step`` for a caller that gives its state away: changes it in place."""
    effects: list[Effect] = []
    match event:
        case Telemetry() | Occurrence() | Status():
            _read_device(world.plan(state.key), state, event, now, effects)
        case Tick():
            if not state.lost_at and now >= state.wake:
                settle(world.plan(state.key), state, now, now, effects)
        case FeedLost():
            lose(world.plan(state.key), state, event, now, effects)
        case Resumed():
            resume(world.plan(state.key), state, event, now, effects)
        case ClockStepped():
            step_clock(world.plan(state.key), state, event, now, effects)
        case WorldChanged():
            change_world(world.plan(state.key), state, event, now)
        case Command():
            pass  # people's doings concern alerts, not the rules
    return effects


def next_deadline(world: World, state: KeyState) -> int | None:
    """When this key must be stepped next even if nothing happens, in ms; None: not by itself."""
    if state.lost_at:
        return None
    due = next_due(world.plan(state.key), state)
    return None if due == NEVER else due


def keys(world: World, routes: Routes, event: AnyEvent) -> tuple[str, ...]:
    """The keys an event concerns, sorted. ``routes`` is what the statuses so far have taught (see ``learn``)."""
    match event:
        case Telemetry() | Occurrence():
            device = world.devices.get(event.device)
            return (device.key,) if device else ()
        case Status():
            device = world.devices.get(event.device)
            own = {device.key} if device else set()
            behind = routes.get(event.device, set())  # may name places that are gone meanwhile
            return tuple(sorted(own | {key for key in behind if key in world.places}))
        case Command():
            return ()
        case _:
            return world.keys


def learn(world: World, routes: Routes, event: Status) -> None:
    """Note behind which radio gateway a device's home is."""
    device = world.devices.get(event.device)
    if event.via and device is not None:
        routes.setdefault(event.via, set()).add(device.key)


def _read_device(plan: Plan, state: KeyState, event: FromDevice, now: int, effects: list[Effect]) -> None:
    device = state.devices.get(event.device)
    if isinstance(event, Status):
        if device is None and event.device not in state.gateways:
            return  # news of a radio gateway that no device here uses any more
    elif device is None or (event.quality != RETAINED and not _is_new(device, event)):
        return
    if state.lost_at or now >= state.wake:
        observed, seen = _catch_up(plan, state, event, now, effects)
    else:  # nearly always: nothing is due, and now is now
        observed, seen = min(event.observed_at, now), now
        state.stamp = max(state.stamp, observed)
    if isinstance(event, Status):
        _read_gateway(state, event, seen)
        if device is not None:
            _read_status(plan, state, device, event, seen, effects)
        return
    assert device is not None, "only a status may come from elsewhere"  # noqa: S101 an invariant of this function
    if event.quality != RETAINED:
        _heard(plan, state, device, event.device, seen, effects)
    if isinstance(event, Telemetry):
        _read_metrics(plan, state, device, event, observed, now, effects)
    elif event.quality != RETAINED:
        _read_occurrence(plan, state, event, observed, now, effects)


def _catch_up(
    plan: Plan, state: KeyState, event: FromDevice, now: int, effects: list[Effect]
) -> tuple[int, int]:
    """Settle what has come by this message; when its facts were observed, and when its device was there."""
    observed = min(event.observed_at, now)
    settled, seen = now, now
    if state.lost_at:
        seen = max(observed, state.stamp)
        # A message without a time of its own carries the hub's: it does not say how far the backlog has come.
        settled = state.stamp if observed == now else seen
        observed = seen
    if settled >= state.wake:
        settle(plan, state, settled, now, effects)
    state.stamp = max(state.stamp, min(observed, settled))
    return observed, seen


def _is_new(device: DeviceState, event: Telemetry | Occurrence) -> bool:
    """Whether the message is none that is remembered; remembers it. An event is known by its id, if it has one."""
    counted = not event.boot or remember(device.boots, event.boot, event.seq)
    return remember_id(device.ids, event.id) if isinstance(event, Occurrence) and event.id else counted


def _heard(
    plan: Plan, state: KeyState, device: DeviceState, device_id: str, seen: int, effects: list[Effect]
) -> None:
    """The device was there at ``seen``, however old what it tells: what talks is neither silent nor offline."""
    if device.online and not device.credit and not device.missing:
        device.heard_at = max(device.heard_at, seen)
        return
    if device.credit or not device.online:
        state.wake = 0  # its next deadline may now be earlier
    before = device.heard_at
    device.heard_at, device.credit, device.online = max(before, seen), 0, True
    if device.missing:
        device.missing, device.changed_at, device.away = False, seen, max(seen - before, 0)
        for watch in plan.silent.get(device_id, ()):
            end_alert(state.slots[watch.slot], seen, effects)
        state.wake = 0


def _read_metrics(
    plan: Plan,
    state: KeyState,
    device: DeviceState,
    event: Telemetry,
    observed: int,
    now: int,
    effects: list[Effect],
) -> None:
    listeners = plan.by_metric.get(event.device)
    if listeners is None:
        return
    moment = observed if state.lost_at else now
    replayed = event.quality == RETAINED
    for metric, value in event.metrics.items():
        watches = listeners.get(metric)
        if watches is None or type(value) is str:
            continue  # rules compare numbers
        before = device.latest.get(metric)
        if before is not None and observed < before[0]:
            continue  # late: history, never "latest"
        device.latest[metric] = (observed, value)
        if before is not None and value == before[1] and not (value and metric in ACTIVITY_BY_VALUE):
            continue  # most readings say nothing new; only movement is news each time
        fact = Fact(event.device, metric, value, now if replayed else observed)
        for watch in watches:
            if replayed and not isinstance(watch.condition, Level):
                continue  # what a person did is news, and a replay is none
            slot = state.slots[watch.slot]
            news = watch.condition.on_fact(watch, state, slot, fact, before[1] if before else None, moment)
            if news is not None:
                act(watch, state, slot, news, now, effects)
            if slot.due and slot.due < state.wake:
                state.wake = slot.due


def _read_occurrence(
    plan: Plan, state: KeyState, event: Occurrence, observed: int, now: int, effects: list[Effect]
) -> None:
    if observed != event.observed_at:
        event = msgspec.structs.replace(event, observed_at=observed)
    moment = observed if state.lost_at else now
    for watch in plan.by_event.get(event.device, {}).get(event.type, ()):
        slot = state.slots[watch.slot]
        news = watch.condition.on_event(watch, slot, event, moment)
        if news is not None:
            act(watch, state, slot, news, now, effects)
        if slot.due and slot.due < state.wake:
            state.wake = slot.due


def _read_status(
    plan: Plan, state: KeyState, device: DeviceState, event: Status, seen: int, effects: list[Effect]
) -> None:
    if event.via and event.via != device.via:
        device.via = event.via
        state.gateways.setdefault(event.via, Link(online=True, at=0))
        forget_unused_links(state)
        state.wake = 0
    if device.online != event.online:
        device.online, device.changed_at = event.online, seen
        state.wake = 0
    if event.online and event.quality != RETAINED:
        _heard(plan, state, device, event.device, seen, effects)


def _read_gateway(state: KeyState, event: Status, seen: int) -> None:
    link = state.gateways.get(event.device)
    if link is not None and link.online != event.online:
        away = max(seen - link.at, 0) if event.online and link.at else 0
        state.gateways[event.device] = Link(online=event.online, at=seen, away=away)
        state.wake = 0
