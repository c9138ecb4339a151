"""Carries the journal's readings into the store, in a thread of its own, at the store's own pace.

It reads from the journal by the store's cursor, so there is no queue to overflow and nothing to lose: a store that was away
for an hour is simply an hour behind.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from itertools import islice

from sqlalchemy.exc import DBAPIError

from gateway.journal.journal import Journal, JournalError
from gateway.store.readings import Readings, Store, StoreRefused, StoreUnavailable
from gateway.stored_rows import own_rows, readings_of, rows_of, skew_rows
from rules.world import World

log = logging.getLogger(__name__)
EVENTS_PER_WRITE_MAX = 20_000
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0)
IDLE_S = 0.2  # how long readings may wait to be written together
SELF_EVERY_MS = 60_000
SKEWS_EVERY_MS = 3_600_000


class StoreWriter:
    """The store's consumer of the journal. ``stored`` counts rows; ``position`` is its cursor.

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
        self.last_at = 0  # hub time of the newest event that is stored
        self.stored = 0
        self.refused = 0
        self.trouble = ""
        self.started = False

    def start(self) -> None:
        """Begin to write."""
        self.started = True
        self._thread.start()

    def wake(self) -> None:
        """Tell that the journal has grown."""
        self._wake.set()

    def stop(self) -> None:
        """Write what is in the journal now (one try) and end."""
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
            except (
                StoreUnavailable,
                sqlite3.Error,
                DBAPIError,
            ) as error:  # of the store, the journal, the alerts
                self.trouble = str(error)
                log.warning("store: %s", error)
                pause = RETRY_S[min(failures, len(RETRY_S) - 1)]
                failures, more = failures + 1, False
                if self._stopping.wait(pause):
                    return
                continue
            if ending and not more:
                return
            if not more and not self._stopping.is_set():
                self._wake.wait(5.0)
                self._stopping.wait(IDLE_S)
                self._wake.clear()

    def _write_some(self) -> bool:
        found = list(
            islice(self._journal.read(self.position, limit=EVENTS_PER_WRITE_MAX), EVENTS_PER_WRITE_MAX)
        )
        if not found:
            return False
        rows = rows_of((event for _, event in found), self._world())
        last, at = found[-1][0], found[-1][1].at
        if rows and at - self._self_at >= SELF_EVERY_MS:
            self._self_at = at
            rows += own_rows(self._about_itself(), at)
        if rows and at - self._skews_at >= SKEWS_EVERY_MS:
            if self._skews_at:  # at a start there are no estimates yet
                rows += skew_rows(self._clock_skews(), at, self._world())
            self._skews_at = at
        self.stored += self._commit(readings_of(rows), last)
        self.position, self.last_at = last, at
        return len(found) == EVENTS_PER_WRITE_MAX

    def _commit(self, rows: Readings, cursor: int) -> int:
        """Write the rows that the store takes; returns how many."""
        try:
            self._store.write(rows, cursor=cursor)
        except StoreRefused as error:
            kept = rows.without(error.rows)
            self._store.write(kept, cursor=cursor)
            self.refused += len(error.rows)
            log.error("store: %s", error)  # noqa: TRY400 the message says it all; the journal still holds the rows
            return len(kept)
        return len(rows)
