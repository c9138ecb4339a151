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

from rules.conditions.condition import Ended, Fired
from rules.conditions.level import Level
from rules.effects import Effect, End, Evidence, Raise, alert_id
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
from rules.plan import Plan, Watch
from rules.state import NEVER, DeviceState, Fact, KeyState, Link, Slot, decode, encode
from rules.world import World

RESUME_GRACE_MS = (
    120_000  # what an absence gets after any loss of the feed: devices reconnect, back-off included
)

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
                _settle(world.plan(state.key), state, now, now, effects)
        case FeedLost():
            state.lost_at = state.lost_at or event.lost_at
        case Resumed():
            _resume(world.plan(state.key), state, event, now, effects)
        case ClockStepped():
            _step_clock(world.plan(state.key), state, event.by)
        case WorldChanged():
            _change_world(world.plan(state.key), state, event, now)
        case Command():
            pass  # people's doings concern alerts, not the rules
    return effects


def next_deadline(world: World, state: KeyState) -> int | None:
    """When this key must be stepped next even if nothing happens, in ms; None: not by itself."""
    if state.lost_at:
        return None
    due = _next_due(world.plan(state.key), state)
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
            return tuple(sorted(own | routes.get(event.device, set())))
        case Command():
            return ()
        case _:
            return tuple(sorted(world.places))


def learn(world: World, routes: Routes, event: Status) -> None:
    """Note behind which radio gateway a device's home is."""
    device = world.devices.get(event.device)
    if event.via and device is not None:
        routes.setdefault(event.via, set()).add(device.key)


def _read_device(plan: Plan, state: KeyState, event: FromDevice, now: int, effects: list[Effect]) -> None:
    observed = min(event.observed_at, now)
    if state.lost_at:
        observed = max(observed, state.stamp)
        now = max(state.stamp, observed)
    if now >= state.wake:
        _settle(plan, state, now, now, effects)
    device = state.devices.get(event.device)
    if device is None:
        if isinstance(event, Status):
            _read_gateway(state, event, now)
        return
    state.stamp = max(state.stamp, observed)
    if isinstance(event, Status):
        _read_status(plan, state, device, event, observed, now, effects)
        return
    if event.quality == Quality.RETAINED:
        if isinstance(event, Telemetry):
            _read_metrics(plan, state, device, event, observed, now, effects)
        return
    if not _is_new(device, event):
        return
    _heard(plan, state, device, event.device, observed, effects)
    if isinstance(event, Telemetry):
        _read_metrics(plan, state, device, event, observed, now, effects)
    else:
        _read_occurrence(plan, state, event, observed, now, effects)


def _is_new(device: DeviceState, event: Telemetry | Occurrence) -> bool:
    if event.boot and not remember(device.boots, event.boot, event.seq):
        return False
    return not (isinstance(event, Occurrence) and event.id) or remember_id(device.ids, event.id)


def _heard(
    plan: Plan, state: KeyState, device: DeviceState, device_id: str, observed: int, effects: list[Effect]
) -> None:
    if observed >= device.heard_at:
        device.heard_at, device.credit = observed, 0
    if device.missing:
        device.missing = False
        for watch in plan.silent.get(device_id, ()):
            _end(state.slots[watch.slot], observed, effects)
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
    for metric, value in event.metrics.items():
        watches = listeners.get(metric)
        if watches is None:
            continue
        before = device.latest.get(metric)
        if before is not None and observed < before[0]:
            continue  # late: history, never "latest"
        device.latest[metric] = (observed, value)
        fact = Fact(event.device, metric, value, observed)
        for watch in watches:
            slot = state.slots[watch.slot]
            news = watch.condition.on_fact(watch, state, slot, fact, before[1] if before else None, now)
            if news is not None:
                _act(watch, state, slot, news, now, effects)
            if slot.due and slot.due < state.wake:
                state.wake = slot.due


def _read_occurrence(
    plan: Plan, state: KeyState, event: Occurrence, observed: int, now: int, effects: list[Effect]
) -> None:
    if observed != event.observed_at:
        event = msgspec.structs.replace(event, observed_at=observed)
    for watch in plan.by_event.get(event.device, {}).get(event.type, ()):
        slot = state.slots[watch.slot]
        news = watch.condition.on_event(watch, slot, event, now)
        if news is not None:
            _act(watch, state, slot, news, now, effects)
        if slot.due and slot.due < state.wake:
            state.wake = slot.due


def _read_status(
    plan: Plan,
    state: KeyState,
    device: DeviceState,
    event: Status,
    observed: int,
    now: int,
    effects: list[Effect],
) -> None:
    if event.via:
        device.via = event.via
        state.gateways.setdefault(event.via, Link(online=True, at=0))
        _forget_unused_links(state)
    if device.online != event.online:
        device.online, device.changed_at = event.online, now
        state.wake = 0
    if event.online and event.quality != Quality.RETAINED:
        _heard(plan, state, device, event.device, observed, effects)


