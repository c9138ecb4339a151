"""The world the rules judge in: places, devices, rules, time zone. A value with a version; every change is a new one."""

from __future__ import annotations

from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from rules.local_time import Window
from rules.plan import Asked, Plan, asked_by, plan_for
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
    """A home or a facility; no name and no address: the rules need none. ``site`` is the station that cares for it.

    ``hours`` are when a facility is open, None where nobody has said.
    """

    key: str
    kind: Literal["home", "facility"]
    capacity: int | None = None
    site: str = ""
    hours: tuple[Window, ...] | None = None


class Override(msgspec.Struct, frozen=True):
    """One home has ``rule`` otherwise: as ``instead`` says, or not at all (None)."""

    key: str
    rule: str
    instead: Rule | None


class Definition(msgspec.Struct, frozen=True):
    """What a world is made of, as it is journalled. ``calendar``: whose holidays count, ``cn`` or ``none``."""

    version: int
    zone: str
    places: tuple[Place, ...]
    devices: tuple[Device, ...]
    rules: tuple[Rule, ...]
    calendar: str = "cn"
    overrides: tuple[Override, ...] = ()


class World:
    """A definition with its indexes. Plans are worked out once per key, on first use.

    Nothing in it refers back to it: a world that is replaced goes at once, because a running hub collects no cycles.
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.version = definition.version
        self._index = _Index(definition)
        self.places, self.devices = self._index.places, self._index.devices
        self.zone = ZoneInfo(definition.zone)
        self.plans: dict[str, Plan] = _Plans(self._index, self.zone)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """All homes and facilities, sorted."""
        return tuple(sorted(self.places))

    @property
    def rules(self) -> dict[str, Rule]:
        """The rules by id."""
        return self._index.rules

    def rule(self, key: str, rule_id: str) -> Rule:
        """The rule as that home or facility has it; the common one where it has none. Raises ``KeyError``."""
        return self._index.overrides.get(key, {}).get(rule_id) or self.rules[rule_id]

    def plan(self, key: str) -> Plan:
        """Which rules watch what in that home or facility."""
        return self.plans[key]


class _Index:
    """What is where in a definition; shared by a world and its plans."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.places: dict[str, Place] = {place.key: place for place in definition.places}
        self.devices: dict[str, Device] = {device.id: device for device in definition.devices}

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """The rules by id."""
        return {rule.id: rule for rule in self.definition.rules}

    @cached_property
    def overrides(self) -> dict[str, dict[str, Rule | None]]:
        """What each home has otherwise, by rule."""
        found: dict[str, dict[str, Rule | None]] = {}
        for override in self.definition.overrides:
            found.setdefault(override.key, {})[override.rule] = override.instead
        return found

    def rules_of(self, key: str) -> tuple[Rule, ...]:
        """The rules as that home or facility has them."""
        otherwise = self.overrides.get(key)
        if not otherwise:
            return self.definition.rules
        meant = (otherwise.get(rule.id, rule) for rule in self.definition.rules)
        return tuple(rule for rule in meant if rule is not None)

    @cached_property
    def by_key(self) -> dict[str, list[Device]]:
        """Devices of each key, in order of id."""
        found: dict[str, list[Device]] = {key: [] for key in self.places}
        for device in sorted(self.devices.values(), key=lambda device: device.id):
            found[device.key].append(device)
        return found


class _Plans(dict[str, Plan]):
    """The plans of a world by key, worked out on first use; a plain subscript, because every event asks."""

    def __init__(self, index: _Index, zone: ZoneInfo) -> None:
        super().__init__()
        self._index = index
        self._zone = zone
        self._asked: dict[str, Asked] = {}  # of the rules that all places have, by rule

    def __missing__(self, key: str) -> Plan:
        index = self._index
        plan = self[key] = plan_for(
            index.places[key],
            index.by_key[key],
            [self._asked_by(rule) for rule in index.rules_of(key)],
            self._zone,
            index.definition.calendar,
        )
        return plan

    def _asked_by(self, rule: Rule) -> Asked:
        if rule is not self._index.rules.get(rule.id):
            return asked_by(rule)  # one home's own
        asked = self._asked.get(rule.id)
        if asked is None:
            asked = self._asked[rule.id] = asked_by(rule)
        return asked


def changed_rules(old: Definition | None, new: Definition, *, in_words: bool = False) -> tuple[str, ...]:
    """What starts anew, in order: ids of rules that are new, gone or different, and ``rule@key`` where one home's are.

    A rule that only has other words (``title``, ``todo``) goes on; with ``in_words`` it is named as well.
    """

    def meant(rule: Rule | None) -> object:
        if rule is None or in_words:
            return rule
        return [getattr(rule, name) for name in rule.__struct_fields__ if name not in {"title", "todo"}]

    before = {rule.id: meant(rule) for rule in old.rules} if old else {}
    after = {rule.id: meant(rule) for rule in new.rules}
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    had = {(o.key, o.rule): meant(o.instead) for o in old.overrides} if old else {}
    has = {(o.key, o.rule): meant(o.instead) for o in new.overrides}
    for key, rule in had.keys() | has.keys():
        if rule not in changed and had.get((key, rule), before.get(rule)) != has.get(
            (key, rule), after.get(rule)
        ):
            changed.add(f"{rule}@{key}")
    return tuple(sorted(changed))


def gone_devices(old: Definition | None, new: Definition) -> tuple[str, ...]:
    """Ids of devices that are gone or have moved to another place: they are forgotten where they were."""
    after = {device.id: device.key for device in new.devices}
    return tuple(sorted(d.id for d in (old.devices if old else ()) if after.get(d.id) != d.key))


EMPTY = Definition(version=0, zone="UTC", places=(), devices=(), rules=())
