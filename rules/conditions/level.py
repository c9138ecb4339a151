"""A measured value above, below or at a level, for a time: door open, battery low, room too full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from rules.conditions.condition import Condition, Ended, Fired, hold_until, known
from rules.events import Value
from rules.headcount import COUNTED, OCCUPANCY, counted, fullest
from rules.state import Fact, KeyState, Slot
from rules.vocabulary import METRICS

if TYPE_CHECKING:
    from rules.plan import Watch


class Level(Condition, frozen=True):
    """``metric`` above, below or equal to a level for ``for_s`` seconds.

    What was raised ends when the value has come back by ``hysteresis``. With ``total``, the values of all devices of the
    place are added and the place is the subject; ``above: capacity`` means the capacity of the facility. With ``anywhere``,
    it holds while it holds for any device of the place, and the place is the subject. The total ``occupancy`` of a facility's
    counters is its estimate (``rules.headcount``), which a person may correct; the capacity is compared with the upper end of
    its band, as far as that is heeded (``rules.headcount.fullest``).
    """

    metric: str
    above: float | Literal["capacity"] | None = None
    below: float | None = None
    equals: float | None = None
    hysteresis: float = 0.0
    for_s: int = 0
    total: bool = False
    anywhere: bool = False

    def __post_init__(self) -> None:
        known((self.metric,), METRICS, "metric")
        if sum(level is not None for level in (self.above, self.below, self.equals)) != 1:
            raise ValueError("needs exactly one of: above, below, equals")
        if self.for_s < 0 or self.hysteresis < 0:
            raise ValueError("for_s and hysteresis must not be negative")
        if self.total and self.anywhere:
            raise ValueError("needs at most one of: total, anywhere")

    @property
    def name(self) -> str:
        return "level"

    @property
    def per_device(self) -> bool:
        return not (self.total or self.anywhere)

    @property
    def counts(self) -> bool:
        """Whether it asks how many people there are."""
        return self.total and self.metric == OCCUPANCY

    @property
    def by_band(self) -> bool:
        """Whether the upper end of the band is what counts."""
        return self.counts and self.above == "capacity"

    @property
    def metrics(self) -> tuple[str, ...]:
        return COUNTED if self.counts else (self.metric,)

    @property
    def heeds_replays(self) -> bool:
        return True

    def numbers(self, watch: Watch) -> dict[str, Value]:
        given: dict[str, Value | None] = {"above": self.above, "below": self.below, "equals": self.equals}
        found: dict[str, Value] = {"for_s": float(self.for_s)}
        for name, level in given.items():
            if level is not None:
                found[name] = level if isinstance(level, str) else float(level)
        if self.above == "capacity":
            found["capacity"] = self._above(watch)
        return found

    def start(self, watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
        if slot.held:
            return  # an alert that stands stays
        measured = self._measure(watch, state)
        if measured is None or not self._holds(watch, measured[0]):
            _clear(slot)
        elif not slot.since:
            value, device = measured
            self._begin(state, slot, Fact(device, self.metric, value, now), now)

    def on_fact(
        self,
        watch: Watch,
        state: KeyState,
        slot: Slot,
        fact: Fact,
        before: Value | None,
        now: int,
    ) -> Fired | Ended | None:
        value = fact.value
        if not self.per_device:
            measured = self._measure(watch, state)
            if measured is not None:
                value = measured[0]
            elif fact.what != self.metric:
                return None
        if isinstance(value, str):
            return None
        if self._holds(watch, value):
            if not slot.since:
                self._begin(state, slot, msgspec.structs.replace(fact, what=self.metric, value=value), now)
                if self.for_s == 0:
                    return self._fire(slot)
            return None
        known = self.by_band and state.headcount is not None and state.headcount.since == fact.at
        if slot.since and (not slot.held or known or self._is_back(watch, value)):
            stood = slot.held
            _clear(slot)
            return Ended(fact.at) if stood else None
        return None

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        return self._fire(slot)

    def _begin(self, state: KeyState, slot: Slot, fact: Fact, now: int) -> None:
        if self.by_band and _is_counted(state) and state.headcount is not None:
            fact = msgspec.structs.replace(fact, value=float(round(state.headcount.people)))
            band = counted(state.headcount)
            slot.past = () if band is None else tuple((fact.at, end) for end in band)
        slot.since, slot.cause = fact.at, fact
        slot.due = hold_until(fact.at, self.for_s, now)

    def _fire(self, slot: Slot) -> Fired:
        slot.due = 0
        assert slot.cause is not None, "a level that holds has a cause"  # noqa: S101 an invariant of this file
        band = {"lower": slot.past[0][1], "upper": slot.past[1][1]} if self.by_band and slot.past else {}
        return Fired(slot.since + self.for_s * 1000, (slot.cause,), numbers=dict(band))

    def _measure(self, watch: Watch, state: KeyState) -> tuple[float, str] | None:
        """What is compared, and whose it is: of several devices the total, or the one that is most beyond the level."""
        if watch.counts and _is_counted(state) and state.headcount is not None:
            people = fullest(state.headcount) if self.by_band else state.headcount.people
            return people, watch.devices[0]
        found = [
            (latest.value, device)
            for device in watch.devices
            if device in state.devices
            and (latest := state.devices[device].latest.get(self.metric)) is not None
            and not isinstance(latest.value, str)
        ]
        if not found:
            return None
        if self.total:
            return sum(value for value, _ in found), found[0][1]
        if self.above is not None:
            return max(found)
        if self.below is not None:
            return min(found)
        return next((one for one in found if one[0] == self.equals), found[0])

    def _holds(self, watch: Watch, value: float) -> bool:
        if self.above is not None:
            return value > self._above(watch)
        if self.below is not None:
            return value < self.below
        return value == self.equals

    def _is_back(self, watch: Watch, value: float) -> bool:
        if self.above is not None:
            return value <= self._above(watch) - self.hysteresis
        if self.below is not None:
            return value >= self.below + self.hysteresis
        return True

    def _above(self, watch: Watch) -> float:
        if self.above == "capacity":
            assert watch.capacity is not None, "the plan leaves out places without capacity"  # noqa: S101 invariant
            return float(watch.capacity)
        assert not isinstance(self.above, str)  # noqa: S101 the only text is "capacity"
        return self.above or 0.0


def _is_counted(state: KeyState) -> bool:
    return state.headcount is not None and bool(state.headcount.doors)


def _clear(slot: Slot) -> None:
    slot.since, slot.due, slot.cause, slot.past = 0, 0, None, ()
