"""The last activity a home's sensors saw, and whether they would have seen another: what every inactivity rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.conditions.silent import away_since, is_alive
from rules.state import Fact, KeyState
from rules.vocabulary import ACTIVITY_BY_CHANGE, ACTIVITY_BY_VALUE

if TYPE_CHECKING:
    from collections.abc import Collection

    from rules.plan import Watch

RECHECK_MS = 600_000  # how soon to look again when an absence may not be asserted now
ACTIVITIES = ACTIVITY_BY_VALUE | ACTIVITY_BY_CHANGE


def last_activity(watch: Watch, state: KeyState, of: Collection[str] = ACTIVITIES) -> Fact | None:
    """The last activity ``of`` those metrics that one of the watch's devices saw."""
    seen = [
        (device.active_at, name) for name in watch.devices if (device := state.devices[name]).active_by in of
    ]
    if not seen:
        return None
    return activity_of(state, max(seen)[1])


def activity_of(state: KeyState, name: str) -> Fact:
    """The last activity that this device saw; it must have seen one."""
    device = state.devices[name]
    by = device.active_by
    return Fact(name, by, 1.0 if by in ACTIVITY_BY_VALUE else device.latest[by].value, device.active_at)


def would_be_seen(watch: Watch, state: KeyState, last: Fact | None, at: int) -> bool:
    """Whether the sensor that saw the last activity is alive (else any)."""
    if last is not None:
        return is_alive(watch, state, last.device, at)
    return any(is_alive(watch, state, device, at) for device in watch.devices)


def blind_ms(watch: Watch, state: KeyState, since: int, last: Fact | None) -> int:
    """How long, since the last activity, the sensor that saw it (else the best of all) was away and is back."""
    if last is not None:
        return away_since(state, last.device, since)
    return min(away_since(state, device, since) for device in watch.devices)
