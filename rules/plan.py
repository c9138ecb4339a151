"""Which rules watch what in one home or facility: worked out once per world and key, read at every event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from rules.conditions.condition import Condition
from rules.conditions.level import Level
from rules.conditions.silent import Silent
from rules.headcount import COUNTED
from rules.local_time import Window
from rules.rooms import is_front_door, kind_of
from rules.state import bytes_max
from rules.vocabulary import ACTIVITY_BY_CHANGE, ACTIVITY_BY_VALUE

if TYPE_CHECKING:
    from rules.rule import Rule
    from rules.world import Device, Place

COUNTER = "counter"  # the kind of device that counts people
SEER = "radar"  # and the one that sees whether anybody is there: ``presence``
STILL = frozenset({"bed", "seat"})  # somebody held by these is at home and need not move


@dataclass(frozen=True, slots=True)
class Sensors:
    """What the devices of a place are to each other: its front doors, and the kind of room each stands in."""

    front_doors: frozenset[str]
    rooms: dict[str, str]


class Watch(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One condition of a rule about one subject: a device, or the whole key.

    ``devices`` are those whose metrics it reads, ``heartbeats`` their longest allowed silence between reports in ms.
    ``whole`` is the slot of the condition it is a part of ('' for the rule's own), ``parts`` those it is made of.
    ``counts``: it asks how many people are in the facility, by all of its counters.
    """

    rule: Rule
    condition: Condition
    subject: str
    slot: str
    devices: tuple[str, ...]
    heartbeats: dict[str, int]
    zone: ZoneInfo
    calendar: str
    capacity: int | None
    sensors: Sensors
    whole: str = ""
    parts: tuple[Watch, ...] = ()
    listens: bool = False
    counts: bool = False


