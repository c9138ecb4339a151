"""A device that should be tried out every so often has not been: nobody knows whether it would still call for help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.conditions.condition import Condition, Ended, Fired, known
from rules.conditions.event import fact_of
from rules.events import Occurrence, Value
from rules.state import KeyState, Slot
from rules.vocabulary import EVENTS

if TYPE_CHECKING:
    from rules.plan import Watch


class Overdue(Condition, frozen=True):
    """None of the events ``of`` has come from the device for ``for_s`` seconds; a device begins as if it had just been tried.

    It ends with the next of these events. What the hub could not hear, and a mode of the home, put nothing off: a test that
    nobody has seen arrive is still due.
    """

    of: tuple[str, ...]
    for_s: int

    def __post_init__(self) -> None:
        known(self.of, EVENTS, "event")
        if not self.of or self.for_s <= 0:
            raise ValueError("of must name at least one event and for_s be positive")

    @property
    def name(self) -> str:
        return "overdue"

    @property
    def events(self) -> tuple[str, ...]:
        return self.of

    def numbers(self, watch: Watch) -> dict[str, Value]:
        return {"for_s": float(self.for_s)}

    def start(self, watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
        if not slot.since:
            slot.since, slot.due = now, now + self.for_s * 1000

    def on_event(
        self, watch: Watch, state: KeyState, slot: Slot, event: Occurrence, now: int
    ) -> Fired | Ended | None:
        if event.type not in self.of or event.observed_at < slot.since:
            return None  # another event, or one from before the last
        slot.since, slot.cause = event.observed_at, fact_of(event)
        slot.due = slot.since + self.for_s * 1000
        return Ended(event.observed_at) if slot.held else None

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        slot.due = 0
        return Fired(slot.since + self.for_s * 1000, (slot.cause,) if slot.cause else ())
