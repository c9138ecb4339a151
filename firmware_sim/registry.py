"""The registry of the simulated town: the CSV an installer would hand over."""

from __future__ import annotations

import csv
import io

from firmware_sim.devices import KINDS
from firmware_sim.places import Facility, Home, Layout

COLUMNS = (
    "site",
    "place",
    "home",
    "facility",
    "name",
    "address",
    "capacity",
    "contact1_name",
    "contact1_phone",
    "contact2_name",
    "contact2_phone",
    "access_note",
    "device",
    "device_kind",
    "room",
    "heartbeat_s",
)


def registry_csv(layout: Layout) -> str:
    """The whole registry as CSV text: one line per device, its place's columns repeated on each."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    table.writeheader()
    places: list[Home | Facility] = [*layout.facilities, *layout.homes]
    for place in places:
        columns = _home_columns(place) if isinstance(place, Home) else _facility_columns(place)
        for fitted in place.devices:
            table.writerow(
                {
                    "site": layout.site,
                    **columns,
                    "device": fitted.who.device,
                    "device_kind": fitted.kind,
                    "room": fitted.room,
                    "heartbeat_s": KINDS[fitted.kind].heartbeat_s,
                }
            )
    return out.getvalue()


def _home_columns(home: Home) -> dict[str, object]:
    (first, first_phone), (second, second_phone) = home.contacts
    return {
        "place": home.place,
        "home": home.home,
        "name": home.name,
        "address": home.address,
        "contact1_name": first,
        "contact1_phone": first_phone,
        "contact2_name": second,
        "contact2_phone": second_phone,
        "access_note": home.access_note,
    }


def _facility_columns(facility: Facility) -> dict[str, object]:
    return {
        "place": facility.place,
        "facility": facility.facility,
        "name": facility.name,
        "address": facility.address,
        "capacity": facility.capacity if facility.capacity is not None else "",
    }