class Reads(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What one metric of one device is to its place: who watches it, and whether it shows somebody doing something."""

    watches: tuple[Watch, ...]
    by_value: bool
    by_change: bool
    door: bool
    still: bool
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All watches of a key, and who listens to which metric and event of which device.

    ``counters`` are the devices that count the people of a facility, ``seers`` those that see whether anybody is there,
    ``heartbeats`` how often these report at least (ms), ``hours`` when it is open (None: not known).
    """

    key: str
    home: bool
    devices: tuple[str, ...]
    zone: ZoneInfo
    sensors: Sensors
    watches: dict[str, Watch]
    reads: dict[str, dict[str, Reads]]
    by_event: dict[str, dict[str, tuple[Watch, ...]]]
    silences: tuple[Watch, ...]
    silent: dict[str, tuple[Watch, ...]] = field(default_factory=dict)
    on_presence: tuple[Watch, ...] = ()
    on_count: tuple[Watch, ...] = ()
    counters: frozenset[str] = frozenset()
    hours: tuple[Window, ...] | None = None
    calendar: str = "cn"
    seers: frozenset[str] = frozenset()
    heartbeats: dict[str, int] = field(default_factory=dict)

    @property
    def state_bytes_max(self) -> int:
        """The declared bound of the key's serialised state."""
        metrics = sum(len(found) for found in self.reads.values())
        return bytes_max(len(self.devices), len(self.watches), metrics)


def plan_for(
    place: Place, devices: list[Device], rules: Iterable[Asked], zone: ZoneInfo, calendar: str = "cn"
) -> Plan:
    """The plan of one place, from what the rules ask of it as that place has them."""
    maker = _Maker(place, devices, zone, calendar)
    applies = {"any", place.kind}
    roots = [watch for asked in rules if asked.rule.applies_to in applies for watch in maker.watches(asked)]
    every = [watch for root in roots for watch in _with_parts(root)]
    silences = tuple(watch for watch in every if isinstance(watch.condition, Silent))
    return Plan(
        key=place.key,
        home=place.kind == "home",
        devices=tuple(device.id for device in devices),
        zone=zone,
        sensors=maker.sensors,
        watches={watch.slot: watch for watch in every},
        reads=_reads(every, devices, maker.sensors, maker.counters, maker.seers, home=place.kind == "home"),
        by_event=_by_event(every),
        silences=silences,
        silent={
            device.id: found
            for device in devices
            if (found := tuple(watch for watch in silences if watch.subject == device.id))
        },
        on_presence=tuple(watch for watch in every if watch.condition.listens_to_presence),
        on_count=tuple(watch for watch in every if watch.counts),
        counters=maker.counters,
        hours=place.hours,
        calendar=calendar,
        seers=maker.seers,
        heartbeats={
            device.id: device.heartbeat_s * 1000
            for device in devices
            if device.id in maker.counters | maker.seers
        },
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """The devices that a watch reads; watches of the same ones share it, for a city has a million watches."""

    devices: tuple[str, ...]
    heartbeats: dict[str, int]

    @classmethod
    def of(cls, devices: list[Device]) -> _Read:
        return cls(
            tuple(device.id for device in devices),
            {device.id: device.heartbeat_s * 1000 for device in devices},
        )


class Asked(msgspec.Struct, frozen=True, eq=False):
    """What a rule asks, the same for every place: worked out once, because a city makes a plan for every home."""

    rule: Rule
    condition: Condition
    parts: tuple[Asked, ...]
    per_device: bool
    whole_key: bool
    listens: bool
    capacity: bool


def asked_by(rule: Rule) -> Asked:
    """What that rule asks."""
    return _asked(rule, rule.when.condition)


def _asked(rule: Rule, condition: Condition) -> Asked:
    parts = tuple(_asked(rule, part) for part in condition.parts)
    return Asked(
        rule=rule,
        condition=condition,
        parts=parts,
        per_device=condition.per_device,
        whole_key=condition.reads_whole_key,
        listens=condition.listens_to_activity,
        capacity=(isinstance(condition, Level) and condition.above == "capacity")
        or any(part.capacity for part in parts),
    )


class _Maker:
    """Makes the watches of one place."""

    def __init__(self, place: Place, devices: list[Device], zone: ZoneInfo, calendar: str) -> None:
        self.place, self.devices, self.zone, self.calendar = place, devices, zone, calendar
        contacts = sum(device.kind == "contact" for device in devices)
        doors = frozenset(d.id for d in devices if is_front_door(d.kind, d.room, contacts))
        self.sensors = Sensors(
            doors,
            {device.id: "entrance" if device.id in doors else kind_of(device.room) for device in devices},
        )
        facility = place.kind == "facility"
        self.counters = frozenset(d.id for d in devices if facility and d.kind == COUNTER)
        self.seers = frozenset(d.id for d in devices if self.counters and d.kind == SEER)
        self._every = _Read.of(devices)
        self._single = {device.id: _Read.of([device]) for device in devices}

    def watches(self, asked: Asked) -> list[Watch]:
        """The rule's own watches, one for each subject."""
        rule, key = asked.rule, self.place.key
        chosen = self.devices
        if rule.device_kinds:
            chosen = [device for device in chosen if device.kind in rule.device_kinds]
        if rule.rooms:
            chosen = [device for device in chosen if self.sensors.rooms[device.id] in rule.rooms]
        if not chosen or (asked.capacity and self.place.capacity is None):
            return []
        if not asked.per_device:
            return [self._watch(asked, key, f"{rule.id}|{key}", chosen, "")]
        return [self._watch(asked, device.id, f"{rule.id}|{device.id}", [device], "") for device in chosen]

    def _watch(self, asked: Asked, subject: str, slot: str, own: list[Device], whole: str) -> Watch:
        beyond = asked.whole_key or (not asked.per_device and subject != self.place.key)
        read = self._every if beyond else self._read(own)
        parts: tuple[Watch, ...] = ()
        if asked.parts:
            parts = tuple(
                self._watch(part, subject, f"{slot}|{index}", own, slot)
                for index, part in enumerate(asked.parts)
            )
        return Watch(
            rule=asked.rule,
            condition=asked.condition,
            subject=subject,
            slot=slot,
            devices=read.devices,
            heartbeats=read.heartbeats,
            zone=self.zone,
            calendar=self.calendar,
            capacity=self.place.capacity,
            sensors=self.sensors,
            whole=whole,
            parts=parts,
            listens=asked.listens,
            counts=_counts(asked.condition) and bool(self.counters) and self.counters.issubset(read.devices),
        )

    def _read(self, own: list[Device]) -> _Read:
        if len(own) == 1:
            return self._single[own[0].id]
        return self._every if len(own) == len(self.devices) else _Read.of(own)


def _counts(condition: Condition) -> bool:
    return isinstance(condition, Level) and condition.counts


def _with_parts(watch: Watch) -> list[Watch]:
    """The watch behind its parts: they are asked first."""
    if not watch.parts:
        return [watch]
    return [*(found for part in watch.parts for found in _with_parts(part)), watch]


def _reads(
    watches: list[Watch],
    devices: list[Device],
    sensors: Sensors,
    counters: frozenset[str],
    seers: frozenset[str],
    *,
    home: bool,
) -> dict[str, dict[str, Reads]]:
    listeners: dict[str, dict[str, list[Watch]]] = {device.id: {} for device in devices}
    for watch in watches:
        for read in watch.devices:
            for metric in watch.condition.metrics_in(sensors.rooms[read]):
                listeners[read].setdefault(metric, []).append(watch)
    for device in devices if home or any(watch.listens for watch in watches) else ():
        for metric in ACTIVITY_BY_VALUE | ACTIVITY_BY_CHANGE:
            listeners[device.id].setdefault(metric, [])
    about_people = {*product(counters, COUNTED), *product(seers, ("presence",))}
    for device_id, metric in sorted(about_people):
        listeners[device_id].setdefault(metric, [])
    shared: dict[
        tuple[object, ...], Reads
    ] = {}  # devices that are read alike share what they are to their place

    def reads(device: str, metric: str, found: list[Watch]) -> Reads:
        by_value, by_change = metric in ACTIVITY_BY_VALUE, metric in ACTIVITY_BY_CHANGE
        door, still = metric == "contact" and device in sensors.front_doors, metric in STILL
        counts = (device, metric) in about_people
        if not found:
            return _unwatched(by_value, by_change, door, still, counts)
        alike = (*map(id, found), by_value, by_change, door, still, counts)
        known = shared.get(alike)
        if known is None:
            known = shared[alike] = Reads(tuple(found), by_value, by_change, door, still, counts)
        return known

    return {
        device: {metric: reads(device, metric, found) for metric, found in metrics.items()}
        for device, metrics in listeners.items()
    }


@cache
def _unwatched(*what: bool) -> Reads:
    """A metric that nobody watches; all places share these few."""
    return Reads((), *what)


def _by_event(watches: list[Watch]) -> dict[str, dict[str, tuple[Watch, ...]]]:
    found: dict[str, dict[str, tuple[Watch, ...]]] = {}
    for watch in watches:
        events = watch.condition.events
        if not events:
            continue
        for device in (watch.subject,) if watch.condition.per_device else watch.devices:
            for event in events:
                of_device = found.setdefault(device, {})
                of_device[event] = (*of_device.get(event, ()), watch)
    return found
