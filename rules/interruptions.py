"""What happens to the hub rather than to a device: the feed lost and back, the clock moved, the world changed."""

from __future__ import annotations

from rules.conditions.level import Level
from rules.conditions.silent import Silent
from rules.effects import Effect
from rules.events import ClockStepped, FeedLost, Resumed, WorldChanged
from rules.plan import Plan
from rules.settle import settle
from rules.state import DeviceState, KeyState, Slot

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
    shift = 0 if event.kept else max(now - lost_at, 0)
    earliest = now + RESUME_GRACE_MS
    for name, watch in plan.watches.items():
        watch.condition.resume(state.slots[name], shift=shift, earliest=earliest)
    for device_id, device in state.devices.items():
        _credit(plan, state, device_id, device, shift, earliest)
    state.lost_at = 0
    settle(plan, state, now, now, effects)


def _credit(
    plan: Plan, state: KeyState, device_id: str, device: DeviceState, shift: int, earliest: int
) -> None:
    """A device's silence does not count while nobody could hear it."""
    device.credit += shift
    for watch in plan.silent.get(device_id, ()):
        if isinstance(watch.condition, Silent) and not state.slots[watch.slot].alert:
            device.credit += max(earliest - watch.condition.own_deadline(watch, state), 0)


def step_clock(plan: Plan, state: KeyState, event: ClockStepped, now: int, effects: list[Effect]) -> None:
    """The hub's clock jumped ahead: everything that waits keeps its remaining time. It never runs back."""
    if event.by <= 0:
        return
    if not state.lost_at:
        settle(plan, state, now - event.by, now, effects)
    for name, watch in plan.watches.items():
        watch.condition.step_clock(state.slots[name], event.by)
    for device in state.devices.values():
        device.heard_at += event.by
        device.changed_at += event.by if device.changed_at else 0
    for link in state.gateways.values():
        link.at += event.by if link.at else 0
    state.wake = 0


def change_world(plan: Plan, state: KeyState, event: WorldChanged, now: int) -> None:
    """The key as the new plan sees it: what did not change keeps its memory, the rest starts at ``now``."""
    for device_id in [d for d in state.devices if d in event.gone or d not in plan.devices]:
        del state.devices[device_id]
    for device_id in plan.devices:
        state.devices.setdefault(device_id, DeviceState(heard_at=now))
    for name in [n for n in state.slots if n not in plan.watches or n.split("|", 1)[0] in event.changed]:
        del state.slots[name]
    for name, watch in plan.watches.items():
        known = name in state.slots
        slot = state.slots.setdefault(name, Slot())
        # A level is looked at again: the capacity or the devices it counts may have changed. An open alert stays.
        if not known or (isinstance(watch.condition, Level) and not slot.alert):
            watch.condition.start(watch, state, slot, now)
    for device_id, device in state.devices.items():
        device.missing = any(state.slots[w.slot].alert for w in plan.silent.get(device_id, ()))
        watched = plan.by_metric.get(device_id, {})
        device.latest = {metric: latest for metric, latest in device.latest.items() if metric in watched}
    forget_unused_links(state)
    state.wake = 0


def forget_unused_links(state: KeyState) -> None:
    """Radio gateways that no device of the key uses any more are no longer followed."""
    used = {device.via for device in state.devices.values()}
    for name in [name for name in state.gateways if name not in used]:
        del state.gateways[name]
