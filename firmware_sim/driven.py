"""The driven phase: the town's past at full speed, in steps of a minute that the hub confirms.

A step: publish everything of (T0, T1], wait for every PUBACK, say ``{"ts": T1, "until": T1 + 60 s}`` on
``care/v1/_sim/clock``, wait for the hub's echo of T1. Without a hub, ``replay`` publishes readings only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec

from firmware_sim import wire
from firmware_sim.daytime import HOUR, MINUTE, SECOND
from firmware_sim.lines import Lines
from firmware_sim.town import Town
from firmware_sim.uplink import Uplink

STEP_MS = MINUTE
ECHO_WITHIN_S = 60.0
# A hub that died between clock and echo hears the clock again.
CLOCK_AGAIN_S = 10.0
CATCH_UP_MS = 2 * SECOND

Progress = Callable[[float, int], None]


class NoHubError(TimeoutError):
    """Nobody answered the clock."""


class _Echo(msgspec.Struct):
    ts: int


class Clock:
    """The town's side of the clock protocol."""

    def __init__(self, control: Uplink) -> None:
        self._control = control
        self._echoed_ms = -1
        self._echo = asyncio.Event()

    def hear(self, payload: bytes) -> None:
        """Take an echo in; one that cannot be read raises ``msgspec.DecodeError``."""
        self._echoed_ms = max(self._echoed_ms, msgspec.json.decode(payload, type=_Echo).ts)
        self._echo.set()

    async def tell(self, at_ms: int) -> None:
        """Everything until ``at_ms`` is acknowledged: say so, and wait until the hub has settled it."""
        said = wire.control(wire.CLOCK, {"ts": at_ms, "until": at_ms + STEP_MS})
        deadline = time.monotonic() + ECHO_WITHIN_S
        while time.monotonic() < deadline:
            self._control.publish(said)
            try:
                async with asyncio.timeout(CLOCK_AGAIN_S):
                    await self._echo_of(at_ms)
                    return
            except TimeoutError:
                continue
        raise NoHubError(
            f"no hub answered {wire.ECHO} within {ECHO_WITHIN_S:.0f} s: is it running with simulation.enabled?"
        )

    async def run(self, at_ms: int, speed: float) -> None:
        """From here time runs by itself."""
        self._control.publish(wire.control(wire.CLOCK, {"ts": at_ms, "run": _plain(speed)}))
        await self._control.settled()

    def stand_still(self, at_ms: int) -> None:
        """Say that time stands at ``at_ms``: nothing comes after it."""
        self._control.publish(wire.control(wire.CLOCK, {"ts": at_ms, "until": at_ms}))

    async def _echo_of(self, at_ms: int) -> None:
        while self._echoed_ms < at_ms:
            self._echo.clear()
            await self._echo.wait()


async def drive(
    town: Town, lines: Lines, clock: Clock, *, to_ms: int, catch_up: bool, progress: Progress
) -> None:
    """Drive from the town's now to ``to_ms``; with ``catch_up`` further, until the wall clock is met."""
    start_ms = town.now_ms
    await clock.tell(start_ms)
    await lines.start()
    while town.now_ms < to_ms:
        await _step(town, lines, clock, min(town.now_ms + STEP_MS, to_ms))
        progress((town.now_ms - start_ms) / (to_ms - start_ms), town.now_ms)
    while catch_up and _wall_ms() - town.now_ms > CATCH_UP_MS:
        await _step(town, lines, clock, min(town.now_ms + STEP_MS, _wall_ms()))


async def replay(town: Town, lines: Lines, *, to_ms: int, progress: Progress) -> None:
    """Publish the past's readings with their own times, without events and without a clock."""
    start_ms = town.now_ms
    await lines.start()
    while town.now_ms < to_ms:
        messages = town.advance(min(town.now_ms + HOUR // 6, to_ms))
        lines.publish(message for message in messages if message.kind == "telemetry")
        await lines.settled()
        progress((town.now_ms - start_ms) / (to_ms - start_ms), town.now_ms)


async def _step(town: Town, lines: Lines, clock: Clock, to_ms: int) -> None:
    lines.publish(town.advance(to_ms))
    await lines.settled()
    await clock.tell(to_ms)


def _wall_ms() -> int:
    return int(time.time() * 1000)


def _plain(speed: float) -> float:
    return int(speed) if speed == int(speed) else speed
