"""What the hub reads from a broker, and the one interface every MQTT session offers."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeAlias

import msgspec

FILTERS = (
    "care/v1/+/+/telemetry",
    "care/v1/+/+/event",
    "care/v1/+/+/status",
    "care/v1/_sim/clock",
    "$SYS/broker/publish/messages/dropped",
)
RECEIVE_MAX = 20_000  # messages the broker may have in flight to us: what a batch can hold at most
INBOX_MAX = 2 * RECEIVE_MAX
KEEP_ALIVE_S = 30
BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Message(msgspec.Struct, gc=False):
    """A PUBLISH as it came; ``received_at`` is hub time.

    ``packet_id`` is 0 at QoS 0, else the packet id in the lower 16 bits and the number of the connection above: an
    acknowledgement must never reach another connection, where the same id may stand for another message.
    """

    topic: str
    payload: bytes
    packet_id: int
    retain: bool
    duplicate: bool
    received_at: int


@dataclass(frozen=True, slots=True)
class Connected:
    """The session stands; ``kept`` says whether the broker had kept it, with what came meanwhile."""

    kept: bool
    receive_max: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The broker can no longer be heard; ``since`` is hub time of the last byte that was."""

    reason: str
    since: int


Arrival: TypeAlias = Message | Connected | Disconnected


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """Where the broker is and how to sign in. The password never appears in a repr."""

    host: str
    port: int
    client_id: str
    username: str = ""
    password: str = ""
    tls: bool = False
    ca_file: str = ""

    def __repr__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"

    @property
    def fence_topic(self) -> str:
        """Where the hub writes to itself, to know that everything queued before has been read."""
        return f"care/v1/_hub/{self.client_id}/fence"

    @property
    def filters(self) -> tuple[str, ...]:
        """Everything a session subscribes to; always the same, so that a kept session needs no change."""
        return (*FILTERS, self.fence_topic)

    def ssl_context(self) -> ssl.SSLContext | None:
        """A context that verifies the broker (None: no TLS); raises ``OSError`` if the CA file cannot be read."""
        return ssl.create_default_context(cafile=self.ca_file or None) if self.tls else None


class Source(Protocol):
    """An MQTT session that reconnects by itself and puts what it reads into an inbox."""

    async def run(self) -> None:
        """Keep reading until cancelled."""

    def acknowledge(self, packet_ids: Iterable[int]) -> None:
        """Send PUBACK for these; silently nothing for those of a connection that is gone (they come again)."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Send at QoS 1, without waiting. Raises ``ConnectionError`` while not connected."""


class Inbox:
    """What was read and not yet taken. Bounded: a session stops reading while ``full``."""

    def __init__(self) -> None:
        self._arrivals: deque[Arrival] = deque()
        self._loop = asyncio.get_running_loop()
        self._something = asyncio.Event()
        self.has_room = threading.Event()
        self.has_room.set()

    @property
    def depth(self) -> int:
        """How many arrivals wait."""
        return len(self._arrivals)

    @property
    def full(self) -> bool:
        """Whether a session should stop reading."""
        return len(self._arrivals) >= INBOX_MAX

    def put(self, arrivals: Iterable[Arrival]) -> None:
        """Add in order of arrival; on the loop's thread only."""
        self._arrivals.extend(arrivals)
        self._something.set()
        if self.full:
            self.has_room.clear()

    def put_from_thread(self, arrival: Arrival) -> None:
        """``put`` from any other thread; blocks that thread while the inbox is full."""
        self.has_room.wait()
        self._loop.call_soon_threadsafe(self.put, (arrival,))

    def wake(self) -> None:
        """Let ``take`` return although nothing was read."""
        self._something.set()

    def waiting(self, after: int) -> list[Arrival]:
        """What waits, without its first ``after``; it goes on waiting."""
        return list(islice(self._arrivals, after, None))

    def oldest_received_at(self) -> int | None:
        """When the oldest message not yet taken was received; None if nothing waits."""
        return next((a.received_at for a in self._arrivals if isinstance(a, Message)), None)

    async def take(self, most: int, *, within_s: float) -> list[Arrival]:
        """Up to ``most`` arrivals in order; possibly none after ``within_s``."""
        if not self._arrivals and not self._something.is_set():
            try:
                async with asyncio.timeout(within_s):
                    await self._something.wait()
            except TimeoutError:
                return []
        self._something.clear()
        if len(self._arrivals) <= most:
            taken = list(self._arrivals)
            self._arrivals.clear()
        else:
            taken = [self._arrivals.popleft() for _ in range(most)]
            self._something.set()
        if not self.full:
            self.has_room.set()
        return taken
