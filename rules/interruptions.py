"""What happens to the hub rather than to a device: the feed lost and back, the clock moved, the world changed."""

from __future__ import annotations

from rules import headcount
from rules.agenda import forget_unused_links
from rules.conditions.silent import Silent
from rules.effects import Effect
from rules.events import ClockStepped, FeedLost, Resumed, WorldChanged
from rules.modes import Mode
from rules.plan import Plan
from rules.presence import forget
from rules.settle import begin, settle
from rules.state import EMPTY, DeviceState, KeyState, slot_of

RESUME_GRACE_MS = (
    120_000  # what an absence gets after any loss of the feed: devices reconnect, back-off included
)


def lose(plan: Plan, state: KeyState, event: FeedLost, now: int, effects: list[Effect]) -> None:
    """What had come before the loss is settled, though nobody ticked (the hub itself may have been down)."""
    if state.lost_at:
        return
    settle(plan, state, event.lost_at, now, effects)
    state.lost_at = event.lost_at


def resume(plan: Plan, state: KeyState, event: Resumed, now: int, effects: list[Effect]) -> None:
    """Absences are given back the time in which nobody could be heard, at least a grace; the rest is settled."""
    lost_at = state.lost_at or event.lost_at
    state.presence.doubt = state.presence.doubt or not event.kept
    shift = 0 if event.kept else max(now - lost_at, 0)
    earliest = now + RESUME_GRACE_MS
    for name, watch in plan.watches.items():
        slot = slot_of(state, name)
        owed = min(shift, max(now - slot.since, 0))  # what began meanwhile was blind only from then on
        watch.condition.resume(watch, state, slot, shift=owed, earliest=earliest)
    for device_id, device in state.devices.items():
        _credit(plan, state, device_id, device, shift, earliest)
    state.presence.doubt = state.presence.doubt or not event.kept
    state.slots = {name: slot for name, slot in state.slots.items() if slot != EMPTY}
    state.lost_at = state.silence_due = 0
    state.agenda = None
    settle(plan, state, now, now, effects)


def _credit(
    plan: Plan, state: KeyState, device_id: str, device: DeviceState, shift: int, earliest: int
) -> None:
    """A device's silence does not count while nobody could hear it."""
    device.credit += shift
    for watch in plan.silent.get(device_id, ()):
        if isinstance(watch.condition, Silent) and not slot_of(state, watch.slot).held:
            device.credit += max(earliest - watch.condition.own_deadline(watch, state), 0)


def step_clock(plan: Plan, state: KeyState, event: ClockStepped, now: int, effects: list[Effect]) -> None:
    """The hub's clock jumped ahead: everything that waits keeps its remaining time. It never runs back."""
    by = event.by
    if by <= 0:
        return
    if not state.lost_at:
        settle(plan, state, now - by, now, effects)
    for name, watch in plan.watches.items():
        slot = state.slots.get(name)
        if slot is not None and watch.condition.keeps_wall_time:
            slot.due = now  # not edge by edge: a jump may be of years
        elif slot is not None:
            watch.condition.step_clock(slot, by)
    for device in state.devices.values():
        device.heard_at += by
        device.changed_at += by if device.changed_at else 0
        device.active_at += by if device.active_at else 0
        for latest in device.latest.values():
            latest.changed_at += by
    for link in state.gateways.values():
        link.at += by if link.at else 0
    state.presence.step_clock(by)
    if state.mode is not None:
        mode = state.mode
        state.mode = Mode(mode.kind, mode.since + by, mode.until + by, mode.by)
    state.silence_due = state.wake = 0
    state.agenda = None


def change_world(plan: Plan, state: KeyState, event: WorldChanged, now: int) -> None:
    """The key as the new plan sees it: what did not change keeps its memory, the rest starts at ``now``."""
    for device_id in [d for d in state.devices if d in event.gone or d not in plan.devices]:
        del state.devices[device_id]
        forget(state.presence, device_id)
    for device_id in plan.devices:
        state.devices.setdefault(device_id, DeviceState(heard_at=now))
    changed = {name for name in event.changed if "@" not in name}
    changed |= {rule for rule, _, key in (name.partition("@") for name in event.changed) if key == state.key}
    if state.headcount is not None:
        for device_id in [door for door in state.headcount.doors if door not in plan.counters]:
            headcount.forget(state.headcount, device_id)
    for name in [n for n in state.slots if n not in plan.watches or n.split("|", 1)[0] in changed]:
        del state.slots[name]
    state.waiting = [name for name in state.waiting if name in state.slots]
    for watch in plan.watches.values():
        begin(watch, state, slot_of(state, watch.slot), now)
    for device_id, device in state.devices.items():
        device.missing = any(slot_of(state, w.slot).held for w in plan.silent.get(device_id, ()))
        reads = plan.reads[device_id]
        device.latest = {metric: latest for metric, latest in device.latest.items() if metric in reads}
    state.slots = {name: slot for name, slot in state.slots.items() if slot != EMPTY}
    forget_unused_links(state)
    state.silence_due = state.wake = 0
    state.agenda = None
