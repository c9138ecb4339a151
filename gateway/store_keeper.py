"""Keeps the store in bounds: summaries, archive, retention, in small steps of a thread of its own, which takes the least share.

It never holds up the store's writer, and nothing goes before it is kept elsewhere: readings leave only when their hours are
summarised and, where that is set, their day is in the archive. All of it follows hub time; a step that is killed is done again.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gateway.archive import Archive
from gateway.clock import TIME_MS_MIN
from gateway.store.keeping_book import KeepingBook, Key, readings_of
from gateway.store.readings import StoreUnavailable
from gateway.store.summaries import HOUR_MS, Class, Keeping, day_of

log = logging.getLogger(__name__)
NICE = 19
DAY_MS = 86_400_000
LOOK_EVERY_S = 5.0
RETRY_S = (5.0, 30.0, 120.0)
RESTED_S = 30.0  # an hour that was written to is summarised when it has been left alone for so long,
RESTED_S_MAX = 600.0  # or is due for so long: late readings keep coming
OVER_MS = 120_000  # an hour is over when hub time is so far past its end
SETTLED_MS = (
    2_764_800_000  # 32 days: nothing comes so late (gateway.ingest.decode.PAST_MAX_MS), a day may be archived
)
RETENTION_EVERY_MS = 3_600_000
KINDS: tuple[Class, ...] = ("raw", "1h", "1d")
LOOKED = "looked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """For how many days each class of data is kept; 0: for ever. Where it archives, days are archived before they leave."""

    raw_homes_days: int
    raw_places_days: int
    hourly_days: int
    daily_days: int
    archive_homes: bool
    archive_places: bool
    archive_days: int

    def days(self, kind: Class, *, home: bool) -> int:
        """Of a class."""
        if kind == "raw":
            return self.raw_homes_days if home else self.raw_places_days
        return self.hourly_days if kind == "1h" else self.daily_days

    def archives(self, *, home: bool) -> bool:
        """Whether its days go to the archive."""
        return self.archive_homes if home else self.archive_places


class StoreKeeper:
    """``step`` does one thing; ``start`` does them in a thread. ``trouble`` is why it cannot go on, '' when it can.

    ``newest_ms`` is hub time. ``on_hour`` is told of each hour of facilities that is summarised, before it counts as done.
    """

    def __init__(
        self,
        keeping: Keeping,
        book: KeepingBook,
        archive: Archive,
        *,
        bounds: Bounds,
        zone: ZoneInfo,
        newest_ms: Callable[[], int],
    ) -> None:
        self._keeping = keeping
        self._book = book
        self._archive = archive
        self._bounds = bounds
        self._zone = zone
        self._newest_ms = newest_ms
        self._retained_at = 0
        self._has_removed = False
        self._asked: deque[tuple[Callable[[], None], Future[None]]] = deque()
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-keeper", daemon=True)
        self.trouble = ""
        self.summarised = 0  # hours, since the start
        self.on_hour: Callable[[int], None] = _nobody

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask(self, work: Callable[[], None]) -> Future[None]:
        """Have something done between two steps: nothing is summarised, archived or forgotten meanwhile."""
        done: Future[None] = Future()
        self._asked.append((work, done))
        self._woken.set()
        return done

    def _answer(self) -> bool:
        if not self._asked:
            return False
        work, done = self._asked.popleft()
        try:
            work()
        except Exception as error:  # noqa: BLE001 told to who asked; the keeper goes on
            done.set_exception(error)
        else:
            done.set_result(None)
        return True

    def stop(self) -> None:
        """End after the step that is being done; what was asked and not begun is given up."""
        self._stopping.set()
        self._woken.set()
        if (stop := getattr(self._keeping, "stop", None)) is not None:
            stop()
        if self._thread.is_alive():
            self._thread.join()
        while self._asked:
            self._asked.popleft()[1].cancel()

    def step(self) -> bool:
        """Do one thing; whether there was one."""
        if self._answer():
            return True
        if self._book.reached(LOOKED) is None:
            return self._look()
        return self._hour() or self._day() or self._retain()

    def _look(self) -> bool:
        """Once in a store's life: what it holds already is due, and retention begins there."""
        now = self._newest_ms()
        if now < TIME_MS_MIN:
            return False
        hours = self._keeping.hours_stored()
        self._book.note(hours)
        for home in (True, False):
            first = min((begin for of, begin in hours if of is home), default=now)
            for kind in KINDS:
                self._book.reach(_name(kind, home=home), min(first, now - SETTLED_MS))
        self._book.reach(LOOKED, now)
        return True

    def _run(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)  # on Linux a thread has its own
        failures = 0
        while not self._stopping.is_set():
            try:
                pause = 0.05 if self.step() else LOOK_EVERY_S
                failures, self.trouble = 0, ""
            except (StoreUnavailable, sqlite3.Error, OSError) as error:
                if self._stopping.is_set():
                    return
                self.trouble = str(error)
                log.warning("keeping the store: %s", error)
                pause = RETRY_S[min(failures, len(RETRY_S) - 1)]
                failures += 1
            self._woken.wait(pause)
            self._woken.clear()

    # summaries

    def _hour(self) -> bool:
        for (home, begin), number in self._book.due_hours():
            if begin < self._book.readings_from_ms(home=home):
                self._book.hour_done(
                    (home, begin), number, day=None
                )  # its readings are gone, its summary stands
                return True
            if self._may_be_summarised((home, begin)):
                self._keeping.summarise_hour(begin, home=home)
                day, _ = day_of(begin, self._zone)
                if not home:
                    self.on_hour(begin)
                self._book.hour_done((home, begin), number, day=day)
                self.summarised += 1
                return True
        return False

    def _may_be_summarised(self, key: Key) -> bool:
        if self._newest_ms() < key[1] + HOUR_MS + OVER_MS:
            return False
        first_s, last_s = self._book.rested_s(key)
        return last_s >= RESTED_S or first_s >= RESTED_S_MAX

    def _day(self) -> bool:
        for home, begin in self._book.due_days():
            begin_, end = day_of(begin, self._zone)
            over = self._newest_ms() >= end + OVER_MS and not self._book.is_due(begin_, end, home=home)
            if over:
                if begin >= (self._book.reached(_name("1h", home=home)) or 0):
                    self._keeping.summarise_day(begin, end, home=home)
                self._book.day_done((home, begin))
                return True
        return False

    # archive and retention

    def _retain(self) -> bool:
        """Once an hour; a day of data at a time."""
        now = self._newest_ms()
        if now - self._retained_at < RETENTION_EVERY_MS:
            return False
        for home in (True, False):
            for kind in KINDS:
                if self._retain_class(kind, now, home=home):
                    return True
        if self._has_removed:
            self._keeping.tidy()
            self._has_removed = False
        self._archive.forget(now, self._bounds.archive_days)
        self._retained_at = now
        return False

    def _retain_class(self, kind: Class, now: int, *, home: bool) -> bool:
        """Let the oldest day of a class go that may; whether there was one."""
        days, name = self._bounds.days(kind, home=home), _name(kind, home=home)
        if not days:
            return False
        cut, _ = day_of(now - days * DAY_MS, self._zone)
        reached = self._book.reached(name) or 0
        if reached >= cut:
            return False
        begin, end = day_of(reached, self._zone)
        if kind == "raw" and not self._is_kept_elsewhere(begin, end, now, home=home):
            return False
        if kind == "1h" and any(of is home and begin <= at < end for of, at in self._book.due_days()):
            return False
        self._book.reach(name, end)  # first: from now on nothing of that day is summarised or tried again
        self._keeping.forget(kind, end, home=home)
        self._has_removed = True
        return True

    def _is_kept_elsewhere(self, begin: int, end: int, now: int, *, home: bool) -> bool:
        """Whether that day is summarised and, where that is set, archived (which this does)."""
        if self._book.is_due(begin, end, home=home):
            return False
        if not self._bounds.archives(home=home):
            return True
        if end + SETTLED_MS > now:
            return False
        self._archive.write(
            begin, home=home, copy=lambda file: self._keeping.copy_class(begin, end, file, home=home)
        )
        return True


def _name(kind: Class, *, home: bool) -> str:
    return readings_of(home=home) if kind == "raw" else f"{kind} {'homes' if home else 'places'}"


def _nobody(_begin_ms: int) -> None:
    """Nobody wants to know."""
