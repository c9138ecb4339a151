"""The driven phase: the town's past at full speed, in steps of ten seconds that the hub confirms.

A step: everything of (T0, T1] in order of time, and behind it, on the same connection, ``{"ts": T1, "until": T1 + 10 s}`` on
``care/v1/_sim/clock``. The hub answers with its echo of T1; meanwhile the town is already at the next steps, so far and no
further. Without a hub, ``replay`` publishes readings only.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from firmware_sim import wire
from firmware_sim.daytime import HOUR, SECOND
from firmware_sim.lines import Lines
from firmware_sim.town import Town
from firmware_sim.uplink import Uplink
from firmware_sim.wire import Message

STEP_MS = 10 * SECOND  # what is due between two words is told with the later of them
# How far the town may be ahead of the hub's echo: enough for the hub to commit many minutes together.
AHEAD_STEPS_MAX = 360
AHEAD_MESSAGES_MAX = 5_000
ECHO_WITHIN_S = 60.0
# A hub that died between clock and echo hears the clock again.
CLOCK_AGAIN_S = 10.0
# One that is only just starting has not subscribed yet.
CLOCK_AGAIN_AT_FIRST_S = 0.5
CATCH_UP_MS = 2 * SECOND


@dataclass(frozen=True, slots=True)
class Past:
    """How far it has been lived: the share done (0-1), town time, messages published, alerts the hub told of."""

    done: float
    town_ms: int
    messages: int
    alerts: int


Progress = Callable[[Past], None]


class NoHubError(TimeoutError):
    """Nobody answered the clock."""


class _Echo(msgspec.Struct):
    ts: int
    alerts: int = 0


@dataclass(frozen=True, slots=True)
class _Said:
    at_ms: int
    messages: int


class Clock:
    """The town's side of the clock protocol. ``alerts``: how many the hub said it has raised."""

    def __init__(self, control: Uplink) -> None:
        self.alerts = 0
        self._control = control
        self._unanswered: deque[_Said] = deque()
        self._ahead_messages = 0
        self._is_heard = False
        self._last: Message | None = None
        self._echo = asyncio.Event()

    def hear(self, payload: bytes) -> None:
        """Take an echo in: it answers every word up to its time. One that cannot be read raises ``msgspec.DecodeError``."""
        echo = msgspec.json.decode(payload, type=_Echo)
        self.alerts, self._is_heard = max(self.alerts, echo.alerts), True
        while self._unanswered and self._unanswered[0].at_ms <= echo.ts:
            self._ahead_messages -= self._unanswered.popleft().messages
        self._echo.set()

    def say(self, at_ms: int, *, messages: int = 0) -> None:
        """Everything until ``at_ms`` stands before this word, ``messages`` since the last one."""
        self._unanswered.append(_Said(at_ms, messages))
        self._ahead_messages += messages
        self._last = wire.control(wire.CLOCK, {"ts": at_ms, "until": at_ms + STEP_MS})
        self._control.publish(self._last)

    async def in_reach(self) -> None:
        """Wait until the hub is not too far behind."""
        await self._wait(lambda: self._is_in_reach)

    async def answered(self) -> None:
        """Wait until the hub has settled everything that was said."""
        await self._wait(lambda: not self._unanswered)

    async def run(self, at_ms: int, speed: float) -> None:
        """From here time runs by itself."""
        self._control.publish(wire.control(wire.CLOCK, {"ts": at_ms, "run": _plain(speed)}))
        await self._control.settled()

    def stand_still(self, at_ms: int) -> None:
        """Say that time stands at ``at_ms``: nothing comes after it."""
        self._control.publish(wire.control(wire.CLOCK, {"ts": at_ms, "until": at_ms}))

    @property
    def _is_in_reach(self) -> bool:
        return len(self._unanswered) <= AHEAD_STEPS_MAX and self._ahead_messages <= AHEAD_MESSAGES_MAX

    async def _wait(self, is_met: Callable[[], bool]) -> None:
        """Wait for echoes; the last word is said again where none comes. ``NoHubError`` after a minute without any."""
        heard_s = time.monotonic()
        while not is_met():
            self._control.check()
            self._echo.clear()
            again_s = CLOCK_AGAIN_S if self._is_heard else min(CLOCK_AGAIN_AT_FIRST_S, CLOCK_AGAIN_S)
            try:
                async with asyncio.timeout(again_s):
                    await self._echo.wait()
                heard_s = time.monotonic()
            except TimeoutError:
                if time.monotonic() - heard_s >= ECHO_WITHIN_S:
                    raise NoHubError(
                        f"no hub answered {wire.ECHO} within {ECHO_WITHIN_S:.0f} s: is it running with "
                        "simulation.enabled?"
                    ) from None
                if self._last is not None:
                    self._control.publish(self._last)


async def drive(
    town: Town, lines: Lines, clock: Clock, *, to_ms: int, catch_up: bool, progress: Progress
) -> None:
    """Drive from the town's now to ``to_ms``; with ``catch_up`` further, until the wall clock is met.

    ``lines`` speak with one voice meanwhile, and ``clock`` with the same.
    """
    start_ms = town.now_ms
    clock.say(start_ms)
    await clock.answered()
    await lines.start()
    await lines.settled()  # what the connections say of themselves comes first
    while town.now_ms < to_ms:
        await _step(town, lines, clock, min(town.now_ms + STEP_MS, to_ms))
        done = (town.now_ms - start_ms) / (to_ms - start_ms)
        progress(Past(done, town.now_ms, lines.published_count, clock.alerts))
    while catch_up and _wall_ms() - town.now_ms > CATCH_UP_MS:
        await _step(town, lines, clock, min(town.now_ms + STEP_MS, _wall_ms()))
        await clock.answered()
    await clock.answered()
    await lines.settled()


async def replay(town: Town, lines: Lines, *, to_ms: int, progress: Progress) -> None:
    """Publish the past's readings with their own times, without events and without a clock."""
    start_ms = town.now_ms
    await lines.start()
    while town.now_ms < to_ms:
        messages = town.advance(min(town.now_ms + HOUR // 6, to_ms))
        lines.publish(message for message in messages if message.kind == "telemetry")
        await lines.settled()
        progress(Past((town.now_ms - start_ms) / (to_ms - start_ms), town.now_ms, lines.published_count, 0))


async def _step(town: Town, lines: Lines, clock: Clock, to_ms: int) -> None:
    messages = town.advance(to_ms)
    lines.publish(messages)
    clock.say(to_ms, messages=len(messages))
    await asyncio.sleep(0)  # what was published is written, and what came is read
    await clock.in_reach()


def _wall_ms() -> int:
    return int(time.time() * 1000)


def _plain(speed: float) -> float:
    return int(speed) if speed == int(speed) else speed
