"""One run of the town against a broker: connect, live through the past, go live, sum up."""

from __future__ import annotations

import asyncio
import gc
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec
from rich.console import Console

from firmware_sim import wire
from firmware_sim.chance import dice
from firmware_sim.daytime import DAY, last_midnight_ms
from firmware_sim.driven import Clock, drive, replay
from firmware_sim.faults import Fault
from firmware_sim.faults.faulty_lines import lines_of
from firmware_sim.faults.faulty_town import town_with
from firmware_sim.ledger import Ledger
from firmware_sim.lines import PATIENCE_S, Lines
from firmware_sim.links import BrokerAddress, new_link
from firmware_sim.links.files import make_room
from firmware_sim.links.opening import AT_ONCE
from firmware_sim.live import Live
from firmware_sim.nature import SHOW, Nature
from firmware_sim.places import KitName, settle
from firmware_sim.progress import PastProgress
from firmware_sim.punctual import Punctual
from firmware_sim.stopping import until_stopped
from firmware_sim.tally import Tally
from firmware_sim.town import Town
from firmware_sim.uplink import Hooks, Uplink
from firmware_sim.wired import each_by_itself

LAST_ACKS_WITHIN_S = 10.0
TELL_EVERY_S = 2.0
MAX = math.inf  # the speed of a town that lives through its past and ends
# What the one voice of the driven past keeps while there is no broker: all that may be ahead of the hub, and a step more.
VOICE_MESSAGES_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Performance:
    """What to perform. ``drive_ms`` and ``history_ms`` exclude each other; ``until_s`` counts from going live.

    The past ends at ``end_ms``, or now (0). With ``speed`` ``MAX`` it is all there is, and it ends with the last midnight (0).
    """

    broker: BrokerAddress = field(default_factory=BrokerAddress)
    homes: int = 40
    seed: int = 7
    speed: float = 1.0
    drive_ms: int = 0
    history_ms: int = 0
    until_s: float = 0.0
    ledger: Path | None = None
    end_ms: int = 0
    faults: tuple[Fault, ...] = ()
    own_connections: bool = False
    kit: str = KitName.MIXED
    nature: Nature = SHOW
    truth: Path | None = None

    async def perform(self, console: Console) -> dict[str, object]:
        """Run until stopped (SIGTERM, SIGINT) or done; returns the summary. Trouble goes to ``console``."""
        began, now_ms = time.monotonic(), self._end_ms()
        town = self._town(now_ms)
        make_room(len(town.links()))
        ledger = Ledger(self.ledger)

        def trouble(text: str) -> None:
            console.print(text, style="yellow", markup=False, soft_wrap=True)

        # A told past has no births: what is retained must be of the present.
        born_ms = now_ms if self.history_ms else town.now_ms + 1
        lines = lines_of(town)(town, self.broker, born_ms=born_ms, ledger=ledger, trouble=trouble)
        stage = _Stage(self, town, lines, ledger, trouble=trouble)
        flushing = asyncio.create_task(ledger.keep_flushed())
        patience_s, timed = 0.0, dict[str, object]()
        try:
            await until_stopped(stage.play(to_ms=now_ms, console=console))
            patience_s = LAST_ACKS_WITHIN_S
        finally:
            await lines.finish(within_s=patience_s)
            stage.stand_still()
            await stage.control.finish(within_s=patience_s)
            flushing.cancel()
            ledger.close()
            gc.unfreeze()
        if self.truth is not None:
            self.truth.write_bytes(wire.encode(town.truth()))
        if stage.punctual is not None:
            timed = stage.punctual.summary()
        happened = [asdict(each) for each in town.incidents if each.played or each.from_ms <= town.now_ms]
        return {
            **lines.totals(),
            **timed,
            "incidents": happened,
            "from_ms": now_ms - self.drive_ms - self.history_ms,
            "to_ms": town.now_ms,
            "seconds": round(time.monotonic() - began, 3),
        }

    def _end_ms(self) -> int:
        now_ms = int(time.time() * 1000)
        return self.end_ms or (last_midnight_ms(now_ms) if self.speed == MAX else now_ms)

    def _town(self, now_ms: int) -> Town:
        past_ms = self.drive_ms or self.history_ms
        layout = settle(homes=self.homes, seed=self.seed, kit=self.kit)
        if self.own_connections:
            layout = each_by_itself(layout)
        start_ms = now_ms - past_ms
        if not past_ms:
            return town_with(self.faults)(layout, seed=self.seed, start_ms=start_ms, nature=self.nature)
        # A past of readings only has no events, so incidents would be half told: they begin with the present.
        from_ms = now_ms if self.history_ms else start_ms
        return town_with(self.faults)(
            layout,
            seed=self.seed,
            start_ms=start_ms,
            past_ms=past_ms,
            incidents_from_ms=from_ms,
            nature=self.nature,
        )


