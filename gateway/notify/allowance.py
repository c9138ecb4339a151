"""How often one telephone may be told: several windows at once, a share of each kept for life safety.

Providers in the mainland limit by number: what is over is refused, and a person told of flat batteries all day would not be
told of a fall. What is counted here is forgotten at a restart; then the provider's own refusal says so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass

NUMBERS_MAX = 10_000  # telephones remembered; beyond it those not told for longest are forgotten


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``most`` messages in any ``length_ms``."""

    most: int
    length_ms: int

    @property
    def reserve(self) -> int:
        """How many of them are for life safety only: two fifths."""
        return self.most * 2 // 5


class Allowance:
    """Sliding windows for each telephone; ``now_ms`` must not run backwards."""

    def __init__(self, windows: tuple[Window, ...]) -> None:
        self._windows = windows
        self._kept_ms = max(window.length_ms for window in windows)
        self._taken: dict[Hashable, deque[int]] = {}

    def take(self, telephone: Hashable, now_ms: int, *, urgent: bool) -> int:
        """0 when taken from every window; otherwise nothing is taken and the ms to wait is given."""
        taken = self._taken.pop(telephone, None) or deque()
        self._taken[telephone] = taken  # the last to be forgotten
        if len(self._taken) > NUMBERS_MAX:
            del self._taken[next(iter(self._taken))]
        while taken and taken[0] <= now_ms - self._kept_ms:
            taken.popleft()
        wait_ms = max(_wait_ms(window, taken, now_ms, urgent=urgent) for window in self._windows)
        if wait_ms == 0:
            taken.append(now_ms)
        return wait_ms

    def give_back(self, telephone: Hashable, taken_ms: int) -> None:
        """Undo a take: the message was not accepted after all."""
        taken = self._taken.get(telephone)
        if taken is not None and taken_ms in taken:
            taken.remove(taken_ms)


def _wait_ms(window: Window, taken: deque[int], now_ms: int, *, urgent: bool) -> int:
    allowed = window.most if urgent else window.most - window.reserve
    within = [at for at in taken if at > now_ms - window.length_ms]
    if len(within) < allowed:
        return 0
    if allowed == 0:
        return window.length_ms
    return within[len(within) - allowed] + window.length_ms - now_ms
