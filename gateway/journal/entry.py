"""What one commit of the journal holds."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from gateway.journal.quarantine import Fate
from rules.events import AnyEvent
from rules.world import Definition


class Refused(msgspec.Struct, frozen=True):
    """A message that could not be read, or (``repaired``) could be read only after mending its time.

    ``payload`` is kept up to ``PAYLOAD_KEPT_MAX`` bytes of ``size``.
    """

    at: int
    topic: str
    payload: bytes
    size: int
    reason: str
    detail: str
    repaired: bool = False
    retained: bool = False


PAYLOAD_KEPT_MAX = 65_536


@dataclass(slots=True)
class Entry:
    """What one commit holds. ``nameless`` are packet id and payload hash of messages without an identity of their own.

    ``settled`` is what became of messages that were given again from quarantine.
    """

    events: list[AnyEvent] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    nameless: list[tuple[int, int]] = field(default_factory=list)
    world: Definition | None = None
    settled: list[Fate] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.events or self.refused or self.settled)
