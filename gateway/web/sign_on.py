"""A provider of single sign-on as the web sees it, and the sign-ons that are on their way."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from gateway.accounts.identity import Identity, Rule, Ticket

TICKET_S = 600
TICKETS_MAX = 1_000


class SignOn(Protocol):
    """A provider of single sign-on."""

    async def begin(self, back: str) -> tuple[str, Ticket]:
        """The address to send a browser to, and what it must bring back; raises ``SignOnError``."""

    async def finish(self, given: dict[str, str], ticket: Ticket, back: str) -> Identity:
        """Who has come back; raises ``SignOnError``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnHere:
    """The provider, what it is called, and which of its words give which role (none: accounts are made by hand)."""

    provider: SignOn
    name: str
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class _Begun:
    ticket: Ticket
    onward: str
    ends_ms: int


class Tickets:
    """Sign-ons that have begun, by the cookie of the browser that began them: each is taken once."""

    def __init__(self) -> None:
        self._begun: OrderedDict[str, _Begun] = OrderedDict()

    def keep(self, ticket: Ticket, onward: str, now_ms: int) -> str:
        """Keep it for ten minutes; the name for the cookie."""
        name = secrets.token_urlsafe(32)
        self._begun[name] = _Begun(ticket, onward, now_ms + TICKET_S * 1000)
        if len(self._begun) > TICKETS_MAX:
            self._begun.popitem(last=False)
        return name

    def take(self, name: str, now_ms: int) -> _Begun | None:
        """The one that this browser has begun, if it is not too long ago; it is gone with that."""
        found = self._begun.pop(name, None)
        return found if found is not None and now_ms < found.ends_ms else None
