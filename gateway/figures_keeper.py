"""Keeps the figures of ``care_places``: samples what is so now, makes hours and days from what is stored, lets old ones go.

It has the least share of the machine and is on no alarm's way. What is read of the running hub is read on its loop, a few
hundred at a time; all else is done in a thread of its own, a step at a time, and a step that is killed is done again. It goes
by hub time. Samples of a moment that has passed are not made up; what could not be written waits, bounded.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError

from gateway.alerts.record import DAY_MS, HOUR_MS
from gateway.clock import TIME_MS_MIN
from gateway.figures_book import FiguresBook
from gateway.figures_facilities import AT_ONCE_DAYS, Facilities
from gateway.figures_kept.names import of_class
from gateway.figures_kept.reading import FigureStore, Point
from gateway.figures_kept.use import EVERY_MS
from gateway.operations.performance_apart import ApartError
from gateway.store.readings import StoreUnavailable
from gateway.store.summaries import Keeping, day_of

if TYPE_CHECKING:
    from gateway.store_keeper import Bounds

log = logging.getLogger(__name__)
NICE = 19
LOOK_EVERY_S = 1.0
PAUSE_S = 0.05  # between two steps: the alarms go first
RETRY_S = (5.0, 30.0, 120.0)
OVER_MS = 120_000  # an hour or a day is over when hub time is so far past its end
WRITE_MAX = 5_000  # points in a write
WAITING_MAX = 500_000  # points that wait for the store; beyond that the oldest go
LOOKED, DUTY, RETAINED, CORRECTED = "looked", "duty", "retained", "corrected"
OF_OTHERS = (StoreUnavailable, sqlite3.Error, DBAPIError, OSError, ApartError)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where figures come from. ``present`` and ``hourly`` sample the hub on its loop, at (and for) that hub time.

    ``fetch`` reads before that what ``hourly`` needs of the store, in the keeper's thread, where what ``hourly`` gives is done
    as well. ``duty``: a local day's work, from
    ``begin`` to ``end``, as it stands at ``now``. ``corrections``: when counts were put right since then. ``began``: when the
    first alert was raised, None before there is one.
    """

    present: Callable[[int], Awaitable[Sequence[Point]]]
    fetch: Callable[[int], None]
    hourly: Callable[[int], Awaitable[Callable[[], Sequence[Point]]]]
    duty: Callable[[int, int, int], Sequence[Point]]
    corrections: Callable[[int], Sequence[int]]
    began: Callable[[], int | None]


