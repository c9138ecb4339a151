"""Wrong unit: the right figure in a unit nobody agreed on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from firmware_sim.faults.fault import Fault, Turned, reworded
from firmware_sim.wire import Message


def _fraction(value: float) -> float:
    return round(value / 100, 4)


def _fahrenheit(value: float) -> float:
    return round(value * 9 / 5 + 32, 1)


def _loss(value: float) -> float:
    return -value


MEASURED: dict[str, Callable[[float], float]] = {
    "battery": _fraction, "humidity": _fraction, "temperature": _fahrenheit, "rssi": _loss,
}  # fmt: skip


@dataclass(kw_only=True)
class WrongUnit(Fault):
    """``of`` battery or humidity: 0 to 1 for percent; temperature: °F for °C; rssi: dB of loss for dBm; ts: seconds for ms."""

    name = "wrong_unit"
    zh = "单位错误：数值按另一种单位上报"
    en = "A figure comes in another unit"
    of: str = "battery"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"of": (*MEASURED, "ts")}

    def turn(self, message: Message, at_ms: int) -> Turned:
        """The message in that unit."""
        return [(at_ms, reworded(message, self._converted))]

    def _converted(self, body: dict[str, Any]) -> None:
        if self.of == "ts":
            if "ts" in body:
                body["ts"] //= 1000
            return
        values = body.get("m", {})
        if self.of in values:
            values[self.of] = MEASURED[self.of](values[self.of])
