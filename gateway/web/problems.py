"""How a refusal is answered: one JSON shape, with words a person can be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from gateway.web.port import Imported, UnavailableError
from gateway.web.words import say

ERRORS_CHARS_MAX = 500  # of the words; ``errors`` has all of them


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request was refused: ``reason`` for programs, ``words`` for people; who was first and when, if somebody was."""

    reason: str
    words: dict[str, str]
    by: str | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why a file was refused: a ``Problem``, whose ``errors`` name each mistake with its line; nothing has changed."""

    reason: str
    words: dict[str, str]
    by: str | None = None
    at: int | None = None
    ok: bool = False
    errors: list[str]


class RefusedError(Exception):
    """Raised to refuse a request; answered as its ``Problem`` with this status."""

    def __init__(self, status: int, problem: Problem, headers: dict[str, str] | None = None) -> None:
        super().__init__(problem.reason)
        self.status = status
        self.problem = problem
        self.headers = headers


def refuse(
    status: int, reason: str, /, *, by: str | None = None, at: int | None = None, **values: object
) -> RefusedError:
    """Make the refusal whose words stand under ``problem.<reason>``."""
    told = {name: sendable(str(value)) for name, value in values.items()}  # what was given may be told back
    return RefusedError(status, Problem(reason, say(f"problem.{reason}", **told), by, at))


def sendable(text: str) -> str:
    """The text with '?' for each half of a surrogate pair: those cannot be sent."""
    return text.encode(errors="replace").decode()


def answer(refusal: RefusedError) -> Response:
    """Give the refusal as a response."""
    body = msgspec.json.encode(refusal.problem)
    return Response(body, refusal.status, refusal.headers, "application/json")


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Say in OpenAPI that a route may answer with these refusals."""
    return {status: {"model": Problem} for status in statuses}


REJECTED: dict[int | str, dict[str, Any]] = {
    422: {
        "model": Rejection | Problem,
        "description": "The file is refused, mistake by mistake; or what was given beside it is not valid.",
    }
}


def imported_as(imported: Imported) -> Response:
    """Answer with what an import did; where it did nothing, with its mistakes."""
    body = {"ok": imported.ok, **imported.report}
    if not imported.ok:
        what = "; ".join(map(str, imported.report.get("errors", ())))
        refusal = refuse(422, "invalid", what=what[:ERRORS_CHARS_MAX])
        body = msgspec.to_builtins(refusal.problem) | body
    return Response(msgspec.json.encode(body), 200 if imported.ok else 422, media_type="application/json")


def install(app: FastAPI) -> None:
    """Let every refusal of the app take this shape."""

    async def refused(_request: Request, error: Exception) -> Response:
        if not isinstance(error, RefusedError):
            raise error
        return answer(error)

    async def invalid(_request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        # Where and what only: the input itself may be a PIN.
        what = "; ".join(
            f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}" for found in error.errors()[:5]
        )
        return answer(refuse(422, "invalid", what=what))

    async def unavailable(_request: Request, error: Exception) -> Response:
        return answer(refuse(503, "unavailable", reason=str(error)))

    async def http(_request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        if error.status_code == 404:  # noqa: PLR2004 the status' own number
            return answer(refuse(404, "unknown"))
        if error.status_code == 405:  # noqa: PLR2004 the status' own number
            return answer(refuse(405, "not_allowed"))
        # 400 is FastAPI's word for a body that is no text at all: not valid, as everything else that is not.
        status = 422 if error.status_code == 400 else error.status_code  # noqa: PLR2004 the status' own number
        return answer(refuse(status, "invalid", what=error.detail))

    app.add_exception_handler(RefusedError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(UnavailableError, unavailable)
    app.add_exception_handler(HTTPException, http)
