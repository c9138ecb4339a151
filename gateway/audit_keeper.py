"""Looks after the audit: lets go what is too old, checks the chain, and puts its newest seal into the log."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable

from gateway.audit.trail import DAY_MS, BrokenChainError, Checked, Head, Trail

EVERY_S = 3_600.0
PAUSE_S = 0.05  # between two steps of 500 entries, a few ms each: the alarms go first

log = logging.getLogger(__name__)


async def keep_audit(trail: Trail, days: int, wall_ms: Callable[[], int]) -> None:
    """Go round for ever; what the disk refuses is tried in the next round."""
    while True:
        try:
            if days:
                await asyncio.to_thread(trail.forget, wall_ms() - days * DAY_MS)
            await check_audit(trail)
        except sqlite3.Error as error:
            log.warning("the audit cannot be looked after now: %s", error)
        await asyncio.sleep(EVERY_S)


async def check_audit(trail: Trail) -> None:
    """Check the whole chain, a step at a time. A seal in a log elsewhere shows later that nothing was altered."""
    checked: Head | None = None
    try:
        while (found := await asyncio.to_thread(trail.check, checked)) is not None:
            checked = found
            await asyncio.sleep(PAUSE_S)
    except BrokenChainError as broken:
        trail.checked = Checked(broken.number - 1, broken.number)
        log.error("%s; compare with a backup and with the seals in earlier logs", broken)  # noqa: TRY400 no trace helps
        return
    head = checked or Head(0, "")
    trail.checked = Checked(head.number)
    log.info("audit: whole up to entry %d, whose seal is %s", head.number, head.seal or "none")
