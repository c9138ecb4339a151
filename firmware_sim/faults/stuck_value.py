"""Stuck value: the sensor goes on reporting, always the same."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.faults.fault import Fault, Turned, reworded
from firmware_sim.wire import Message, Value

EVERY = "every"


@dataclass(kw_only=True)
class StuckValue(Fault):
    """Each metric keeps the first value it has in the window, or is ``value``; events are still raised."""

    name = "stuck_value"
    zh = "读数卡住：一直上报同一个值"
    en = "A reading does not change any more"
    metric: str = EVERY
    value: str = ""

    def begin(self) -> None:
        """Nothing was seen yet."""
        self._seen: dict[str, Value] = {}

    def turn(self, message: Message, at_ms: int) -> Turned:
        """The message with the values that stick."""
        return [(at_ms, reworded(message, self._stick) if message.kind == "telemetry" else message)]

    def _stick(self, body: dict[str, dict[str, Value]]) -> None:
        values = body["m"]
        for name, value in values.items():
            if self.metric in {EVERY, name}:
                values[name] = self._seen.setdefault(name, _like(self.value, value) if self.value else value)


def _like(text: str, value: Value) -> Value:
    """The text as a value of the kind that the metric has."""
    if isinstance(value, bool):
        return text.lower() in {"true", "yes", "1"}
    try:
        return type(value)(text)
    except ValueError:
        return text
