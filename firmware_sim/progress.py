"""Progress of the past being lived through: a bar on a terminal, a line every tenth elsewhere. All on stderr.

What only takes long when there is much of it is told by a ``Tally``.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from firmware_sim.daytime import shown

TENTHS = 10
TELL_EVERY_S = 2.0


class PastProgress:
    """Use as a context; call it with the share done (0–1) and the town's time (epoch ms)."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said_tenths = 0
        self._bar: Progress | None = None
        if console.is_terminal:
            self._bar = Progress(
                TextColumn("小镇昨日重现 living through the past day"),
                BarColumn(),
                TextColumn("{task.percentage:>3.0f}% {task.fields[clock]}"),
                TimeElapsedColumn(),
                console=console,
            )
            self._task = self._bar.add_task("past", total=1.0, clock="")

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _problem: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: float, town_ms: int) -> None:
        """Show where the past has got to."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, clock=shown(town_ms))
        elif int(done * TENTHS) > self._said_tenths:
            self._said_tenths = int(done * TENTHS)
            self._console.print(f"past day: {self._said_tenths * 10:3d} %  {shown(town_ms)}")


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
