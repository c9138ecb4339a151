"""A scenario is played to a hub: live at some speed, or driven as fast as the hub confirms it. Then the truth is written."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from rich.console import Console

from firmware_sim import wire
from firmware_sim.chance import dice
from firmware_sim.daytime import MINUTE, SECOND, ZONE
from firmware_sim.driven import STEP_MS, Clock
from firmware_sim.faults.faulty_lines import FaultyLines
from firmware_sim.ledger import Ledger
from firmware_sim.lines import PATIENCE_S
from firmware_sim.links import BrokerAddress, new_link
from firmware_sim.scenario.format import Scenario
from firmware_sim.scenario.play import Note, Play
from firmware_sim.scenario.show import Telling, note_line, outcome
from firmware_sim.scenario.spans import span_ms
from firmware_sim.scenario.truth import truth_of
from firmware_sim.stopping import until_stopped
from firmware_sim.uplink import Hooks, Uplink
from firmware_sim.wire import Message

LAST_ACKS_WITHIN_S = 10.0
TELL_EVERY_S = 2.0
DRY_DAY = datetime(2026, 3, 2, tzinfo=ZONE)  # a Monday
DRY_HOUR = 10


@dataclass(frozen=True, slots=True)
class Run:
    """How to play it. ``speed`` None: driven. ``start_ms``: when the story begins; None: as ``story_begins`` says.

    ``present``: with the wall clock's times, for a hub that is not in simulation; then no usual life comes before.
    """

    scenario: Scenario
    broker: BrokerAddress
    seed: int
    speed: float | None
    start_ms: int | None = None
    present: bool = False
    ledger: Path | None = None
    truth: Path | None = None

    async def perform(self, console: Console) -> dict[str, object]:
        """Play to the end, or until stopped (SIGTERM, SIGINT); returns the summary. Notes and trouble go to ``console``."""
        play = self._play(int(time.time() * 1000))
        ledger = Ledger(self.ledger)
        stage = _Stage(self, play, ledger, console)
        flushing = asyncio.create_task(ledger.keep_flushed())
        began, patience_s = time.monotonic(), 0.0
        try:
            stopped = await until_stopped(stage.play())
            patience_s = LAST_ACKS_WITHIN_S
        finally:
            await stage.finish(within_s=patience_s)
            flushing.cancel()
            ledger.close()
        write_truth(self.truth, play, stage.events)
        if not self.present:  # hub time never runs back: an earlier story would be told to it as long gone
            later = datetime.fromtimestamp(-(-play.now_ms // SECOND), UTC).astimezone(ZONE)
            console.print(
                f"同一系统接着演 the next on the same hub: --at {later:%Y-%m-%dT%H:%M:%S} or later",
                soft_wrap=True,
            )
        return {
            **outcome(play),
            **stage.lines.totals(),
            "foreign": stage.foreign_count,
            "stopped_at_ms": play.now_ms if stopped else None,
            "seconds": round(time.monotonic() - began, 3),
        }

    def _play(self, now_ms: int) -> Play:
        if self.present:
            return Play(self.scenario, start_ms=now_ms, seed=self.seed, before=False)
        story_ms = self.start_ms if self.start_ms is not None else story_begins(self.scenario, now_ms)
        return Play(self.scenario, start_ms=story_ms - span_ms(self.scenario.before or ""), seed=self.seed)


def story_begins(scenario: Scenario, now_ms: int) -> int:
    """The last time at which the story could begin, at its time of day, and be over by now (epoch ms)."""
    latest = datetime.fromtimestamp((now_ms - span_ms(scenario.lasts)) // SECOND, UTC).astimezone(ZONE)
    if scenario.starts is None:
        return int(latest.timestamp()) * SECOND
    hour, minute = map(int, scenario.starts.split(":"))
    at = latest.replace(hour=hour, minute=minute, second=0)
    return int((at if at <= latest else at - timedelta(days=1)).timestamp()) * SECOND


def dry_begins(scenario: Scenario) -> int:
    """When a play without a hub begins, its usual life before included: always the same (epoch ms)."""
    hour, minute = map(int, (scenario.starts or f"{DRY_HOUR}:00").split(":"))
    story = DRY_DAY.replace(hour=hour, minute=minute)
    return int(story.timestamp()) * SECOND - span_ms(scenario.before or "")


def write_truth(path: Path | None, play: Play, events: Iterable[Message]) -> None:
    """Write the truth file, where one is asked for."""
    if path is not None:
        path.write_bytes(msgspec.json.format(wire.encode(truth_of(play, list(events)))) + b"\n")


class _Stage:
    """The connections of a play, and its phases in their order."""

    def __init__(self, run: Run, play: Play, ledger: Ledger, console: Console) -> None:
        self._run, self._play, self._console = run, play, console
        self.events: list[Message] = []
        self.foreign_count = 0
        self._anchor_ms, self._anchor_s = play.now_ms, time.monotonic()
        self._runs = False

        def trouble(text: str) -> None:
            console.print(text, style="yellow", markup=False, soft_wrap=True)

        self.lines = FaultyLines(play, run.broker, born_ms=play.now_ms, ledger=ledger, trouble=trouble)
        client_id = f"care-sim-scenario-{os.getpid()}"
        self._control = Uplink(
            lambda: new_link(run.broker, client_id, None),
            hooks=Hooks(acked=ledger.note, received=self._hear(trouble), trouble=trouble),
            dice=dice(run.seed, "reconnect", "control"),
            subscriptions=(wire.ECHO,),
        )
        self._clock = Clock(self._control)

    async def play(self) -> None:
        """What comes before, then the story."""
        play, speed = self._play, self._run.speed
        await self._control.start(patience_s=PATIENCE_S)
        driven_to_ms = play.end_ms if speed is None else play.story_ms
        with Telling(self._console, play) as telling:
            if play.now_ms < driven_to_ms:
                self._clock.say(play.now_ms)
                await self._clock.answered()
                await self.lines.start()
                await self.lines.settled()
                with self.lines.one_voice(self._control):
                    await self._drive(driven_to_ms, telling)
            else:
                await self.lines.start()
            if speed is not None:
                await self._live(speed, telling)

    async def finish(self, *, within_s: float) -> None:
        """Stop the clock that was told to run, and leave politely."""
        await self.lines.finish(within_s=within_s)
        if self._runs:
            self._clock.stand_still(self._play.now_ms)
        await self._control.finish(within_s=within_s)

    async def _drive(self, to_ms: int, telling: Telling) -> None:
        while self._play.now_ms < to_ms:
            step_ms = min(self._play.now_ms + STEP_MS, to_ms)
            said = self._play.advance(step_ms)
            self._publish(said)
            self._clock.say(step_ms, messages=len(said))
            await asyncio.sleep(0)  # what was published is written, and what came is read
            await self._clock.in_reach()
            telling(step_ms)
        await self._clock.answered()
        await self.lines.settled()

    async def _live(self, speed: float, telling: Telling) -> None:
        self._anchor_ms, self._anchor_s = self._play.now_ms, time.monotonic()
        self._runs = not self._run.present
        self.lines.go_live()
        keeping = asyncio.create_task(self._keep_telling(speed))
        try:
            while self._play.now_ms < self._play.end_ms:
                self.lines.check()
                self._publish(self._play.advance(min(self._now_ms(speed), self._play.end_ms)))
                telling(self._play.now_ms)
                next_ms = min(self._play.next_ms(), self._play.now_ms + MINUTE)
                due_s = self._anchor_s + (next_ms - self._anchor_ms) / SECOND / speed
                await asyncio.sleep(max(due_s - time.monotonic(), 0))
            self.lines.check()
        finally:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping

    async def _keep_telling(self, speed: float) -> None:
        """Say that time runs, again and again: a hub that has restarted meanwhile does not know."""
        while self._runs:
            await self._clock.run(self._now_ms(speed), speed)
            await asyncio.sleep(TELL_EVERY_S)

    def _publish(self, said: Iterable[Message]) -> None:
        for each in said:
            if isinstance(each, Note):
                self._console.print(note_line(each, self._play), markup=False, soft_wrap=True)
            elif not each.link:
                self.foreign_count += 1
                self._control.publish(each)
            else:
                if each.kind == "event":
                    self.events.append(each)
                self.lines.publish([each])

    def _hear(self, trouble: Callable[[str], None]) -> Callable[[str, bytes], None]:
        def hear(_topic: str, payload: bytes) -> None:
            try:
                self._clock.hear(payload)
            except msgspec.DecodeError as problem:
                trouble(f'{wire.ECHO} wants {{"ts": <epoch ms>}}: {problem}')

        return hear

    def _now_ms(self, speed: float) -> int:
        return self._anchor_ms + int((time.monotonic() - self._anchor_s) * SECOND * speed)
