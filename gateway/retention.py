"""Keeps the journal at its size: what is old, or too much, goes in small steps once every consumer has it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from gateway.journal.journal import Journal
from gateway.journal.thinning import Keep

log = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0
PAUSE_S = 0.05  # between two steps: the line's commits go first
STEPS_MAX = 100  # a round: then the cursors are asked again
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long (days) and how much (bytes) is kept of the journal's events, and of its quarantine."""

    days: int
    bytes_max: int
    quarantine_days: int
    quarantine_bytes_max: int


class Retention:
    """Thins the journal out. ``behind`` gives the position up to which every consumer has everything, committed."""

    def __init__(
        self, journal: Journal, limits: Limits, *, behind: Callable[[], int], now: Callable[[], int]
    ) -> None:
        self._journal = journal
        self._limits = limits
        self._behind = behind
        self._now = now
        self.thinned = 0  # events
        self.quarantine_thinned = 0  # messages
        self.used_bytes = 0

    async def run(self) -> None:
        """Go round for ever. What the disk refuses is tried in the next round."""
        while True:
            try:
                await self.round()
            except (sqlite3.Error, DBAPIError, OSError) as error:
                cause = error.orig if isinstance(error, DBAPIError) else error
                log.warning("the journal cannot be thinned out now: %s", cause)
            await asyncio.sleep(LOOK_EVERY_S)

    async def round(self) -> None:
        """Delete what need not be kept, a step at a time."""
        behind = await asyncio.to_thread(self._behind)
        for step in (lambda: self._thin(behind), self._thin_quarantine, self._journal.give_back):
            for _ in range(STEPS_MAX):
                if not await asyncio.to_thread(step):
                    break
                await asyncio.sleep(PAUSE_S)
        self.used_bytes = await asyncio.to_thread(self._journal.used_bytes)

    def _thin(self, behind: int) -> bool:
        since = self._now() - self._limits.days * DAY_MS
        events = self._journal.thin(Keep(since=since, bytes_max=self._limits.bytes_max), behind=behind)
        self.thinned += events
        return bool(events)

    def _thin_quarantine(self) -> bool:
        since = self._now() - self._limits.quarantine_days * DAY_MS
        keep = Keep(since=since, bytes_max=self._limits.quarantine_bytes_max)
        refused = self._journal.thin_quarantine(keep)
        self.quarantine_thinned += refused
        return bool(refused)
