"""Carries the journal's readings into the store, in a thread of its own, at the store's own pace.

It reads from the journal by the store's cursor, so there is no queue to overflow and nothing to lose: a store that was away
for an hour is simply an hour behind.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from itertools import islice

from gateway.journal.journal import Journal
from gateway.store.readings import Readings, Store, StoreRefused, StoreUnavailable, point_time_ns
from rules.events import AnyEvent, Occurrence, Quality, Status, Telemetry, Value
from rules.world import World

log = logging.getLogger(__name__)
EVENTS_PER_WRITE_MAX = 20_000
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0)
IDLE_S = 0.2  # how long readings may wait to be written together
SELF_EVERY_MS = 60_000
QUALITY = {
    Quality.GOOD: "good",
    Quality.LATE: "late",
    Quality.CLOCK: "clock",
    Quality.RETAINED: "retained",
}


class StoreWriter:
    """The store's consumer of the journal. ``stored`` counts rows; ``position`` is its cursor."""

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
            try:
                more = self._write_some()
                failures, self.trouble = 0, ""
            except StoreUnavailable as error:
                self.trouble = str(error)
                log.warning("store: %s", error)
                pause = RETRY_S[min(failures, len(RETRY_S) - 1)]
                failures, more = failures + 1, False
                if self._stopping.wait(pause):
                    return
                continue
            if self._stopping.is_set() and not more:
                return
            if not more:
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
            for metric, value in self._about_itself().items():
                _add_row(rows, "carehub", "hub", home=False, metric=metric, at=at, value=value)
        self._commit(rows, last)
        self.position, self.last_at = last, at
        self.stored += len(rows)
        return len(found) == EVENTS_PER_WRITE_MAX

    def _commit(self, rows: Readings, cursor: int) -> None:
        try:
            self._store.write(rows, cursor=cursor)
        except StoreRefused as error:
            self.refused += len(error.rows)
            log.error("store: %s", error)  # noqa: TRY400 the message says it all; the journal still holds the rows
            self._store.write(rows.without(error.rows), cursor=cursor)


def _add(rows: Readings, event: AnyEvent, world: World) -> None:
    match event:
        case Telemetry():
            for metric, value in event.metrics.items():
                _add_of(rows, event, world, metric, value, None)
        case Occurrence():
            confidence = event.data.get("confidence", 1.0)
            _add_of(rows, event, world, f"event.{event.type}", confidence, event.id or None)
        case Status():
            _add_of(rows, event, world, "online", float(event.online), None)
            for metric, value in event.info.items():
                _add_of(rows, event, world, metric, value, None)


def _add_of(
    rows: Readings,
    event: Telemetry | Occurrence | Status,
    world: World,
    metric: str,
    value: Value,
    text: str | None,
) -> None:
    device = world.devices.get(event.device)
    # A device that has left the registry since: what is not known to be a facility's is kept as a home's.
    place = world.places.get(device.key) if device else None
    named = not isinstance(event, Status) and event.boot
    _add_row(
        rows,
        event.device,
        place.key if place else "unknown",
        home=place is None or place.kind == "home",
        metric=metric,
        at=event.observed_at,
        value=value,
        text=text,
        quality=QUALITY[Quality(event.quality)],
        boot=event.boot if named and not isinstance(event, Status) else None,
        seq=event.seq if named and not isinstance(event, Status) else None,
        received_at=event.at,
    )


def _add_row(
    rows: Readings,
    device: str,
    place: str,
    *,
    home: bool,
    metric: str,
    at: int,
    value: Value,
    text: str | None = None,
    quality: str = "good",
    boot: str | None = None,
    seq: int | None = None,
    received_at: int | None = None,
) -> None:
    is_text = isinstance(value, str)
    rows.device.append(device)
    rows.place.append(place)
    rows.home.append(home)
    rows.metric.append(metric)
    rows.time_ns.append(point_time_ns(at, seq or 0))
    rows.value.append(0.0 if isinstance(value, str) else value)
    rows.text.append(str(value) if is_text else text)
    rows.quality.append(quality)
    rows.boot.append(boot)
    rows.seq.append(seq)
    rows.received_at.append(at if received_at is None else received_at)
