"""Which rules watch what in one home or facility: worked out once per world and key, read at every event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rules.conditions.condition import Condition
from rules.conditions.level import Level
from rules.conditions.silent import Silent
from rules.state import bytes_max

if TYPE_CHECKING:
    from rules.rule import Rule
    from rules.world import Device, Place


@dataclass(frozen=True, slots=True)
class Watch:
    """One rule about one subject: a device, or the whole key.

    ``devices`` are those whose metrics it reads, ``heartbeats`` their longest allowed silence between reports in ms.
    """

    rule: Rule
    condition: Condition
    subject: str
    slot: str
    devices: tuple[str, ...]
    heartbeats: dict[str, int]
    zone: ZoneInfo
    capacity: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """All watches of a key, and who listens to which metric and event of which device."""

    key: str
    devices: tuple[str, ...]
    watches: dict[str, Watch]
    by_metric: dict[str, dict[str, tuple[Watch, ...]]]
    by_event: dict[str, dict[str, tuple[Watch, ...]]]
    silent: dict[str, tuple[Watch, ...]]

    @property
    def state_bytes_max(self) -> int:
        """The declared bound of the key's serialised state."""
        metrics = sum(len(found) for found in self.by_metric.values())
        return bytes_max(len(self.devices), len(self.watches), metrics)


def plan_for(place: Place, devices: list[Device], rules: tuple[Rule, ...], zone: ZoneInfo) -> Plan:
    """The plan of one place."""
    watches = [
        watch
        for rule in rules
        if rule.applies_to in {"any", place.kind}
        for watch in _watches(rule, place, devices, zone)
    ]
    return Plan(
        key=place.key,
        devices=tuple(device.id for device in devices),
        watches={watch.slot: watch for watch in watches},
        by_metric=_listeners([(d, m, w) for w in watches for d in w.devices for m in w.condition.metrics]),
        by_event=_listeners([(d, e, w) for w in watches for d in _sources(w) for e in w.condition.events]),
        silent={
            device.id: found
            for device in devices
            if (
                found := tuple(
                    w for w in watches if w.subject == device.id and isinstance(w.condition, Silent)
                )
            )
        },
    )


def _watches(rule: Rule, place: Place, devices: list[Device], zone: ZoneInfo) -> list[Watch]:
    condition = rule.when.condition
    chosen = [device for device in devices if not rule.device_kinds or device.kind in rule.device_kinds]
    without_capacity = (
        isinstance(condition, Level) and condition.above == "capacity" and place.capacity is None
    )
    if not chosen or without_capacity:
        return []

    def watch(subject: str, read: list[Device]) -> Watch:
        return Watch(
            rule=rule,
            condition=condition,
            subject=subject,
            slot=f"{rule.id}|{subject}",
            devices=tuple(device.id for device in read),
            heartbeats={device.id: device.heartbeat_s * 1000 for device in read},
            zone=zone,
            capacity=place.capacity,
        )

    if not condition.per_device:
        return [watch(place.key, chosen)]
    return [watch(device.id, devices if condition.reads_whole_key else [device]) for device in chosen]


def _sources(watch: Watch) -> tuple[str, ...]:
    return (watch.subject,) if watch.condition.per_device else watch.devices


def _listeners(entries: list[tuple[str, str, Watch]]) -> dict[str, dict[str, tuple[Watch, ...]]]:
    found: dict[str, dict[str, tuple[Watch, ...]]] = {}
    for device, name, watch in entries:
        of_device = found.setdefault(device, {})
        of_device[name] = (*of_device.get(name, ()), watch)
    return found
