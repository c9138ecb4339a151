"""What was read before: known by the device's own count, or by an event's id.

The engine remembers what was applied; here is what was read since, and for each device a *run*: the numbers it has counted
without a gap up to the newest. Nearly every message is the next of its run, and then nobody else need be asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
from typing import Protocol

import msgspec

from rules.events import Occurrence, Telemetry


class Memory(Protocol):
    """Knows which messages were taken before."""

    def has_seen(self, event: Telemetry | Occurrence) -> bool:
        """Whether this message, by its identity, was taken before."""

    def highest(self, device: str, boot: str) -> int | None:
        """The highest number taken of that power-up; None if it is not known."""


class Run(msgspec.Struct, gc=False):
    """``low`` to ``high`` of one power-up were all read, and nothing of it above. A city has as many as devices."""

    boot: str
    low: int
    high: int


class Repeats:
    """Tells a repeat from news. ``runs`` by device; a caller may take a run's next number by itself."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.runs: dict[str, Run] = {}
        self._begin()

    def _begin(self) -> None:
        # What was read and may not yet be in the memory, beside the runs.
        self._numbers: set[tuple[str, str, int]] = set()
        self._ids: set[tuple[str, str]] = set()
        self._left: defaultdict[tuple[str, str], list[Run]] = defaultdict(list)

    def applied(self) -> None:
        """What was read so far is in the memory by now."""
        if self._numbers or self._ids or self._left:
            self._begin()

    def keep(self, devices: Container[str]) -> None:
        """Forget the runs of all others; only when everything that was read is applied."""
        self.runs = {device: run for device, run in self.runs.items() if device in devices}

    def is_repeat(self, event: Telemetry | Occurrence) -> bool:
        """Whether it was read before; from now on it was."""
        if isinstance(event, Occurrence) and event.id:
            name = (event.device, event.id)
            known = name in self._ids
            self._ids.add(name)
            return known or self._memory.has_seen(event)
        if self._was_read(event) or self._memory.has_seen(event):
            return True
        self._take(event.device, event.boot, event.seq)
        return False

    def _was_read(self, event: Telemetry | Occurrence) -> bool:
        device, boot, seq = event.device, event.boot, event.seq
        run = self.runs.get(device)
        if run is not None and run.boot == boot and run.low <= seq <= run.high:
            return True
        if (device, boot, seq) in self._numbers:
            return True
        return any(left.low <= seq <= left.high for left in self._left.get((device, boot), ()))

    def _take(self, device: str, boot: str, seq: int) -> None:
        run = self.runs.get(device)
        if run is not None and run.boot == boot and seq == run.high + 1:
            run.high = seq
        elif self._is_newest(run, device, boot, seq):
            if run is not None:
                self._left[device, run.boot].append(run)
            self.runs[device] = Run(boot, seq, seq)
        else:
            self._numbers.add((device, boot, seq))

    def _is_newest(self, run: Run | None, device: str, boot: str, seq: int) -> bool:
        """Whether nothing above that number was read of the power-up, and it is none that the device has left."""
        if run is not None and run.boot == boot:
            return seq > run.high
        if (device, boot) in self._left:
            return False
        highest = self._memory.highest(device, boot)
        return highest is None or (run is None and seq > highest)
