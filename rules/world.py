"""The world the rules judge in: places, devices, rules, time zone. A value with a version; every change is a new one."""

from __future__ import annotations

from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from rules.plan import Plan, plan_for
from rules.rule import Rule


class Device(msgspec.Struct, frozen=True):
    """A registered device: where it is and how often it reports at least."""

    id: str
    site: str
    key: str
    kind: str
    room: str
    heartbeat_s: int


class Place(msgspec.Struct, frozen=True):
    """A home or a facility; no name and no address: the rules need none."""

    key: str
    kind: Literal["home", "facility"]
    capacity: int | None = None


class Definition(msgspec.Struct, frozen=True):
    """What a world is made of, as it is journalled."""

    version: int
    zone: str
    places: tuple[Place, ...]
    devices: tuple[Device, ...]
    rules: tuple[Rule, ...]


class World:
    """A definition with its indexes. Plans are worked out once per key, on first use."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.version = definition.version
        self.places: dict[str, Place] = {place.key: place for place in definition.places}
        self.devices: dict[str, Device] = {device.id: device for device in definition.devices}
        self.zone = ZoneInfo(definition.zone)
        self._plans: dict[str, Plan] = {}

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """All homes and facilities, sorted."""
        return tuple(sorted(self.places))

    @cached_property
    def by_key(self) -> dict[str, list[Device]]:
        """Devices of each key, in order of id."""
        found: dict[str, list[Device]] = {key: [] for key in self.places}
        for device in sorted(self.devices.values(), key=lambda device: device.id):
            found[device.key].append(device)
        return found

    def plan(self, key: str) -> Plan:
        """Which rules watch what in that home or facility."""
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = plan_for(
                self.places[key], self.by_key[key], self.definition.rules, self.zone
            )
        return plan


def changed_rules(old: Definition | None, new: Definition) -> tuple[str, ...]:
    """Ids of rules that are new, gone or different, in order: these start anew."""
    before = {rule.id: rule for rule in old.rules} if old else {}
    after = {rule.id: rule for rule in new.rules}
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))


def gone_devices(old: Definition | None, new: Definition) -> tuple[str, ...]:
    """Ids of devices that are gone or have moved to another place: they are forgotten where they were."""
    after = {device.id: device.key for device in new.devices}
    return tuple(sorted(d.id for d in (old.devices if old else ()) if after.get(d.id) != d.key))


EMPTY = Definition(version=0, zone="UTC", places=(), devices=(), rules=())
