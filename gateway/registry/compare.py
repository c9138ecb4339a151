"""What an import changes: two registries compared, one line for each place and device, free of personal data.

A registry file is the whole truth for the sites it names: what those sites have and the file does not is removed. Sites it
does not name are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from gateway.registry.paths import Doubt, doubts
from gateway.registry.values import Contact, Device, Place, Registry, RegistryErrors, RegistryFault

Action: TypeAlias = Literal["added", "changed", "removed", "unchanged"]
What: TypeAlias = Literal["home", "facility", "device"]

PLACE_FIELDS = ("kind", "site", "path", "name", "address", "capacity", "access_note")
DEVICE_FIELDS = ("place_id", "site", "kind", "room", "heartbeat_s")

_ACTION_ZH: dict[Action, str] = {
    "added": "新增",
    "changed": "修改",
    "removed": "移除",
    "unchanged": "不变",
}
_ACTION_EN: dict[Action, str] = {
    "added": "add",
    "changed": "change",
    "removed": "remove",
    "unchanged": "keep",
}
_WHAT_ZH: dict[What, str] = {"home": "住户", "facility": "设施", "device": "设备"}
_FIELD_ZH = {
    "kind": "类型",
    "site": "站点",
    "path": "所属小区",
    "name": "称呼或名称",
    "address": "地址",
    "capacity": "核定容量",
    "access_note": "入户说明",
    "contacts": "联系人",
    "place_id": "所在",
    "room": "房间",
    "heartbeat_s": "上报间隔",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One place or device and what the import does to it; the lines hold ids and column names only."""

    action: Action
    what: What
    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do (or did): every place and device once, places first, and what is worth a second look.

    ``over_hand``: those of the changes that undo what was entered by hand.
    """

    changes: tuple[Change, ...]
    doubts: tuple[Doubt, ...]
    over_hand: tuple[Change, ...] = ()

    def of(self, action: Action) -> list[Change]:
        """The changes of one action."""
        return [change for change in self.changes if change.action == action]

    def counts(self) -> dict[Action, int]:
        """How many places and devices together are added, changed, removed and unchanged."""
        return {action: len(self.of(action)) for action in get_args(Action)}


def compare(stored: Registry, wanted: Registry, *, source: str) -> Plan:
    """The plan that makes ``stored`` (all sites) say what ``wanted`` says about its own sites.

    Raises ``RegistryErrors`` when a wanted id belongs to a site that ``wanted`` does not name.
    """
    sites = wanted.sites()
    _refuse_foreign(stored, wanted, sites, source)
    places = {place.id: place for place in stored.places if place.site in sites}
    devices = {device.id: device for device in stored.devices if device.site in sites}
    old_calls, new_calls = _contacts(stored), _contacts(wanted)
    changes = []
    for place in wanted.places:
        known = places.pop(place.id, None)
        fields = _differing(known, place, PLACE_FIELDS)
        if known is not None and old_calls.get(place.id) != new_calls.get(place.id):
            fields.append("contacts")
        changes.append(_change(_action(known, fields), place.kind, place.id, place.path, fields))
    changes += [_change("removed", gone.kind, gone.id, gone.path, []) for gone in places.values()]
    for device in wanted.devices:
        known_device = devices.pop(device.id, None)
        fields = _differing(known_device, device, DEVICE_FIELDS)
        detail = f"{device.place_id} {device.kind}"
        changes.append(_change(_action(known_device, fields), "device", device.id, detail, fields))
    changes += [
        _change("removed", "device", gone.id, f"{gone.place_id} {gone.kind}", []) for gone in devices.values()
    ]
    return Plan(tuple(changes), tuple(doubts([(place.path, place.line) for place in wanted.places])))


def _refuse_foreign(stored: Registry, wanted: Registry, sites: frozenset[str], source: str) -> None:
    site_of_place = {place.id: place.site for place in stored.places if place.site not in sites}
    site_of_device = {device.id: device.site for device in stored.devices if device.site not in sites}
    remedy = "ids are unique over all sites: choose another one, or name both sites in one file"
    faults = [
        RegistryFault(line, column, f"{name!r} belongs to site {owner[name]!r}", remedy)
        for column, owner, named in (
            ("home or facility", site_of_place, [(place.id, place.line) for place in wanted.places]),
            ("device", site_of_device, [(device.id, device.line) for device in wanted.devices]),
        )
        for name, line in named
        if name in owner
    ]
    if faults:
        raise RegistryErrors(source, faults)


def _contacts(registry: Registry) -> dict[str, list[Contact]]:
    calls: dict[str, list[Contact]] = {}
    for contact in registry.contacts:
        calls.setdefault(contact.place_id, []).append(contact)
    return calls


def _differing(known: object | None, wanted: object, fields: Sequence[str]) -> list[str]:
    if known is None:
        return []
    return [name for name in fields if getattr(known, name) != getattr(wanted, name)]


def _action(known: Place | Device | None, fields: list[str]) -> Action:
    if known is None:
        return "added"
    return "changed" if fields else "unchanged"


def _change(action: Action, what: What, name: str, detail: str, fields: list[str]) -> Change:
    zh = f"{_ACTION_ZH[action]}{_WHAT_ZH[what]} {name}（{detail}）"
    en = f"{_ACTION_EN[action]} {what} {name} ({detail})"
    if fields:
        zh += "：" + "、".join(_FIELD_ZH[field] for field in fields)
        en += ": " + ", ".join(fields)
    if action == "removed":
        zh += "：文件中没有"
        en += ": not in the file"
    return Change(action, what, name, zh, en)