class FiguresKeeper:
    """``round`` does what there is to do; ``run`` goes round for ever. ``trouble`` is why it cannot go on, '' when it can.

    ``now`` is hub time. ``written`` counts points since the start, ``lost`` those that waited for the store in vain.
    """

    def __init__(
        self,
        figures: FigureStore,
        keeping: Keeping,
        book: FiguresBook,
        facilities: Facilities,
        sources: Sources,
        *,
        bounds: Bounds,
        zone: ZoneInfo,
        now: Callable[[], int],
    ) -> None:
        self._figures = figures
        self._keeping = keeping
        self._book = book
        self._facilities = facilities
        self._sources = sources
        self._bounds = bounds
        self._zone = zone
        self._now = now
        self._present_at = self._hourly_at = 0
        self._waiting: deque[Point] = deque()
        self._making: tuple[Mapping[int, int], Iterator[int]] | None = (
            None  # days, and the facilities that are left
        )
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="figures", initializer=_step_back)
        self.trouble = ""
        self.written = 0
        self.lost = 0

    @property
    def waiting(self) -> int:
        """Points that wait for the store, and days of facilities that are to be made."""
        return len(self._waiting) + len(self._book.due())

    async def run(self) -> None:
        """Go round for ever; what does not answer is tried again."""
        failures = 0
        while True:
            pause = LOOK_EVERY_S
            try:
                await self.round()
                failures, self.trouble = 0, ""
            except Exception as error:  # noqa: BLE001 a fault of the program as well: told, and tried again
                self._note(error, first=not failures)
                pause = RETRY_S[min(failures, len(RETRY_S) - 1)]
                failures += 1
            await asyncio.sleep(pause)

    async def round(self) -> None:
        """Sample what is due, write it, then make up what is to be made, a step at a time."""
        while True:
            await self._sample()
            if not await self._apart(self._step):
                return
            await asyncio.sleep(PAUSE_S)

    def heard(self, hour_ms: int) -> None:
        """An hour of facilities was summarised: its day is due. From any thread, before the hour counts as done."""
        self._book.note([day_of(hour_ms, self._zone)[0]])

    def close(self) -> None:
        """End after the step that is being done, and close the book."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._book.close()

    def _note(self, error: Exception, *, first: bool) -> None:
        if isinstance(error, OF_OTHERS):
            self.trouble = str(getattr(error, "orig", None) or error)  # not SQL with people's data in it
            log.warning("figures: %s", self.trouble)
            return
        self.trouble = f"{type(error).__name__}, a fault of the program: see the log; it is tried again"
        if first:
            log.error("figures: %s", self.trouble, exc_info=error)

    async def _apart(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # what is so now

    async def _sample(self) -> None:
        now = self._now()
        if now < TIME_MS_MIN:
            return
        at = now // EVERY_MS * EVERY_MS
        if at > self._present_at:
            self._present_at = at
            self._wait(await self._sources.present(at))
        hour = now // HOUR_MS * HOUR_MS
        if hour > self._hourly_at:
            await self._apart(partial(self._sources.fetch, now))
            say = await self._sources.hourly(hour)
            await self._apart(lambda: self._wait(say()))
            self._hourly_at = hour

    def _wait(self, points: Sequence[Point]) -> None:
        self._waiting.extend(points)
        while len(self._waiting) > WAITING_MAX:
            self._waiting.popleft()
            self.lost += 1

    # steps, in the keeper's thread

    def _step(self) -> bool:
        """Do one thing; whether there was one."""
        now = self._now()
        if now < TIME_MS_MIN:
            return False
        if self._waiting:
            return self._write_some()
        if self._book.reached(LOOKED) is None:
            return self._look(now)
        self._heed_corrections(now)
        return self._make_days(now) or self._make_duty(now) or self._let_go(now)

    def _write_some(self) -> bool:
        part = [self._waiting[at] for at in range(min(WRITE_MAX, len(self._waiting)))]
        self._figures.write(part)
        self.written += len(part)
        for _ in part:
            self._waiting.popleft()
        return True

    def _look(self, now: int) -> bool:
        """Once in a store's life: of all that it holds already, figures are to be made."""
        hours = [begin for home, begin in self._keeping.hours_stored() if not home]
        self._book.note({day_of(begin, self._zone)[0] for begin in hours})
        began = self._sources.began()
        self._book.reach(DUTY, day_of(now if began is None else min(began, now), self._zone)[0])
        self._book.reach(CORRECTED, now)
        self._book.reach(LOOKED, now)
        return True

    def _heed_corrections(self, now: int) -> None:
        since = self._book.reached(CORRECTED) or now
        if told := self._sources.corrections(since):
            self._book.note({day_of(at, self._zone)[0] for at in told})
            self._book.reach(CORRECTED, max(told) + 1)

    def _make_days(self, now: int) -> bool:
        """The figures of one more facility for the oldest days that are due; they are done with the last of them."""
        making, self._making = self._making, None  # what fails is begun again
        if making is None:
            due = self._book.due()
            if not due:
                return False
            oldest = next(iter(due))
            days = {day: number for day, number in due.items() if day < oldest + AT_ONCE_DAYS * DAY_MS}
            making = days, self._facilities.make(list(days), now)
        part, left = making
        changed = next(left, None)
        if changed is None:
            self._book.done(part)
        else:
            self.written += changed
            self._making = making
        return True

    def _make_duty(self, now: int) -> bool:
        """The oldest day of the stations' work that is over and not said; the day before once more, for what came late."""
        begin, end = day_of(self._book.reached(DUTY) or now, self._zone)
        if now < end + OVER_MS:
            return False
        before = day_of(begin - DAY_MS // 2, self._zone)
        points = [*self._sources.duty(*before, end), *self._sources.duty(begin, end, end)]
        for at in range(0, len(points), WRITE_MAX):
            self._figures.write(points[at : at + WRITE_MAX])
        self.written += len(points)
        self._book.reach(DUTY, end)
        return True

    def _let_go(self, now: int) -> bool:
        """Once a day: each class has its time, as the readings, hours and days of facilities have."""
        today = day_of(now, self._zone)[0]
        if self._book.reached(RETAINED) == today:
            return False
        for kind in ("raw", "1h", "1d"):
            if days := self._bounds.days(kind, home=False):
                self._figures.forget(of_class(kind), day_of(now - days * DAY_MS, self._zone)[0])
        self._book.reach(RETAINED, today)
        return True


def _step_back() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)  # on Linux a thread has its own
