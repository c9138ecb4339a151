"""A recording is published: at the pace it had, some times as fast, or as fast as the broker acknowledges."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from rich.console import Console

from firmware_sim import wire
from firmware_sim.chance import dice
from firmware_sim.daytime import SECOND, shown
from firmware_sim.driven import Clock
from firmware_sim.links import BrokerAddress, new_link
from firmware_sim.progress import ShareDone
from firmware_sim.uplink import Hooks, Uplink
from firmware_sim.wire import Message

PATIENCE_S = 5.0
LAST_ACKS_WITHIN_S = 30.0
AT_ONCE = 2_000  # unacknowledged at a time, without a pace
TELL_EVERY_S = 2.0

Show = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Replaying:
    """``speed`` None: as fast as the broker acknowledges. At another speed than 1 the clock topic tells how time runs."""

    broker: BrokerAddress
    messages: Sequence[Message]
    speed: float | None

    async def perform(self, console: Console) -> dict[str, object]:
        """Publish everything; returns the summary."""
        acked = [0]

        def note(message: Message, _sent_ms: float, _acked_ms: float) -> None:
            acked[0] += message.topic != wire.CLOCK

        uplink = Uplink(
            lambda: new_link(self.broker, f"care-sim-replay-{os.getpid()}", None),
            hooks=Hooks(acked=note, trouble=lambda text: console.print(text, style="yellow", markup=False)),
            dice=dice("replay", "reconnect"),
        )
        await uplink.start(patience_s=PATIENCE_S)
        began = time.monotonic()
        try:
            with ShareDone(console, "重放 replaying", name="replay") as progress:
                if self.speed is None:
                    await self._at_once(uplink, progress.show)
                else:
                    await self._paced(uplink, self.speed, progress.show)
            await uplink.settled()
        finally:
            await uplink.finish(within_s=LAST_ACKS_WITHIN_S)
        seconds = time.monotonic() - began
        return {
            "published": len(self.messages),
            "acked": acked[0],
            "from_ms": self.messages[0].at_ms,
            "to_ms": self.messages[-1].at_ms,
            "from": shown(self.messages[0].at_ms),
            "to": shown(self.messages[-1].at_ms),
            "seconds": round(seconds, 3),
        }

    async def _at_once(self, uplink: Uplink, show: Show) -> None:
        waiting, done = iter(self.messages), 0
        while some := list(islice(waiting, AT_ONCE)):
            for message in some:
                uplink.publish(message)
            await uplink.settled()
            done += len(some)
            show(done / len(self.messages), shown(some[-1].at_ms))

    async def _paced(self, uplink: Uplink, speed: float, show: Show) -> None:
        first_ms, anchor_s = self.messages[0].at_ms, time.monotonic()

        def now_ms() -> int:
            return first_ms + int((time.monotonic() - anchor_s) * SECOND * speed)

        telling = asyncio.create_task(_keep_telling(Clock(uplink), now_ms, speed)) if speed != 1 else None
        try:
            for number, message in enumerate(self.messages, 1):
                due_s = anchor_s + (message.at_ms - first_ms) / SECOND / speed
                if due_s > time.monotonic():
                    await asyncio.sleep(due_s - time.monotonic())
                uplink.check()
                uplink.publish(message)
                if number % AT_ONCE == 0:
                    await uplink.settled()
                show(number / len(self.messages), shown(message.at_ms))
        finally:
            if telling is not None:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)


async def _keep_telling(clock: Clock, now_ms: Callable[[], int], speed: float) -> None:
    """Say that time runs, again and again: a hub that has restarted meanwhile does not know."""
    while True:
        await clock.run(now_ms(), speed)
        await asyncio.sleep(TELL_EVERY_S)
