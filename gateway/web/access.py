"""Who comes in: one guard before every route, and who asks. What they may is ``gateway.web.permit``.

On loopback programs of this machine are trusted, a web site open in the same browser is not: the Host must be a
loopback name (DNS rebinding), and writes must come from our own page or from no page at all. A browser there is a device at
a desk: it rings, and shows no person until somebody signs in. Beyond loopback a program needs the token, and a browser is such
a device once it has shown it. Acting on an alert needs a signed-in person everywhere, or a link that was sent to somebody for
just that: the pages behind links (``LINKS``) hold by the secret in their address.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.accounts.roles import May
from gateway.accounts.who import DEVICE, EVERYWHERE, NOBODY, PROGRAM, Kind, Reach, Who
from gateway.operations.whereabouts import Spot
from gateway.web.context import Context
from gateway.web.problems import answer, refuse
from gateway.web.settings import LOOPBACK_NAMES, WebSettings

OPEN_FOLDER = "/static/"
PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
LINKS = ("/a/", "/s/", "/f/")  # gateway.web.links, gateway.web.family
SAFE_METHODS = frozenset({"GET", "HEAD"})
BODY_BYTES_MAX = 64 * 1024
RULES_BYTES_MAX = 1024 * 1024  # a hundred rules at 10 KB
FORM_BYTES_MAX = 2 * 1024 * 1024 + 1  # one more, so that the form itself says that it is too large
REGISTRY_BYTES_MAX = 32 * 1024 * 1024  # 100,000 devices at 300 bytes a line
SHAPES_BYTES_MAX = 8 * 1024 * 1024  # 200,000 positions
BODIES_MAX = {
    "/api/v1/registry": REGISTRY_BYTES_MAX,
    "/api/v1/rules/backtest": RULES_BYTES_MAX,
    "/api/v1/heat/geometry": SHAPES_BYTES_MAX,
    "/api/v1/report-forms": FORM_BYTES_MAX,
}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

# The address is the secret: no search engine keeps it. Nor does another site learn it, but our own forms must say where they
# come from: under "no-referrer" a browser gives their origin as null.
LINK_HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """ASGI middleware: refuses, or lets through with the protecting headers set on whatever is answered."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here; web sockets are not spoken and are refused."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                own = LINK_HEADERS if scope["path"].startswith(LINKS) else {}
                for name, value in (HEADERS | own).items():
                    headers[name] = value
                # Personal data stays in no cache; our own scripts are asked for anew, so that an upgrade is seen.
                static = scope["path"].startswith(OPEN_FOLDER)
                headers.setdefault("Cache-Control", "no-cache" if static else "no-store")
                message["headers"] = headers.raw
            await send(message)

        request = Request(scope, receive)
        response = self._refusal(request)
        if response is None:
            await self._app(scope, _bounded(receive, _body_max(request)), protected)
        else:
            await response(scope, receive, protected)

    def _refusal(self, request: Request) -> Response | None:
        if not self._settings.exposed and not self._knows_host(request):
            return answer(refuse(403, "host"))
        if request.method not in SAFE_METHODS and not _same_origin(request):
            return answer(refuse(403, "origin"))
        if _declared_length(request) > _body_max(request):
            return answer(refuse(413, "too_long"))
        return None

    def _knows_host(self, request: Request) -> bool:
        host = _host("//" + request.headers.get("host", ""))
        return host in LOOPBACK_NAMES or host == self._settings.host.strip("[]")


async def who_asks(request: Request) -> Who:
    """Who asks: whoever is signed in on this browser, else a program with the token, else a device at a desk, or nobody."""
    context = Context.of(request)
    settings = context.settings
    cookie = request.cookies.get(settings.cookie("person"), "")
    found = await run_in_threadpool(context.people.who, cookie, context.wall_ms()) if cookie else None
    if found is not None:
        return found
    if _shows_token(request, settings):
        return PROGRAM
    if settings.exposed:
        return await _device(request) if _has_pass(request, settings) else NOBODY
    if any(header in request.headers for header in PROXY_HEADERS):
        return NOBODY  # it came from elsewhere
    return await _device(request) if _is_browser(request) else PROGRAM


async def _device(request: Request) -> Who:
    """A device rings for its desk, where somebody has said at which it stands; for everything where nobody has."""
    context = Context.of(request)
    desk = request.cookies.get(context.settings.cookie("desk"), "")
    known = await run_in_threadpool(context.port.desks) if desk else None
    at = next((one.at for one in known.desks if one.id == desk), EVERYWHERE) if known else EVERYWHERE
    return replace(DEVICE, at=at)


def _shows_token(request: Request, settings: WebSettings) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and is_token(token.strip(), settings)


def _has_pass(request: Request, settings: WebSettings) -> bool:
    """Whether this browser has shown the token once."""
    cookie = request.cookies.get(settings.cookie("pass"), "")
    return bool(settings.token) and hmac.compare_digest(cookie.encode(), settings.pass_cookie.encode())


def _is_browser(request: Request) -> bool:
    """Whether a browser asks: all of them say so since 2023, and called themselves Mozilla before."""
    return "sec-fetch-site" in request.headers or request.headers.get("user-agent", "").startswith("Mozilla/")


def is_token(given: str, settings: WebSettings) -> bool:
    """Whether this is the token, compared in constant time; never when none is set."""
    return bool(settings.token) and hmac.compare_digest(given.encode(), settings.token.encode())


def who_of(request: Request) -> Who:
    """Who asks; known since before the route was reached."""
    found: Who = request.scope["who"]
    return found


def spot_of(request: Request) -> Spot | None:
    """Where what is asked for is, where the route is about something."""
    found: Spot | None = request.scope["spot"]
    return found


def reach_of(request: Request, *may: May) -> Reach:
    """How far any of these permissions of whoever asks reaches: what a list may give."""
    return Reach.of(path for each in may for path in who_of(request).reach(each).paths)


def person_or_nobody(request: Request) -> Who | None:
    """Who is signed in on this browser."""
    who = who_of(request)
    return who if who.kind is Kind.PERSON else None


def person(request: Request) -> Who:
    """Give who is signed in on this browser, or refuse."""
    found = person_or_nobody(request)
    if found is None:
        raise refuse(401, "person")
    return found


SomePerson = Annotated[Who | None, Depends(person_or_nobody)]
APerson = Annotated[Who, Depends(person)]


def _same_origin(request: Request) -> bool:
    """Whether a write comes from our own page, or (curl, programs) from no page."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host", "")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # half an IPv6 address
        return ""


def _body_max(request: Request) -> int:
    return BODIES_MAX.get(request.url.path, BODY_BYTES_MAX)


def _declared_length(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else 0


def _bounded(receive: Receive, bytes_max: int) -> Receive:
    """Cut off a body that is longer than it may be, also where its length was not declared."""
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > bytes_max:
            raise refuse(413, "too_long")
        return message

    return bounded
