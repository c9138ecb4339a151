"""Whom alerts are brought to: the plan in force, what homes have agreed to, who cannot hear, as a transaction has it."""

from __future__ import annotations

import hashlib
import logging
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from gateway.alerts.lifecycle import OPEN
from gateway.alerts.own import HUB_PLACE, desk_of_place
from gateway.duty.plan import SERVES, Class, Desk, Plan
from gateway.duty.roster import on_duty
from gateway.duty.route import Circumstances, Matter, Told, addresses, begin, everybody

log = logging.getLogger(__name__)

# Made here, while one thread imports it: two threads that first decode a type at the same instant end the process (msgspec 0.22
# looks at a type's fields when it first meets it, and does not lock that).
_PLAN = msgspec.json.Decoder(Plan)
_KNOWN: dict[str, Plan] = {}  # by version, which is a hash of what is in it
KNOWN_MAX = 8
_CLASS_OF = {work: kind for kind, work in SERVES.items() if kind != "life_safety"}


class DutyInForce:
    """The plan in force at this hub. ``calendar`` says whose holidays count, as ``rules.world.Definition`` has it."""

    def __init__(self, engine: Engine, plan: Plan, *, zone: ZoneInfo, calendar: str) -> None:
        self._engine = engine
        self.zone, self._calendar = zone, calendar
        self._first_plan = plan
        self.keep(plan)
        with Session(engine) as session, session.begin():
            self.put_in_force(session, version_of(plan), 0)

    @property
    def plan(self) -> Plan:
        """The plan that was last put in force; from any thread."""
        with Session(self._engine) as session:
            return self.of(session)

    def of(self, session: Session) -> Plan:
        """The plan in force in this transaction."""
        return plan_in_force(session)

    def keep(self, plan: Plan) -> str:
        """Write a plan down, to be put in force by the version that is given back."""
        body = msgspec.json.encode(plan).decode()
        version = version_of(plan)
        with self._engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO duty_plan (version, body) VALUES (?, ?) ON CONFLICT (version) DO NOTHING",
                (version, body),
            )
        return version

    def address_of(self, person: str, channel: str) -> str:
        """The address of a person of the plan on a channel; '' for none. From any thread."""
        return addresses(self.plan).get((person, channel), "")

    def deaf(self) -> dict[str, int]:
        """Which desks cannot hear, and since when (hub time)."""
        with self._engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT desk, deaf_since FROM desk_state WHERE deaf_since IS NOT NULL"
            )
            return {desk: since for desk, since in rows}  # noqa: C416 rows, not pairs

    def handed_over(self) -> dict[str, int]:
        """When each desk was taken over last (hub time)."""
        with self._engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT desk, handed_over_at FROM desk_state WHERE handed_over_at IS NOT NULL"
            )
            return {desk: at for desk, at in rows}  # noqa: C416 rows, not pairs

    def on_duty(self, plan: Plan, desk: Desk, at: int) -> tuple[str, ...] | None:
        """Who is on duty at a desk, None when it is closed."""
        found = on_duty(plan, desk, at=at, zone=self.zone, calendar=self._calendar)
        return None if found is None else tuple(found)

    def first_told(self, kind: str, place_id: str, at: int) -> tuple[Told, ...]:
        """Whom an alert that cannot be written is brought to.

        Where the disk does not even let it be read: all desks that serve such alerts, as the plan was at the start.
        """
        try:
            with Session(self._engine) as session:
                matter = self.matter(session, kind, place_id)
                return begin(self.of(session), matter, self.now(session, at)).told
        except SQLAlchemyError:
            log.exception("the registry cannot be read: every desk is told")
            known: Class = msgspec.convert(kind, Class)
            now = Circumstances(at=at, zone=self.zone, calendar=self._calendar)
            return everybody(self._first_plan, known, now)

    def put_in_force(self, session: Session, version: str, at: int) -> bool:
        """Let a kept plan hold from now on; False where there is none of that version."""
        connection = session.connection()
        newest = connection.exec_driver_sql(_NEWEST).one_or_none()
        if newest is not None and newest[0] == version:
            return True
        later = max(at, newest[1] + 1) if newest is not None else at
        changed = connection.exec_driver_sql(
            "UPDATE duty_plan SET in_force_at = ? WHERE version = ?", (later, version)
        )
        return changed.rowcount == 1

    def now(self, session: Session, at: int) -> Circumstances:
        """When it is, and who cannot hear."""
        rows = session.connection().exec_driver_sql(
            "SELECT desk FROM desk_state WHERE deaf_since IS NOT NULL"
        )
        deaf = frozenset(desk for (desk,) in rows)
        return Circumstances(at=at, zone=self.zone, calendar=self._calendar, deaf=deaf)

    def matter(self, session: Session, kind: str, place_id: str) -> Matter:
        """What of an alert of that class about that place decides whom it is brought to."""
        desk_id = desk_of_place(place_id)
        if desk_id:
            return self._about_desk(session, desk_id, place_id)
        if place_id == HUB_PLACE:
            return Matter(kind="hub", place_id=place_id, path="")
        connection = session.connection()
        path = connection.exec_driver_sql("SELECT path FROM place WHERE id = ?", (place_id,)).scalar()
        known: Class = msgspec.convert(kind, Class)
        if known != "life_safety":
            return Matter(kind=known, place_id=place_id, path=path or "")
        agreed = connection.exec_driver_sql(_AGREED, (place_id,)).all()
        return Matter(
            kind=known,
            place_id=place_id,
            path=path or "",
            family=tuple(contact_id(rank) for scope, rank in agreed if scope == "family"),
            guard=any(scope == "guard" for scope, _ in agreed) and not self._guard_knocks(session, place_id),
        )

    def _guard_knocks(self, session: Session, place_id: str) -> bool:
        """Whether a guard was asked already for something about this home that is not settled: once is enough."""
        return session.connection().exec_driver_sql(_KNOCKS, (place_id,)).scalar() is not None

    def _about_desk(self, session: Session, desk_id: str, place_id: str) -> Matter:
        """A desk that cannot hear is reported to those above it, and to the operator where nobody is."""
        desk = next((desk for desk in self.of(session).desks if desk.id == desk_id), None)
        if desk is None or "/" not in desk.at:
            return Matter(kind="hub", place_id=place_id, path="")
        return Matter(kind=_CLASS_OF[desk.serves], place_id=place_id, path=desk.at.rpartition("/")[0])