def _read_gateway(state: KeyState, event: Status, now: int) -> None:
    link = state.gateways.get(event.device)
    if link is not None and link.online != event.online:
        state.gateways[event.device] = Link(online=event.online, at=now)
        state.wake = 0


def _forget_unused_links(state: KeyState) -> None:
    used = {device.via for device in state.devices.values()}
    for name in [name for name in state.gateways if name not in used]:
        del state.gateways[name]


def _settle(plan: Plan, state: KeyState, until: int, now: int, effects: list[Effect]) -> None:
    """Settle every deadline up to ``until``, in order of time, then of slot."""
    while True:
        found = [
            (due, slot)
            for slot, watch in plan.watches.items()
            if (due := watch.condition.deadline(watch, state, state.slots[slot])) <= until
            and (not state.lost_at or isinstance(watch.condition, Level))
        ]
        if not found:
            break
        due, name = min(found)
        watch, slot = plan.watches[name], state.slots[name]
        news = watch.condition.settle(watch, state, slot, due)
        if news is not None:
            _act(watch, state, slot, news, now, effects)
    state.wake = _next_due(plan, state)


def _next_due(plan: Plan, state: KeyState) -> int:
    return min(
        (
            watch.condition.deadline(watch, state, state.slots[slot])
            for slot, watch in plan.watches.items()
            if not state.lost_at or isinstance(watch.condition, Level)
        ),
        default=NEVER,
    )


def _act(
    watch: Watch, state: KeyState, slot: Slot, news: Fired | Ended, now: int, effects: list[Effect]
) -> None:
    if isinstance(news, Ended):
        _end(slot, news.at, effects)
        return
    cause = news.event or str(news.active_at)
    alert = alert_id(watch.rule.id, state.key, watch.subject, cause)
    if watch.condition.lasting:
        slot.alert = alert
    evidence = Evidence(watch.condition.name, news.facts, watch.condition.numbers())
    effects.append(Raise(alert, watch.rule.id, state.key, watch.subject, news.active_at, now, evidence))


def _end(slot: Slot, at: int, effects: list[Effect]) -> None:
    if slot.alert:
        effects.append(End(slot.alert, at))
        slot.alert = ""


def _resume(plan: Plan, state: KeyState, event: Resumed, now: int, effects: list[Effect]) -> None:
    lost_at = state.lost_at or event.lost_at
    shift = 0 if event.kept else max(now - lost_at, 0)
    earliest = now + RESUME_GRACE_MS
    for name, watch in plan.watches.items():
        watch.condition.resume(state.slots[name], shift=shift, earliest=earliest)
    for device_id, device in state.devices.items():
        _credit(plan, state, device_id, device, shift, earliest)
    state.lost_at = 0
    _settle(plan, state, now, now, effects)


def _credit(
    plan: Plan, state: KeyState, device_id: str, device: DeviceState, shift: int, earliest: int
) -> None:
    """A device's silence does not count while nobody could hear it."""
    device.credit += shift
    for watch in plan.silent.get(device_id, ()):
        due = watch.condition.deadline(watch, state, state.slots[watch.slot])
        if due < earliest:
            device.credit += earliest - due


def _step_clock(plan: Plan, state: KeyState, by: int) -> None:
    """The hub's clock jumped ahead: everything that waits keeps its remaining time. It never runs back."""
    if by <= 0:
        return
    for name, watch in plan.watches.items():
        watch.condition.step_clock(state.slots[name], by)
    for device in state.devices.values():
        device.heard_at += by
        device.changed_at += by if device.changed_at else 0
    for link in state.gateways.values():
        link.at += by if link.at else 0
    state.wake = 0


def _change_world(plan: Plan, state: KeyState, event: WorldChanged, now: int) -> None:
    for device_id in [d for d in state.devices if d in event.gone or d not in plan.devices]:
        del state.devices[device_id]
    for device_id in plan.devices:
        state.devices.setdefault(device_id, DeviceState(heard_at=now))
    for name in [n for n in state.slots if n not in plan.watches or n.split("|", 1)[0] in event.changed]:
        del state.slots[name]
    for name, watch in plan.watches.items():
        if name not in state.slots:
            slot = state.slots[name] = Slot()
            watch.condition.start(watch, state, slot, now)
    for device_id, device in state.devices.items():
        device.missing = any(state.slots[w.slot].alert for w in plan.silent.get(device_id, ()))
        watched = plan.by_metric.get(device_id, {})
        device.latest = {metric: latest for metric, latest in device.latest.items() if metric in watched}
    _forget_unused_links(state)
    state.wake = 0
