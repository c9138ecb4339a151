"""The part of the hub's port that is about facilities: how many people are there by the rules' own estimate."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from gateway.web.facility_port import CounterNow, HeadcountNow
from gateway.web.port import UnavailableError
from rules.facility import estimate
from rules.headcount import Headcount
from rules.plan import COUNTER
from rules.state import KeyState
from rules.world import Device

if TYPE_CHECKING:
    from gateway.hub import Hub

CHANGE_WITHIN_S = 15.0
SILENT_AFTER = 3  # times a device's own interval
NO_COUNT = Headcount()


class FacilitiesOfHub:
    """Answers from the states of the rules."""

    _hub: Hub

    @property
    def calendar(self) -> str:
        """Whose holidays count."""
        return self._hub.settings.hub.calendar

    def headcounts(self, places: Collection[str]) -> Mapping[str, HeadcountNow]:
        """How many people are there now."""
        known = self._hub.engine.world.places
        return {place: self._now(place) for place in places if place in known}

    def _now(self, place: str) -> HeadcountNow:
        hub, now = self._hub, self._hub.clock.now()
        state, world = hub.engine.states.get(place), hub.engine.world
        plan = world.plan(place)
        count = (state.headcount if state is not None else None) or NO_COUNT
        seen = tuple(_device(world.devices[one], state, count, now) for one in plan.devices)
        counters = [one for one in seen if one.kind == COUNTER]
        if not any(one.own is not None or one.entered is not None for one in counters):
            return HeadcountNow(people=None, lower=None, upper=None, passages=0, since=0, devices=seen)
        whole = hub.line.reader.feed.lost_at is None
        assert state is not None, "its counters have said something"  # noqa: S101 seen above
        found = estimate(plan, state, count, now, whole=whole)
        dead = found.upper is None and all(one.silent for one in counters)
        return HeadcountNow(
            people=None if dead else found.people, lower=None if dead else found.lower,
            upper=None if dead else found.upper, passages=found.passages, since=found.since, devices=seen,
            drift=found.drift, widened=found.widened and not dead,
        )  # fmt: skip

    async def facilities_changed(self) -> None:
        """Let the rules judge by what was set of facilities from now on."""
        try:
            async with asyncio.timeout(CHANGE_WITHIN_S):
                definition = await asyncio.to_thread(self._hub.definition)
                await self._hub.line.change_world(definition)
        except TimeoutError:
            raise UnavailableError(self._hub.line.trouble or "the hub is busy; try again") from None


def _device(device: Device, state: KeyState | None, count: Headcount, now: int) -> CounterNow:
    found = state.devices.get(device.id) if state is not None else None
    door = count.doors.get(device.id)
    late = found is None or found.heard_at + SILENT_AFTER * device.heartbeat_s * 1000 < now
    return CounterNow(
        id=device.id, kind=device.kind, room=device.room, heard_at=found.heard_at if found is not None else None,
        silent=late or (found is not None and (found.missing or not found.online)),
        entered=_whole(door.entered if door else None), left=_whole(door.left if door else None),
        own=_whole(door.own if door else None),
    )  # fmt: skip


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
