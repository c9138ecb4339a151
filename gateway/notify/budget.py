"""How many messages a channel, or one person on it, may be sent: at most so many in any window, a share kept for life safety.

A sliding window, not a token bucket: a bucket of 20 refilled at 20 a minute lets nearly 40 pass in one minute, and a robot
that gets more than its 20 is blocked. Providers of short messages refuse what is over by number: a person told of flat
batteries all day would not be told of a fall. What is counted here is forgotten at a restart.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass

WHOM_MAX = 10_000  # people remembered; beyond it those not told for longest are forgotten


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``most`` messages in any ``length_ms``, the last ``reserve`` of them for life safety only."""

    most: int
    length_ms: int
    reserve: int


class Budget:
    """Several windows at once, taken from all or from none, for each of those who are told; a group is one."""

    def __init__(self, *windows: Window) -> None:
        self._windows = windows
        self._kept_ms = max(window.length_ms for window in windows)
        self._taken: dict[Hashable, deque[int]] = {}

    def take(self, now_ms: int, *, urgent: bool, whom: Hashable = "") -> int:
        """0 when taken; otherwise nothing is taken and the ms to wait is given. ``now_ms`` must not run backwards."""
        taken = self._taken.pop(whom, None) or deque()
        self._taken[whom] = taken  # the last to be forgotten
        if len(self._taken) > WHOM_MAX:
            del self._taken[next(iter(self._taken))]
        while taken and taken[0] <= now_ms - self._kept_ms:
            taken.popleft()
        wait_ms = max(_wait_ms(window, taken, now_ms, urgent=urgent) for window in self._windows)
        if not wait_ms:
            taken.append(now_ms)
        return wait_ms

    def give_back(self, taken_ms: int, *, whom: Hashable = "") -> None:
        """Undo a take: the message was not accepted after all."""
        taken = self._taken.get(whom)
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
