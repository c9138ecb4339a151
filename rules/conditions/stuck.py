"""A device goes on reporting a value that no longer changes: a counter that counts nobody, a thermometer that hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.conditions.condition import Condition, Ended, Fired, known
from rules.conditions.silent import HEARTBEATS, away_since
from rules.events import Value
from rules.state import Fact, KeyState, Slot
from rules.vocabulary import METRICS

if TYPE_CHECKING:
    from rules.plan import Watch

RECHECK_MS = (
    600_000  # how soon to look again at a device that is not reporting: that is another alert's matter
)


class Stuck(Condition, frozen=True):
    """``metric`` has been reported for ``for_s`` seconds, and always the same.

    A device that has stopped reporting it is not stuck but silent, and the time it was away does not count. To leave the
    night out, join it with ``during`` by an ``all`` that has the hold: then the hold begins when the window opens.
    """

    metric: str
    for_s: int

    def __post_init__(self) -> None:
        known((self.metric,), METRICS, "metric")
        if self.for_s <= 0:
            raise ValueError("for_s must be positive")

    @property
    def name(self) -> str:
        return "stuck"

    @property
    def metrics(self) -> tuple[str, ...]:
        return (self.metric,)

    @property
    def rests_on_silence(self) -> bool:
        return True  # no other value came

    def numbers(self, watch: Watch) -> dict[str, Value]:
        return {"for_s": float(self.for_s)}

    def start(self, watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
        if not slot.since:
            slot.since, slot.due = now, now + self.for_s * 1000

    def on_fact(
        self, watch: Watch, state: KeyState, slot: Slot, fact: Fact, before: Value | None, now: int
    ) -> Fired | Ended | None:
        if fact.value == before or fact.at < slot.since:
            return None
        slot.since = fact.at
        if not slot.held:
            return None  # ``due`` is too early now, and will be found so
        slot.due, slot.cause = slot.since + self.for_s * 1000, None
        return Ended(fact.at)

    def settle(self, watch: Watch, state: KeyState, slot: Slot, at: int) -> Fired | Ended | None:
        due = slot.since + away_since(state, watch.subject, slot.since) + self.for_s * 1000
        if due > at:
            slot.due = due
            return None
        latest = state.devices[watch.subject].latest.get(self.metric)
        heartbeat = watch.heartbeats[watch.subject]
        if latest is None or at - latest.at >= HEARTBEATS * heartbeat:
            slot.due = at + max(heartbeat, RECHECK_MS)
            return None
        slot.due, slot.cause = 0, Fact(watch.subject, self.metric, latest.value, latest.changed_at)
        return Fired(due, (slot.cause,))

    def resume(self, watch: Watch, state: KeyState, slot: Slot, *, shift: int, earliest: int) -> None:
        if slot.due:
            slot.since += shift
            slot.due = max(slot.due + shift, earliest)
