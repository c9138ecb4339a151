"""A synthetic stream, as fast as the broker takes it or at a rate, and an honest word on what was achieved.

Without a rate the loop is closed: each connection sends its next message when the broker has acknowledged an earlier
one, so that a slow broker is asked for less. With a rate it is open: message n is due n / rate seconds after the first,
whatever the broker does; one that cannot be sent then is late, and its delay counts from the moment it was due.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from firmware_sim import wire
from firmware_sim.ledger import Ledger
from firmware_sim.links import BrokerAddress, new_link
from firmware_sim.links.files import make_room
from firmware_sim.links.opening import AT_ONCE, open_all
from firmware_sim.load_book import Book, shortfalls
from firmware_sim.load_devices import METRICS_MAX, Crowd, Speech
from firmware_sim.load_stream import Stream
from firmware_sim.places import Layout

TICK_S = 0.005
TICK_MIN_S = 0.001
STALLED_S = 30.0

__all__ = ["METRICS_MAX", "Load", "StalledError", "shortfalls"]


class StalledError(TimeoutError):
    """The broker stopped acknowledging, or a connection was lost."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to publish, with QoS 1. ``rate`` in messages a second over all, 0 for as fast as possible.

    ``wills``: each connection has a last will and says its birth, a device's own where each has a connection to itself.
    """

    broker: BrokerAddress = field(default_factory=BrokerAddress)
    messages: int = 100_000
    devices: int = 1_000
    connections: int = 4
    rate: float = 0.0
    metrics: int = 2
    change_share: float = 0.2
    event_every: int = 10_000
    seed: int = 7
    ledger: Path | None = None
    wills: bool = False

    def crowd(self) -> Crowd:
        """Who speaks, over what."""
        return Crowd(self.devices, self.connections)

    def layout(self) -> Layout:
        """The places of these devices, for the registry."""
        return self.crowd().layout(gateways=self.wills)

    async def run(
        self,
        *,
        connected: Callable[[int], None] = lambda _standing: None,
        answered: Callable[[int], None] = lambda _messages: None,
    ) -> dict[str, object]:
        """Publish everything and wait for the last PUBACK; the clock runs from the first send to it."""
        make_room(self.connections)
        ledger = Ledger(self.ledger)
        book = Book(self.messages, self.rate, ledger if self.ledger is not None else None)
        streams = self._streams(book)
        try:
            connecting_s = await _connect(streams, connected)
            # What thousands of connections are made of is frozen: looking through it costs a tenth of a second each time.
            gc.collect()
            gc.freeze()
            await _publish(self, streams, book, answered)
        finally:
            await asyncio.gather(*(stream.close() for stream in streams))
            ledger.close()
            gc.unfreeze()
        return {
            "devices": self.devices,
            "connections": self.connections,
            "connects": sum(stream.stands for stream in streams),
            "connecting_s": round(connecting_s, 3),
            **book.summary(),
        }

    def _streams(self, book: Book) -> list[Stream]:
        # A fresh boot id for every run: the same device and sequence number under an old one would be a duplicate.
        boot, crowd = secrets.token_hex(2), self.crowd()
        speech = Speech(self.messages, self.metrics, self.change_share, self.event_every, self.seed)
        return [
            Stream(
                new_link(
                    self.broker,
                    f"care-sim-load-{self.seed}-{number}",
                    wire.last_will(crowd.holder(number)) if self.wills else None,
                ),
                partial(crowd.birth, number) if self.wills else None,
                crowd.places(mine, self.messages),
                crowd.messages(number, mine, speech, boot),
                book,
            )
            for number, mine in enumerate(crowd.shares())
        ]


async def _connect(streams: list[Stream], connected: Callable[[int], None]) -> float:
    began = time.monotonic()
    await open_all([stream.open for stream in streams], at_once=AT_ONCE, opened=connected)
    return time.monotonic() - began


async def _publish(load: Load, streams: list[Stream], book: Book, answered: Callable[[int], None]) -> None:
    loop = asyncio.get_running_loop()
    crowd, granted = load.crowd(), 0
    owners = [streams[crowd.connection_of(device)] for device in range(load.devices)]
    book.began_s = heard_s = loop.time()
    if not load.rate:
        for stream in streams:
            stream.grant(load.messages)
    heard = 0
    while book.answered < load.messages:
        pause_s = TICK_S
        if load.rate:
            allowed = min(int((loop.time() - book.began_s) * load.rate) + 1, load.messages)
            for place in range(granted, allowed):
                owners[place % load.devices].grant(place + 1)
            granted = allowed
            pause_s = min(max(book.due_s(granted) - loop.time(), TICK_MIN_S), TICK_S)
        await asyncio.sleep(pause_s)
        answered(book.answered)
        if book.answered != heard or book.sent == book.answered:
            heard, heard_s = book.answered, loop.time()
        if book.loss or loop.time() - heard_s > STALLED_S:
            why = book.loss or f"{load.broker} acknowledged nothing for {STALLED_S:.0f} s"
            raise StalledError(f"{why}; {book.acked} of {load.messages} messages were acknowledged")
