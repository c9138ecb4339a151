"""Progress on stderr: a bar on a terminal, a line every tenth elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from firmware_sim.daytime import shown
from firmware_sim.driven import Past

TENTHS = 10
MINUTE_S = 60


class ShareDone:
    """Use as a context, and ``show`` how much is done. ``name`` begins the lines where there is no terminal."""

    def __init__(self, console: Console, title: str, *, name: str = "") -> None:
        self._console, self._name = console, f"{name}: " if name else ""
        self._said_tenths = 0
        self._bar: Progress | None = None
        if console.is_terminal:
            self._bar = Progress(
                TextColumn(title),
                BarColumn(),
                TextColumn("{task.percentage:>3.0f}% {task.fields[words]}"),
                TimeElapsedColumn(),
                console=console,
            )
            self._task = self._bar.add_task("", total=1.0, words="")

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _problem: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, done: float, words: str) -> None:
        """The share that is done (0-1), and a few words."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, words=words)
        elif int(done * TENTHS) > self._said_tenths:
            self._said_tenths = int(done * TENTHS)
            self._console.print(f"{self._name}{self._said_tenths * 10:3d} %  {words}")


class PastProgress(ShareDone):
    """Call it with how far the past of so many ``days`` has been lived."""

    def __init__(self, console: Console, *, days: float = 1.0) -> None:
        name = "past day" if days <= 1 else f"past {days:g} days"
        super().__init__(console, "小镇重现 living through the past", name=name)
        self._days, self._began_s = days, time.monotonic()

    def __call__(self, past: Past) -> None:
        """Show where the past has got to."""
        self.show(past.done, self._words(past))

    def _words(self, past: Past) -> str:
        """``11-23 14:05 · 12,345 messages · 6 alerts · 2 min left``; of several days also which one it is."""
        words = [shown(past.town_ms), f"{past.messages:,} messages", f"{past.alerts} alerts"]
        if self._days > 1:
            words.insert(0, f"day {min(int(past.done * self._days) + 1, round(self._days))}/{self._days:g}")
        left_s = (time.monotonic() - self._began_s) * (1 / past.done - 1) if past.done else 0.0
        if left_s > MINUTE_S:
            words.append(f"{left_s / MINUTE_S:.0f} min left")
        return " · ".join(words)
