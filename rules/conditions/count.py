"""Too often within a time: the third fall of a day, a door that is opened again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.conditions.condition import Condition, Ended, Fired, known
from rules.conditions.event import EventHappens, event_name, fact_of
from rules.events import Occurrence, Value
from rules.state import PAST_MAX, Fact, KeyState, Slot
from rules.vocabulary import METRICS

if TYPE_CHECKING:
    from rules.plan import Watch


class Count(Condition, frozen=True):
    """An ``event``, or changes of a ``metric`` (to ``equals``, if given), ``at_least`` so often within ``within_s`` seconds.

    Of an event: each time the number is reached is an alert of its own, and counting begins anew. Of a metric: it lasts as
    long as so many lie within the time. With ``anywhere``, all devices count together and the place is the subject.
    """

    at_least: int
    within_s: int
    event: EventHappens | None = None
    metric: str = ""
    equals: float | None = None
    anywhere: bool = False

    def __post_init__(self) -> None:
        if (self.event is None) == (self.metric == ""):
            raise ValueError("needs exactly one of: event, metric")
        if self.metric:
            known((self.metric,), METRICS, "metric")
        elif self.equals is not None:
            raise ValueError("equals is for a metric; an event has min_confidence")
        if not 2 <= self.at_least <= PAST_MAX:  # noqa: PLR2004 once is no count
            raise ValueError(f"at_least must be from 2 to {PAST_MAX}")
        if self.within_s <= 0:
            raise ValueError("within_s must be positive")

    @property
    def name(self) -> str:
        return "count"

    @property
    def per_device(self) -> bool:
        return not self.anywhere

    @property
    def lasting(self) -> bool:
        return self.event is None

    @property
    def metrics(self) -> tuple[str, ...]:
        return (self.metric,) if self.metric else ()

    @property
    def events(self) -> tuple[str, ...]:
        return self.event.events if self.event is not None else ()

    def numbers(self, watch: Watch) -> dict[str, Value]:
        return {"at_least": float(self.at_least), "within_s": float(self.within_s)}

    def on_event(
        self, watch: Watch, state: KeyState, slot: Slot, event: Occurrence, now: int
    ) -> Fired | Ended | None:
        fact = fact_of(event)
        if self.event is None or not self.event.matches(event) or not self._reached(slot, fact):
            return None
        fired = Fired(slot.past[-1][0], self._facts(slot, fact), event_name(event))
        slot.past = ()
        return fired

    def on_fact(
        self, watch: Watch, state: KeyState, slot: Slot, fact: Fact, before: Value | None, now: int
    ) -> Fired | Ended | None:
        if before is None or (self.equals is not None and fact.value != self.equals):
            return None
        if not self._reached(slot, fact) or slot.held:
            return None  # while it stands ``due`` only becomes too early, and will be found so
        slot.due, slot.cause = slot.past[0][0] + self.within_s * 1000, fact
        return Fired(slot.past[-1][0], self._facts(slot, fact))

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        ends = slot.past[0][0] + self.within_s * 1000
        if ends > at:
            slot.due = ends
            return None
        slot.due, slot.cause = 0, None
        return Ended(at) if slot.held else None

    def step_clock(self, slot: Slot, by: int) -> None:
        super().step_clock(slot, by)
        slot.past = tuple((at + by, value) for at, value in slot.past)

    def _reached(self, slot: Slot, fact: Fact) -> bool:
        """Count it (one that comes late, in its place); whether there are enough now."""
        assert not isinstance(fact.value, str), "the core tells conditions of numbers only"  # noqa: S101 an invariant
        past = sorted((*slot.past, (fact.at, fact.value)))
        since = past[-1][0] - self.within_s * 1000
        slot.past = tuple(one for one in past if one[0] > since)[-self.at_least :]
        return len(slot.past) == self.at_least

    def _facts(self, slot: Slot, fact: Fact) -> tuple[Fact, ...]:
        """The first and the last of those counted; of several devices only the last is known by name."""
        if self.anywhere:
            return (fact,)
        at, value = slot.past[0]
        return Fact(fact.device, fact.what, value, at), fact
