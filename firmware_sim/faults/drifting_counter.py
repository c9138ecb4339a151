"""Drifting counter: people are counted who never came."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.daytime import HOUR
from firmware_sim.faults.fault import Fault, Turned, reworded
from firmware_sim.wire import Message, Value


@dataclass(kw_only=True)
class DriftingCounter(Fault):
    """Counts ``per_hour`` people too many on the way in (negative: out), and keeps what it has so until a restart."""

    name = "drifting_counter"
    zh = "计数漂移：进出人数越数越偏"
    en = "A counter counts people who never came, more and more of them"
    per_hour: float = 6.0

    def begin(self) -> None:
        """The count of which power-up it is that drifts."""
        self._boot: str | None = None

    def covers(self, message: Message, at_ms: int) -> bool:
        """From the beginning on; after the end as long as the device has not started anew."""
        if message.kind != "telemetry" or at_ms < self.from_ms:
            return False
        return at_ms < self.to_ms or message.boot == self._boot

    def turn(self, message: Message, at_ms: int) -> Turned:
        """The figures with the people who never came."""
        if at_ms < self.to_ms:
            self._boot = message.boot
        extra = int((min(at_ms, self.to_ms) - self.from_ms) * abs(self.per_hour) / HOUR)

        def miscount(body: dict[str, dict[str, Value]]) -> None:
            values = body["m"]
            if "occupancy" not in values or not extra:
                return
            way, sign = ("in", 1) if self.per_hour > 0 else ("out", -1)
            values["occupancy"] = max(int(values["occupancy"]) + sign * extra, 0)
            if way in values:
                values[way] = int(values[way]) + extra

        return [(at_ms, reworded(message, miscount))]
