"""Lines of a registry file on their way to a ``Registry``: merged by place, every fault noted, nothing raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from gateway.registry import checks
from gateway.registry.paths import shared_names
from gateway.registry.values import Contact, Device, Place, PlaceKind, Registry, RegistryFault

DEVICE_COLUMNS = ("device", "device_kind", "room", "heartbeat_s")
CONTACT_COLUMNS = ("contact1_name", "contact1_phone", "contact2_name", "contact2_phone")
PLACE_COLUMNS = ("site", "place", "name", "address", "capacity", *CONTACT_COLUMNS, "access_note")
COLUMNS = (
    *("site", "place", "home", "facility", "name", "address", "capacity"),
    *CONTACT_COLUMNS,
    "access_note",
    *DEVICE_COLUMNS,
)

_CHECKS: dict[str, Callable[[str], checks.Wrong]] = {
    "site": checks.site,
    "place": checks.path,
    "home": checks.identifier,
    "facility": checks.identifier,
    "capacity": partial(checks.integer, largest=checks.CAPACITY_MAX, unit="how many persons it holds"),
    "contact1_phone": checks.phone,
    "contact2_phone": checks.phone,
    "device": checks.identifier,
    "device_kind": checks.device_kind,
    "heartbeat_s": partial(
        checks.integer, largest=checks.HEARTBEAT_S_MAX, unit="seconds between two reports"
    ),
}


@dataclass(slots=True)
class PlaceDraft:
    """What the lines read so far say about one place: each column's value and the line it came from."""

    id: str
    kind: PlaceKind
    line: int
    cells: dict[str, tuple[str, int]] = field(default_factory=dict)

    def value(self, column: str) -> str:
        """The column's value, '' while no line gave one."""
        return self.cells.get(column, ("", 0))[0]