class _Stage:
    """The control connection (clock, echo, scenes) and the phases in their order."""

    def __init__(
        self,
        plan: Performance,
        town: Town,
        lines: Lines,
        ledger: Ledger,
        *,
        trouble: Callable[[str], None],
    ) -> None:
        self._plan, self._town, self._lines, self._trouble = plan, town, lines, trouble
        self._live: Live | None = None
        client_id = f"care-sim-town-{os.getpid()}"
        self.control = Uplink(
            lambda: new_link(plan.broker, client_id, None),
            hooks=Hooks(acked=ledger.note, received=self._hear, trouble=trouble),
            dice=dice(plan.seed, "reconnect", "control"),
            subscriptions=(wire.ECHO, wire.PLAY),
            buffer_max=VOICE_MESSAGES_MAX,
            for_others=True,
        )
        self._clock = Clock(self.control)

    async def play(self, *, to_ms: int, console: Console) -> None:
        """Past, then present, until its time is over."""
        plan = self._plan
        await self.control.start(patience_s=PATIENCE_S)
        with PastProgress(console, days=self._days) as progress:
            if plan.drive_ms:
                with self._lines.one_voice(self.control):
                    await drive(
                        self._town,
                        self._lines,
                        self._clock,
                        to_ms=to_ms,
                        catch_up=plan.speed != MAX and not plan.end_ms,
                        progress=progress,
                    )
            elif plan.history_ms:
                await replay(self._town, self._lines, to_ms=to_ms, progress=progress)
            else:
                # Planned before time runs, so that nothing is late for it.
                self._town.advance(self._town.now_ms)
                connecting = Tally(console, "connections", self._lines.count)
                await self._lines.start(at_once=AT_ONCE, opened=connecting)
        if plan.speed == MAX:
            return
        # What it takes to begin is frozen: the collector would walk through it again and again.
        gc.collect()
        gc.freeze()
        if self._tells_time:
            await self._clock.run(self._town.now_ms, plan.speed)
        self._lines.go_live()
        self._live = Live(
            self._town,
            self._lines,
            self.control,
            speed=plan.speed,
            trouble=self._trouble,
            from_ms=None if self._tells_time else int(time.time() * 1000),
        )
        telling = asyncio.create_task(self._keep_telling(self._live))
        try:
            async with asyncio.timeout(plan.until_s or None) as limit:
                await self._live.run()
        except TimeoutError:
            if not limit.expired():
                raise
        finally:
            telling.cancel()

    @property
    def punctual(self) -> Punctual | None:
        """How the live phase keeps its time, once there is one."""
        return self._live.punctual if self._live is not None else None

    def stand_still(self) -> None:
        """Time ends with the town: a hub whose clock ran on would miss everybody at once."""
        if self._tells_time and self._live is not None:
            self._clock.stand_still(self._live.now_ms())
        elif self._plan.speed == MAX:
            self._clock.stand_still(self._town.now_ms)

    @property
    def _days(self) -> float:
        return (self._plan.drive_ms or self._plan.history_ms) / DAY

    @property
    def _tells_time(self) -> bool:
        return bool(self._plan.drive_ms) or self._plan.speed != 1

    async def _keep_telling(self, live: Live) -> None:
        """Say again and again that time runs: a hub that has restarted meanwhile does not know."""
        while self._tells_time:
            await asyncio.sleep(TELL_EVERY_S)
            await self._clock.run(live.now_ms(), self._plan.speed)

    def _hear(self, topic: str, payload: bytes) -> None:
        if topic == wire.PLAY:
            if self._live is not None:
                self._live.hear(payload)
            else:
                self._trouble(f"{wire.PLAY} is honoured once time runs by itself")
            return
        try:
            self._clock.hear(payload)
        except msgspec.DecodeError as problem:
            self._trouble(f'{wire.ECHO} wants {{"ts": <epoch ms>}}: {problem}')
