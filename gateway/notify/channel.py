"""What a channel is: it tries once, says what it got, or fails in one of two ways. It never retries itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Protocol, runtime_checkable

from gateway.alerts.message import AlertMessage


class Proof(StrEnum):
    """What a receipt proves. Only ``REACHED`` and ``READ`` are shown as delivered; ``TAKEN`` is sent, unconfirmed."""

    TAKEN = "taken"  # the provider has it, or (Apprise) says so
    REACHED = "reached"  # it is on the telephone, or in the system it was meant for
    READ = "read"  # a person has opened it, heard it, pressed a key


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message is for: ``id`` as the duty plan or the registry has it, ``address`` as the channel needs it.

    Both are empty for a channel that reaches a group, a system or a siren. The address is personal data: never logged.
    """

    id: str = ""
    address: str = field(default="", repr=False)


GROUP = Recipient()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side answered, in a few words fit for showing: no secret, no personal data.

    ``proves`` where this one proves something else than its channel does otherwise.
    """

    text: str
    proves: Proof | None = None


@dataclass(frozen=True, slots=True)
class Proven:
    """What is known of a message after it was taken: ``proof`` None means it did not arrive, and ``text`` says why.

    ``accepted``: the person said so on this very channel (pressed 1): the alert may be accepted in their name.
    """

    proof: Proof | None
    accepted: bool = False
    text: str = ""


class Recoverable(Exception):  # noqa: N818 the word of the field: it says what to do about it
    """Not taken this time; worth another try, after ``retry_after_s`` where the other side said so."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        self.reason = reason
        self.retry_after_s = retry_after_s
        super().__init__(reason)


class OverBudget(Recoverable):
    """Not tried: the channel may take no more for now. It says nothing about whether the channel works."""


class Unrecoverable(Exception):  # noqa: N818 as above
    """Refused for good: the same message would be refused again."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NotForChannel(Unrecoverable):
    """Not tried: this message, or this person's address, is none for this channel. It says nothing about the channel."""


class Channel(Protocol):
    """One way to the outside."""

    @property
    def proves(self) -> Proof:
        """What its receipts prove."""
        ...

    @property
    def personal(self) -> bool:
        """Whether it reaches a person at an address; otherwise a group, a system, a siren."""
        ...

    @property
    def gathers(self) -> bool:
        """Whether people read it, so that what is not urgent comes to it in one message rather than in many."""
        ...

    async def send(self, message_id: str, message: AlertMessage, to: Recipient = GROUP) -> Receipt:
        """Try once, within 4 s; returns when the other side has taken it, raises ``Recoverable`` or ``Unrecoverable``."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class Proving(Protocol):
    """A channel whose provider can be asked later what became of a message."""

    @property
    def proof_after_s(self) -> float:
        """From how long after sending on it is worth asking, and how often again."""
        ...

    async def proof(self, message_id: str, receipt: str, to: Recipient) -> Proven | None:
        """What is known now of a message sent with this receipt's text; None while nothing is.

        Asks once, a few seconds at most; raises ``Recoverable`` or ``Unrecoverable`` where no answer is to be had.
        """
        ...


def message_id(alert: str, rung: int, person: str, channel: str, turn: int = 0, about: str = "alert") -> str:
    """The id under which a message is sent, however often: 32 hex digits of its alert, rung, person and channel.

    ``person`` is '' for a channel that reaches a group; an alert told anew is another message in each ``turn``, and so is what
    is told ``about`` it besides. The parts are length-prefixed: no two tuples share an id.
    """
    parts = (alert, str(rung), person, channel) + ((str(turn),) if turn or about != "alert" else ())
    parts += (about,) if about != "alert" else ()
    packed = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
    return blake2b(packed, digest_size=16).hexdigest()
