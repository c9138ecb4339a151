"""Whether the town is on time: each message from the moment it was due to its PUBACK, and what that took of the machine."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from firmware_sim.delays import Delays
from firmware_sim.wire import Message

# A town that is later than this, in wall time, does not keep up.
LATE_MS = 1_000.0
KIB = 1024


class Punctual:
    """Counts from its making on; ``due_s`` gives the monotonic second at which something of a town time is due."""

    def __init__(
        self, due_s: Callable[[int], float], *, from_ms: int, trouble: Callable[[str], None]
    ) -> None:
        self._due_s, self._from_ms, self._trouble = due_s, from_ms, trouble
        self._late, self._behind_ms, self._said_ms = Delays(), 0.0, LATE_MS / 2
        self._began_s, self._began_cpu_s = time.monotonic(), time.process_time()

    def acked(self, message: Message, _sent_ms: float, _acked_ms: float) -> None:
        """A PUBACK has come: what was due before the town went live had to wait for that, and does not count."""
        if message.seq and message.at_ms > self._from_ms:
            self._late.note((time.monotonic() - self._due_s(message.at_ms)) * 1000)

    def published(self, oldest_ms: int) -> None:
        """The town hands over what has been due since ``oldest_ms``; says so when it falls further and further behind."""
        if oldest_ms <= self._from_ms:
            return
        behind_ms = (time.monotonic() - self._due_s(oldest_ms)) * 1000
        self._behind_ms = max(self._behind_ms, behind_ms)
        if behind_ms > 2 * self._said_ms:
            self._said_ms = behind_ms
            self._trouble(f"the town is {behind_ms / 1000:.1f} s behind its time")

    def summary(self) -> dict[str, object]:
        """Lateness, and the CPU and memory used; ``kept_up`` is said to be false in words as well."""
        late, seconds = self._late.summary(), time.monotonic() - self._began_s
        kept_up = self._behind_ms <= LATE_MS and late["p99"] <= LATE_MS
        if not kept_up:
            self._trouble(
                f"the town did not keep up: PUBACKs came {late['p50'] / 1000:.1f} s (median) to {late['max'] / 1000:.1f} s"
                f" after a message was due, itself it was {self._behind_ms / 1000:.1f} s behind at worst:"
                " fewer homes, a lower --speed, a core of its own or a faster broker"
            )
        cpu_s = time.process_time() - self._began_cpu_s
        return {
            "late_ms": late,
            "timed": self._late.count,
            "behind_max_ms": round(self._behind_ms, 1),
            "kept_up": kept_up,
            "cpu_share": round(cpu_s / seconds, 4) if seconds > 0 else 0.0,
            "rss_max_mb": round(rss_max_bytes() / KIB**2, 1),
        }


def rss_max_bytes() -> int:
    """The most memory this process has had so far."""
    # Linux hands what getrusage says on from whoever started the process; /proc does not.
    proc = Path("/proc/self/status")
    if proc.exists():
        peak = next(
            line for line in proc.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:")
        )
        return int(peak.split()[1]) * KIB
    unit = 1 if sys.platform == "darwin" else KIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
