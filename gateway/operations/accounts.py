"""Accounts as the administrator sees them: who may come in, what they may, where they are signed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from gateway.accounts.faults import AccountError
from gateway.accounts.roles import ROLES, May
from gateway.accounts.who import EVERYWHERE, Grant
from gateway.operations.people import People, token_hash, weakness_of, weakness_of_password
from gateway.operations.tables import Granted, Place, SignIn, Staff

SESSION_ID_CHARS = 24  # 96 bits of a hash: enough to name one, no use to come in with


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account: its roles, how it comes in, and whether it may not any more. Times are wall clock, epoch ms."""

    id: int
    name: str
    grants: list[Grant]
    pin: bool
    password: bool
    subject: str
    ended_at: int | None
    locked_until: int
    signed_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A browser that is signed in; ``id`` is the beginning of its token's hash. ``how``: pin, password or sso."""

    id: str
    name: str
    how: str
    device: str
    made_at: int
    expires_at: int


def accounts(engine: Engine, now_ms: int) -> list[AccountView]:
    """Every account, those that have ended last, in the order they were made."""
    with Session(engine) as session:
        grants: dict[int, list[Grant]] = {}
        for row in session.scalars(select(Granted).order_by(Granted.role, Granted.at)):
            grants.setdefault(row.staff_id, []).append(Grant(row.role, row.at))
        open_now = list(session.scalars(select(SignIn.staff_id).where(SignIn.expires_at > now_ms)))
        rows = session.scalars(select(Staff).order_by(Staff.ended_at.is_not(None), Staff.id))
        return [
            AccountView(
                id=row.id, name=row.name, grants=grants.get(row.id, []), pin=bool(row.pin_hash),
                password=bool(row.password_hash), subject=row.subject or "", ended_at=row.ended_at,
                locked_until=row.locked_until if row.locked_until > now_ms else 0, signed_in=open_now.count(row.id),
            )
            for row in rows
        ]  # fmt: skip


def account(engine: Engine, account_id: int, now_ms: int) -> AccountView | None:
    """One account."""
    return next((one for one in accounts(engine, now_ms) if one.id == account_id), None)


def set_grants(engine: Engine, account_id: int, grants: Iterable[Grant]) -> None:
    """Give an account these roles and no others; raises ``AccountError`` for an unknown role or place.

    What somebody may is asked at each request: so it holds at once. The last administrator stays one.
    """
    given = sorted(set(grants))
    with _changing(engine, account_id) as session:
        for grant in given:
            if fault := fault_of(session, grant):
                raise AccountError("unknown_part", fault)
        session.execute(delete(Granted).where(Granted.staff_id == account_id))
        session.add_all(Granted(staff_id=account_id, role=grant.role, at=grant.at) for grant in given)


def end(engine: Engine, account_id: int, now_ms: int) -> None:
    """End an account: signed out everywhere, and comes in no more. Its name stays with what it did."""
    with _changing(engine, account_id) as session:
        session.execute(update(Staff).where(Staff.id == account_id).values(ended_at=now_ms))
        session.execute(delete(SignIn).where(SignIn.staff_id == account_id))


def begin_again(engine: Engine, account_id: int) -> None:
    """Let an ended account come in again, with the roles it had."""
    values = {"ended_at": None, "failures": 0, "locked_until": 0}
    with _changing(engine, account_id) as session:
        session.execute(update(Staff).where(Staff.id == account_id).values(values))


def set_secrets(
    people: People, engine: Engine, account_id: int, *, pin: str | None = None, password: str | None = None
) -> None:
    """Give a new PIN or password ('' takes it away); every browser of that account is signed out.

    Takes tens of milliseconds on purpose; raises ``AccountError`` for a weak one.
    """
    with Session(engine) as session:
        name = _known(session, account_id).name
    if pin and (weakness := weakness_of(pin)):
        raise AccountError("weak_pin", f"PIN of {name}: {weakness}")
    if password and (weakness := weakness_of_password(password, name)):
        raise AccountError("weak_password", f"password of {name}: {weakness}")
    given = {"pin_hash": pin, "password_hash": password}
    values = {column: people.hashed(secret) for column, secret in given.items() if secret is not None}
    if not values:
        return
    people.tries.forgive(name)
    with Session(engine) as session, session.begin():
        freed = {"failures": 0, "locked_until": 0}
        session.execute(update(Staff).where(Staff.id == account_id).values(values | freed))
        session.execute(delete(SignIn).where(SignIn.staff_id == account_id))


