"""One home or device entered, moved or taken out by hand, as the registry it makes of the one there is. Pure.

Whatever is entered by hand is read as the lines of a registry file that would say so: by the same draft and the same checks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TypeAlias

from gateway.registry.csv_file import export, parse
from gateway.registry.values import Contact, Device, Place, Registry, RegistryErrors, RegistryFault

SOURCE = "by hand"
HOME_ID = re.compile(r"H(\d{4,9})")
# How often a device reports at least, where nobody says: mains-powered ones every few minutes, a button once a day and
# oftener. It is what its silence is judged by, so rather long than short.
HEARTBEAT_S = {
    "gateway": 300,
    "counter": 300,
    "radar": 300,
    "bed": 600,
    "seat": 600,
    "appliance": 600,
    "stove": 3600,
}
HEARTBEAT_USUAL_S = 14_400


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHome:
    """A home that is registered; ``contacts`` are (name, phone), the first is called first. Without an id it gets the next.

    ``site`` may be left out where one site alone has places at that path.
    """

    name: str
    path: str
    address: str
    access_note: str = ""
    contacts: tuple[tuple[str, str], ...] = ()
    id: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeMended:
    """What a home says otherwise from now on; None where it stays."""

    id: str
    name: str | None = None
    address: str | None = None
    access_note: str | None = None
    contacts: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeGone:
    """A home that is taken out; its devices have been taken out or moved before."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A device that is registered in a place."""

    id: str
    place_id: str
    kind: str
    room: str
    heartbeat_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A device that goes to another room, of the same place or of another of its site."""

    id: str
    place_id: str
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOut:
    """A device that is taken out."""

    id: str


Edit: TypeAlias = NewHome | HomeMended | HomeGone | NewDevice | Moved | TakenOut


def edited(stored: Registry, edit: Edit) -> tuple[Registry, str]:
    """What the registry of the site that the edit concerns is then, and the id of the place it concerns.

    Raises ``RegistryErrors`` where a registry file that said so would be refused; the faults name the column.
    """
    match edit:
        case NewHome():
            return _with_home(stored, edit)
        case HomeMended():
            return _with_mended(stored, edit)
        case HomeGone():
            return _without_home(stored, edit.id)
        case NewDevice():
            return _with_device(stored, edit)
        case Moved():
            return _with_moved(stored, edit)
        case TakenOut():
            gone = _device(stored, edit.id)
            left = tuple(device for device in stored.devices if device.id != edit.id)
            return _of_site(replace(stored, devices=left), gone.site), gone.place_id


def usual_heartbeat_s(kind: str) -> int:
    """How often a device of that kind reports at least, where nobody says."""
    return HEARTBEAT_S.get(kind, HEARTBEAT_USUAL_S)


def next_home_id(stored: Registry) -> str:
    """The number behind the highest: H0042."""
    taken = [int(found[1]) for place in stored.places if (found := HOME_ID.fullmatch(place.id))]
    return f"H{max(taken, default=0) + 1:04d}"


def _with_home(stored: Registry, new: NewHome) -> tuple[Registry, str]:
    name = new.id.strip() or next_home_id(stored)
    if any(place.id == name for place in stored.places):
        raise _fault("home", f"{name!r} is registered already", "give it another id, or none")
    path = new.path.strip()
    sites = {place.site for place in stored.places if place.path == path}
    if not sites:
        raise _fault("place", f"{path!r} is at no place of the tree", "choose a path that has places already")
    site = new.site.strip() or (next(iter(sites)) if len(sites) == 1 else "")
    if site not in sites:
        raise _fault(
            "site", f"places at {path!r} belong to {', '.join(sorted(sites))}", "name one of these sites"
        )
    place = Place(name, "home", site, path, new.name, new.address, None, new.access_note)
    contacts = tuple(Contact(name, rank, *call) for rank, call in enumerate(new.contacts, 1))
    checked = _checked(place, contacts, ())
    whole = Registry((*stored.places, *checked.places), (*stored.contacts, *checked.contacts), stored.devices)
    return _of_site(whole, site), name


def _with_mended(stored: Registry, mended: HomeMended) -> tuple[Registry, str]:
    known = _place(stored, mended.id)
    given = {name: getattr(mended, name) for name in ("name", "address", "access_note")}
    place = replace(known, **{name: value for name, value in given.items() if value is not None})
    before = tuple(contact for contact in stored.contacts if contact.place_id == place.id)
    after = mended.contacts
    calls = before if after is None else tuple(Contact(place.id, n, *call) for n, call in enumerate(after, 1))
    checked = _checked(place, calls, ())
    others = tuple(contact for contact in stored.contacts if contact.place_id != place.id)
    places = tuple(checked.places[0] if one.id == place.id else one for one in stored.places)
    return _of_site(Registry(places, (*others, *checked.contacts), stored.devices), place.site), place.id


def _without_home(stored: Registry, name: str) -> tuple[Registry, str]:
    place = _place(stored, name)
    if any(device.place_id == name for device in stored.devices):
        raise _fault("devices", f"{name!r} has devices still", "move them or take them out first")
    left = tuple(one for one in stored.places if one.id != name)
    if not any(one.site == place.site for one in left):
        raise _fault("last", f"{name!r} is the last place of its site", "import a registry file without it")
    return _of_site(replace(stored, places=left), place.site), name


def _with_device(stored: Registry, new: NewDevice) -> tuple[Registry, str]:
    name = new.id.strip()
    if any(device.id == name for device in stored.devices):
        raise _fault("device", f"{name!r} is registered already", "move it, or look at its label again")
    place = _place(stored, new.place_id)
    heartbeat_s = new.heartbeat_s or usual_heartbeat_s(new.kind)
    device = Device(name, place.id, place.site, new.kind, new.room, heartbeat_s)
    return _with(stored, place, device), place.id


def _with_moved(stored: Registry, moved: Moved) -> tuple[Registry, str]:
    device, place = _device(stored, moved.id), _place(stored, moved.place_id)
    if place.site != device.site:
        remedy = "take it out here, set it to the other site, and register it there"
        raise _fault("site", f"{device.id!r} publishes as site {device.site!r}, not {place.site!r}", remedy)
    left = replace(stored, devices=tuple(known for known in stored.devices if known.id != device.id))
    return _with(left, place, replace(device, place_id=place.id, room=moved.room)), place.id


def _with(stored: Registry, place: Place, device: Device) -> Registry:
    """The registry of the place's site with that device, if its line would pass."""
    contacts = tuple(contact for contact in stored.contacts if contact.place_id == place.id)
    checked = _checked(place, contacts, (device,))
    return _of_site(replace(stored, devices=(*stored.devices, *checked.devices)), place.site)


def _checked(place: Place, contacts: tuple[Contact, ...], devices: tuple[Device, ...]) -> Registry:
    """What a file with these lines says; raises ``RegistryErrors`` as its import would."""
    return parse(export(Registry((place,), contacts, devices)), source=SOURCE)


def _of_site(whole: Registry, site: str) -> Registry:
    places = tuple(place for place in whole.places if place.site == site)
    here = {place.id for place in places}
    return Registry(
        places,
        tuple(contact for contact in whole.contacts if contact.place_id in here),
        tuple(device for device in whole.devices if device.place_id in here),
    )


def _place(stored: Registry, place_id: str) -> Place:
    found = next((place for place in stored.places if place.id == place_id), None)
    if found is None:
        raise _fault("home", f"there is no place {place_id!r}", "choose one that is registered")
    return found


def _device(stored: Registry, device_id: str) -> Device:
    found = next((device for device in stored.devices if device.id == device_id), None)
    if found is None:
        raise _fault("gone", f"there is no device {device_id!r}", "register it")
    return found


def _fault(column: str, what: str, remedy: str) -> RegistryErrors:
    return RegistryErrors(SOURCE, [RegistryFault(1, column, what, remedy)])
