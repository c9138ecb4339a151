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

from rules import facility
from rules.agenda import change_gateway, gateway_changed, look_again
from rules.conditions.condition import Ended
from rules.effects import Effect
from rules.events import (
    ALL,
    AnyEvent,
    ClockStepped,
    Command,
    FeedLost,
    Occurrence,
    Quality,
    Resumed,
    Status,
    Telemetry,
    Tick,
    Value,
    WorldChanged,
    part_of,
)
from rules.habit import LONG_MS, note
from rules.headcount import OCCUPANCY
from rules.identity import remember_id
from rules.interruptions import change_world, lose, resume, step_clock
from rules.modes import ends_by, mode_of
from rules.plan import Plan, Reads
from rules.presence import held, saw_door, saw_inside
from rules.settle import be_active, begin_mode, end_mode, next_due, settle, tell
from rules.state import (
    EMPTY,
    NEVER,
    DeviceState,
    Fact,
    KeyState,
    Latest,
    Link,
    Slot,
    decode,
    encode,
    remember_message,
    slot_of,
)
from rules.vocabulary import ACTIVITY_BY_VALUE
from rules.world import World

RETAINED, CLOCK = int(Quality.RETAINED), int(Quality.CLOCK)  # an enum is slow to look up, event by event
CLOCK_WRONG = "clock_wrong"  # the one metric that no device sends

Routes: TypeAlias = dict[str, set[str]]  # radio gateway -> keys with a device behind it


def step(world: World, state: KeyState, event: AnyEvent, now: int) -> tuple[KeyState, list[Effect]]:
    """The state after the event, and what is to be done about it. Changes neither argument."""
    after = decode(encode(state))
    return after, advance(world, after, event, now)


def advance(world: World, state: KeyState, event: AnyEvent, now: int) -> list[Effect]:
    """``step`` for a caller that gives its state away: changes it in place."""
    effects: list[Effect] = []
    if type(event) is Telemetry:
        device = state.devices.get(event.device)
        if device is not None:
            hear(world.plans[state.key], state, device, event, now, effects)
    else:
        _read_rare(world.plans[state.key], state, event, now, effects)
    return effects


def _read_rare(plan: Plan, state: KeyState, event: AnyEvent, now: int, effects: list[Effect]) -> None:
    match event:
        case Occurrence():
            _read_occurrence(plan, state, event, now, effects)
        case Status():
            _read_status(plan, state, event, now, effects)
        case Tick():
            if not state.lost_at and now >= state.wake:
                settle(plan, state, now, now, effects)
        case FeedLost():
            lose(plan, state, event, now, effects)
        case Resumed():
            resume(plan, state, event, now, effects)
        case ClockStepped():
            step_clock(plan, state, event, now, effects)
        case WorldChanged():
            change_world(plan, state, event, now)
        case Command():
            _obey(plan, state, event, now, effects)


def next_deadline(world: World, state: KeyState) -> int | None:
    """When this key must be stepped next even if nothing happens, in ms, or a little before; None: not by itself."""
    if state.lost_at:
        return None
    due = next_due(world.plans[state.key], state)
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
            return (event.key,) if event.key in world.places else ()
        case Tick(part=part) if part != ALL:
            return tuple(key for key in world.keys if part_of(key) == part)
        case _:
            return world.keys


def learn(world: World, routes: Routes, event: Status) -> None:
    """Note behind which radio gateway a device's home is."""
    device = world.devices.get(event.device)
    if event.via and device is not None:
        routes.setdefault(event.via, set()).add(device.key)


def hear(  # noqa: C901, PLR0912 the way of nearly every event, in one piece because calls cost
    plan: Plan, state: KeyState, device: DeviceState, event: Telemetry, now: int, effects: list[Effect]
) -> None:
    """``advance`` for the readings of a ``device`` whose state and plan the caller has at hand: most of what there is.

    What costs here is memory, not arithmetic: a city's states are in no cache, so it touches as few objects as it can.
    """
    replayed = event.quality == RETAINED
    if not replayed and event.boot:
        seq = event.seq
        if seq == device.seq + 1 and event.boot == device.boot:
            device.seq = seq  # nearly always: the next one
        elif not remember_message(device, event.boot, seq):
            return
    observed, stamp = event.observed_at, state.stamp
    seen = settled = now
    if observed > now:
        observed = now
    if state.lost_at:  # as ``_catch_up`` has it
        seen = max(stamp, observed)
        settled = seen if observed != now or event.own_time else stamp
        observed = seen
    if settled >= state.wake:
        settle(plan, state, settled, now, effects)
    if settled > stamp and observed > stamp:
        state.stamp = min(settled, observed)
    if not replayed:
        if device.missing or device.credit or not device.online:
            _is_back(plan, state, device, event.device, seen, effects)
        elif seen > device.heard_at:
            device.heard_at = seen
    known = device.latest
    for metric, value in event.metrics.items():
        latest = known.get(metric)
        if latest is not None:
            if value == latest.value and (not value or metric not in ACTIVITY_BY_VALUE):
                if observed > latest.at:
                    latest.at = observed
                continue  # most readings say nothing new; only movement is news each time
            if observed < latest.at:
                continue  # late: history, never "latest"
        elif metric not in plan.reads[event.device]:
            continue  # nobody watches it
        if type(value) is not str:  # rules compare numbers
            _read_value(plan, state, device, event, metric, value, latest, observed, now, effects)
    if event.quality == CLOCK and CLOCK_WRONG in plan.reads[event.device]:
        latest = known.get(CLOCK_WRONG)
        _read_value(plan, state, device, event, CLOCK_WRONG, 1.0, latest, observed, now, effects)


