"""Erases what the operational database keeps of a resident: an effect of a journalled command, all or nothing.

What is about the home goes. Its alerts stay for the numbers of work, without the person: under a pseudonym and new ids, without
device, room, sentence, notes. The new ids are drawn from a secret that comes with the command and is kept nowhere: from what
stays nobody can tell, not even by trying every home, whose it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.orm import Session

from gateway.accounts.who import Reach
from gateway.operations.resident import Resident, open_alerts, resident_of, tables_about
from gateway.operations.tables import ERASED_PLACE, Alert, AlertStep, Answered, Erasure, Outbox, Visit
from gateway.operations.whereabouts import within
from rules.events import Command

# Of what follows (gateway.privacy.erasing), in this order.
PARTS = ("world", "store", "archive", "messages", "journal", "database")
STAY = frozenset({"alert", "alert_step", "outbox", "visit"})  # without the person
COUNTED_STEPS = frozenset({"merged_in"})  # whose detail is the number of another alert
ERASED = {"zh": "住户资料已清除", "en": "The resident's record was erased"}
SECRET_CHARS_MIN = 32
OPEN, UNKNOWN = "alert_open", "unknown_home"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureView:
    """An erasure: when, by whom, which parts are done; ``done_at`` None while it goes on. Hub time."""

    id: str
    pseudonym: str
    path: str
    at: int
    by: str
    done: tuple[str, ...]
    done_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An erasure that goes on; ``names`` are the ids under which the journal knows what is to go."""

    id: str
    place_id: str
    devices: tuple[str, ...]
    names: tuple[str, ...]
    done: frozenset[str]
    position: int | None


def obey_erase(session: Session, command: Command) -> str:
    """Why an ``erase`` was not done, '' when it was."""
    home = resident_of(session, command.key)
    if home is None:
        return UNKNOWN
    if open_alerts(session, home.place_id):
        return OPEN
    secret = command.data.get("secret", "")
    if len(secret) < SECRET_CHARS_MIN:
        return "no secret"
    new_of = _renamed(session, home, secret)
    _remove(session, home)
    _without_person(session, home, new_of, pseudonym_of(secret))
    _bare_visits(session, home, new_of, secret)
    session.add(
        Erasure(
            id=command.id, pseudonym=pseudonym_of(secret), path=home.path, at=command.at, by=command.by,
            place_id=home.place_id, names=[*home.devices, *new_of], devices=list(home.devices), done=[],
        )
    )  # fmt: skip
    session.flush()
    return ""


def pseudonym_of(secret: str) -> str:
    """Under which the alerts of a home stay."""
    return ERASED_PLACE + _drawn(secret, "home")[:16]


def _drawn(secret: str, what: str) -> str:
    return hashlib.sha256(f"{secret}\n{what}".encode()).hexdigest()


def _renamed(session: Session, home: Resident, secret: str) -> dict[str, str]:
    """The new ids of its alerts: the old ones are hashes of home, rule and time, which could be tried out."""
    found = session.scalars(select(Alert.id).where(Alert.place_id == home.place_id).order_by(Alert.number))
    return {old: _drawn(secret, old)[: max(len(old), 16)] for old in found}


def _remove(session: Session, home: Resident) -> None:
    for table, which in tables_about(home):
        if table.name not in STAY:
            session.execute(delete(table).where(which))


def _without_person(session: Session, home: Resident, new_of: Mapping[str, str], pseudonym: str) -> None:
    session.execute(
        text("PRAGMA defer_foreign_keys=ON")
    )  # until the commit: steps and messages follow their alert
    alerts = Alert.place_id == home.place_id
    bare: dict[str, Any] = {
        "place_id": pseudonym, "device_id": "", "room": "", "why": ERASED, "evidence": {}, "note": None, "changed_why": None,
        "shelved_why": None,
    }  # fmt: skip
    session.execute(update(Alert).where(alerts).values(bare))
    for old, new in new_of.items():
        session.execute(update(Alert).where(Alert.id == old).values(id=new))
        session.execute(update(Alert).where(Alert.group_id == old).values(group_id=new))
        session.execute(update(Alert).where(Alert.merged_into == old).values(merged_into=new))
        session.execute(update(AlertStep).where(AlertStep.alert_id == old).values(alert_id=new))
        session.execute(
            update(AlertStep)
            .where(AlertStep.alert_id == new, AlertStep.kind.not_in(COUNTED_STEPS))
            .values(detail="")
        )
        _bare_messages(session, old, new)


