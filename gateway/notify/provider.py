"""What a telephone provider is to the channels ``sms`` and ``voice``: approved templates in, numbers and reports out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.notify.channel import Proven


@dataclass(frozen=True, slots=True)
class Sent:
    """Under what the provider knows a message: its ``id``, the ``day`` it was sent (yyyymmdd, Beijing), and ``how``.

    ``how`` is the provider's own word for the kind of id; neither of the three holds the number.
    """

    how: str
    id: str
    day: str


class TelephoneProvider(Protocol):
    """A provider of short messages or of calls; one account, one way of telling."""

    async def tell(
        self, message_id: str, number: str, template: str, variables: Mapping[str, str], *, purpose: str
    ) -> Sent:
        """Hand over one message in the template approved for this purpose.

        Raises ``Recoverable`` or ``Unrecoverable``, never with the number.
        """
        ...

    async def report(self, sent: Sent, number: str) -> Proven | None:
        """What became of it, None while nothing is known; raises as ``tell`` does."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...
