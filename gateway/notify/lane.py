"""The way of one channel's messages: what of the outbox was seen, what is on its way, what may go next."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from gateway.notify.channel import Channel
from gateway.notify.outbox import Waiting

IN_FLIGHT_MAX = 4


@dataclass(slots=True)
class Lane:
    """At most four messages in flight, the last place kept for life safety."""

    name: str
    channel: Channel
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    in_flight: set[str] = field(default_factory=set)
    ready: deque[Waiting] = field(default_factory=deque)  # seen in the outbox, not started for want of room
    look_again: bool = True  # the outbox may hold something more urgent than what is ready
    seen_all: bool = False  # the last look found everything that was due
    next_try_ms: int | None = None
    released: set[str] = field(default_factory=set)  # may go alone, and has not been started yet
    gathered_ms: dict[str, int] = field(
        default_factory=dict
    )  # when each recipient was last sent what may be gathered
    handed: set[str] = field(
        default_factory=set
    )  # started since the last look began, which may see them wait

    def has_room(self, waiting: Waiting) -> bool:
        """Whether one more may be on its way."""
        return len(self.in_flight) < IN_FLIGHT_MAX - (0 if waiting.life_safety else 1)

    def may_start(self, waiting: Waiting) -> bool:
        """Whether it may go without a look at what else there is for its recipient."""
        return self.has_room(waiting) and (waiting.urgent or not self.channel.gathers)
