"""What many will do in the next stretch of time, worked out a few at a time while the present one passes.

A thousand homes' next day costs seconds; at once, everything due in those seconds would be late. What is worked out
does not depend on when: it is the same in whatever steps time goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Who = TypeVar("Who")
What = TypeVar("What")

# Everything is ready when this share of the stretch has passed.
READY_AT_SHARE = 0.9


class Ahead(Generic[Who, What]):
    """``work_out(who, from_ms, to_ms)`` for each of ``everyone``, who have names, in their order; it must be pure."""

    def __init__(self, everyone: dict[str, Who], work_out: Callable[[Who, int, int], What]) -> None:
        self._everyone, self._work_out = everyone, work_out
        self._names = list(everyone)
        self._stretch = (0, 0)
        self._reached = 0
        self._ready: dict[str, What] = {}

    def keep_up(self, now_ms: int, begun_ms: int, from_ms: int, to_ms: int) -> None:
        """Work out as much of [from_ms, to_ms) as is due now, in the stretch from ``begun_ms`` to ``from_ms``."""
        self._turn_to(from_ms, to_ms)
        passed = (now_ms - begun_ms) / (from_ms - begun_ms) / READY_AT_SHARE
        self._reach(int(min(max(passed, 0.0), 1.0) * len(self._everyone)))

    def forget(self, name: str) -> None:
        """What was worked out for this one no longer holds: it will be worked out anew."""
        self._ready.pop(name, None)

    def all_of(self, from_ms: int, to_ms: int) -> list[What]:
        """Everyone's, the rest of it worked out now; it is handed over, not kept."""
        self._turn_to(from_ms, to_ms)
        ready = [self._one(name) for name in self._names]
        self._turn_to(0, 0)
        return ready

    def _one(self, name: str) -> What:
        if name not in self._ready:
            self._ready[name] = self._work_out(self._everyone[name], *self._stretch)
        return self._ready[name]

    def _turn_to(self, from_ms: int, to_ms: int) -> None:
        if self._stretch != (from_ms, to_ms):
            self._stretch, self._reached, self._ready = (from_ms, to_ms), 0, {}

    def _reach(self, many: int) -> None:
        for name in self._names[self._reached : many]:
            self._one(name)
        self._reached = max(self._reached, many)
