"""Watches the room on the disk where the data lies, and says so while there is still room to say it."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from gateway.alerts.own import DISK
from gateway.operations.handling import Answer
from gateway.operations.own_alerts import END, RAISE
from rules.effects import alert_id

log = logging.getLogger(__name__)

MB = 1_000_000
LOOK_EVERY_S = 2.0
ROOM_AGAIN = (
    1.2  # so many times the reserve must be free before the alert ends: at the edge it would come and go
)


class DiskWatch:
    """Raises one alert when less than the reserve is free, and ends it when there is room again.

    ``standing`` is the alert that an earlier run left ('' for none). ``command`` journals what the hub says of itself.
    """

    def __init__(
        self,
        data: Path,
        *,
        reserve_mb: int,
        standing: str,
        now: Callable[[], int],
        can_write: Callable[[], bool],
        command: Callable[..., Awaitable[Answer]],
        usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage,
    ) -> None:
        self._data = data
        self._standing = standing
        self._now = now
        self._can_write = can_write
        self._command = command
        self._usage = usage
        self.reserve_mb = reserve_mb

    @property
    def free_mb(self) -> int:
        """What is free now, in MB of a million bytes."""
        return self._usage(self._data)[2] // MB

    @property
    def warning(self) -> str:
        """What is to be said about it; '' when there is room."""
        free = self.free_mb
        if free >= self.reserve_mb:
            return ""
        return (
            f"disk: {free} MB are free where {self._data} lies, less than the {self.reserve_mb} MB of [hub] "
            "disk_reserve_mb; make room, or keep less ([journal] keep_days, keep_mb)"
        )

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Raise or end the alert, if it is time for that. Nothing while it could not be written anyway."""
        if not self._can_write():
            return
        try:
            free = await asyncio.to_thread(lambda: self.free_mb)
        except OSError as error:
            log.warning("the room on the disk of %s is not known: %s", self._data, error)
            return
        if not self._standing and free < self.reserve_mb:
            now = self._now()
            self._standing = alert_id(DISK, "", "", str(now))
            log.error("%s", self.warning)
            await self._say(RAISE, f"{DISK}:{now}", free)
        elif self._standing and free >= self.reserve_mb * ROOM_AGAIN:
            await self._say(END, f"{DISK}:{self._standing}:end", free)
            log.info("disk: %d MB are free again", free)
            self._standing = ""

    async def _say(self, kind: str, command_id: str, free: int) -> None:
        data = {"rule": DISK, "free_mb": str(free), "reserve_mb": str(self.reserve_mb)}
        await self._command(kind=kind, alert=self._standing, by="", data=data, command_id=command_id)
