"""The beat of the event loop: how late it wakes, and the sign of life that systemd waits for.

It beats on the loop that carries the alarms: a loop that hangs gives no sign, and systemd starts the hub anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from gateway import systemd
from gateway.histogram import SECONDS, Histogram

BEAT_S = 0.5
SIGNS_A_PERIOD = 3  # signs of life within the time systemd waits


class Pulse:
    """``lag`` is how late each beat came, in seconds. ``reasons`` say why the hub is not ready; systemctl status shows them."""

    def __init__(self, reasons: Callable[[], list[str]]) -> None:
        self.lag = Histogram(SECONDS)
        self._reasons = reasons
        self._worst_s = 0.0

    def take_worst_s(self) -> float:
        """How late the latest beat came since this was asked the last time, in seconds."""
        worst, self._worst_s = self._worst_s, 0.0
        return worst

    async def run(self) -> None:
        """Beat until cancelled."""
        wanted_s = systemd.watchdog_s()
        every_s = min(BEAT_S, wanted_s / SIGNS_A_PERIOD) if wanted_s else BEAT_S
        told = ""
        while True:
            due = time.monotonic() + every_s
            await asyncio.sleep(every_s)
            late_s = max(0.0, time.monotonic() - due)
            self._worst_s = max(self._worst_s, late_s)
            self.lag.observe(late_s)
            status = "; ".join(self._reasons()) or "ready"
            words = ["WATCHDOG=1"] if wanted_s else []
            if status != told:
                words.append(f"STATUS={status}".replace("\n", " "))
                told = status
            if words:
                systemd.tell("\n".join(words))
