"""What the simulator asks of a connection to a broker."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

OPEN_TIMEOUT_S = 10.0
KEEP_ALIVE_S = 30


class ProtocolVersion(StrEnum):
    """The MQTT versions spoken."""

    V5 = "5"
    V311 = "3.1.1"


class BrokerRefusedError(ConnectionError):
    """The broker answered, and said no: wrong password, client id, protocol version or access list."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is and how to be let in; ``ca_file`` None takes the system's certificates."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca_file: Path | None = None
    protocol: ProtocolVersion = ProtocolVersion.V5

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS settings, or None for plain TCP."""
        return ssl.create_default_context(cafile=self.ca_file) if self.tls else None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class LinkEvents(Protocol):
    """Whom a link reports to; every call comes in the event loop's thread."""

    def acked(self, tag: int, refusal: str | None) -> None:
        """The PUBACK for that tag has come; ``refusal`` names the reason when the broker would not take it."""

    def received(self, topic: str, payload: bytes) -> None:
        """A message of a subscribed topic has come."""

    def lost(self, reason: str) -> None:
        """The connection is gone; called once, never after ``close``."""


class Link(Protocol):
    """One MQTT connection with a clean session, used once: a new one is made for every attempt."""

    @property
    def window(self) -> int:
        """How many unacknowledged publishes the broker accepts; known once open."""

    async def open(self, events: LinkEvents, subscriptions: tuple[str, ...]) -> None:
        """Connect and subscribe (QoS 1); ``BrokerRefusedError`` or ``OSError`` (timeouts too) when it fails."""

    def send(self, tag: int, topic: str, payload: bytes, *, retain: bool) -> None:
        """Publish with QoS 1; ``LinkEvents.acked`` follows with the same tag."""

    async def close(self) -> None:
        """Disconnect politely: the broker discards the will."""

    def drop(self) -> None:
        """Abort the socket: the broker publishes the will."""
