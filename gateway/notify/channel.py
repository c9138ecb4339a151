"""What a channel is: it tries once, says what it got, or fails in one of two ways. It never retries itself."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from gateway.alerts.message import AlertMessage


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side answered, in a few words fit for showing: no secret, no personal data."""

    text: str


class Recoverable(Exception):  # noqa: N818 the word of the field: it says what to do about it
    """Not taken this time; worth another try, after ``retry_after_s`` where the other side said so."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        self.reason = reason
        self.retry_after_s = retry_after_s
        super().__init__(reason)


class Unrecoverable(Exception):  # noqa: N818 as above
    """Refused for good: the same message would be refused again."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Channel(Protocol):
    """One way to the outside."""

    async def send(self, message_id: str, message: AlertMessage) -> Receipt:
        """Try once; returns when the other side has taken it, raises ``Recoverable`` or ``Unrecoverable``."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


def message_id(alert: str, rung: int, person: str, channel: str, turn: int = 0) -> str:
    """The id under which a message is sent, however often: 32 hex digits of its alert, rung, person and channel.

    ``person`` is '' for a channel that reaches a group; an alert told anew is another message in each ``turn``. The parts
    are length-prefixed: no two tuples share an id.
    """
    parts = (alert, str(rung), person, channel) + ((str(turn),) if turn else ())
    packed = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
    return blake2b(packed, digest_size=16).hexdigest()
