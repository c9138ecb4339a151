"""An MQTT session at work in a test, and what it heard."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from typing import Any

import mqtt5
from parts import until

from gateway.ingest.mqtt5_session import Mqtt5Session
from gateway.ingest.mqtt311_session import Mqtt311Session
from gateway.ingest.source import (
    Arrival,
    BrokerAddress,
    Connected,
    Inbox,
    Message,
    Source,
)

TOPIC = "care/v1/s/d/event"
OK = mqtt5.ConnAckReasonCode.SUCCESS


def runs(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


class Hearing:
    """A session at work and what it heard."""

    def __init__(self, make: type[Mqtt5Session | Mqtt311Session], address: BrokerAddress) -> None:
        self.inbox = Inbox()
        self.now = itertools.count(1_000)
        self.source: Source = make(address, self.inbox, lambda: next(self.now))
        self.heard: list[Arrival] = []
        self._tasks = [asyncio.ensure_future(self.source.run()), asyncio.ensure_future(self._take())]

    async def _take(self) -> None:
        while True:
            self.heard += await self.inbox.take(1_000, within_s=0.05)

    def of(self, kind: type[Arrival]) -> list[Any]:
        return [arrival for arrival in self.heard if isinstance(arrival, kind)]

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.of(Message) if message.topic == TOPIC]

    async def connected(self, times: int = 1) -> Connected:
        await until(lambda: len(self.of(Connected)) >= times, "connected")
        found: Connected = self.of(Connected)[-1]
        return found

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
