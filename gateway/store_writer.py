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
from gateway.store.readings import Readings, Store, StoreRefused, StoreUnavailable, point_time_ns
from rules.events import AnyEvent, Occurrence, Quality, Status, Telemetry, Value
from rules.world import EMPTY, World

log = logging.getLogger(__name__)
EVENTS_PER_WRITE_MAX = 20_000
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0)
IDLE_S = 0.2  # how long readings may wait to be written together
SELF_EVERY_MS = 60_000
SELF = "carehub"
QUALITY = ("good", "late", "clock", "retained")  # by rules.events.Quality


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
    ) -> None:
        self._journal = journal
        self._store = store
        self._world = world
        self._about_itself = about_itself
        self._self_at = 0
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
        rows, world = Readings(), self._world()
        for _, event in found:
            _add(rows, event, world)
        last, at = found[-1][0], found[-1][1].at
        if rows and at - self._self_at >= SELF_EVERY_MS:
            self._self_at = at
            _add_own(rows, self._about_itself(), at)
        self.stored += self._commit(rows, last)
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


def _add(rows: Readings, event: AnyEvent, world: World) -> None:
    match event:
        case Telemetry():
            _add_values(rows, event, world, event.metrics)
        case Occurrence():
            confidence = event.data.get("confidence", 1.0)
            value = 1.0 if isinstance(confidence, str) else confidence  # the text is the event's id
            _add_values(rows, event, world, {f"event.{event.type}": value}, text=event.id or None)
        case Status():
            _add_values(rows, event, world, {"online": float(event.online)} | event.info)


def _add_values(
    rows: Readings,
    event: Telemetry | Occurrence | Status,
    world: World,
    values: Mapping[str, Value],
    *,
    text: str | None = None,
) -> None:
    """One row for each value of an event; column by column, because there are many rows and few columns."""
    count = len(values)
    device = world.devices.get(event.device)
    # A device that has left the registry since: what is not known to be a facility's is kept as a home's.
    place = world.places.get(device.key) if device else None
    boot, seq = ("", 0) if isinstance(event, Status) else (event.boot, event.seq)
    rows.device += [event.device] * count
    rows.place += [place.key if place else "unknown"] * count
    rows.home += [place is None or place.kind == "home"] * count
    rows.metric += values
    rows.time_ns += [point_time_ns(event.observed_at, seq)] * count
    rows.quality += [QUALITY[event.quality]] * count
    rows.boot += [boot or None] * count
    rows.seq += [seq if boot else None] * count
    rows.received_at += [event.at] * count
    for value in values.values():
        if isinstance(value, str):
            rows.value.append(0.0)
            rows.text.append(value)
        else:
            rows.value.append(value)
            rows.text.append(text)


def _add_own(rows: Readings, figures: Mapping[str, float], at: int) -> None:
    """What the hub says of itself, as a device of its own."""
    about = Telemetry(at, SELF, at, Quality.GOOD, "", 0, dict(figures))
    begin = len(rows)
    _add_values(rows, about, World(EMPTY), about.metrics)
    count = len(rows) - begin
    rows.place[begin:] = ["hub"] * count
    rows.home[begin:] = [False] * count
