"""A figure in a unit nobody agreed on. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from rules.events import Telemetry, Value

BATTERY = "battery"  # percent


def is_fraction(metrics: Mapping[str, Value]) -> bool:
    """Whether the battery is told from 0 to 1: between the two no gauge tells percent. Exactly 1 may be either."""
    value = metrics.get(BATTERY, 1.0)
    return isinstance(value, float) and 0.0 < value < 1.0


def without_battery(event: Telemetry) -> Telemetry:
    """The reading without it. Nobody multiplies: half a percent for fifty would end the alert of a dying battery."""
    left = {name: value for name, value in event.metrics.items() if name != BATTERY}
    return msgspec.structs.replace(event, metrics=left)