def _read_value(  # noqa: PLR0917 as above
    plan: Plan,
    state: KeyState,
    device: DeviceState,
    event: Telemetry,
    metric: str,
    value: Value,
    latest: Latest | None,
    observed: int,
    now: int,
    effects: list[Effect],
) -> None:
    """A metric has a new value, or movement is seen again: whoever watches it is told, then whoever waits for activity."""
    read = plan.reads[event.device][metric]
    before = None
    if latest is None:
        device.latest[metric] = Latest(observed, value, observed)
    else:
        before, latest.at = latest.value, observed
        if value != before:
            latest.value, latest.changed_at = value, observed
    if read.counts:
        facility.count(plan, state, event, metric, value, observed)
    replayed = event.quality == RETAINED
    active = (
        not replayed
        and observed > device.active_at
        and ((read.by_value and value != 0) or (read.by_change and before is not None))
    )
    if not active and not read.watches:
        return  # nearly always: movement has stopped
    fact = Fact(event.device, metric, value, now if replayed else observed)
    if read.watches:
        _tell_watches(plan, state, read, fact, before, now, effects, replayed=replayed)
    if active:
        _notice(plan, state, device, read, fact, now, effects)


def _correct(plan: Plan, state: KeyState, event: Command, now: int, effects: list[Effect]) -> None:
    """A person has counted the people of a facility: whoever asks how many there are is told."""
    people = facility.correct(plan, state, event, now)
    if people is None:
        return
    for watch in plan.on_count:
        slot = slot_of(state, watch.slot)
        fact = Fact(watch.devices[0], OCCUPANCY, float(people), now)
        tell(
            plan,
            watch,
            state,
            slot,
            watch.condition.on_fact(watch, state, slot, fact, None, now),
            now,
            effects,
        )


def _tell_watches(
    plan: Plan,
    state: KeyState,
    read: Reads,
    fact: Fact,
    before: Value | None,
    now: int,
    effects: list[Effect],
    *,
    replayed: bool,
) -> None:
    moment = fact.at if state.lost_at else now
    slots = state.slots
    for watch in read.watches:
        condition = watch.condition
        if replayed and not condition.heeds_replays:
            continue  # what a person did is news, and a replay is none
        slot = slots.get(watch.slot)
        known = slot is not None
        if slot is None:
            slot = Slot()
        news = condition.on_fact(watch, state, slot, fact, before, moment)
        if not known and (news is not None or slot != EMPTY):
            slots[watch.slot] = (
                slot  # what remembers nothing takes no room, and no time when deadlines are looked for
            )
        if news is not None or slot.due or watch.listens:
            tell(plan, watch, state, slot, news, now, effects)


def _notice(
    plan: Plan,
    state: KeyState,
    device: DeviceState,
    read: Reads,
    fact: Fact,
    now: int,
    effects: list[Effect],
) -> None:
    """Somebody did something in the home."""
    device.active_at, device.active_by = fact.at, fact.what
    presence = state.presence
    if state.mode is None and (fact.at >= state.habit.hour_at or fact.at - presence.active_at >= LONG_MS):
        note(state.habit, presence, fact.at, plan.zone, inside=not read.door)
    if read.door:
        moved = saw_door(presence, fact.at)
    elif read.still:
        moved = held(presence, fact.device, fact.at, on=bool(fact.value), bed=fact.what == "bed")
    else:
        moved = saw_inside(presence, fact.at)
    if state.mode is not None and not read.door and ends_by(state.mode, fact.at):
        end_mode(plan, state, fact.at, now, "activity", effects)
    if moved:
        for watch in plan.on_presence:
            slot = slot_of(state, watch.slot)
            tell(
                plan,
                watch,
                state,
                slot,
                watch.condition.on_presence(watch, state, slot, fact.at),
                now,
                effects,
            )
    if state.waiting:
        be_active(plan, state, fact, now, effects)


