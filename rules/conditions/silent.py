"""A device has not been heard from for longer than it may be silent, or says (or its will says) that it is off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.conditions.condition import Condition, Ended, Fired
from rules.events import Value
from rules.state import NEVER, Fact, KeyState, Slot

if TYPE_CHECKING:
    from rules.plan import Watch

HEARTBEATS = 3  # missed heartbeats after which a device counts as dead
REJOIN_MS = 300_000  # what devices get to rejoin after their radio gateway has come back


class Silent(Condition, frozen=True):
    """Nothing heard for ``heartbeats`` times the device's own heartbeat, or offline for ``offline_for_s`` seconds.

    A device behind a radio gateway that is off is not called silent: that is the gateway's alert.
    """

    heartbeats: int = HEARTBEATS
    offline_for_s: int = 300

    def __post_init__(self) -> None:
        if self.heartbeats < 1 or self.offline_for_s < 0:
            raise ValueError("heartbeats must be at least 1 and offline_for_s not negative")

    @property
    def name(self) -> str:
        return "silent"

    @property
    def rests_on_silence(self) -> bool:
        return True

    def numbers(self, watch: Watch) -> dict[str, Value]:
        return {"heartbeats": float(self.heartbeats), "offline_for_s": float(self.offline_for_s)}

    def own_deadline(self, watch: Watch, state: KeyState) -> int:
        """When the device counts as silent, its radio gateway left aside."""
        device = state.devices[watch.subject]
        due = device.heard_at + self.heartbeats * watch.heartbeats[watch.subject]
        if not device.online:
            due = min(due, device.changed_at + self.offline_for_s * 1000)
        return due + device.credit

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        device = state.devices[watch.subject]
        device.missing = True
        state.silence_due = 0  # another device may be next
        slot.cause = Fact(watch.subject, "online", float(device.online), device.heard_at)
        return Fired(at, (slot.cause,))


def silent_from(watch: Watch, state: KeyState, slot: Slot | None) -> int:
    """When that device counts as silent, in ms; ``NEVER`` while it does already, or while its radio gateway is off."""
    condition = watch.condition
    assert isinstance(condition, Silent), "the plan puts only these among the silences"  # noqa: S101 an invariant
    if slot is not None and slot.held:
        return NEVER
    link = state.gateways.get(state.devices[watch.subject].via)
    if link is None:
        return condition.own_deadline(watch, state)
    return max(condition.own_deadline(watch, state), link.at + REJOIN_MS) if link.online else NEVER


def is_alive(watch: Watch, state: KeyState, device_id: str, at: int) -> bool:
    """Whether the device could have told us something at that moment."""
    device = state.devices[device_id]
    link = state.gateways.get(device.via)
    if not device.online or (link is not None and not link.online):
        return False
    return at - device.heard_at < HEARTBEATS * watch.heartbeats[device_id] + device.credit


def away_since(state: KeyState, device_id: str, since: int) -> int:
    """For how many ms after ``since`` the device, or its radio gateway, was away before it came back."""
    device = state.devices[device_id]
    link = state.gateways.get(device.via)
    own = min(device.away, device.changed_at - since) if device.online and device.changed_at > since else 0
    gateway = min(link.away, link.at - since) if link is not None and link.at > since else 0
    return max(own, gateway)
