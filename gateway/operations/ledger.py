"""The ledger of what was fitted in homes (适老化改造台账), and their sign-offs. A record: nothing is decided by it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, delete, select, update
from sqlalchemy.orm import Session

from gateway.accounts.who import Reach
from gateway.operations.home_tests import last_proven
from gateway.operations.installing import shown_name, spot_of
from gateway.operations.tables import Device, LedgerItem, Place, SignOff
from gateway.operations.whereabouts import within


class OpenPointsError(Exception):
    """A point was not proven and nobody says why; ``devices`` are these."""

    def __init__(self, devices: Sequence[str]) -> None:
        super().__init__(", ".join(devices))
        self.devices = tuple(devices)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """A line of the ledger. ``item`` is a kind of device or words; ``day`` YYYY-MM-DD; ``accepted_at`` None: not yet."""

    id: str
    place_id: str
    name: str
    where: str
    path: str
    item: str
    device_id: str
    room: str
    day: str
    installer: str
    note: str
    accepted_at: int | None
    accepted_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOffView:
    """A sign-off: who accepted, when, and which points were open then, each with its reason."""

    id: str
    at: int
    by: str
    accepted_by: str
    open_points: Mapping[str, str]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """Something that was fitted and is no device: 扶手, 防滑地面."""

    item: str
    room: str
    day: str
    installer: str
    note: str


def add_item(engine: Engine, place_id: str, new: NewItem, *, by: str, at: int) -> str:
    """Write a line into the ledger; gives its id."""
    name = secrets.token_hex(16)
    with Session(engine) as session, session.begin():
        session.add(_row(name, place_id, new, device_id="", by=by, at=at))
    return name


def drop_item(engine: Engine, place_id: str, item_id: str) -> bool:
    """Strike a line that nobody has accepted yet; whether there was one."""
    gone = delete(LedgerItem).where(
        LedgerItem.id == item_id, LedgerItem.place_id == place_id, LedgerItem.accepted_at.is_(None)
    )
    with engine.begin() as connection:
        return connection.execute(gone).rowcount == 1


def sign_off(
    engine: Engine,
    place_id: str,
    *,
    accepted_by: str,
    reasons: Mapping[str, str],
    note: str,
    by: str,
    day: str,
    at: int,
) -> SignOffView:
    """Hand an installation over: its devices are entered into the ledger, and every open line of it is accepted.

    Every device is to be proven by a test where it is now, or to have a reason; raises ``OpenPointsError``.
    """
    proven = last_proven(engine, [place_id])
    with Session(engine) as session, session.begin():
        devices = session.scalars(select(Device).where(Device.place_id == place_id).order_by(Device.id)).all()
        unproven = [device.id for device in devices if device.id not in proven]
        silent = [name for name in unproven if not reasons.get(name, "").strip()]
        if silent:
            raise OpenPointsError(silent)
        entered = set(session.scalars(select(LedgerItem.device_id).where(LedgerItem.place_id == place_id)))
        for device in devices:
            if device.id not in entered:
                item = NewItem(item=device.kind, room=device.room, day=day, installer=by, note="")
                session.add(_row(secrets.token_hex(16), place_id, item, device_id=device.id, by=by, at=at))
        session.flush()
        session.execute(
            update(LedgerItem)
            .where(LedgerItem.place_id == place_id, LedgerItem.accepted_at.is_(None))
            .values(accepted_at=at, accepted_by=accepted_by)
        )
        open_points = {name: reasons[name].strip() for name in unproven}
        row = SignOff(
            id=secrets.token_hex(16), place_id=place_id, at=at, by=by, accepted_by=accepted_by, open_points=open_points,
            note=note,
        )  # fmt: skip
        session.add(row)
        return _signed(row)


def last_sign_off(engine: Engine, place_id: str) -> SignOffView | None:
    """The newest sign-off of a place."""
    query = select(SignOff).where(SignOff.place_id == place_id).order_by(SignOff.at.desc()).limit(1)
    with Session(engine) as session:
        found = session.scalar(query)
        return _signed(found) if found is not None else None


def of_place(engine: Engine, place_id: str, *, named: Reach) -> list[ItemView]:
    """The ledger of one place, in the order of its days."""
    return _items(engine, LedgerItem.place_id == place_id, named=named)


def ledger(
    engine: Engine,
    reach: Reach,
    *,
    named: Reach,
    limit: int | None = None,
    behind: tuple[str, str] | None = None,
) -> list[ItemView]:
    """The ledger of the part of the tree within reach, by day and id; ``behind`` is where the page before has ended."""
    where = within(reach, Place.path)
    if behind is not None:
        day, name = behind
        where &= (LedgerItem.day > day) | ((LedgerItem.day == day) & (LedgerItem.id > name))
    return _items(engine, where, named=named, limit=limit)


def _items(
    engine: Engine, where: ColumnElement[bool], *, named: Reach, limit: int | None = None
) -> list[ItemView]:
    query = select(LedgerItem, Place).join(Place, Place.id == LedgerItem.place_id).where(where)
    query = query.order_by(LedgerItem.day, LedgerItem.id)
    with Session(engine) as session:
        return [
            ItemView(
                id=row.id, place_id=place.id, name=shown_name(place, named), where=spot_of(place), path=place.path,
                item=row.item, device_id=row.device_id, room=row.room, day=row.day, installer=row.installer, note=row.note,
                accepted_at=row.accepted_at, accepted_by=row.accepted_by,
            )
            for row, place in session.execute(query if limit is None else query.limit(limit))
        ]  # fmt: skip


def _row(name: str, place_id: str, new: NewItem, *, device_id: str, by: str, at: int) -> LedgerItem:
    return LedgerItem(
        id=name, place_id=place_id, item=new.item, device_id=device_id, room=new.room, day=new.day, installer=new.installer,
        note=new.note, entered_at=at, entered_by=by,
    )  # fmt: skip


def _signed(row: SignOff) -> SignOffView:
    return SignOffView(
        id=row.id,
        at=row.at,
        by=row.by,
        accepted_by=row.accepted_by,
        open_points=row.open_points,
        note=row.note,
    )
