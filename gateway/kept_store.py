"""The store as its writer sees it: what it refuses is laid aside, and the hours that are written to are due for a summary."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gateway.store.dead_letters import DeadLetter, DeadLetters, as_readings
from gateway.store.keeping_book import KeepingBook, Key
from gateway.store.readings import NS_PER_MS, TIME_NS_MAX, Query, Reading, Readings, Store, StoreRefused
from gateway.store.summaries import HOUR_MS

RETRY_ROWS_MAX = 5_000  # in one write


class KeptStore:
    """A ``Store`` that never refuses: rows that the inner one refuses become dead letters before its cursor moves.

    ``stored`` counts the rows that were taken by ``write``. ``now_ms`` is hub time.
    """

    def __init__(
        self,
        store: Store,
        *,
        dead: DeadLetters,
        book: KeepingBook,
        now_ms: Callable[[], int],
    ) -> None:
        self.name = store.name
        self._store = store
        self._dead = dead
        self._book = book
        self._now_ms = now_ms
        self.stored = 0

    @property
    def memory_bytes(self) -> int:
        """The inner store's."""
        return self._store.memory_bytes

    def cursor(self) -> int:
        """The inner store's."""
        return self._store.cursor()

    def write(self, rows: Readings, *, cursor: int) -> None:
        """Commit what can be stored, with the cursor; the rest is laid aside. Raises StoreUnavailable, ``sqlite3.Error``."""
        with self._book.writing(hours_of(rows)):
            while True:
                try:
                    self._store.write(rows, cursor=cursor)
                    break
                except StoreRefused as error:
                    self._dead.keep(rows, error.rows, at=self._now_ms())
                    rows = rows.without(error.rows)
        self.stored += len(rows)

    def write_again(self, rows: Readings) -> None:
        """As the inner store does."""
        with self._book.writing(hours_of(rows)):
            self._store.write_again(rows)

    def retry(self) -> tuple[int, int]:
        """Write all dead letters again: how many are stored now, how many too old to be kept; the rest stays."""
        stored = old = after = 0
        while letters := self._dead.oldest(RETRY_ROWS_MAX, after=after):
            after = letters[-1].id
            gone = [each for each in letters if self._is_old(each.reading)]
            some = [each for each in letters if not self._is_old(each.reading)]
            done = self._taken(some)
            self._dead.forget({each.id for each in (*gone, *done)})
            stored, old = stored + len(done), old + len(gone)
        return stored, old

    def read(self, query: Query) -> list[Reading]:
        """As the inner store does."""
        return self._store.read(query)

    def close(self) -> None:
        """Close the inner store."""
        self._store.close()

    def _taken(self, letters: list[DeadLetter]) -> list[DeadLetter]:
        while letters:
            try:
                self.write_again(as_readings(letters))
            except StoreRefused as error:
                letters = [each for number, each in enumerate(letters) if number not in error.rows]
            else:
                break
        return letters

    def _is_old(self, reading: Reading) -> bool:
        return reading.observed_at < self._book.readings_from_ms(home=reading.home)


def hours_of(rows: Readings) -> set[Key]:
    """The hours that these rows belong to, of homes or not."""
    if not len(rows):
        return set()
    try:
        hours = np.asarray(rows.time_ns, np.int64) // (HOUR_MS * NS_PER_MS) * HOUR_MS
    except OverflowError:  # a time that no store can hold: its row will be refused
        return hours_of(rows.without({n for n, at in enumerate(rows.time_ns) if abs(at) > TIME_NS_MAX}))
    pairs = np.unique(hours * 2 + np.asarray(rows.home, np.bool_))
    return {(bool(pair % 2), int(pair // 2)) for pair in pairs}
