"""What programs ask the hub to do under a key is done once: a repeat gets the answer of the first.

What a person does to an alert or a home goes another way (``acts``): there the key is journalled with the act and holds over a
restart, and a repeat is asked anew who it is. Here the answers are kept in memory: nothing a restart leaves half done by these
routes is harmed by being done again.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.web.access import SAFE_METHODS, person
from gateway.web.problems import RefusedError, answer, refuse

KEY_CHARS_MAX = 128
KEPT_S = 86_400.0
KEPT_BYTES_MAX = 4 * 1024 * 1024
KEPT_MAX = 4_000  # answers, of 2 KB beside their bodies: many have none
# Whoever comes in or goes out does so anew each time: a repeat does no harm, and a cookie is kept nowhere.
ANEW = frozenset({"/api/v1/signin", "/api/v1/signin/password", "/api/v1/signout", "/api/v1/enter"})


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was given, what was asked (a hash), and when (s of the monotonic clock)."""

    asked: bytes
    start: Message
    body: bytes
    at: float


class Once:
    """ASGI middleware, behind the guard: does what comes under a known key no second time.

    Only what was done (2xx) is kept: a refusal has done nothing and is judged anew. Two at once: the second waits for the
    first. The same key for something else is refused with 422.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = [
            ({method for method in route.methods or () if is_kept(route, method)}, route.path_regex)
            for route in routes
            if isinstance(route, APIRoute)
        ]
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._bytes = 0
        self._at_work: dict[bytes, asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through once; answer its repeats from memory."""
        key = Headers(scope=scope).get("idempotency-key") if scope["type"] == "http" else None
        if key is None or not self._concerns(scope):
            await self._app(scope, receive, send)
            return
        if len(key) > KEY_CHARS_MAX:
            what = f"Idempotency-Key: at most {KEY_CHARS_MAX} characters"
            await answer(refuse(422, "invalid", what=what))(scope, receive, send)
            return
        try:
            body = await _whole(receive)
        except RefusedError as refusal:  # longer than the guard lets through
            await answer(refusal)(scope, receive, send)
            return
        except ClientDisconnect:
            return
        name, asked = _name(scope, key), hashlib.sha256(body).digest()
        while self._find(name) is None and name in self._at_work:
            await self._at_work[name].wait()
        known = self._find(name)
        if known is None:
            await self._do(name, asked, (scope, _given(body, receive), send))
        elif known.asked != asked:
            await answer(refuse(422, "key_used"))(scope, receive, send)
        else:
            await send(known.start)
            await send({"type": "http.response.body", "body": known.body})

    def _concerns(self, scope: Scope) -> bool:
        return any(scope["method"] in methods and path.match(scope["path"]) for methods, path in self._routes)

    async def _do(self, name: bytes, asked: bytes, request: tuple[Scope, Receive, Send]) -> None:
        scope, receive, send = request
        start: Message = {}
        parts: list[bytes] = []

        async def kept(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            else:
                parts.append(message.get("body", b""))
            await send(message)

        done = self._at_work[name] = asyncio.Event()
        try:
            await self._app(scope, receive, kept)
            if start and 200 <= start["status"] < 300:  # noqa: PLR2004 success, as HTTP has it
                self._keep(name, Kept(asked, start, b"".join(parts), time.monotonic()))
        finally:
            del self._at_work[name]
            done.set()

    def _keep(self, name: bytes, answered: Kept) -> None:
        before = self._kept.pop(name, None)
        self._kept[name] = answered
        self._bytes += len(answered.body) - (len(before.body) if before else 0)
        while self._kept and (
            self._bytes > KEPT_BYTES_MAX
            or len(self._kept) > KEPT_MAX
            or self._is_old(next(iter(self._kept.values())))
        ):
            self._bytes -= len(self._kept.popitem(last=False)[1].body)

    def _find(self, name: bytes) -> Kept | None:
        found = self._kept.get(name)
        return None if found is None or self._is_old(found) else found

    @staticmethod
    def _is_old(kept: Kept) -> bool:
        return time.monotonic() - kept.at > KEPT_S


def is_kept(route: APIRoute, method: str) -> bool:
    """Whether the answers of a route are kept here under their keys."""
    return method not in SAFE_METHODS and route.path not in ANEW and not needs_person(route.dependant)


def needs_person(dependant: Dependant) -> bool:
    """Whether a route is for a signed-in person."""
    return dependant.call is person or any(needs_person(each) for each in dependant.dependencies)


def _name(scope: Scope, key: str) -> bytes:
    """What a key stands for: this thing to be done, asked by this program or browser."""
    headers = Headers(scope=scope)
    who = (headers.get("authorization", ""), headers.get("cookie", ""))
    parts = (scope["method"], scope["path"], scope["query_string"].decode("latin-1"), *who, key)
    return hashlib.sha256("\n".join(parts).encode()).digest()


async def _whole(receive: Receive) -> bytes:
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _given(body: bytes, receive: Receive) -> Receive:
    """The body that was read, once more."""
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Message:
        return whole.pop() if whole else await receive()

    return given
