"""Keeps the operational database to its time: what is over for so long as the settings say goes, in small steps."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from gateway.operations.outdated import Days, let_go
from gateway.settings import Retention

log = logging.getLogger(__name__)

EVERY_S = 3_600.0
PAUSE_S = 0.05  # between two steps: the alarms go first


def days_of(given: Retention) -> Days:
    """What the settings say."""
    return Days(
        alert_words_days=given.alert_words_days,
        alerts_days=given.alerts_days,
        held_days=given.held_days,
        modes_days=given.modes_days,
        agreements_days=given.agreements_days,
        looks_days=given.looks_days,
        answers_days=given.answers_days,
    )


class RecordKeeper:
    """Goes round once an hour. ``now`` is hub time; ``gone`` counts rows by table since the start."""

    def __init__(self, database: Engine, days: Days, *, now: Callable[[], int]) -> None:
        self._database = database
        self._days = days
        self._now = now
        self.gone: Counter[str] = Counter()

    async def run(self) -> None:
        """Go round for ever. What the disk refuses is tried in the next round."""
        while True:
            try:
                await self.round()
            except (DBAPIError, OSError) as error:
                cause = error.orig if isinstance(error, DBAPIError) else error
                log.warning("what is over its time cannot be let go now: %s", cause)
            except Exception:
                log.exception("what is over its time cannot be let go: a fault of the program; tried again")
            await asyncio.sleep(EVERY_S)

    async def round(self) -> None:
        """Let go of all that is over its time, a step at a time."""
        before = self.gone.copy()
        while step := await asyncio.to_thread(let_go, self._database, self._days, self._now()):
            self.gone.update(step)
            await asyncio.sleep(PAUSE_S)
        if gone := self.gone - before:
            log.info(
                "let go after their time: %s", ", ".join(f"{name} {n}" for name, n in sorted(gone.items()))
            )
