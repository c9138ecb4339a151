"""A measured value that rises or falls fast: a home that cools down, a battery that empties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.conditions.condition import Condition, Ended, Fired, known
from rules.events import Value
from rules.state import Fact, KeyState, Slot
from rules.vocabulary import METRICS

if TYPE_CHECKING:
    from rules.plan import Watch

SAMPLES = 16  # ``over_s`` is known to a sixteenth


class Rate(Condition, frozen=True):
    """``metric`` rose by more than ``above``, or fell by more than ``below`` (negative), per hour in ``over_s`` seconds.

    Measured from the lowest (for a fall: the highest) value of that time, so a sudden change counts at once and a slow one
    as soon as it is enough. Across a time in which nothing could be heard nothing is measured.
    """

    # Theory of operation. The slot's ``past`` ends with the value as it is, and when it began. Before it come the values
    # that still count as the extreme, each with the last moment it was so, every one more extreme than those after it:
    # what is less extreme than a later value is dropped, so the first is the extreme of the whole time.

    metric: str
    over_s: int
    above: float | None = None
    below: float | None = None

    def __post_init__(self) -> None:
        known((self.metric,), METRICS, "metric")
        if (self.above is None) == (self.below is None):
            raise ValueError("needs exactly one of: above, below")
        if (self.above or 0) < 0 or (self.below or 0) > 0:
            raise ValueError(
                "above is a rise per hour and not negative, below a fall per hour and not positive"
            )
        if self.over_s <= 0:
            raise ValueError("over_s must be positive")

    @property
    def name(self) -> str:
        return "rate"

    @property
    def metrics(self) -> tuple[str, ...]:
        return (self.metric,)

    def numbers(self, watch: Watch) -> dict[str, Value]:
        limit = {"above": float(self.above)} if self.above is not None else {"below": float(self.below or 0)}
        return {**limit, "over_s": float(self.over_s)}

    def on_fact(
        self, watch: Watch, state: KeyState, slot: Slot, fact: Fact, before: Value | None, now: int
    ) -> Fired | Ended | None:
        if isinstance(fact.value, str):
            return None
        self._add(slot, fact.at, fact.value, heard_again_at(state, fact.device))
        self._forget(slot, fact.at)
        if not self._holds(slot):
            return self._end(slot, fact.at)
        slot.due = slot.past[0][0] + self.over_s * 1000
        if slot.held:
            return None
        ended, extreme = slot.past[0]
        slot.cause = fact
        return Fired(fact.at, (Fact(fact.device, self.metric, extreme, ended), fact))

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        self._forget(slot, at)
        if not self._holds(slot):
            return self._end(slot, at)
        slot.due = slot.past[0][0] + self.over_s * 1000
        return None

    def resume(self, watch: Watch, state: KeyState, slot: Slot, *, shift: int, earliest: int) -> None:
        if shift:
            slot.past = ()

    def step_clock(self, slot: Slot, by: int) -> None:
        super().step_clock(slot, by)
        slot.past = tuple((at + by, value) for at, value in slot.past)

    def _add(self, slot: Slot, at: int, value: float, heard_again: int) -> None:
        """The value is another from ``at`` on; what was measured before the device was away counts no more."""
        past = list(slot.past)
        if past and past[-1][0] < heard_again:
            past = []
        if past:
            _, last = past.pop()
            while past and not self._beyond(past[-1][1], last):
                past.pop()
            if not past or at - past[-1][0] >= self.over_s * 1000 // SAMPLES:
                past.append((at, last))
        slot.past = (*past, (at, value))

    def _forget(self, slot: Slot, at: int) -> None:
        """Drop what was last so before the time that counts."""
        since = at - self.over_s * 1000
        slot.past = (*(sample for sample in slot.past[:-1] if sample[0] > since), *slot.past[-1:])

    def _beyond(self, one: float, other: float) -> bool:
        """Whether the one is the better start for a change: lower for a rise, higher for a fall."""
        return one < other if self.above is not None else one > other

    def _holds(self, slot: Slot) -> bool:
        if not slot.past:
            return False
        change = (slot.past[-1][1] - slot.past[0][1]) * 3600 / self.over_s
        return change > self.above if self.above is not None else change < (self.below or 0)

    def _end(self, slot: Slot, at: int) -> Ended | None:
        slot.due, slot.cause = 0, None
        return Ended(at) if slot.held else None


def heard_again_at(state: KeyState, device_id: str) -> int:
    """When the device, or its radio gateway, last came back after it had been away; 0: it never was."""
    device = state.devices[device_id]
    link = state.gateways.get(device.via)
    own = device.changed_at if device.online and device.away else 0
    return max(own, link.at if link is not None and link.online and link.away else 0)
