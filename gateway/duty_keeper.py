"""Keeps the duty plan: reads it again when asked, says where it leaves an hour without anybody, watches hand-overs (交接班)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from gateway.duty.coverage import Placed, doubts, gaps, matters_of
from gateway.duty.gap_words import lines_of
from gateway.duty.handover import Handover, is_late, unconfirmed
from gateway.duty.plan import Desk, Plan
from gateway.operations.duty_in_force import DutyInForce
from gateway.operations.handling import Answer
from gateway.standing import DeskAlerts

log = logging.getLogger(__name__)

LOOK_EVERY_S = 30.0
LOOK_AHEAD_EVERY_S = 6 * 3600.0  # the calendar of the coming four weeks changes with the days


class DutyGapsError(Exception):
    """A plan that leaves an hour in which somebody's alert reaches nobody; ``lines`` say which, and what to do."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True)
class Reread:
    """The version of the plan that holds now, and what is to be said of it."""

    version: str
    people: int
    desks: int
    warnings: tuple[str, ...]


class DutyKeeper:
    """``read`` gives the plan as its file has it (None: the settings have a ladder only), ``places`` the registry's places.

    ``alerts`` are those of hand-overs.
    """

    def __init__(
        self,
        duty: DutyInForce,
        *,
        read: Callable[[], Plan | None],
        places: Callable[[], Sequence[Placed]],
        now: Callable[[], int],
        calendar: str,
        alerts: DeskAlerts,
        command: Callable[..., Awaitable[Answer]],
    ) -> None:
        self._duty = duty
        self._read, self._places, self._now, self._calendar = read, places, now, calendar
        self._alerts, self._command = alerts, command
        self.warnings: tuple[str, ...] = ()

    async def reload(self) -> Reread:
        """Read the plan again and tell people by it from now on; where the settings have none, a warning says so.

        Raises ``FileMistakes`` or ``DutyGapsError``, and goes on as before.
        """
        plan = await asyncio.to_thread(self._read)
        if plan is None:
            return Reread("", 0, 0, ("the settings have no duty plan ([hub] duty)",))
        found = await asyncio.to_thread(self._gaps, plan)
        if found:
            raise DutyGapsError(found)
        version = await asyncio.to_thread(self._duty.keep, plan)
        name = f"duty_plan:{version}:{self._now()}"
        await self._command(kind="duty_plan", alert="", by="", data={"version": version}, command_id=name)
        self.warnings = self._doubts(plan)
        log.info("duty plan %s is in force", version)
        return Reread(version, len(plan.people), len(plan.desks), self.warnings)

    async def run(self) -> None:
        """Look for ever: ahead now and then, and after hand-overs."""
        looked = float("-inf")
        while True:
            plan = await asyncio.to_thread(lambda: self._duty.plan)
            if plan.heeds_hearing and time.monotonic() - looked >= LOOK_AHEAD_EVERY_S:
                self.warnings = (*await asyncio.to_thread(self._gaps, plan), *self._doubts(plan))
                looked = time.monotonic()
            await self.look_after_handovers(plan)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look_after_handovers(self, plan: Plan) -> None:
        """Raise an alert where the next shift has not confirmed to have a console desk, and end it when it has."""
        if not plan.heeds_hearing:
            return
        confirmed = await asyncio.to_thread(self._duty.handed_over)
        for desk in plan.desks:
            change = await asyncio.to_thread(self._late, plan, desk, confirmed.get(desk.id))
            if change is None:
                await self._alerts.over(desk)
            else:
                await self._alerts.stands(desk, change.at)

    def _late(self, plan: Plan, desk: Desk, confirmed_at: int | None) -> Handover | None:
        """The hand-over of a desk that should have been confirmed by now and is not."""
        if not desk.console:
            return None
        zone, now = self._duty.zone, self._now()
        found = unconfirmed(plan, desk, at=now, confirmed_at=confirmed_at, zone=zone, calendar=self._calendar)
        return found if found is not None and is_late(found, now) else None

    def _gaps(self, plan: Plan) -> list[str]:
        matters = matters_of(plan, self._places())
        found = gaps(plan, matters, from_ms=self._now(), zone=self._duty.zone, calendar=self._calendar)
        return lines_of(found, self._duty.zone)

    def _doubts(self, plan: Plan) -> tuple[str, ...]:
        return tuple(f"{said['zh']} · {said['en']}" for said in doubts(plan, self._calendar))