def _bare_visits(session: Session, home: Resident, new_of: Mapping[str, str], secret: str) -> None:
    """That somebody was visited stays, without whom, and without what was noted."""
    bare = {"place_id": pseudonym_of(secret), "note": "", "struck_why": ""}
    for old, alert in session.execute(
        select(Visit.id, Visit.alert_id).where(Visit.place_id == home.place_id)
    ).all():
        new = {
            "id": _drawn(secret, old)[: max(len(old), 16)],
            "alert_id": new_of.get(alert) if alert else None,
        }
        session.execute(update(Visit).where(Visit.id == old).values(bare | new))


def _bare_messages(session: Session, old: str, new: str) -> None:
    """When a message went out stays; its id was drawn from the alert's, its receipt may name a telephone."""
    for name in list(session.scalars(select(Outbox.id).where(Outbox.alert_id == old))):
        drawn = _drawn(new, name)[: max(len(name), 16)]
        values = {"id": drawn, "alert_id": new, "receipt": "", "error": "", "errand": "", "ways": ""}
        session.execute(update(Outbox).where(Outbox.id == name).values(values))
        session.execute(update(Outbox).where(Outbox.digest_id == name).values(digest_id=drawn))
        session.execute(
            delete(Answered).where(Answered.id == f"voice:{name}")
        )  # an answer on the telephone names it
    session.execute(update(Outbox).where(Outbox.alert_id == new, Outbox.role != "desk").values(person=""))
    unsent = (Outbox.alert_id == new, Outbox.state == "waiting", Outbox.about != "digest")
    session.execute(update(Outbox).where(*unsent).values(state="withdrawn"))  # nobody is told of it any more


# what is still to be done of it


def erasures(engine: Engine, reach: Reach, limit: int = 100) -> list[ErasureView]:
    """The erasures of homes within reach, the newest first."""
    query = select(Erasure).where(within(reach, Erasure.path)).order_by(Erasure.at.desc(), Erasure.id)
    with Session(engine) as session:
        return [_view(row) for row in session.scalars(query.limit(limit))]


def erasure(engine: Engine, erasure_id: str) -> ErasureView | None:
    """That erasure."""
    with Session(engine) as session:
        row = session.get(Erasure, erasure_id)
        return _view(row) if row is not None else None


def pending(engine: Engine) -> list[Pending]:
    """The erasures that go on, the oldest first."""
    query = select(Erasure).where(Erasure.done_at.is_(None)).order_by(Erasure.at, Erasure.id)
    with Session(engine) as session:
        return [
            Pending(
                id=row.id, place_id=row.place_id, devices=tuple(row.devices), names=tuple(row.names),
                done=frozenset(row.done), position=row.position,
            )
            for row in session.scalars(query)
        ]  # fmt: skip


def note_done(engine: Engine, erasure_id: str, part: str, *, position: int | None = None) -> None:
    """That part is done, for good."""
    with Session(engine) as session, session.begin():
        row = session.get_one(Erasure, erasure_id)
        row.done = sorted({*row.done, part})
        if position is not None:
            row.position = position


def finish(engine: Engine, erasure_id: str, at: int, wanted: Iterable[str]) -> bool:
    """Forget which home it was, if every part that is ``wanted`` is done; whether it was."""
    with Session(engine) as session, session.begin():
        session.execute(text("PRAGMA secure_delete=ON"))
        try:
            row = session.get_one(Erasure, erasure_id)
            if not set(wanted) <= set(row.done):
                return False
            row.place_id, row.names, row.devices, row.position, row.done_at = "", [], [], None, at
            session.flush()
        finally:
            session.execute(text("PRAGMA secure_delete=OFF"))
    return True


def _view(row: Erasure) -> ErasureView:
    return ErasureView(
        id=row.id, pseudonym=row.pseudonym, path=row.path, at=row.at, by=row.by, done=tuple(row.done), done_at=row.done_at
    )  # fmt: skip
