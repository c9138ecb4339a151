"""Which of many rows a database refuses, where it refuses them all together and names none."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

HALVINGS_MAX = 64  # tries spent on finding the refused rows of one batch

T = TypeVar("T")


def refused(
    parts: Iterable[Sequence[T]], attempt: Callable[[Sequence[T]], str | None]
) -> list[tuple[T, str]]:
    """The refused rows, each with the reason, of parts of which ``attempt`` says why they are refused, or None.

    A refused part is halved until it holds one row. After HALVINGS_MAX one is refused as a whole.
    """
    waiting = deque(parts)
    found: list[tuple[T, str]] = []
    halvings = 0
    while waiting:
        part = waiting.popleft()
        reason = attempt(part)
        if reason is None:
            continue
        if len(part) == 1 or halvings == HALVINGS_MAX:
            found += [(row, reason) for row in part]
            continue
        halvings += 1
        middle = len(part) // 2
        waiting.extendleft((part[middle:], part[:middle]))
    return found
