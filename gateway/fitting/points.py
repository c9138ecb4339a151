"""What proves that a device does its work (逐点触发测试): by its kind, which of its messages somebody has made it send.

That a device is heard proves little: a door contact also says every hour that the door is closed. So a value proves it when it
changes while somebody tries it out, an event whenever it comes. What was seen before the test, or late, proves nothing.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Final

from rules.events import AnyEvent, Occurrence, Quality, Status, Telemetry, Value

PROVING_EVENTS: Final[dict[str, frozenset[str]]] = {
    "pendant": frozenset({"sos", "fall", "test"}),
    "sos": frozenset({"sos", "test"}),
    "radar": frozenset({"fall", "test"}),
    "smoke": frozenset({"smoke", "test"}),
    "leak": frozenset({"leak", "test"}),
}
PROVING_CHANGES: Final[dict[str, frozenset[str]]] = {
    "radar": frozenset({"presence", "motion"}),
    "contact": frozenset({"contact"}),
    "opening": frozenset({"contact"}),
    "motion": frozenset({"motion"}),
    "bed": frozenset({"bed"}),
    "seat": frozenset({"seat"}),
    "flush": frozenset({"flush"}),
    "appliance": frozenset({"appliance"}),
    "stove": frozenset({"stove"}),
    "smoke": frozenset({"smoke"}),
    "leak": frozenset({"leak"}),
    "counter": frozenset({"in", "out"}),
}
MOMENTS: Final = frozenset({"motion", "flush", "smoke", "leak"})  # a 1 is news each time it is said
PROVEN_BY_SPEAKING: Final = frozenset(
    {"climate", "gateway"}
)  # nothing to trigger: that it is heard is its work
WEEKLY_KINDS: Final = ("pendant", "sos")  # buttons and wearables: JGJ/T 484
WEEK_MS: Final = 7 * 86_400_000
CLOCK_OFF_MS: Final = 30_000  # as late a device's own time may be and still be read as now

Values = MutableMapping[tuple[str, str], Value]  # the last value by device and metric


def proof_of(kind: str, event: AnyEvent, since: int, before: Values) -> str:
    """What in this message proves a device of that kind, for a test that began at ``since`` (ms); '' where nothing does.

    A metric, ``event.<type>`` or ``status``. Notes the values in ``before``, in which they were as of the test's begin.
    """
    match event:
        case Occurrence() if _is_of_the_test(event, since):
            named = event.type in PROVING_EVENTS.get(kind, ())
            return f"event.{event.type}" if named or kind in PROVEN_BY_SPEAKING else ""
        case Telemetry() if _is_of_the_test(event, since):
            return _in_values(kind, event, before)
        case Status() if _is_of_the_test(event, since) and event.online and kind in PROVEN_BY_SPEAKING:
            return "status"
    return ""


def is_due(proven_at: int | None, now: int) -> bool:
    """Whether a button or wearable that was proven then (None: never) is to be tested by now."""
    return proven_at is None or now >= proven_at + WEEK_MS


def _is_of_the_test(event: Occurrence | Telemetry | Status, since: int) -> bool:
    fresh = event.quality in {Quality.GOOD, Quality.CLOCK}
    return fresh and event.at >= since and event.observed_at >= since - CLOCK_OFF_MS


def _in_values(kind: str, event: Telemetry, before: Values) -> str:
    if kind in PROVEN_BY_SPEAKING:
        return next(iter(event.metrics), "")
    found = ""
    for metric, value in event.metrics.items():
        if metric not in PROVING_CHANGES.get(kind, ()):
            continue
        known = before.get((event.device, metric))
        before[event.device, metric] = value
        moment = metric in MOMENTS and value == 1
        if moment or (known is not None and known != value):
            found = found or metric
    return found
