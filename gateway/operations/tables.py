"""The tables of the operational database: places, people, devices, alerts, outbox, and the engine's cursor and snapshots.

Times are epoch ms. Residents, contacts and staff live here and nowhere else.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Declarative base; its metadata is what the migrations are held to."""


class Place(Base):
    """A home or a facility: the key of the rules. ``path`` is 区/街道/社区/小区."""

    __tablename__ = "place"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # home | facility
    site: Mapped[str]
    path: Mapped[str]
    name: Mapped[str]  # how the elder is addressed (称呼), or the facility's name
    address: Mapped[str]
    capacity: Mapped[int | None]
    access_note: Mapped[str]


class Contact(Base):
    """Somebody to call about a home, in order of ``rank`` (1 first)."""

    __tablename__ = "contact"
    place_id: Mapped[str] = mapped_column(ForeignKey("place.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    phone: Mapped[str]


class Device(Base):
    """A registered device, the place and room it is in, and how often it reports at least."""

    __tablename__ = "device"
    id: Mapped[str] = mapped_column(primary_key=True)
    place_id: Mapped[str] = mapped_column(ForeignKey("place.id", ondelete="CASCADE"), index=True)
    site: Mapped[str]
    kind: Mapped[str]
    room: Mapped[str]
    heartbeat_s: Mapped[int]


class Staff(Base):
    """A person who may accept and close alerts; the PIN is kept as an argon2 hash."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(unique=True)
    pin_hash: Mapped[str]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[int] = mapped_column(default=0)


class SignIn(Base):
    """A browser signed in as a person; only the hash of its cookie is kept. Times are wall clock ms."""

    __tablename__ = "sign_in"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    expires_at: Mapped[int]


class Alert(Base):
    """An alert from raise to close. ``version`` guards every change of state: two people cannot both accept."""

    __tablename__ = "alert"
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    rule: Mapped[str]
    kind: Mapped[str]  # life_safety | care | facility | device
    severity: Mapped[str]  # critical | urgent | notice
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    why: Mapped[dict[str, str]] = mapped_column(JSON)
    todo: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    place_id: Mapped[str]
    device_id: Mapped[str]
    room: Mapped[str]
    active_at: Mapped[int]  # the alert's own time: when its condition came true
    raised_at: Mapped[int]  # hub time at which it was raised
    raised_wall_ms: Mapped[
        int
    ]  # wall clock, for measuring delivery; differs from raised_at in accelerated time
    recorded: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(default="raised")  # raised | accepted | closed
    version: Mapped[int] = mapped_column(default=1)
    ended_at: Mapped[int | None]  # the condition no longer holds
    accepted_by: Mapped[str | None]
    accepted_at: Mapped[int | None]
    closed_by: Mapped[str | None]
    closed_at: Mapped[int | None]
    verdict: Mapped[
        str | None
    ]  # true | false | test | unconfirmed | cleared (a device alarm that ended by itself)
    note: Mapped[str | None]
    rung: Mapped[int] = mapped_column(default=0)
    escalate_at: Mapped[int | None] = mapped_column(index=True)  # hub time of the next rung while unaccepted

    __table_args__ = (Index("alert_open", "state", "raised_at"), Index("alert_closed", "closed_at"))


class AlertStep(Base):
    """What happened to an alert, in order: raised, delivered, escalated, accepted, ended, closed."""

    __tablename__ = "alert_step"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    at: Mapped[int]
    by: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")


class Outbox(Base):
    """A message to be brought to a channel: at least once, under the same id each time."""

    __tablename__ = "outbox"
    id: Mapped[str] = mapped_column(primary_key=True)  # hash(alert, rung, person, channel)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"), index=True)
    rung: Mapped[int]
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")  # waiting | delivered | failed | withdrawn
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_ms: Mapped[int] = mapped_column(default=0)  # wall clock
    delivered_ms: Mapped[int | None]  # wall clock
    receipt: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")

    __table_args__ = (Index("outbox_waiting", "state", "next_try_ms"),)


class Answered(Base):
    """The outcome of a command, so that its repeat gets the same answer."""

    __tablename__ = "answered"
    id: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[int]


class Cursor(Base):
    """The journal position up to which a consumer's effects are committed here."""

    __tablename__ = "cursor"
    consumer: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]


class Snapshot(Base):
    """The state of one key at a journal position; ``version`` is the shape of the bytes."""

    __tablename__ = "snapshot"
    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    version: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)
