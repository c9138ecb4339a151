"""Something happened: each event is an alert of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.conditions.condition import Condition, Ended, Fired, known
from rules.events import Occurrence, Value
from rules.state import Fact, KeyState, Slot
from rules.vocabulary import EVENTS

if TYPE_CHECKING:
    from rules.plan import Watch


class EventHappens(Condition, frozen=True):
    """An event of that ``type``, at least that confident where the device says how confident it is."""

    type: str
    min_confidence: float = 0.0

    def __post_init__(self) -> None:
        known((self.type,), EVENTS, "event")

    @property
    def name(self) -> str:
        return "event"

    @property
    def lasting(self) -> bool:
        return False

    @property
    def events(self) -> tuple[str, ...]:
        return (self.type,)

    def on_event(
        self, watch: Watch, state: KeyState, slot: Slot, event: Occurrence, now: int
    ) -> Fired | Ended | None:
        if not self.matches(event):
            return None
        return Fired(event.observed_at, (fact_of(event),), event_name(event))

    def matches(self, event: Occurrence) -> bool:
        """Whether the event is one of these."""
        confidence = event.data.get("confidence", 1.0)
        return event.type == self.type and (isinstance(confidence, str) or confidence >= self.min_confidence)

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        raise AssertionError("an event has no deadline")


def fact_of(event: Occurrence) -> Fact:
    """The event as a fact; its value is its confidence, 1 where it gives none."""
    value: Value = event.data.get("confidence", 1.0)
    return Fact(event.device, f"event.{event.type}", value, event.observed_at)


def event_name(event: Occurrence) -> str:
    """What tells this event apart from every other: its id, else its place in the device's count, else its time."""
    if event.id:
        return event.id
    return f"{event.boot}:{event.seq}" if event.boot else str(event.observed_at)
