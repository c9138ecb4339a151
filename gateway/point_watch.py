"""Follows the journal while a test of a home is under way, and writes down which of its devices have proven themselves.

It only looks while there is something to look for, and behind the alarm path: what it misses by a kill is one press, which
somebody makes again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from gateway.engine.engine import Engine
from gateway.fitting.points import PROVING_CHANGES, Values, proof_of
from gateway.operations.home_tests import Proven, TestView, prove, under_way
from rules.events import AnyEvent, Occurrence, Status, Telemetry
from rules.world import Device

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.5  # a tick is on the page within 3 s: this, the page's own 2 s, and the way
EVENTS_MAX: Final = 20_000  # looked at in one go
BACK_MAX: Final = 60_000  # events that a start looks back for, while a test goes on

Following = Callable[..., tuple[Sequence[AnyEvent], int]]


class PointWatch:
    """``following`` gives the events behind a position, ``newest`` the position of the newest."""

    def __init__(
        self,
        database: Database,
        *,
        following: Following,
        newest: Callable[[], int],
        engine: Engine,
        now: Callable[[], int],
    ) -> None:
        self._database = database
        self._following = following
        self._newest = newest
        self._engine = engine
        self._now = now
        self._after = max(newest() - BACK_MAX, 0)
        self._values: dict[str, Values] = {}  # by test

    async def run(self) -> None:
        """Look for ever."""
        while True:
            try:
                await asyncio.to_thread(self.look)
            except SQLAlchemyError as error:  # the next look sees the same events again
                log.warning("tests of homes are not followed just now: %s", error)
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> int:
        """Look at what was journalled since the last time; how many points were proven. Not on the loop."""
        newest = self._newest()
        tests = under_way(self._database, self._now())
        self._values = {test.id: self._values.get(test.id) or self._as_of(test) for test in tests}
        if not tests:
            self._after = newest
            return 0
        watched = self._watched(tests)
        found: list[Proven] = []
        after = self._after
        while after < newest:
            events, last = self._following(after, most=EVENTS_MAX)
            if last == after:
                break
            found += [proven for event in events for proven in self._proven(event, watched)]
            after = last
        prove(self._database, found)
        self._after = after
        return len(found)

    def _watched(self, tests: Sequence[TestView]) -> dict[str, tuple[Device, TestView]]:
        of = {test.place_id: test for test in tests}
        devices = self._engine.world.devices
        return {device.id: (device, of[device.key]) for device in devices.values() if device.key in of}

    def _proven(self, event: AnyEvent, watched: dict[str, tuple[Device, TestView]]) -> list[Proven]:
        if not isinstance(event, Telemetry | Occurrence | Status) or event.device not in watched:
            return []
        device, test = watched[event.device]
        said = proof_of(device.kind, event, test.since, self._values[test.id])
        return [Proven(device.id, test.id, device.key, device.room, event.at, said)] if said else []

    def _as_of(self, test: TestView) -> Values:
        """What the devices of a place said last before the test began, as far as the rules remember it."""
        state = self._engine.states.get(test.place_id)
        values: Values = {}
        for device in self._engine.world.devices.values():
            known = state.devices.get(device.id) if state and device.key == test.place_id else None
            for metric in PROVING_CHANGES.get(device.kind, ()) if known else ():
                latest = known.latest.get(metric) if known else None
                if latest is not None and latest.changed_at < test.since:
                    values[device.id, metric] = latest.value
        return values
