"""How a run ends: by itself, or because somebody wants it to."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine


async def until_stopped(work: Coroutine[object, object, None]) -> bool:
    """Do the work to its end, or until SIGTERM or SIGINT: then True. What goes wrong in it is raised."""
    task = asyncio.create_task(work)
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, task.cancel)
    await asyncio.wait({task})
    if task.cancelled():
        return True
    task.result()
    return False
