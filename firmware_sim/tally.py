"""Progress of what takes long only when there is much of it, on stderr."""

from __future__ import annotations

import time

from rich.console import Console

TELL_EVERY_S = 2.0


class Tally:
    """Call it with how many are done: it says so every two seconds."""

    def __init__(self, console: Console, what: str, total: int) -> None:
        self._console, self._what, self._total = console, what, total
        self._said_s = time.monotonic()

    def __call__(self, done: int) -> None:
        """So many are done."""
        if time.monotonic() - self._said_s >= TELL_EVERY_S:
            self._said_s = time.monotonic()
            self._console.print(f"{self._what}: {done} of {self._total}")
