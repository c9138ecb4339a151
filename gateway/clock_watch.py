"""Says so when the hub's own wall clock is wrong, by what most devices' clocks agree on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from gateway.alerts.own import CLOCK
from gateway.clock import Clock
from gateway.operations.handling import Answer
from gateway.operations.own_alerts import END, RAISE
from rules.effects import alert_id

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
LOOKS = 24  # two minutes in which it must have been wrong: devices that a time server sets as well take a while to show it


class ClockWatch:
    """Raises one alert when the clock is wrong and stays so, and ends it when it is right again.

    ``standing`` is the alert that an earlier run left ('' for none). ``command`` journals what the hub says of itself.
    """

    def __init__(self, clock: Clock, *, standing: str, command: Callable[..., Awaitable[Answer]]) -> None:
        self._clock = clock
        self._standing = standing
        self._command = command
        self._wrong = 0  # looks at which it was, without a break

    @property
    def warning(self) -> str:
        """What is to be said about it; '' when the clock is right, as far as is known."""
        wrong_s = round(self._clock.wrong_by() / 1000)
        if not wrong_s:
            return ""
        return (
            f"the clock of this machine is {abs(wrong_s)} s {'ahead of' if wrong_s > 0 else 'behind'} what most devices "
            "agree on; alerts are judged by theirs; see to its time server (timedatectl)"
        )

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Raise or end the alert, if it is time for that."""
        wrong_ms = self._clock.wrong_by()
        self._wrong = self._wrong + 1 if wrong_ms else 0
        if not self._standing and self._wrong >= LOOKS:
            now = self._clock.now()
            self._standing = alert_id(CLOCK, "", "", str(now))
            log.error("%s", self.warning)
            await self._say(RAISE, f"{CLOCK}:{now}", wrong_ms)
        elif self._standing and not wrong_ms and self._clock.is_agreed():  # a start knows nothing yet
            standing, self._standing = self._standing, ""
            log.info("the clock of this machine is right again")
            await self._say(END, f"{CLOCK}:{standing}:end", wrong_ms, alert=standing)

    async def _say(self, kind: str, command_id: str, wrong_ms: int, *, alert: str = "") -> None:
        data = {"rule": CLOCK, "wrong_s": str(round(wrong_ms / 1000))}
        await self._command(kind=kind, alert=alert or self._standing, by="", data=data, command_id=command_id)