def _catch_up(
    plan: Plan, state: KeyState, event: Occurrence | Status, now: int, effects: list[Effect]
) -> tuple[int, int]:
    """Settle what has come by this message; when its facts were observed, and when its device was there."""
    observed = min(event.observed_at, now)
    settled, seen = now, now
    if state.lost_at:
        seen = max(observed, state.stamp)
        # A message without a time of its own carries the hub's: it does not say how far the backlog has come.
        settled = seen if observed != now or event.own_time else state.stamp
        observed = seen
    if settled >= state.wake:
        settle(plan, state, settled, now, effects)
    state.stamp = max(state.stamp, min(observed, settled))
    return observed, seen


def _is_back(
    plan: Plan, state: KeyState, device: DeviceState, device_id: str, seen: int, effects: list[Effect]
) -> None:
    """A device that was missing, offline or owed time is there: its silence counts anew from ``seen``."""
    before = device.heard_at
    device.heard_at, device.credit, device.online = max(before, seen), 0, True
    if device.missing:
        device.missing, device.changed_at, device.away = False, seen, max(seen - before, 0)
        for watch in plan.silent.get(device_id, ()):
            slot = slot_of(state, watch.slot)
            if slot.held:
                tell(plan, watch, state, slot, Ended(seen), seen, effects)
    look_again(plan, state, device_id, seen)


def _read_occurrence(plan: Plan, state: KeyState, event: Occurrence, now: int, effects: list[Effect]) -> None:
    device = state.devices.get(event.device)
    if device is None:
        return
    replayed = event.quality == RETAINED
    if not replayed and not _is_new(device, event):
        return
    observed, seen = _catch_up(plan, state, event, now, effects)
    if replayed:
        return
    if device.credit or device.missing or not device.online:
        _is_back(plan, state, device, event.device, seen, effects)
    device.heard_at = max(device.heard_at, seen)
    if observed != event.observed_at:
        event = msgspec.structs.replace(event, observed_at=observed)
    moment = observed if state.lost_at else now
    for watch in plan.by_event.get(event.device, {}).get(event.type, ()):
        slot = slot_of(state, watch.slot)
        tell(
            plan,
            watch,
            state,
            slot,
            watch.condition.on_event(watch, state, slot, event, moment),
            now,
            effects,
        )


def _is_new(device: DeviceState, event: Occurrence) -> bool:
    """Whether the event is none that is remembered; remembers it. It is known by its id, if it has one.

    One that is known leaves the memory as it was: its boot, long forgotten, would push out another.
    """
    if event.id and event.id in device.ids:
        return False
    counted = not event.boot or remember_message(device, event.boot, event.seq)
    return remember_id(device.ids, event.id) if event.id else counted


def _read_status(plan: Plan, state: KeyState, event: Status, now: int, effects: list[Effect]) -> None:
    device = state.devices.get(event.device)
    if device is None and event.device not in state.gateways:
        return  # news of a radio gateway that no device here uses any more
    _, seen = _catch_up(plan, state, event, now, effects)
    _read_gateway(state, event, seen)
    if device is None:
        return
    if event.via and event.via != device.via:
        change_gateway(state, event.device, event.via)
        look_again(plan, state, event.device, seen)
    if device.online != event.online:
        device.online, device.changed_at = event.online, seen
        look_again(plan, state, event.device, seen)
    if event.online and event.quality != RETAINED:
        if device.credit or device.missing:
            _is_back(plan, state, device, event.device, seen, effects)
        device.heard_at = max(device.heard_at, seen)


def _read_gateway(state: KeyState, event: Status, seen: int) -> None:
    link = state.gateways.get(event.device)
    if link is not None and link.online != event.online:
        away = max(seen - link.at, 0) if event.online and link.at else 0
        state.gateways[event.device] = Link(online=event.online, at=seen, away=away)
        gateway_changed(state)


def _obey(plan: Plan, state: KeyState, event: Command, now: int, effects: list[Effect]) -> None:
    """A person sets or ends the home's mode, or has counted people; the other commands concern alerts, not the rules."""
    if not state.lost_at and now >= state.wake:
        settle(plan, state, now, now, effects)  # what had come before is no matter of the new mode
    if event.kind == "mode_end":
        end_mode(plan, state, now, now, "command", effects, said_by=event.by)
    elif event.kind == "count":
        _correct(plan, state, event, now, effects)
    elif event.kind == "mode":
        until = event.data.get("until", "")
        try:
            mode = mode_of(
                event.data.get("kind", ""), now=now, until=int(until) if until else None, by=event.by
            )
        except ValueError:
            return  # the shell has told whoever asked; nothing of it concerns the rules
        if state.mode is None or state.mode.kind != mode.kind or state.mode.until != mode.until:
            begin_mode(plan, state, mode, now, effects)
