"""When a message that was not taken is tried again, and when it is given up. Pure; wall clock in ms."""

from __future__ import annotations

from gateway.notify.channel import Recoverable
from gateway.notify.outbox import Outcome, Waiting

FIRST_WAIT_MS = 1_000
WAIT_MS_MAX = 60_000
RETRY_AFTER_MS_MAX = 300_000  # a receiver that asks for a day must not silence a fall for a day
GIVE_UP_MS = 24 * 3_600_000


def not_taken(waiting: Waiting, refusal: Recoverable, *, now_ms: int) -> Outcome:
    """Wait 1, 2, 4 … 60 s, longer where the receiver asks; after 24 h failed, unless it is life safety."""
    if not waiting.life_safety and now_ms - waiting.raised_wall_ms >= GIVE_UP_MS:
        return Outcome(state="failed", at_ms=now_ms, error=f"given up after 24 h: {refusal.reason}")
    wait_ms = min(WAIT_MS_MAX, FIRST_WAIT_MS << min(waiting.attempts, 10))
    if refusal.retry_after_s is not None:
        wait_ms = max(wait_ms, min(RETRY_AFTER_MS_MAX, int(refusal.retry_after_s * 1000) + 1))
    return Outcome(state="waiting", at_ms=now_ms, next_try_ms=now_ms + wait_ms, error=refusal.reason)
