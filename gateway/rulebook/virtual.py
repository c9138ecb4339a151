"""One home or facility on virtual time, judged by the production core; ticks come exactly when the rules ask for them."""

from __future__ import annotations

from rules.effects import Effect
from rules.events import AnyEvent, ClockStepped, FeedLost, Tick, WorldChanged
from rules.state import KeyState
from rules.step import advance
from rules.world import World


class Virtual:
    """The state of one key from ``start`` on, in a world that does not change. Times are epoch milliseconds.

    Events are told in order of hub time (``event.at``), and only those that concern the key (``rules.step.keys``).
    ``state`` may be read, not written.
    """

    __slots__ = ("now", "state", "world")

    def __init__(self, world: World, key: str, start: int) -> None:
        self.world, self.now = world, start
        self.state = KeyState(key)
        advance(world, self.state, WorldChanged(start, world.version, (), ()), start)

    def tell(self, event: AnyEvent) -> list[Effect]:
        """What is decided by the time of the event, each deadline at its own time, and at the event itself."""
        at = event.at
        if at < self.now:
            raise ValueError(
                f"an event of {at} after {self.now}: hub time never runs back; sort the events by `at`"
            )
        if self.state.wake > at:  # nearly always: this is called millions of times in a backtest
            self.now = at
            return advance(self.world, self.state, event, at)
        effects = self.until(_settles_until(event))
        self.now = at
        effects += advance(self.world, self.state, event, at)
        return effects

    def until(self, at: int) -> list[Effect]:
        """What is decided by the mere passing of time up to ``at``, inclusive."""
        effects: list[Effect] = []
        state = self.state
        while state.wake <= at and not state.lost_at:
            self.now = max(state.wake, self.now)
            effects += advance(self.world, state, Tick(self.now), self.now)
            if state.wake <= self.now:
                raise RuntimeError(
                    f"{state.key}: a tick at {self.now} left {state.wake} unsettled: a bug in a condition"
                )
        self.now = max(at, self.now)
        return effects


def _settles_until(event: AnyEvent) -> int:
    """Up to when time had passed undisturbed before the event: nobody ticked while the hub was away or its clock jumped."""
    if isinstance(event, FeedLost):
        return event.lost_at
    return event.at - max(event.by, 0) if isinstance(event, ClockStepped) else event.at
