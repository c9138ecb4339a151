"""The routes about accounts (账号): who may come in, what they may, where they are signed in; and one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.faults import AccountError
from gateway.accounts.roles import May
from gateway.accounts.who import Grant
from gateway.operations import accounts
from gateway.operations.accounts import AccountView, SessionView
from gateway.operations.people import NAME_CHARS_MAX, PIN_DIGITS
from gateway.web.access import APerson
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.problems import declared, refuse
from gateway.web.session import check_secret

PATH_CHARS_MAX = 200
GRANTS_MAX = 50
SECRET_CHARS_MAX = 200
ID_MAX = 2**31

STATUS = {"unknown_account": 404, "last_administrator": 409, "subject_taken": 409, "name_taken": 409}

router = APIRouter(prefix="/api/v1", tags=["accounts"])
T = TypeVar("T")
AccountId = Annotated[int, Path(ge=1, le=ID_MAX)]
SessionId = Annotated[str, Path(max_length=64)]
REFUSALS = declared(401, 404, 409, 422)


class Granting(BaseModel):
    """A role at a place of the tree ('' for everything)."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"role": "duty", "at": "福田区/莲花街道/莲花社区"}]}
    )
    role: str = Field(max_length=32)
    at: str = Field(default="", max_length=PATH_CHARS_MAX)


class Making(BaseModel):
    """A new account: it comes in by PIN on a station's device, by password from anywhere, by single sign-on (``subject``)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "周敏", "pin": "8024", "grants": [{"role": "duty", "at": ""}]}]
        },
    )
    name: str = Field(max_length=2 * NAME_CHARS_MAX)
    pin: str = Field(default="", max_length=SECRET_CHARS_MAX)
    password: str = Field(default="", max_length=SECRET_CHARS_MAX)
    subject: str = Field(default="", max_length=SECRET_CHARS_MAX)
    grants: Annotated[list[Granting], Field(max_length=GRANTS_MAX)] = []


class Roles(BaseModel):
    """The roles an account has from now on, and no others."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"grants": [{"role": "head", "at": "福田区/莲花街道"}]}]},
    )
    grants: Annotated[list[Granting], Field(max_length=GRANTS_MAX)]


class Secrets(BaseModel):
    """A new PIN or password, '' to take it away; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"pin": "8024"}]})
    pin: str | None = Field(default=None, max_length=SECRET_CHARS_MAX)
    password: str | None = Field(default=None, max_length=SECRET_CHARS_MAX)


class OwnSecrets(Secrets):
    """One's own new PIN or password; ``now`` is the PIN or the password that holds until then."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"now": "4711", "pin": "8024"}]}
    )
    now: str = Field(max_length=SECRET_CHARS_MAX)


class Subject(BaseModel):
    """Who this account is to the single sign-on (its ``sub``); '' for nobody."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"subject": "e1042"}]})
    subject: str = Field(max_length=SECRET_CHARS_MAX)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Every account."""

    accounts: list[AccountView]


@dataclass(frozen=True, slots=True)
class Sessions:
    """Browsers that are signed in."""

    sessions: list[SessionView]


@router.get("/accounts")
@needs(May.ACCOUNTS, of="everywhere")
def read_accounts(request: Request) -> Accounts:
    """Every account with its roles, those that have ended last."""
    context = Context.of(request)
    return Accounts(accounts.accounts(context.engine, context.wall_ms()))


@router.post("/accounts", status_code=201, responses=declared(401, 409, 422))
@needs(May.ACCOUNTS, of="everywhere")
async def make_account(request: Request, making: Making) -> AccountView:
    """Make an account. Without a PIN, a password or a subject nobody can come in by it yet."""
    context = Context.of(request)
    request.scope["audit_subject"] = making.name.strip()

    def work() -> int:
        grants = _grants(context, making.grants)
        made = context.people.add(
            making.name, making.pin, password=making.password, subject=making.subject.strip(), grants=grants
        )
        return made.id

    return _view(context, await _done(work))


@router.put("/accounts/{account_id}/grants", responses=REFUSALS)
@needs(May.ACCOUNTS, of="everywhere")
async def set_grants(request: Request, account_id: AccountId, roles: Roles) -> AccountView:
    """Give an account these roles and no others; it holds at once. The last administrator cannot be taken away."""
    context = Context.of(request)
    await _done(lambda: accounts.set_grants(context.engine, account_id, _grants(context, roles.grants)))
    return _view(context, account_id)


@router.put("/accounts/{account_id}/secrets", responses=REFUSALS)
@needs(May.ACCOUNTS, of="everywhere")
async def set_secrets(request: Request, account_id: AccountId, secrets: Secrets) -> AccountView:
    """Give an account a new PIN or password; it is signed out everywhere, and a lock is opened."""
    context = Context.of(request)
    await _done(
        lambda: accounts.set_secrets(
            context.people, context.engine, account_id, pin=secrets.pin, password=secrets.password
        )
    )
    return _view(context, account_id)


