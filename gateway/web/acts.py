"""What people ask the hub to do: each once, by somebody, answered when it is applied; and until when it may hold."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from typing import Annotated

from fastapi import Header, Request
from pydantic import AfterValidator, Field

from gateway.accounts.who import Who
from gateway.web.context import Context
from gateway.web.port import Act, Outcome
from gateway.web.problems import refuse

COMMAND_TIMEOUT_S = 10.0
REASON_CHARS_MAX = 200

Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=128)]


def _said(reason: str) -> str:
    if not reason.strip():
        raise ValueError("give a reason")
    return reason.strip()


Reason = Annotated[str, Field(max_length=REASON_CHARS_MAX), AfterValidator(_said)]


async def carry_out(context: Context, act: Act, act_id: str) -> Outcome:
    """Have it journalled and applied; refuses with 503 when that takes too long."""
    try:
        async with asyncio.timeout(COMMAND_TIMEOUT_S):
            return await context.port.command(act, id=act_id)
    except TimeoutError as late:
        raise refuse(503, "timeout") from late


def until_within(request: Request, until: int | None, *, usual: int, most: int) -> int:
    """The end as asked for, or the usual one, counted in ms from hub time; refuses what is past or beyond ``most``."""
    now = Context.of(request).port.health().hub_now_ms
    if until is None:
        return now + usual
    if not now < until <= now + most:
        raise refuse(422, "until", hours=most // 3_600_000)
    return until


def id_of(key: str | None, kind: str, about: str, person: Who) -> str:
    """Give an act its id: the same for a repeat, under its key, by the same person of the same thing, else a new one."""
    if key is None:
        return secrets.token_hex(16)
    return hashlib.sha256("\n".join((key, kind, about, str(person.id))).encode()).hexdigest()[:32]
