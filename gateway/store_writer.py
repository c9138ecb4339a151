"""Carries the journal's readings into the store, in a thread of its own, at the store's own pace.

It reads from the journal by the store's cursor, so there is no queue to overflow and nothing to lose: a store that was away
for an hour is simply an hour behind.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.exc import DBAPIError

from gateway.journal.journal import Journal, JournalError
from gateway.store.readings import Store, StoreUnavailable
from gateway.stored_rows import Rows
from rules.events import AnyEvent, WorldChanged
from rules.world import World

log = logging.getLogger(__name__)
EVENTS_PER_WRITE_MAX = (
    65_536  # of two readings each: as many rows as DuckDB keeps together, written at half the cost
)
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0)
IDLE_S = 0.2  # how long readings may wait to be written together
BUSY_S = 0.4  # and in a flood, where few large writes cost half of many small ones; a longer one a fall would wait for
BUSY_EVENTS = 500  # so many within IDLE_S are a flood
OF_OTHERS = (StoreUnavailable, JournalError, sqlite3.Error, DBAPIError)  # the store, the journal, the alerts
SELF_EVERY_MS = 60_000
SKEWS_EVERY_MS = 3_600_000


class StoreWriter:
    """The store's consumer of the journal. ``position`` is its cursor; the store refuses no rows (``KeptStore``).

    Raises ``JournalError`` when the store has rows of events that the journal does not know.
    """

    def __init__(
        self,
        journal: Journal,
        store: Store,
        *,
        world: Callable[[], World],
        about_itself: Callable[[], Mapping[str, float]],
        clock_skews: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        self._journal = journal
        self._store = store
        self._world = world
        self._about_itself = about_itself
        self._self_at = 0
        self._clock_skews = clock_skews
        self._skews_at = 0
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self.position = store.cursor()
        if self.position > journal.position:
            raise JournalError(
                f"{journal.path}: it ends at event {journal.position}, but the store holds events up to {self.position}: "
                "it was replaced, or restored from an older backup; restore both from the same backup, or move the "
                "whole data folder away"
            )
        self._version: int | None = None  # of the world that the next event was heard in, once that is known
        self._past: World | None = None
        self._until = 0.0
        self.last_at = 0  # hub time of the newest event that is stored
        self.trouble = ""
        self.started = False

    def start(self) -> None:
        """Begin to write."""
        self.started = True
        self._thread.start()

    def wake(self) -> None:
        """Tell that the journal has grown."""
        self._wake.set()

    def stop(self, *, within_s: float = 3.0) -> None:
        """Write what is in the journal now (one try, for about ``within_s``) and end; a start goes on with the rest."""
        self._until = time.monotonic() + within_s
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        failures = 0
        while True:
            ending = self._stopping.is_set()  # asked before reading: what came until then is still written
            try:
                more = self._write_some()
                failures, self.trouble = 0, ""
            except Exception as error:  # noqa: BLE001 a fault of the program as well: told, and tried again
                self._note(error, first=not failures)
                asked = error.retry_after_s if isinstance(error, StoreUnavailable) else 0.0
                pause = max(asked, RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1
                if self._stopping.wait(pause):
                    return
                continue
            if ending and (not more or time.monotonic() > self._until):
                return
            if not more and not self._stopping.is_set():
                self._wake.wait(5.0)
                self._gather()
                self._wake.clear()

    def _note(self, error: Exception, *, first: bool) -> None:
        if isinstance(error, OF_OTHERS):
            self.trouble = str(getattr(error, "orig", None) or error)  # not SQL with people's data in it
            log.warning("store: %s", self.trouble)
            return
        self.trouble = f"{type(error).__name__}, a fault of the program: see the log; it is tried again"
        if first:
            log.error("store: %s", self.trouble, exc_info=error)

    def _gather(self) -> None:
        """Give readings time to be written together."""
        self._stopping.wait(IDLE_S)
        if self._journal.position - self.position > BUSY_EVENTS:
            self._stopping.wait(BUSY_S - IDLE_S)

    def _write_some(self) -> bool:
        rows, last, at = Rows(), self.position, self.last_at
        more = False
        while not more and last - self.position < EVENTS_PER_WRITE_MAX:
            events, end = self._journal.following(last, most=EVENTS_PER_WRITE_MAX - (last - self.position))
            if not events:
                break
            if last == self.position:
                world = self._world_of(events[0], end - len(events))
                turn = _next_world(events, 1)
            else:
                turn = _next_world(events, 0)
            more = turn < len(events)
            rows.add(events[:turn])
            if turn:
                last, at = end - len(events) + turn, events[turn - 1].at
        if last == self.position:
            return False
        if rows.count and at - self._self_at >= SELF_EVERY_MS:
            self._self_at = at
            rows.say(self._about_itself(), at)
        if rows.count and at - self._skews_at >= SKEWS_EVERY_MS:
            if self._skews_at:  # at a start there are no estimates yet
                rows.say_of_clocks(self._clock_skews(), at)
            self._skews_at = at
        more = more or last - self.position >= EVENTS_PER_WRITE_MAX
        self._store.write(rows.readings(world), cursor=last)
        self.position, self.last_at = last, at
        return more

    def _world_of(self, event: AnyEvent, before: int) -> World:
        """The world in which that event, right behind position ``before``, was heard: a device may have moved since."""
        if isinstance(event, WorldChanged):
            self._version = event.version
        elif self._version is None:
            self._version = self._journal.world_version_at(before)
        newest = self._world()
        if self._version in (None, newest.version):
            return newest
        if self._past is None or self._past.version != self._version:
            try:
                self._past = World(self._journal.world(self._version))
            except JournalError as error:
                log.warning("%s; what was heard in it is stored where its devices are today", error)
                self._version = newest.version
                return newest
        return self._past


def _next_world(events: Sequence[AnyEvent], start: int) -> int:
    """Where, from ``start`` on, the world changes; behind the last event where it does not."""
    if WorldChanged not in set(map(type, events)):  # nearly always
        return len(events)
    found = (n for n in range(start, len(events)) if type(events[n]) is WorldChanged)
    return next(found, len(events))
