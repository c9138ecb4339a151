"""People coming in: their PINs and passwords, the lock against guessing, and where they are signed in."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Literal

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Engine, case, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gateway.accounts.faults import AccountError
from gateway.accounts.roles import ROLES
from gateway.accounts.who import Grant, Kind, Who
from gateway.operations.tables import Granted, SignIn, Staff

FAILURES_MAX = 5
LOCK_MS = 5 * 60_000
SIGN_IN_MS = 12 * 3_600_000  # one shift and its hand-over
NAME_CHARS_MAX = 32
PIN_DIGITS = range(4, 9)
PASSWORD_CHARS = range(
    10, 201
)  # NIST SP 800-63B asks for 8 and for no rules of composition; the lock does the rest
DEVICE_CHARS_MAX = 120
ON_DUTY = (Grant("duty"),)
NAMES_TRIED_MAX = 10_000  # names whose passwords were tried lately
OF_OTHERS = ("family:",)  # how a family is written down where staff are by name

# OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, 2 passes, 1 lane. A PIN's strength is the lock, not
# the hash, and the hub may be a small board that must keep its memory for alarms.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a sign-in failed: ``wrong`` (name or PIN) or ``locked`` until a wall clock time in ms."""

    reason: str
    until: int = 0


class Tries:
    """Passwords that were tried lately, by name, whether anybody has that name or not; from any thread. In memory.

    They are counted apart from PINs, which are taken at the station only: else who knows the names of a station could keep its
    people from their own desk from anywhere. And a name that nobody has is locked as any other, so that none can be found out.
    """

    def __init__(self) -> None:
        self._tried: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, name: str, now_ms: int) -> tuple[bool, int]:
        """Count one more; whether it may be verified, and until when the name is locked now (0: not)."""
        with self._lock:
            failures, locked = self._tried.pop(name, (0, 0))
            if locked > now_ms:
                self._tried[name] = (failures, locked)
                return False, locked
            failures = 1 if locked else failures + 1
            locked = now_ms + LOCK_MS if failures >= FAILURES_MAX else 0
            self._tried[name] = (failures, locked)
            if len(self._tried) > NAMES_TRIED_MAX:
                self._tried.popitem(last=False)
            return True, locked

    def forgive(self, name: str) -> None:
        """It was right, or is another now: begin anew."""
        with self._lock:
            self._tried.pop(name, None)


