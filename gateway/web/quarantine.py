"""The routes about what could not be read: shown, given again, dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.accounts.roles import May
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.paging import Cursor, read, written
from gateway.web.port import Chosen, GivenAgain, Unreadable
from gateway.web.problems import declared, refuse

IDS_MAX = 1_000
NAME_CHARS_MAX = 64
TOPIC_CHARS_MAX = 1_024

router = APIRouter(prefix="/api/v1/quarantine", tags=["quarantine"])
Id = Annotated[int, Field(ge=1, le=1 << 53)]
Name = Annotated[str, Query(max_length=NAME_CHARS_MAX)]


class Choice(BaseModel):
    """Which messages: those that fit everything given; ``all`` where nothing is given and all are meant."""

    model_config = ConfigDict(extra="forbid")
    ids: Annotated[list[Id], Field(max_length=IDS_MAX)] = []
    reason: Annotated[str, Field(max_length=NAME_CHARS_MAX)] = ""
    device: Annotated[str, Field(max_length=NAME_CHARS_MAX)] = ""
    topic: Annotated[str, Field(max_length=TOPIC_CHARS_MAX)] = ""
    all: bool = False

    def chosen(self) -> Chosen:
        """The choice; refuses where none was made, so that a slip does not concern everything."""
        some = bool(self.ids or self.reason or self.device or self.topic)
        if some == self.all:
            raise refuse(422, "invalid", what="give ids, reason, device or topic, or else all: true")
        return Chosen(ids=tuple(self.ids), reason=self.reason, device=self.device, topic=self.topic)


class Dropped(BaseModel):
    """How many messages were removed."""

    dropped: int


@dataclass(frozen=True, slots=True)
class Unreadables:
    """Some messages in quarantine, and the cursor for those that follow; the last page may be empty."""

    messages: Sequence[Unreadable]
    next: str | None


@router.get("", responses=declared(422, 503))
@needs(May.SYSTEM, of="everywhere")
async def read_quarantine(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    reason: Name = "",
    device: Name = "",
    topic: Annotated[str, Query(max_length=TOPIC_CHARS_MAX)] = "",
    cursor: Cursor = None,
) -> Unreadables:
    """Messages that could not be read or placed (无法识别的数据) and are still held, newest first, each with its reason."""
    chosen = Chosen(reason=reason, device=device, topic=topic)
    before = None if cursor is None else read(cursor, tuple[int])[0]
    found = await Context.of(request).port.quarantine(chosen, limit, before=before)
    return Unreadables(found, written(found[-1].id) if len(found) == limit else None)


@router.post("/replay", responses=declared(422, 503))
@needs(May.SYSTEM, of="everywhere")
async def give_again(
    request: Request, choice: Choice, after: Annotated[int, Query(ge=0, le=1 << 53)] = 0
) -> GivenAgain:
    """Read held messages again, as of the time they came; what passes is held no longer, what does not says why now.

    Up to a day old they are judged as late ones are, with their age. Older ones are state and history: an event raises nothing.
    """
    return await Context.of(request).port.give_again(choice.chosen(), after=after)


@router.post("/drop", responses=declared(422, 503))
@needs(May.SYSTEM, of="everywhere")
async def drop(request: Request, choice: Choice) -> Dropped:
    """Remove held messages for good."""
    return Dropped(dropped=await Context.of(request).port.drop(choice.chosen()))
