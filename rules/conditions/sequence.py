"""An event, and then no activity in the home for a time: somebody fell and has not moved since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.conditions.condition import Condition, Ended, Fired, hold_until, known
from rules.conditions.event import EventHappens, event_name, fact_of
from rules.events import Occurrence, Value
from rules.state import Fact, KeyState, Slot
from rules.vocabulary import ACTIVITY_BY_CHANGE, ACTIVITY_BY_VALUE, METRICS

if TYPE_CHECKING:
    from rules.plan import Watch


class Sequence(Condition, frozen=True):
    """The event ``first``, then none of ``then_no`` anywhere in the home within ``within_s`` seconds."""

    first: EventHappens
    then_no: tuple[str, ...]
    within_s: int

    def __post_init__(self) -> None:
        known(self.then_no, METRICS, "metric")
        for metric in self.then_no:
            if metric not in ACTIVITY_BY_VALUE | ACTIVITY_BY_CHANGE:
                raise ValueError(f"{metric!r} is no activity; activities are: contact, motion")
        if self.within_s <= 0:
            raise ValueError("within_s must be positive")

    @property
    def name(self) -> str:
        return "sequence"

    @property
    def lasting(self) -> bool:
        return False

    @property
    def rests_on_silence(self) -> bool:
        return True

    @property
    def listens_to_activity(self) -> bool:
        return True

    def wants_activity(self, slot: Slot) -> bool:
        return slot.due != 0

    @property
    def events(self) -> tuple[str, ...]:
        return self.first.events

    @property
    def reads_whole_key(self) -> bool:
        return True

    def numbers(self, watch: Watch) -> dict[str, Value]:
        return {"within_s": float(self.within_s)}

    def on_event(
        self, watch: Watch, state: KeyState, slot: Slot, event: Occurrence, now: int
    ) -> Fired | Ended | None:
        # A second fall while the first is unsettled is the same lie on the floor; it raises an alert of its own elsewhere.
        if self.first.matches(event) and not slot.due:
            slot.since, slot.event, slot.cause = event.observed_at, event_name(event), fact_of(event)
            slot.due = hold_until(event.observed_at, self.within_s, now)
        return None

    def on_activity(
        self, watch: Watch, state: KeyState, slot: Slot, fact: Fact, now: int
    ) -> Fired | Ended | None:
        if slot.cause is None or fact.what not in self.then_no:
            return None
        # ``since`` may have been moved by a time in which nobody could hear; the fall itself was when it was.
        if slot.cause.at < fact.at <= slot.since + self.within_s * 1000:
            _clear(slot)
        return None

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        assert slot.cause is not None, "a sequence that waits has a cause"  # noqa: S101 an invariant of this file
        fired = Fired(slot.since + self.within_s * 1000, (slot.cause,), slot.event)
        _clear(slot)
        return fired

    def resume(self, watch: Watch, state: KeyState, slot: Slot, *, shift: int, earliest: int) -> None:
        if slot.due:
            slot.since += shift
            slot.due = max(slot.due + shift, earliest)


def _clear(slot: Slot) -> None:
    slot.since, slot.due, slot.event, slot.cause = 0, 0, "", None