@dataclass(slots=True)
class Draft:
    """Takes line after line; ``faults`` holds what was wrong, the rest is the registry."""

    faults: list[RegistryFault] = field(default_factory=list)
    places: dict[str, PlaceDraft] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    _broken: dict[str, int] = field(default_factory=dict)

    def add(self, line: int, row: Mapping[str, str]) -> None:
        """Take one line: ``row`` has every column, blanks around the values already gone."""
        kind = self._kind(line, row)
        if kind is None:
            return
        place = self.places.get(row[kind])
        if place is None:
            if not self._good(line, kind, row[kind]):
                return
            place = self.places[row[kind]] = PlaceDraft(row[kind], kind, line)
        elif place.kind != kind:
            what = f"{place.id!r} is a {place.kind} since line {place.line}"
            self.fault(line, kind, what, "homes and facilities share their ids: choose another one")
            return
        self._merge(line, place, row)
        if any(row[column] for column in DEVICE_COLUMNS):
            self._device(line, place, row)

    def finished(self) -> Registry | None:
        """The registry in file order, or None when there are faults: some need a place's every line to be seen."""
        contacts: list[Contact] = []
        for draft in self.places.values():
            self._require(draft)
            contacts.extend(self._contacts(draft))
        self.faults.extend(shared_names([(d.value("place"), d.line) for d in self.places.values()]))
        if self.faults:
            return None
        places = tuple(_place(draft) for draft in self.places.values())
        return Registry(
            places, tuple(contacts), tuple(self._sited(device) for device in self.devices.values())
        )

    def _sited(self, device: Device) -> Device:
        """The device with its place's site, which a line after the device's own may have given."""
        site = self.places[device.place_id].value("site")
        return device if device.site == site else replace(device, site=site)

    def fault(self, line: int, column: str, what: str, remedy: str) -> None:
        """Note that something is wrong."""
        self.faults.append(RegistryFault(line, column, what, remedy))

    def _kind(self, line: int, row: Mapping[str, str]) -> PlaceKind | None:
        match bool(row["home"]), bool(row["facility"]):
            case True, False:
                return "home"
            case False, True:
                return "facility"
            case True, True:
                self.fault(line, "home", "home and facility are both given", "leave one of them empty")
            case _:
                self.fault(
                    line, "home", "neither home nor facility is given", "write the id of the one it is in"
                )
        return None

    def _good(self, line: int, column: str, value: str) -> bool:
        wrong = checks.text(value, may_begin_like_formula=column.endswith("_phone"))
        if wrong is None and column in _CHECKS:
            wrong = _CHECKS[column](value)
        if wrong is not None:
            self.fault(line, column, *wrong)
        return wrong is None

    def _merge(self, line: int, place: PlaceDraft, row: Mapping[str, str]) -> None:
        for column in PLACE_COLUMNS:
            value = row[column]
            if not value or not self._belongs(line, place, column):
                continue
            known = place.cells.get(column)
            if known is None:
                place.cells[column] = value, line
                self._good(line, column, value)
            elif known[0] != value:
                self._conflict(line, place, column, value)

    def _belongs(self, line: int, place: PlaceDraft, column: str) -> bool:
        if place.kind == "home" and column == "capacity":
            self.fault(line, column, "a home has no capacity", "leave it empty")
            return False
        if place.kind == "facility" and column in CONTACT_COLUMNS:
            self.fault(line, column, "a facility has no contacts", "leave it empty")
            return False
        return True

    def _conflict(self, line: int, place: PlaceDraft, column: str, value: str) -> None:
        known, since = place.cells[column]
        if column == "place":
            what = f"{place.kind} {place.id} stands at {value!r} here and at {known!r} since line {since}"
            self.fault(line, column, what, "it has one place: correct one of the two, or give it another id")
            return
        # Phones and names are not repeated in the message: it ends up in logs and tickets.
        what = f"{place.kind} {place.id} has another {column} since line {since}"
        self.fault(line, column, what, "repeat the same value or leave it empty")

    def _device(self, line: int, place: PlaceDraft, row: Mapping[str, str]) -> None:
        good = True
        for column in DEVICE_COLUMNS:
            if not row[column]:
                self.fault(
                    line, column, "is empty", "a device needs device, device_kind, room and heartbeat_s"
                )
                good = False
            elif not self._good(line, column, row[column]):
                good = False
        name, kind = row["device"], row["device_kind"]
        if kind == "gateway" and place.kind == "home":
            self.fault(
                line,
                "device_kind",
                "a radio gateway stands in a home",
                "register it in a facility, such as the station",
            )
            good = False
        since = self.devices[name].line if name in self.devices else self._broken.get(name)
        if name and since is not None:
            self.fault(
                line,
                "device",
                f"{name!r} is already registered on line {since}",
                "a device stands once: remove one line",
            )
            return
        if not good:
            self._broken[name] = line
            return
        self.devices[name] = Device(
            id=name,
            place_id=place.id,
            site=place.value("site"),
            kind=kind,
            room=row["room"],
            heartbeat_s=int(row["heartbeat_s"]),
            line=line,
        )

    def _require(self, draft: PlaceDraft) -> None:
        required = ("site", "place", "name", "address") if draft.kind == "home" else ("site", "place", "name")
        for column in required:
            if not draft.value(column):
                what = f"{draft.kind} {draft.id} has none"
                self.fault(draft.line, column, what, f"fill it on the first line of this {draft.kind}")

    def _contacts(self, draft: PlaceDraft) -> list[Contact]:
        found = []
        for rank in (1, 2):
            name, phone = draft.value(f"contact{rank}_name"), draft.value(f"contact{rank}_phone")
            if bool(name) != bool(phone):
                missing = "phone" if name else "name"
                what = f"contact {rank} of home {draft.id} has no {missing}"
                self.fault(draft.line, f"contact{rank}_{missing}", what, "give both or neither")
            elif name:
                found.append(Contact(draft.id, rank, name, phone))
        if [contact.rank for contact in found] == [2]:
            what = f"home {draft.id} has a second contact and no first"
            self.fault(draft.line, "contact1_name", what, "move it to the first")
        return found


def _place(draft: PlaceDraft) -> Place:
    capacity = draft.value("capacity")
    return Place(
        id=draft.id,
        kind=draft.kind,
        site=draft.value("site"),
        path=draft.value("place"),
        name=draft.value("name"),
        address=draft.value("address"),
        capacity=int(capacity) if capacity else None,
        access_note=draft.value("access_note"),
        line=draft.line,
    )
