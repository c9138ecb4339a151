"""A device's side of its connection: keeps what is unacknowledged, reconnects, and sends it again as it was."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from firmware_sim.links import BrokerRefusedError, Link
from firmware_sim.wire import Message

# What a radio gateway keeps while it has no broker; beyond it the oldest readings go, events never.
OFFLINE_BUFFER_MESSAGES_MAX = 5_000
BACK_OFF_FIRST_S = 0.2
BACK_OFF_MAX_S = 30.0


@dataclass(slots=True)
class Hooks:
    """Whom an uplink tells. ``acked`` gets the message and the wall times (epoch ms) of first send and PUBACK."""

    acked: Callable[[Message, float, float], None] = lambda _message, _sent_ms, _acked_ms: None
    received: Callable[[str, bytes], None] = lambda _topic, _payload: None
    announce: Callable[[], Sequence[Message]] = tuple
    trouble: Callable[[str], None] = lambda _text: None


@dataclass(slots=True)
class _Entry:
    message: Message
    sent_ms: float | None = None


class Uplink:
    """Publishes with QoS 1 over one connection at a time; ``announce`` gives what is said after every connect.

    ``buffer_max`` messages are kept while there is no broker (None: as many as a gateway keeps). ``for_others``: the births
    it carries are other connections' and are sent again like the rest, for its own ``announce`` does not give them.
    """

    def __init__(
        self,
        new_link: Callable[[], Link],
        *,
        hooks: Hooks,
        dice: Random,
        subscriptions: tuple[str, ...] = (),
        buffer_max: int | None = None,
        for_others: bool = False,
    ) -> None:
        self.acked_count = self.resent_count = self.dropped_count = self.connections = 0
        self._new_link, self._hooks, self._dice, self._subscriptions = new_link, hooks, dice, subscriptions
        self._buffer_max, self._for_others = buffer_max or OFFLINE_BUFFER_MESSAGES_MAX, for_others
        self._link: Link | None = None
        self._entries: dict[int, _Entry] = {}
        self._waiting: deque[int] = deque()
        self._in_flight = 0
        self._next_tag = 0
        self._settled = asyncio.Event()
        self._settled.set()
        self._refusals: list[str] = []
        self._down, self._plugged = asyncio.Event(), asyncio.Event()
        self._plugged.set()
        self._keeper: asyncio.Task[None] | None = None

    async def start(self, *, patience_s: float) -> None:
        """Connect, trying again for ``patience_s``; then stay connected. The last failure is raised."""
        deadline, pause = time.monotonic() + patience_s, BACK_OFF_FIRST_S
        while True:
            try:
                await self._connect()
                break
            except BrokerRefusedError:
                raise
            except OSError:
                if time.monotonic() + pause > deadline:
                    raise
                await asyncio.sleep(pause)
                pause = min(pause * 2, BACK_OFF_MAX_S)
        self._keeper = asyncio.create_task(self._keep_connected())

    def publish(self, message: Message) -> bool:
        """Take the message on; it stays until its PUBACK, over any number of connections. False while unplugged."""
        if not self._plugged.is_set():
            self.dropped_count += 1
            return False
        if len(self._entries) >= self._buffer_max and self._link is None:
            self._forget_oldest()
        self._waiting.append(self._take_on(message))
        self._pump()
        return True

    async def settled(self) -> None:
        """Wait until everything taken on is acknowledged; ``BrokerRefusedError`` when the broker refused some."""
        await self._settled.wait()
        self.check()

    def check(self) -> None:
        """Raise ``BrokerRefusedError`` when the broker has refused a publish: no later one will fare better."""
        if self._refusals:
            raise BrokerRefusedError(self._refusals[0])

    @property
    def plugged(self) -> bool:
        """Whether it has power."""
        return self._plugged.is_set()

    def unplug(self, *, keeps: bool = False) -> None:
        """The socket dies (the will fires), nothing is taken on; the buffer is lost with the power, unless it ``keeps`` it."""
        self._plugged.clear()
        if not keeps:
            self.dropped_count += len(self._entries)
            self._entries.clear()
            self._settled.set()
        if self._link is not None:
            self._link.drop()

    def plug(self) -> None:
        """Power is back: connect again, and announce."""
        self._plugged.set()

    async def finish(self, *, within_s: float) -> None:
        """Wait a while for the last PUBACKs, then disconnect politely."""
        try:
            async with asyncio.timeout(within_s):
                await self._settled.wait()
        except TimeoutError:
            self._hooks.trouble(f"{len(self._entries)} messages were still unacknowledged after {within_s} s")
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._link is not None:
            await self._link.close()
            self._link = None

    # LinkEvents

    def acked(self, tag: int, refusal: str | None) -> None:
        """A PUBACK has come."""
        self._in_flight -= 1
        entry = self._entries.pop(tag, None)
        if entry is not None:
            if refusal is None:
                self.acked_count += 1
                self._hooks.acked(entry.message, entry.sent_ms or 0.0, time.time() * 1000)
            else:
                self._refusals.append(
                    f"the broker refused {entry.message.topic}: {refusal}; check its access list"
                )
                # Some brokers hang up after a refusal, so that the rest may never settle.
                self._settled.set()
        self._pump()
        if not self._entries:
            self._settled.set()

    def received(self, topic: str, payload: bytes) -> None:
        """A subscribed message has come."""
        self._hooks.received(topic, payload)

    def lost(self, reason: str) -> None:
        """The connection is gone: everything unacknowledged will be sent again, births be given anew."""
        self._link, self._in_flight = None, 0
        if not self._for_others:
            self._entries = {t: e for t, e in self._entries.items() if e.message.kind != "status"}
        self._waiting = deque(self._entries)
        if not self._entries:
            self._settled.set()
        if self._plugged.is_set():
            self._hooks.trouble(reason)
        self._down.set()

    async def _connect(self) -> None:
        link = self._new_link()
        await link.open(self, self._subscriptions)
        self._down.clear()
        self._link = link
        self.connections += 1
        births = [self._take_on(message) for message in self._hooks.announce()]
        self._waiting.extendleft(reversed(births))
        self._pump()

    async def _keep_connected(self) -> None:
        while True:
            await self._down.wait()
            pause = BACK_OFF_FIRST_S
            while self._link is None:
                await self._plugged.wait()
                await asyncio.sleep(pause * (0.5 + self._dice.random()))
                if not self._plugged.is_set():
                    continue
                try:
                    await self._connect()
                except OSError as problem:
                    pause = min(pause * 2, BACK_OFF_MAX_S)
                    self._hooks.trouble(f"reconnect failed, next try in about {pause:.1f} s: {problem}")

    def _take_on(self, message: Message) -> int:
        self._next_tag += 1
        self._entries[self._next_tag] = _Entry(message)
        self._settled.clear()
        return self._next_tag

    def _pump(self) -> None:
        link = self._link
        if link is None:
            return
        while self._waiting and self._in_flight < link.window:
            tag = self._waiting.popleft()
            entry = self._entries.get(tag)
            if entry is None:
                continue
            if entry.sent_ms is None:
                entry.sent_ms = time.time() * 1000
            else:
                self.resent_count += 1
            self._in_flight += 1
            link.send(tag, entry.message.topic, entry.message.payload, retain=entry.message.retain)

    def _forget_oldest(self) -> None:
        oldest = next((t for t, e in self._entries.items() if e.message.kind == "telemetry"), None)
        if oldest is not None:
            del self._entries[oldest]
            self.dropped_count += 1