class People:
    """Staff and sign-ins in the operational database. Times are wall clock, epoch ms: a shift is real."""

    def __init__(self, engine: Engine, hasher: PasswordHasher = HASHER) -> None:
        self._engine = engine
        self._hasher = hasher
        self._nobody = _hash_of_nobody(hasher)
        self.tries = Tries()

    def add(
        self,
        name: str,
        pin: str = "",
        *,
        password: str = "",
        subject: str = "",
        grants: Iterable[Grant] = ON_DUTY,
    ) -> Who:
        """Enter an account; ``AccountError`` says what is wrong with the name, the PIN, the password or a role."""
        name, given = name.strip(), sorted(set(grants))
        if not 0 < len(name) <= NAME_CHARS_MAX or not name.isprintable() or name.startswith(OF_OTHERS):
            raise AccountError(
                "bad_name", f"staff name {name!r}: needs 1 to {NAME_CHARS_MAX} printable characters"
            )
        if pin and (weakness := weakness_of(pin)):
            raise AccountError("weak_pin", f"PIN of {name}: {weakness}")
        if password and (weakness := weakness_of_password(password, name)):
            raise AccountError("weak_password", f"password of {name}: {weakness}")
        for grant in given:
            if grant.role not in ROLES:
                raise AccountError(
                    "unknown_part", f"role {grant.role!r} of {name}: known are {', '.join(ROLES)}"
                )
        staff = Staff(
            name=name, pin_hash=self.hashed(pin), password_hash=self.hashed(password), subject=subject or None
        )
        try:
            with self._transaction() as session:
                if subject and session.scalar(select(Staff.id).where(Staff.subject == subject)):
                    raise AccountError("subject_taken", f"another account is {subject} already")
                session.add(staff)
                session.flush()
                session.add_all(Granted(staff_id=staff.id, role=grant.role, at=grant.at) for grant in given)
                return Who(Kind.PERSON, tuple(given), staff.id, staff.name)
        except IntegrityError as clash:
            raise AccountError("name_taken", f"staff name {name!r} exists already: choose another") from clash

    def hashed(self, secret: str) -> str:
        """The hash under which a PIN or a password is kept; '' for none."""
        return self._hasher.hash(secret) if secret else ""

    def names(self) -> list[str]:
        """Names of those who have a PIN, in the order they were entered, for the tiles of the sign-in page."""
        query = select(Staff.name).where(Staff.pin_hash != "", Staff.ended_at.is_(None)).order_by(Staff.id)
        with Session(self._engine) as session:
            return list(session.scalars(query))

    def check(
        self, name: str, secret: str, now_ms: int, *, by: Literal["pin", "password"] = "pin"
    ) -> Who | Refused:
        """Who signs in with this name and PIN (or password), or why not. Five failures in a row lock a name for 5 minutes.

        PINs and passwords are counted apart (``Tries``). An attempt is counted before it is verified: a hundred guesses sent at
        once are still only five. Takes tens of milliseconds on purpose; call it in a thread.
        """
        found = self._count_pin(name, now_ms) if by == "pin" else self._count_password(name, now_ms)
        if isinstance(found, Refused):
            return found
        staff, locked = found
        kept = (staff.pin_hash if by == "pin" else staff.password_hash) if staff else ""
        try:
            self._hasher.verify(kept or self._nobody, secret)
        except VerificationError:
            return Refused("locked", locked) if locked else Refused("wrong")
        if staff is None or not kept:
            return Refused("wrong")
        if by == "password":
            self.tries.forgive(name)
        with self._transaction() as session:
            if by == "pin":
                session.execute(update(Staff).where(Staff.id == staff.id).values(failures=0, locked_until=0))
            return Who(Kind.PERSON, _grants(session, staff.id), staff.id, staff.name)

    def sign_in(self, person: Who, now_ms: int, *, how: str = "pin", device: str = "") -> str:
        """Sign a browser in for 12 hours: the random token for its cookie, of which only the hash is kept."""
        token = secrets.token_urlsafe(32)
        with self._transaction() as session:
            session.execute(delete(SignIn).where(SignIn.expires_at <= now_ms))
            session.add(
                SignIn(
                    token_hash=token_hash(token), staff_id=person.id, expires_at=now_ms + SIGN_IN_MS, made_at=now_ms, how=how,
                    device=device[:DEVICE_CHARS_MAX],
                )
            )  # fmt: skip
        return token

    def who(self, token: str, now_ms: int) -> Who | None:
        """Whose cookie this is, while it lasts, with what they may now."""
        query = (
            select(Staff.id, Staff.name)
            .join(SignIn, SignIn.staff_id == Staff.id)
            .where(
                SignIn.token_hash == token_hash(token), SignIn.expires_at > now_ms, Staff.ended_at.is_(None)
            )
        )
        with Session(self._engine) as session:
            row = session.execute(query).first()
            return Who(Kind.PERSON, _grants(session, row.id), row.id, row.name) if row else None

    def of_subject(self, subject: str) -> Who | None:
        """Whose account that is to the single sign-on; None where nobody's, or one that has ended."""
        query = select(Staff.id, Staff.name).where(Staff.subject == subject, Staff.ended_at.is_(None))
        with Session(self._engine) as session:
            row = session.execute(query).first()
            return Who(Kind.PERSON, _grants(session, row.id), row.id, row.name) if row else None

    def sign_out(self, token: str) -> None:
        """Forget this browser; unknown tokens are no error."""
        with self._transaction() as session:
            session.execute(delete(SignIn).where(SignIn.token_hash == token_hash(token)))

    def _count_password(self, name: str, now_ms: int) -> tuple[Staff | None, int] | Refused:
        """Count one more failure (taken back on success); whose account it is, and until when it is locked now."""
        counted, locked = self.tries.count(name, now_ms)
        if not counted:
            return Refused("locked", locked)
        with self._transaction() as session:
            query = select(Staff).where(Staff.name == name, Staff.ended_at.is_(None))
            return session.scalar(query), locked

    def _count_pin(self, name: str, now_ms: int) -> tuple[Staff | None, int] | Refused:
        """The same of PINs; who has none is as unknown here as a name that nobody has."""
        # A lock that has run out starts the count anew.
        failures = case((Staff.locked_until > 0, 1), else_=Staff.failures + 1)
        counted: dict[str, Any] = {
            "failures": failures,
            "locked_until": case((failures >= FAILURES_MAX, now_ms + LOCK_MS), else_=0),
        }
        which = (Staff.name == name, Staff.pin_hash != "", Staff.ended_at.is_(None))
        with self._transaction() as session:
            done = session.execute(
                update(Staff).where(*which, Staff.locked_until <= now_ms).values(counted).returning(Staff.id)
            ).first()
            staff = session.scalar(select(Staff).where(*which))
            if staff is not None and done is None:
                return Refused("locked", staff.locked_until)
            return staff, staff.locked_until if staff else 0

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session


def weakness_of(pin: str) -> str | None:
    """Say what is wrong with a PIN, or None: 4 to 8 digits, no single digit, run or pattern repeated."""
    if not (pin.isascii() and pin.isdigit() and len(pin) in PIN_DIGITS):
        return "needs 4 to 8 digits"
    digits = [int(digit) for digit in pin]
    steps = {(after - before) % 10 for before, after in pairwise(digits)}
    if steps in ({0}, {1}, {9}):
        return "is one digit repeated or a run like 1234: choose another"
    if any(pin == pin[:length] * (len(pin) // length) for length in (2, 3, 4) if length < len(pin)):
        return "repeats a pattern like 1212: choose another"
    return None


def weakness_of_password(password: str, name: str = "") -> str | None:
    """Say what is wrong with a password, or None: 10 to 200 characters, not one repeated, not the name."""
    if len(password) not in PASSWORD_CHARS:
        return f"needs {PASSWORD_CHARS.start} to {PASSWORD_CHARS.stop - 1} characters"
    if len(set(password)) < 5:  # noqa: PLR2004 fewer is one key held down, or two
        return "repeats the same few characters: choose another"
    if (
        name
        and name.casefold() in password.casefold()
        and len(password) < 2 * len(name) + PASSWORD_CHARS.start
    ):
        return "is made of the name: choose another"
    return None


def _grants(session: Session, staff_id: int) -> tuple[Grant, ...]:
    rows = session.execute(select(Granted.role, Granted.at).where(Granted.staff_id == staff_id))
    return tuple(sorted(Grant(role, at) for role, at in rows if role in ROLES))


@cache
def _hash_of_nobody(hasher: PasswordHasher) -> str:
    """Verified against when nobody has the given name, so that the answer takes as long as for a real one."""
    return hasher.hash(secrets.token_hex(8))


def token_hash(token: str) -> str:
    """What is kept of a cookie."""
    return hashlib.sha256(token.encode()).hexdigest()
