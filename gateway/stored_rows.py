"""What of the journal is stored: one row for each value a device gave. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from gateway.store.readings import Readings, point_time_ns
from rules.events import AnyEvent, Occurrence, Status, Telemetry, Value
from rules.world import World

SELF, SELF_PLACE = "carehub", "hub"  # the hub as a device of its own
UNKNOWN = ("unknown", True)  # a device that has left the registry since: kept as a home's, which few may read
QUALITY = ("good", "late", "clock", "retained")  # by rules.events.Quality

# The columns of Readings: device, place, home, metric, time_ns, value, text, quality, boot, seq, received_at.
Row: TypeAlias = tuple[str, str, bool, str, int, float, str | None, str, str | None, int | None, int]


def rows_of(events: Iterable[AnyEvent], world: World) -> list[Row]:
    """The rows of what devices said, in order; the rest of the journal is not stored."""
    rows: list[Row] = []
    places: dict[str, tuple[str, bool]] = {}
    for event in events:
        if isinstance(event, Telemetry):
            values: Mapping[str, Value] = event.metrics
            boot, seq, text = event.boot, event.seq, None
        elif isinstance(event, Occurrence):
            confidence = event.data.get("confidence", 1.0)
            values = {f"event.{event.type}": 1.0 if isinstance(confidence, str) else confidence}
            boot, seq, text = event.boot, event.seq, event.id or None
        elif isinstance(event, Status):
            values = {"online": float(event.online)} | event.info
            boot, seq, text = "", 0, event.via or None  # behind which radio gateway it is
        else:
            continue
        device, at, quality = event.device, event.at, QUALITY[event.quality]
        place = places.get(device)
        if place is None:
            place = places[device] = _place_of(device, world)
        time_ns = point_time_ns(event.observed_at, seq)
        name, number = (boot, seq) if boot else (None, None)
        for metric, value in values.items():
            if isinstance(value, str):
                rows.append((device, *place, metric, time_ns, 0.0, value, quality, name, number, at))
            else:
                rows.append((device, *place, metric, time_ns, value, text, quality, name, number, at))
                text = None  # it belongs to the first: the event itself, or ``online``
    return rows


def own_rows(figures: Mapping[str, float], at: int) -> list[Row]:
    """What the hub says of itself at ``at`` (ms)."""
    return [
        (SELF, SELF_PLACE, False, name, point_time_ns(at, 0), value, None, QUALITY[0], None, None, at)
        for name, value in figures.items()
    ]


def skew_rows(skews: Mapping[str, float], at: int, world: World) -> list[Row]:
    """What the hub says at ``at`` of its devices' clocks: ms ahead of hub time, as readings of theirs."""
    return [
        (name, *_place_of(name, world), "clock_skew_ms", point_time_ns(at, 0), ms, None, QUALITY[0], None, None, at)
        for name, ms in skews.items()
    ]  # fmt: skip


def readings_of(rows: list[Row]) -> Readings:
    """The rows as columns."""
    return Readings(*map(list, zip(*rows, strict=True))) if rows else Readings()


def _place_of(device_id: str, world: World) -> tuple[str, bool]:
    device = world.devices.get(device_id)
    place = world.places.get(device.key) if device else None
    return (place.key, place.kind == "home") if place else UNKNOWN