def plan_in_force(session: Session) -> Plan:
    """The plan in force in this transaction, for those who only read it."""
    connection = session.connection()
    version, _ = connection.exec_driver_sql(_NEWEST).one()
    plan = _KNOWN.get(version)
    if plan is None:  # a city's plan is long: it is read once, not at each fall
        plan = _PLAN.decode(connection.exec_driver_sql(_BODY, (version,)).scalar_one())
        if len(_KNOWN) >= KNOWN_MAX:
            _KNOWN.clear()
        _KNOWN[version] = plan
    return plan


def contact_id(rank: int) -> str:
    """How a contact of the registry is named as a recipient; the alert says of which home."""
    return f"contact:{rank}"


def version_of(plan: Plan) -> str:
    """What a plan is known by."""
    return hashlib.sha256(msgspec.json.encode(plan)).hexdigest()[:16]


_NEWEST = "SELECT version, in_force_at FROM duty_plan WHERE in_force_at IS NOT NULL ORDER BY in_force_at DESC LIMIT 1"
_BODY = "SELECT body FROM duty_plan WHERE version = ?"
_KNOCKS = (
    f"SELECT 1 FROM alert a JOIN outbox o ON o.alert_id = a.id WHERE a.state IN {OPEN} AND a.place_id = ? "  # noqa: S608 constants
    "AND o.role = 'guard' LIMIT 1"  # by the open ones: what was closed in a year is not looked through
)
_AGREED = "SELECT scope, contact FROM consent WHERE place_id = ? AND ended_at IS NULL ORDER BY contact"
