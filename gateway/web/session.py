"""The routes for coming in: a person by name and PIN, a browser by the token."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

import anyio
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from gateway.accounts.who import Kind, Who
from gateway.operations.people import SIGN_IN_MS, Refused
from gateway.web.access import SomePerson, is_token, who_of
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.pace import origin_of
from gateway.web.problems import declared, refuse
from gateway.web.render import clock_time

PASS_COOKIE_S = 30 * 86_400

router = APIRouter(prefix="/api/v1", tags=["people"])


class SigningIn(BaseModel):
    """A person's name and PIN."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=64)
    pin: str = Field(max_length=64)


class Entry(BaseModel):
    """A person's name and password."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "王站长", "password": "春眠不觉晓，处处闻啼鸟"}]},
    )
    name: str = Field(max_length=64)
    password: str = Field(max_length=512)


class Entering(BaseModel):
    """The token from the hub's settings."""

    model_config = ConfigDict(extra="forbid")
    token: str = Field(max_length=512)


class Signed(BaseModel):
    """Who is signed in on this browser, and who may."""

    name: str | None
    names: list[str]


@router.get("/session")
@needs()
async def read_session(request: Request, person: SomePerson) -> Signed:
    """Say who is signed in on this browser, and the names that may sign in."""
    return Signed(name=person.name if person else None, names=await _names(request))


@router.post("/signin", responses=declared(401, 422, 429))
@needs()
async def sign_in(request: Request, response: Response, given: SigningIn) -> Signed:
    """Sign a person in by name and PIN; the cookie lasts a shift. Five wrong PINs lock the name for 5 minutes."""
    if who_of(request).kind is Kind.NOBODY:
        raise refuse(401, "device")  # a PIN is enough only on a device that is known
    request.scope["audit_subject"] = given.name
    found = await check_secret(Context.of(request), given.name, given.pin, by="pin")
    await remember(request, response, found)
    return Signed(name=found.name, names=await _names(request))


async def _names(request: Request) -> list[str]:
    """The names that may sign in by PIN: for a device that is known, not for whoever comes along."""
    if who_of(request).kind is Kind.NOBODY:
        return []
    return await run_in_threadpool(Context.of(request).people.names)


@router.post("/signin/password", responses=declared(401, 422, 429))
@needs()
async def sign_in_by_password(request: Request, response: Response, given: Entry) -> Signed:
    """Sign a person in by name and password, on any device. Five wrong ones lock the name for 5 minutes."""
    context = Context.of(request)
    if too_many_tries(request):
        raise refuse(429, "too_many_tries")  # noted nowhere: whoever comes along could fill the disk with it
    request.scope["audit_subject"] = given.name
    found = await check_secret(context, given.name, given.password, by="password")
    await remember(request, response, found, how="password")
    return Signed(name=found.name, names=[])


def too_many_tries(request: Request) -> bool:
    """Count one more try to come in from this address; whether it is one too many."""
    context = Context.of(request)
    origin = origin_of(request.client.host if request.client else "")
    return context.tries.too_fast(f"{request.url.path} {origin}", context.wall_ms())


async def check_secret(context: Context, name: str, secret: str, *, by: Literal["pin", "password"]) -> Who:
    """Who this is; refuses with 401 what is wrong, with 429 while the name is locked."""
    now_ms = context.wall_ms()

    def check() -> Who | Refused:
        return context.people.check(name, secret, now_ms, by=by)

    found = await anyio.to_thread.run_sync(check, limiter=context.checks)
    if isinstance(found, Refused):
        if found.reason == "locked":
            zone = ZoneInfo(context.settings.zone)
            until = clock_time(found.until + 59_999, zone, now_ms)  # rounded up to a minute one can read
            raise refuse(429, "locked", at=found.until, time=until)
        raise refuse(401, "wrong")
    return found


async def remember(request: Request, response: Response, person: Who, *, how: str = "pin") -> None:
    """Let this browser be this person's for a shift, and nobody else's any more."""
    context = Context.of(request)
    name = context.settings.cookie("person")
    await run_in_threadpool(context.people.sign_out, request.cookies.get(name, ""))
    device = request.headers.get("user-agent", "")

    def sign_in() -> str:
        return context.people.sign_in(person, context.wall_ms(), how=how, device=device)

    token = await run_in_threadpool(sign_in)
    _set_cookie(context, response, name, token, SIGN_IN_MS // 1000)


@router.post("/signout", status_code=204)
@needs()
async def sign_out(request: Request) -> Response:
    """Sign this browser out."""
    context = Context.of(request)
    name = context.settings.cookie("person")
    await run_in_threadpool(context.people.sign_out, request.cookies.get(name, ""))
    response = Response(status_code=204)
    response.delete_cookie(name, httponly=True, samesite="strict", secure=context.settings.secure)
    return response


@router.post("/enter", status_code=204, responses=declared(401, 422))
@needs()
async def enter(request: Request, given: Entering) -> Response:
    """Give a browser that shows the token a cookie to come in with."""
    context = Context.of(request)
    if not is_token(given.token, context.settings):
        raise refuse(401, "token")
    response = Response(status_code=204)
    settings = context.settings
    _set_cookie(context, response, settings.cookie("pass"), settings.pass_cookie, PASS_COOKIE_S)
    return response


def _set_cookie(context: Context, response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="strict", secure=context.settings.secure
    )
