"""Which desks can hear: an open console with its sound proven, or a channel that passed its last test.

A desk that is staffed and cannot hear is no rung: it is noted as deaf (a command, so that a replay knows it), and those above
it are told. Wall time, and a pause while hub time does not run at people's pace.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from gateway.duty.plan import Desk, Plan
from gateway.operations.duty_in_force import DutyInForce
from gateway.operations.handling import Answer
from gateway.standing import DeskAlerts

log = logging.getLogger(__name__)

BEAT_WITHIN_S = 15.0  # a console beats every 5 s; whoever is silent for so long is not there
LOOK_EVERY_S = 5.0
DEAF_AFTER_S = 30.0  # silent for so long in all: reported within 45 s of its last beat, and 60 are allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskHearing:
    """A desk as it is now: staffed or closed, who is on duty, by what it hears ('' by nothing), and since when it is deaf."""

    desk: Desk
    on_duty: tuple[str, ...] | None
    hears_by: str
    deaf_since: int | None


class Hearing:
    """Looks after the desks of the plan in force. ``beat`` is called by consoles, ``alerts`` are those of deaf desks."""

    def __init__(
        self,
        duty: DutyInForce,
        *,
        now: Callable[[], int],
        held: Callable[[], bool],
        works: Callable[[str], bool],
        alerts: DeskAlerts,
        command: Callable[..., Awaitable[Answer]],
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._duty = duty
        self._now, self._held, self._works = now, held, works
        self._alerts, self._command = alerts, command
        self._clock_s = clock_s
        self._beats: dict[str, float] = {}
        self._silent_since: dict[str, float] = {}

    def beat(self, desk: str) -> bool:
        """A console of this desk is open and its sound proven; False where the plan knows no such console."""
        known = any(one.id == desk and one.console for one in self._duty.plan.desks)
        if known:
            self._beats[desk] = self._clock_s()
        return known

    def desks(self) -> list[DeskHearing]:
        """Every desk of the plan as it is now."""
        plan, deaf, now = self._duty.plan, self._duty.deaf(), self._now()
        found: list[DeskHearing] = []
        for desk in plan.desks:
            people = self._duty.on_duty(plan, desk, now)
            hears_by = self._hears_by(plan, desk, people or ())
            found.append(
                DeskHearing(desk=desk, on_duty=people, hears_by=hears_by, deaf_since=deaf.get(desk.id))
            )
        return found

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Note who has fallen deaf, and who hears again."""
        if self._held() or not (await asyncio.to_thread(lambda: self._duty.plan)).heeds_hearing:
            self._silent_since.clear()
            return
        now_s = self._clock_s()
        for one in await asyncio.to_thread(self.desks):
            silent = one.on_duty is not None and not one.hears_by
            if not silent:
                self._silent_since.pop(one.desk.id, None)
                if one.deaf_since is not None:
                    await self._hears(one, closed=one.on_duty is None)
            elif (since_s := now_s - self._silent_since.setdefault(one.desk.id, now_s)) >= DEAF_AFTER_S:
                await self._deaf(one, round(since_s))

    def _hears_by(self, plan: Plan, desk: Desk, on_duty: Collection[str]) -> str:
        if desk.console and self._clock_s() - self._beats.get(desk.id, -1e9) <= BEAT_WITHIN_S:
            return "console"
        channels = [channel for way in desk.ways for channel in way]
        channels += [reach.channel for one in plan.people if one.id in on_duty for reach in one.reach]
        return next((channel for channel in channels if self._works(channel)), "")

    async def _deaf(self, one: DeskHearing, since_s: int) -> None:
        """Note it, and raise the alert; each once, also where the hub was killed between the two."""
        why = "no_console" if one.desk.console else "no_channel"
        since = one.deaf_since
        if since is None:
            log.error("desk %s cannot hear (%s); those above it are told", one.desk.id, why)
            await self._say("deaf", one.desk, f"deaf:{one.desk.id}:{self._now()}")
            since = (await asyncio.to_thread(self._duty.deaf)).get(one.desk.id)
        if since is not None:
            await self._alerts.stands(one.desk, since, why=why, since_s=str(since_s))

    async def _hears(self, one: DeskHearing, *, closed: bool) -> None:
        log.info("desk %s %s", one.desk.id, "is closed" if closed else f"hears again, by {one.hears_by}")
        await self._alerts.over(one.desk)
        await self._say("hears", one.desk, f"hears:{one.desk.id}:{one.deaf_since}")

    async def _say(self, kind: str, desk: Desk, name: str) -> None:
        await self._command(kind=kind, alert="", by="", data={"desk": desk.id}, command_id=name)
