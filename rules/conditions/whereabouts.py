"""Somebody is at home, or out, or it is not known: what the front door and the sensors inside tell together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from rules.conditions.condition import Condition, Ended, Fired
from rules.events import Value
from rules.modes import RETURNS
from rules.presence import next_change, where
from rules.state import Fact, KeyState, Slot

if TYPE_CHECKING:
    from rules.plan import Watch

Whereabout: TypeAlias = Literal["in", "out", "presumed_out", "unknown"]


class Whereabouts(Condition, frozen=True):
    """The person is one of ``is`` (in, out, presumed_out, unknown) for ``for_s`` seconds."""

    is_: tuple[Whereabout, ...] = msgspec.field(name="is")
    for_s: int = 0

    def __post_init__(self) -> None:
        if not self.is_ or self.for_s < 0:
            raise ValueError(
                "is must name at least one of in, out, presumed_out, unknown, and for_s not be negative"
            )

    @property
    def name(self) -> str:
        return "presence"

    @property
    def per_device(self) -> bool:
        return False

    @property
    def listens_to_presence(self) -> bool:
        return True

    @property
    def rests_on_silence(self) -> bool:
        return True  # presumed out: nothing came after the door

    def numbers(self, watch: Watch) -> dict[str, Value]:
        return {"is": ",".join(self.is_), "for_s": float(self.for_s)}

    def start(self, watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
        slot.due = slot.due or now

    def on_presence(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        return self._look(watch, state, slot, at)

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        return self._look(watch, state, slot, at)

    def resume(self, watch: Watch, state: KeyState, slot: Slot, *, shift: int, earliest: int) -> None:
        if slot.due:
            slot.since += shift if slot.since else 0
            slot.due = max(slot.due, earliest)

    def _look(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        slot.due = next_change(state.presence, at) or 0
        away = state.mode is not None and state.mode.kind in RETURNS
        if where(state.presence, at, away=away) not in self.is_:
            stood, slot.since, slot.cause = slot.held, 0, None
            return Ended(at) if stood else None
        if not slot.since:
            slot.since, slot.cause = at, last_door(watch, state)
        if slot.held:
            return None
        due = slot.since + self.for_s * 1000
        if at < due:
            slot.due = min(due, slot.due or due)
            return None
        return Fired(due, (slot.cause,) if slot.cause else ())


def last_door(watch: Watch, state: KeyState) -> Fact | None:
    """The last time the front door moved."""
    doors = [
        (device.active_at, name) for name in watch.sensors.front_doors if (device := state.devices.get(name))
    ]
    at, name = max(doors, default=(0, ""))
    if not at:
        return None
    device = state.devices[name]
    return Fact(name, device.active_by, device.latest[device.active_by].value, at)
