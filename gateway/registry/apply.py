"""Brings a registry into the operational database: planned first, then written in one transaction.

Open alerts keep the id of a place that has gone; everything else about it goes with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from gateway.operations import tables
from gateway.registry import marks
from gateway.registry.compare import DEVICE_FIELDS, PLACE_FIELDS, Action, Plan, compare
from gateway.registry.values import Contact, Device, Place, Registry, RegistryErrors

_CONTACT_FIELDS = ("place_id", "rank", "name", "phone")


def plan(engine: Engine, registry: Registry, *, source: str = "registry") -> Plan:
    """What ``apply`` would do now; writes nothing. Raises ``RegistryErrors`` as ``apply`` does.

    What it would undo of what was entered by hand is named in the plan (``over_hand``) and refuses nothing yet.
    """
    with engine.connect() as connection:
        return _planned(connection, registry, source)


def apply(engine: Engine, registry: Registry, *, source: str = "registry", over_hand: bool = False) -> Plan:
    """Make the database say what the registry says about its sites, in one transaction; gives what was done.

    Raises ``RegistryErrors`` and changes nothing when an id already belongs to a site the registry does not name, or when it
    would undo what was entered by hand and is not asked to (``over_hand``).
    """
    with engine.connect() as connection:
        # The lock comes before the first read: what the plan is made from cannot change before it is written.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        done = write(connection, registry, source=source, over_hand=over_hand)
        connection.commit()
        return done


def write(
    connection: Connection, registry: Registry, *, source: str = "registry", over_hand: bool = False
) -> Plan:
    """``apply`` within the caller's transaction, which should hold the write lock already."""
    done = _planned(connection, registry, source)
    if done.over_hand and not over_hand:
        raise RegistryErrors(source, marks.faults(done.over_hand, registry))
    carry_out(connection, registry, done)
    marks.forget(connection, done, registry)
    return done


def _planned(connection: Connection, registry: Registry, source: str) -> Plan:
    found = compare(read_within(connection), registry, source=source)
    against = marks.undone(found, marks.known(connection))
    return replace(found, over_hand=tuple(against)) if against else found


def carry_out(connection: Connection, registry: Registry, done: Plan) -> None:
    """Write what a plan says, within the caller's transaction."""
    _write_places(connection, registry, done)
    # A device that moves is written before its old place goes: the place takes what is in it along.
    _write_devices(connection, registry, done)
    for change in done.of("removed"):
        table = tables.Device if change.what == "device" else tables.Place
        connection.execute(delete(table).where(table.id == change.id))


def read(engine: Engine) -> Registry:
    """Everything registered, places and devices by id: the same whatever imports led to it."""
    with engine.connect() as connection:
        return read_within(connection)


def read_within(connection: Connection) -> Registry:
    """``read`` within the caller's transaction."""
    place, contact, device = tables.Place, tables.Contact, tables.Device
    place_columns = [getattr(place, name) for name in ("id", *PLACE_FIELDS)]
    device_columns = [getattr(device, name) for name in ("id", *DEVICE_FIELDS)]
    contact_columns = [getattr(contact, name) for name in _CONTACT_FIELDS]
    return Registry(
        tuple(Place(*row) for row in connection.execute(select(*place_columns).order_by(place.id))),
        tuple(
            Contact(*row)
            for row in connection.execute(select(*contact_columns).order_by(contact.place_id, contact.rank))
        ),
        tuple(Device(*row) for row in connection.execute(select(*device_columns).order_by(device.id))),
    )


def _write_places(connection: Connection, registry: Registry, done: Plan) -> None:
    added, changed = _ids(done, "added"), _ids(done, "changed")
    written = added | changed
    new = [_row(place, ("id", *PLACE_FIELDS)) for place in registry.places if place.id in added]
    if new:
        connection.execute(insert(tables.Place), new)
    for place in registry.places:
        if place.id in changed:
            values = _row(place, PLACE_FIELDS)
            connection.execute(update(tables.Place).where(tables.Place.id == place.id).values(values))
            connection.execute(delete(tables.Contact).where(tables.Contact.place_id == place.id))
    contacts = [
        _row(contact, _CONTACT_FIELDS) for contact in registry.contacts if contact.place_id in written
    ]
    if contacts:
        connection.execute(insert(tables.Contact), contacts)


def _write_devices(connection: Connection, registry: Registry, done: Plan) -> None:
    added, changed = _ids(done, "added", devices=True), _ids(done, "changed", devices=True)
    for device in registry.devices:
        if device.id in changed:
            values = _row(device, DEVICE_FIELDS)
            connection.execute(update(tables.Device).where(tables.Device.id == device.id).values(values))
    new = [_row(device, ("id", *DEVICE_FIELDS)) for device in registry.devices if device.id in added]
    if new:
        connection.execute(insert(tables.Device), new)


def _ids(done: Plan, action: Action, *, devices: bool = False) -> frozenset[str]:
    return frozenset(change.id for change in done.of(action) if (change.what == "device") == devices)


def _row(value: Place | Contact | Device, fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in fields}
