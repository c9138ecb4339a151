"""What a rejected device goes on sending is dropped: it shall not fill the quarantine, where a real one may be looked for."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.ingest.decode import CHANNELS
from gateway.journal.quarantine import Which
from gateway.operations.installing import rejected

log = logging.getLogger(__name__)

EVERY_S: Final = 60.0


class Sweep:
    """``drop`` removes messages from quarantine for good."""

    def __init__(self, database: Engine, drop: Callable[[Which], Awaitable[int]]) -> None:
        self._database = database
        self._drop = drop

    async def run(self) -> None:
        """Sweep for ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.sweep()
            except (SQLAlchemyError, sqlite3.Error) as error:  # a full or busy disk: the next round does it
                log.warning("what rejected devices sent is not dropped just now: %s", error)

    async def sweep(self) -> int:
        """Drop what rejected devices have sent since; how many messages."""
        known = await asyncio.to_thread(rejected, self._database)
        return sum([await self._drop(which) for one in known for which in sent_by(one.site, one.device_id)])


def sent_by(site: str, device_id: str) -> Iterator[Which]:
    """The messages that came under a device's own topics and no registry knew it."""
    for channel in CHANNELS:
        yield Which(reason="unknown_device", topic=f"care/v1/{site}/{device_id}/{channel}")
