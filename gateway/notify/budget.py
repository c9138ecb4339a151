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
        wait_ms = self.wait_ms(now_ms, urgent=urgent)
        if not wait_ms:
            self._taken.append(now_ms)
        return wait_ms

    def wait_ms(self, now_ms: int, *, urgent: bool) -> int:
        """How long until one more may be taken; 0 for now."""
        while self._taken and self._taken[0] <= now_ms - self._window_ms:
            self._taken.popleft()
        allowed = self._most if urgent else self._most - self._reserve
        if len(self._taken) < allowed:
            return 0
        return self._taken[len(self._taken) - allowed] + self._window_ms - now_ms

    def idle(self, now_ms: int) -> bool:
        """Whether nothing taken still counts."""
        return not self._taken or self._taken[-1] <= now_ms - self._window_ms


class Budgets:
    """Several at once, such as so many a minute and so many an hour: taken from all, or from none."""

    def __init__(self, *budgets: Budget) -> None:
        self._budgets = budgets

    def take(self, now_ms: int, *, urgent: bool) -> int:
        """As ``Budget.take``; the wait is the longest of them."""
        wait_ms = max(budget.wait_ms(now_ms, urgent=urgent) for budget in self._budgets)
        if not wait_ms:
            for budget in self._budgets:
                budget.take(now_ms, urgent=urgent)
        return wait_ms

    def idle(self, now_ms: int) -> bool:
        """Whether nothing taken still counts in any of them."""
        return all(budget.idle(now_ms) for budget in self._budgets)
