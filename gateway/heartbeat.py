"""A sign of life to somebody outside, who calls for help when it stays away: the hub cannot report its own death.

It is sent only while the hub does its whole work. Whoever watches learns of a dead machine, a lost network, a broker that is
gone and a full disk by the same silence.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable

import httpx

from gateway.notify.http import checked_url, hide_addresses

log = logging.getLogger(__name__)
WITHIN_S = 10.0
LOOK_EVERY_S = 1.0  # while it is not known whether a trouble lasts
LASTS_S = 10.0  # a trouble that is over sooner is none: every start and every reconnection begins with one


class Heartbeat:
    """Asks ``url`` every ``every_s`` seconds while ``reasons`` gives none; ``fail_url``, if there is one, when some last.

    The addresses are secrets and are never told. Raises ``ChannelError`` for an address that cannot be used.
    """

    def __init__(self, url: str, fail_url: str, *, every_s: float, reasons: Callable[[], list[str]]) -> None:
        hide_addresses()
        self._url = checked_url("[watchdog]", url) if url else None
        self._fail_url = checked_url("[watchdog] fail_url", fail_url) if fail_url else None
        self._every_s = every_s
        self._reasons = reasons
        self.pings: Counter[str] = Counter({"taken": 0, "failed": 0, "told_trouble": 0, "kept_silent": 0})

    async def run(self) -> None:
        """Ping until cancelled; no failure ends it."""
        if self._url is None and self._fail_url is None:
            await asyncio.Event().wait()
        async with httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=WITHIN_S) as client:
            well_at = time.monotonic()
            while True:
                well = not self._reasons()
                if well:
                    well_at = time.monotonic()
                elif time.monotonic() - well_at < min(LASTS_S, self._every_s):
                    await asyncio.sleep(min(LOOK_EVERY_S, self._every_s))
                    continue
                await self._ping(client, well=well)
                await asyncio.sleep(self._every_s)

    async def _ping(self, client: httpx.AsyncClient, *, well: bool) -> None:
        address = self._url if well else self._fail_url
        if address is None:
            self.pings["kept_silent"] += 1
            return
        try:
            async with asyncio.timeout(WITHIN_S), client.stream("GET", address) as answer:
                why = "" if answer.is_success else f"HTTP {answer.status_code}"
        except TimeoutError:
            why = f"no answer within {WITHIN_S:g} s"
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            why = f"connection failed ({type(error).__name__})"  # the kind only: its words may quote the address
        if why:
            self.pings["failed"] += 1
            log.warning("watchdog: the sign of life was not taken: %s", why)
        else:
            self.pings["taken" if well else "told_trouble"] += 1
