"""Notes in the audit what was looked at and done, before the answer leaves: a look that cannot be noted is not given."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Send

from gateway.accounts.who import EVERYWHERE, Kind, Who
from gateway.audit.chain import Entry
from gateway.operations.whereabouts import ANYWHERE, Spot
from gateway.web.access import SAFE_METHODS
from gateway.web.context import Context
from gateway.web.needs import Needs
from gateway.web.problems import answer, refuse, sendable

REASON_CHARS_MAX = 200
SUBJECT_CHARS_MAX = 128
# They come every few seconds, or with every look at a card; the alert's own history has those.
NOT_NOTED = frozenset({"beat", "see"})
SECRET = frozenset(
    {"link", "token", "place_id"}
)  # the address of a link is its secret; a place has its own column
REFUSED = frozenset({401, 403, 404})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Noted:
    """One request and what it is about.

    A route may say more in its scope: ``audit_subject``, ``audit_reason``; behind a link, which says nothing, also
    ``audit_spot`` and ``audit_what``.
    """

    request: Request
    who: Who
    name: str
    wanted: Needs | None
    parameters: dict[str, str]
    spot: Spot | None

    def sending(self, send: Send) -> Send:
        """``send``, which first notes the request where it has to be."""
        withheld = False

        async def noting(message: Message) -> None:
            nonlocal withheld
            if message["type"] == "http.response.start" and self._is_noted(message["status"]):
                withheld = not await self._note(message["status"])
                if withheld:
                    await _send(answer(refuse(503, "no_audit")), send)
            if not withheld:
                await send(message)

        return noting

    def _is_noted(self, status: int) -> bool:
        if self.name in NOT_NOTED or self.wanted is None:
            return False
        done = status < 300  # noqa: PLR2004 success, as HTTP has it
        if self.request.method not in SAFE_METHODS:
            sent_on = 300 <= status < 400  # noqa: PLR2004 a plain form that was done
            return (
                done or sent_on or self.who.kind is not Kind.NOBODY or "audit_subject" in self.request.scope
            )
        if status in REFUSED:
            return self.who.kind is Kind.PERSON and bool(self.wanted.of)  # tried where they may not
        return done and self.wanted.record

    async def _note(self, status: int) -> bool:
        """Whether the answer may leave."""
        context = Context.of(self.request)
        try:
            await run_in_threadpool(context.port.trail.write, self._entry(context.wall_ms(), status))
        except sqlite3.Error as error:
            log.error("the audit cannot be written: %s", error)  # noqa: TRY400 its words say all
            return (
                self.request.method not in SAFE_METHODS
            )  # what a person does for somebody is not held up by it
        return True

    def _entry(self, now_ms: int, status: int) -> Entry:
        scope = self.request.scope
        spot: Spot | None = scope.get("audit_spot", self.spot)
        about = scope.get("audit_subject") or " ".join(
            value for name, value in self.parameters.items() if name not in SECRET
        )
        return Entry(
            at=now_ms,
            who=self.who.name,
            who_id=self.who.id,
            kind=self.who.kind.value,
            what=scope.get("audit_what") or (self.wanted and self.wanted.noted) or self.name,
            method=self.request.method,
            place=sendable(spot.place if spot else self.parameters.get("place_id", "")),
            subject=sendable(about)[:SUBJECT_CHARS_MAX],
            path=spot.path if spot and spot.path != ANYWHERE else EVERYWHERE,
            status=status,
            reason=scope.get("audit_reason", "")[:REASON_CHARS_MAX],
            via=self.request.client.host if self.request.client else "",
        )


async def _send(response: Response, send: Send) -> None:
    await send(
        {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    )
    await send({"type": "http.response.body", "body": response.body})