@router.put("/accounts/{account_id}/subject", responses=REFUSALS)
@needs(May.ACCOUNTS, of="everywhere")
async def set_subject(request: Request, account_id: AccountId, given: Subject) -> AccountView:
    """Say who an account is to the single sign-on."""
    context = Context.of(request)
    await _done(lambda: accounts.set_subject(context.engine, account_id, given.subject.strip()))
    return _view(context, account_id)


@router.delete("/accounts/{account_id}", responses=REFUSALS)
@needs(May.ACCOUNTS, of="everywhere")
async def end_account(request: Request, account_id: AccountId) -> AccountView:
    """End an account: signed out everywhere, comes in no more; its name stays with what it did."""
    context = Context.of(request)
    await _done(lambda: accounts.end(context.engine, account_id, context.wall_ms()))
    return _view(context, account_id)


@router.post("/accounts/{account_id}/begin-again", responses=REFUSALS)
@needs(May.ACCOUNTS, of="everywhere")
async def begin_again(request: Request, account_id: AccountId) -> AccountView:
    """Let an account that has ended come in again, with the roles it had; a lock is opened."""
    context = Context.of(request)
    await _done(lambda: accounts.begin_again(context.engine, account_id))
    return _view(context, account_id)


@router.get("/sessions")
@needs(May.ACCOUNTS, of="everywhere")
def read_sessions(request: Request) -> Sessions:
    """Every browser that is signed in, the newest first."""
    context = Context.of(request)
    return Sessions(accounts.sessions(context.engine, context.wall_ms()))


@router.delete("/sessions/{session_id}", status_code=204, responses=declared(401, 404, 422))
@needs(May.ACCOUNTS, of="everywhere")
def end_session(request: Request, session_id: SessionId) -> Response:
    """Sign a browser out; its pages know within five seconds."""
    if not accounts.end_session(Context.of(request).engine, session_id):
        raise refuse(404, "unknown_session")
    return Response(status_code=204)


@router.get("/account", responses=declared(401))
@needs(May.SELF)
def read_own(request: Request, person: APerson) -> AccountView:
    """One's own account."""
    return _view(Context.of(request), person.id)


@router.put("/account/secrets", responses=declared(401, 409, 422, 429))
@needs(May.SELF)
async def set_own_secrets(request: Request, person: APerson, secrets: OwnSecrets) -> AccountView:
    """Give oneself a new PIN or password; every browser is signed out, this one as well."""
    context = Context.of(request)
    await own_secret_is(context, person.name, secrets.now)
    await _done(
        lambda: accounts.set_secrets(
            context.people, context.engine, person.id, pin=secrets.pin, password=secrets.password
        )
    )
    return _view(context, person.id)


@router.get("/account/sessions", responses=declared(401))
@needs(May.SELF)
def read_own_sessions(request: Request, person: APerson) -> Sessions:
    """The browsers one is signed in on."""
    context = Context.of(request)
    return Sessions(accounts.sessions(context.engine, context.wall_ms(), person.id))


@router.delete("/account/sessions/{session_id}", status_code=204, responses=declared(401, 404, 422))
@needs(May.SELF)
def end_own_session(request: Request, session_id: SessionId, person: APerson) -> Response:
    """Sign oneself out on another browser."""
    if not accounts.end_session(Context.of(request).engine, session_id, person.id):
        raise refuse(404, "unknown_session")
    return Response(status_code=204)


async def own_secret_is(context: Context, name: str, secret: str) -> None:
    """Refuse where this is neither the PIN nor the password of that name; counted as a try to come in."""
    is_pin = secret.isdigit() and len(secret) <= PIN_DIGITS[-1]
    await check_secret(context, name, secret, by="pin" if is_pin else "password")


def _grants(context: Context, given: list[Granting]) -> list[Grant]:
    known = ["", *accounts.parts_of_the_tree(context.engine)]
    for one in given:
        if one.at not in known:
            raise AccountError(
                "unknown_part", f"nothing lies at {one.at!r}; give a part of the tree, or '' for everything"
            )
    return [Grant(one.role, one.at) for one in given]


async def _done(work: Callable[[], T]) -> T:
    """Do it in a thread; what cannot be is refused in words."""
    try:
        return await run_in_threadpool(work)
    except AccountError as error:
        raise refuse(STATUS.get(error.reason, 422), error.reason) from None


def _view(context: Context, account_id: int) -> AccountView:
    found = accounts.account(context.engine, account_id, context.wall_ms())
    if found is None:
        raise refuse(404, "unknown_account")
    return found
