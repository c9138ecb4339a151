"""One request to the outside: bounded in time and size, no redirects, and no secret in what is logged or raised."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx
import msgspec

from gateway.notify.channel import Recoverable, Unrecoverable

ANSWER_BYTES_MAX = 65_536

_Body = TypeVar("_Body")


class ChannelError(ValueError):
    """A channel's settings cannot be used; the message says which setting, why and what to do, never the value."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back with a 2xx (or a status the caller reads): status and at most 64 KiB of body."""

    status: int
    body: bytes


class Poster:
    """Asks one address, at most ``timeout_s`` in all; the address itself may be a secret and is never told."""

    def __init__(self, url: str, *, timeout_s: float, reads: frozenset[int] = frozenset()) -> None:
        """``reads`` are statuses other than 2xx with an answer in the body, which the caller judges."""
        hide_addresses()
        self._url = httpx.URL(url)
        self._timeout_s = timeout_s
        self._reads = reads
        # The environment's proxies and .netrc are not taken: where alerts go stands in the settings alone.
        self._client = httpx.AsyncClient(
            verify=_authorities(), timeout=timeout_s, follow_redirects=False, trust_env=False
        )

    async def post(self, body: bytes, headers: Mapping[str, str], params: Mapping[str, str] = {}) -> Answer:
        """The answer to one POST of JSON; raises ``Recoverable`` or ``Unrecoverable`` with a reason free of secrets.

        ``params`` are added to the address's own query.
        """
        url = self._url.copy_merge_params(params) if params else self._url
        return await self._in_time("POST", url, body, {"Content-Type": "application/json", **headers})

    async def ask(self, query: str, headers: Mapping[str, str]) -> Answer:
        """The answer to one POST without a body, for those who sign the query: it goes over the wire as it is given.

        Errors as of ``post``.
        """
        return await self._in_time("POST", self._url.copy_with(query=query.encode("ascii")), b"", headers)

    async def get(self, params: Mapping[str, str]) -> Answer:
        """The answer to one GET; errors as of ``post``."""
        return await self._in_time("GET", self._url.copy_merge_params(params), None, {})

    async def _in_time(
        self, method: str, url: httpx.URL, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._ask(method, url, body, headers)
        except (TimeoutError, httpx.TimeoutException):
            raise Recoverable(f"no answer within {self._timeout_s:g} s") from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            # Only the kind of error: its text may quote the address.
            raise Recoverable(f"connection failed ({type(error).__name__})") from None

    async def _ask(
        self, method: str, url: httpx.URL, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        async with self._client.stream(method, url, content=body, headers=headers) as answer:
            if answer.status_code not in self._reads:
                _refuse(answer)
            taken = bytearray()
            async for chunk in answer.aiter_bytes():
                taken += chunk
                if len(taken) > ANSWER_BYTES_MAX:
                    break
            return Answer(answer.status_code, bytes(taken[:ANSWER_BYTES_MAX]))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


@functools.cache
def _authorities() -> ssl.SSLContext:
    """Whose certificates are believed; read once, for that takes as long as many a request."""
    return httpx.create_ssl_context(trust_env=False)


def decoded(answer: Answer, form: type[_Body], whose: str) -> _Body:
    """The JSON of an answer; raises ``Recoverable`` where it is not ``whose``.

    A portal or proxy in between answers 200 with a page of its own: that may pass.
    """
    try:
        return msgspec.json.decode(answer.body, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Recoverable(f"the answer is not {whose}'s") from None


def checked_url(what: str, url: str) -> httpx.URL:
    """The address of ``what``: https, or http to this very machine; raises ``ChannelError``."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise ChannelError(f"{what}: url is no address; write it like https://host/path") from None
    if parsed.userinfo:
        raise ChannelError(f"{what}: url holds a user or password; put the secret into 'secret'")
    if not parsed.host or not (
        parsed.scheme == "https" or (parsed.scheme == "http" and _loopback(parsed.host))
    ):
        raise ChannelError(
            f"{what}: url must begin with https:// (http:// only to this machine, such as 127.0.0.1)"
        )
    return parsed


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse(answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    if status in {408, 425, 429} or answer.is_server_error:
        raise Recoverable(f"HTTP {status}", _retry_after_s(answer.headers.get("Retry-After", "")))
    if answer.is_redirect:
        raise Unrecoverable(f"HTTP {status}: redirects are not followed; set the final address")
    raise Unrecoverable(f"HTTP {status}")


def _retry_after_s(value: str) -> float | None:
    """Seconds of a Retry-After header (RFC 9110 10.2.3): a number, or a date against this machine's clock."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


class _HostOnly(logging.Filter):
    """Cuts the address httpx logs with each request down to its host: path and query may be a robot's key."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(arg.host if isinstance(arg, httpx.URL) else arg for arg in record.args)
        return True


_HOST_ONLY = _HostOnly()


def hide_addresses() -> None:
    """Let no request's address reach the log."""
    logging.getLogger("httpx").addFilter(_HOST_ONLY)  # adding the same filter again does nothing
    # What it traces holds the headers of answers, and a portal's redirect repeats the whole address.
    logging.getLogger("httpcore").setLevel(logging.INFO)
