"""Which rules watch what in one home or facility: worked out once per world and key, read at every event."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rules.conditions.condition import Condition
from rules.conditions.level import Level
from rules.conditions.silent import Silent
from rules.rooms import is_front_door, kind_of
from rules.state import bytes_max
from rules.vocabulary import ACTIVITY_BY_CHANGE, ACTIVITY_BY_VALUE

if TYPE_CHECKING:
    from rules.rule import Rule
    from rules.world import Device, Place

STILL = frozenset({"bed", "seat"})  # somebody held by these is at home and need not move


@dataclass(frozen=True, slots=True)
class Sensors:
    """What the devices of a place are to each other: its front doors, and the kind of room each stands in."""

    front_doors: frozenset[str]
    rooms: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """One condition of a rule about one subject: a device, or the whole key.

    ``devices`` are those whose metrics it reads, ``heartbeats`` their longest allowed silence between reports in ms.
    ``whole`` is the slot of the condition it is a part of ('' for the rule's own), ``parts`` those it is made of.
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


@dataclass(frozen=True, slots=True)
class Reads:
    """What one metric of one device is to its place: who watches it, and whether it shows somebody doing something."""

    watches: tuple[Watch, ...]
    by_value: bool
    by_change: bool
    door: bool
    still: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """All watches of a key, and who listens to which metric and event of which device."""

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

    @property
    def state_bytes_max(self) -> int:
        """The declared bound of the key's serialised state."""
        metrics = sum(len(found) for found in self.reads.values())
        return bytes_max(len(self.devices), len(self.watches), metrics)


def plan_for(
    place: Place, devices: list[Device], rules: tuple[Rule, ...], zone: ZoneInfo, calendar: str = "cn"
) -> Plan:
    """The plan of one place, from the rules as that place has them."""
    maker = _Maker(place, devices, zone, calendar)
    roots = [
        watch for rule in rules if rule.applies_to in {"any", place.kind} for watch in maker.watches(rule)
    ]
    every = [watch for root in roots for watch in _with_parts(root)]
    silences = tuple(watch for watch in every if isinstance(watch.condition, Silent))
    return Plan(
        key=place.key,
        home=place.kind == "home",
        devices=tuple(device.id for device in devices),
        zone=zone,
        sensors=maker.sensors,
        watches={watch.slot: watch for watch in every},
        reads=_reads(every, devices, maker.sensors, home=place.kind == "home"),
        by_event=_by_event(every),
        silences=silences,
        silent={
            device.id: found
            for device in devices
            if (found := tuple(watch for watch in silences if watch.subject == device.id))
        },
        on_presence=tuple(watch for watch in every if watch.condition.listens_to_presence),
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

    def watches(self, rule: Rule) -> list[Watch]:
        """The rule's own watches, one for each subject."""
        condition = rule.when.condition
        chosen = [
            device
            for device in self.devices
            if (not rule.device_kinds or device.kind in rule.device_kinds)
            and (not rule.rooms or self.sensors.rooms[device.id] in rule.rooms)
        ]
        if not chosen or (self.place.capacity is None and _asks_for_capacity(condition)):
            return []
        if not condition.per_device:
            return [self._watch(rule, condition, self.place.key, f"{rule.id}|{self.place.key}", chosen, "")]
        return [
            self._watch(rule, condition, device.id, f"{rule.id}|{device.id}", [device], "")
            for device in chosen
        ]

    def _watch(
        self, rule: Rule, condition: Condition, subject: str, slot: str, own: list[Device], whole: str
    ) -> Watch:
        beyond = condition.reads_whole_key or (not condition.per_device and subject != self.place.key)
        read = self.devices if beyond else own
        return Watch(
            rule=rule,
            condition=condition,
            subject=subject,
            slot=slot,
            devices=tuple(device.id for device in read),
            heartbeats={device.id: device.heartbeat_s * 1000 for device in read},
            zone=self.zone,
            calendar=self.calendar,
            capacity=self.place.capacity,
            sensors=self.sensors,
            whole=whole,
            parts=tuple(
                self._watch(rule, part, subject, f"{slot}|{index}", own, slot)
                for index, part in enumerate(condition.parts)
            ),
            listens=condition.listens_to_activity,
        )


def _asks_for_capacity(condition: Condition) -> bool:
    return (isinstance(condition, Level) and condition.above == "capacity") or any(
        _asks_for_capacity(part) for part in condition.parts
    )


def _with_parts(watch: Watch) -> list[Watch]:
    """The watch behind its parts: they are asked first."""
    return [*(found for part in watch.parts for found in _with_parts(part)), watch]


def _reads(
    watches: list[Watch], devices: list[Device], sensors: Sensors, *, home: bool
) -> dict[str, dict[str, Reads]]:
    listeners: dict[str, dict[str, list[Watch]]] = {device.id: {} for device in devices}
    for watch in watches:
        for read in watch.devices:
            for metric in watch.condition.metrics_in(sensors.rooms[read]):
                listeners[read].setdefault(metric, []).append(watch)
    for device in devices if home or any(watch.listens for watch in watches) else ():
        for metric in ACTIVITY_BY_VALUE | ACTIVITY_BY_CHANGE:
            listeners[device.id].setdefault(metric, [])
    return {
        device: {
            metric: Reads(
                tuple(found),
                metric in ACTIVITY_BY_VALUE,
                metric in ACTIVITY_BY_CHANGE,
                metric == "contact" and device in sensors.front_doors,
                metric in STILL,
            )
            for metric, found in metrics.items()
        }
        for device, metrics in listeners.items()
    }


def _by_event(watches: list[Watch]) -> dict[str, dict[str, tuple[Watch, ...]]]:
    found: dict[str, dict[str, tuple[Watch, ...]]] = {}
    for watch in watches:
        for device in (watch.subject,) if watch.condition.per_device else watch.devices:
            for event in watch.condition.events:
                of_device = found.setdefault(device, {})
                of_device[event] = (*of_device.get(event, ()), watch)
    return found
