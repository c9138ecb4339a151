"""How many messages a channel may take: at most so many in any window of time, a share kept for life safety.

A sliding window, not a token bucket: a bucket of 20 refilled at 20 a minute lets nearly 40 pass in one minute, and a robot
that gets more than its 20 is blocked.
"""

from __future__ import annotations

from collections import deque


class Budget:
    """At most ``most`` takes in any ``window_ms``; the last ``reserve`` of them for urgent ones only."""

    def __init__(self, *, most: int, window_ms: int, reserve: int) -> None:
        self._most, self._window_ms, self._reserve = most, window_ms, reserve
        self._taken: deque[int] = deque()

    def take(self, now_ms: int, *, urgent: bool) -> int:
        """0 when taken; otherwise nothing is taken and the ms to wait is given. ``now_ms`` must not run backwards."""
        while self._taken and self._taken[0] <= now_ms - self._window_ms:
            self._taken.popleft()
        allowed = self._most if urgent else self._most - self._reserve
        if len(self._taken) < allowed:
            self._taken.append(now_ms)
            return 0
        return self._taken[len(self._taken) - allowed] + self._window_ms - now_ms
