"""Opening many connections: so many at a time, in their order, with a word on where it has got to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from firmware_sim.links.link import BrokerRefusedError

# More at once would overrun the queue of a broker's listener (Mosquitto's holds 100).
AT_ONCE = 32


class NotAllOpenError(ConnectionError):
    """Some connections stand, and the broker takes no more."""


async def open_all(
    openers: Sequence[Callable[[], Awaitable[None]]], *, at_once: int, opened: Callable[[int], None]
) -> None:
    """Call and await them all; ``opened`` hears how many stand. The first failure ends it and is raised.

    Where connections stood already, an ``OSError`` is raised as ``NotAllOpenError``, which says what to look at.
    """
    waiting, standing = iter(openers), 0

    async def take_turns() -> None:
        nonlocal standing
        for opener in waiting:
            await opener()
            standing += 1
            opened(standing)

    tasks: list[asyncio.Task[None]] = []
    try:
        for first in waiting:  # alone, so that a broker that is not there is told from one that takes no more
            await first()
            standing = 1
            opened(standing)
            tasks += [asyncio.create_task(take_turns()) for _ in range(at_once)]
            await _whole(tasks)
    except BrokerRefusedError:
        raise
    except OSError as problem:
        if not standing:
            raise
        raise NotAllOpenError(
            f"{standing} of {len(openers)} connections stood when the next failed: {problem}. A broker needs an open file"
            " for each: look at its limits (Mosquitto: ulimit -n or LimitNOFILE=, max_connections) and at its log"
        ) from problem
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _whole(tasks: Sequence[asyncio.Task[None]]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()