def set_subject(engine: Engine, account_id: int, subject: str) -> None:
    """Say who this account is to the single sign-on ('' for nobody); raises ``AccountError`` where another account is that."""
    with _changing(engine, account_id) as session:
        other = session.scalar(select(Staff.name).where(Staff.subject == subject, Staff.id != account_id))
        if subject and other:
            raise AccountError("subject_taken", f"{other} is {subject} already")
        session.execute(update(Staff).where(Staff.id == account_id).values(subject=subject or None))


def sessions(engine: Engine, now_ms: int, account_id: int | None = None) -> list[SessionView]:
    """The browsers signed in (of that account), the newest first."""
    query = (
        select(SignIn, Staff.name)
        .join(Staff, Staff.id == SignIn.staff_id)
        .where(SignIn.expires_at > now_ms)
        .order_by(SignIn.made_at.desc(), SignIn.token_hash)
    )
    if account_id is not None:
        query = query.where(SignIn.staff_id == account_id)
    with Session(engine) as session:
        return [
            SessionView(
                id=row.token_hash[:SESSION_ID_CHARS], name=name, how=row.how, device=row.device, made_at=row.made_at,
                expires_at=row.expires_at,
            )
            for row, name in session.execute(query)
        ]  # fmt: skip


def session_id(token: str) -> str:
    """What the session of this cookie is called here."""
    return token_hash(token)[:SESSION_ID_CHARS]


def end_session(engine: Engine, session_id: str, account_id: int | None = None) -> bool:
    """Sign a browser out (one of that account's); whether there was one."""
    if len(session_id) != SESSION_ID_CHARS:
        return False
    which = [SignIn.token_hash.startswith(session_id, autoescape=True)]
    if account_id is not None:
        which.append(SignIn.staff_id == account_id)
    with Session(engine) as session, session.begin():
        gone = session.execute(delete(SignIn).where(*which).returning(SignIn.token_hash)).all()
        return bool(gone)


def parts_of_the_tree(engine: Engine) -> list[str]:
    """Every district, street, community and neighbourhood that a role can be given at."""
    with Session(engine) as session:
        paths = session.scalars(select(Place.path).distinct())
        parts = {
            "/".join(steps[:depth])
            for steps in (path.split("/") for path in paths)
            for depth in range(1, len(steps) + 1)
        }
    return sorted(part for part in parts if part)


def fault_of(session: Session, grant: Grant) -> str | None:
    """What is wrong with a role at a place, or None."""
    if grant.role not in ROLES:
        return f"there is no role {grant.role!r}; known are {', '.join(ROLES)}"
    if grant.at == EVERYWHERE:
        return None
    within = (Place.path == grant.at) | Place.path.startswith(grant.at + "/", autoescape=True)
    if session.scalar(select(Place.id).where(within).limit(1)) is None:
        return f"nothing lies at {grant.at!r}; write it like 福田区/莲花街道/莲花社区, or leave it empty for everything"
    return None


def _known(session: Session, account_id: int) -> Staff:
    found = session.get(Staff, account_id)
    if found is None:
        raise AccountError("unknown_account", f"there is no account {account_id}")
    return found


@contextmanager
def _changing(engine: Engine, account_id: int) -> Iterator[Session]:
    """Change an account; refused as a whole where nobody would be left who can give roles, and somebody could before."""
    with Session(engine) as session, session.begin():
        _known(session, account_id)
        before = _has_administrator(session)
        yield session
        session.flush()
        if before and not _has_administrator(session):
            raise AccountError(
                "last_administrator",
                "somebody must remain who can give roles: make another administrator first",
            )


def _has_administrator(session: Session) -> bool:
    roles = [name for name, role in ROLES.items() if May.ACCOUNTS in role.may]
    query = (
        select(Granted.staff_id)
        .join(Staff, Staff.id == Granted.staff_id)
        .where(Granted.role.in_(roles), Granted.at == EVERYWHERE, Staff.ended_at.is_(None))
    )
    return session.scalar(query.limit(1)) is not None
