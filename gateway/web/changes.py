"""Tells open pages and programs which alerts and places have changed, and lets a broken-off one catch up."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Self

HISTORY_MAX = 2_000
WAITING_MAX = 500  # distinct alerts a slow reader may lag behind before it is told to read everything anew


@dataclass(frozen=True, slots=True)
class Change:
    """An alert or a place that changed; neither means "read everything anew", as what was missed is not known."""

    serial: int
    alert: str = ""
    place: str = ""


class ChangeFeed:
    """Every change of an alert or a place, numbered; the last 2,000 are kept for readers that were away.

    ``first_serial`` must be higher than any of an earlier run (wall clock ms is), so that a page left open over a
    restart is never taken to be up to date.
    """

    def __init__(self, first_serial: int, history_max: int = HISTORY_MAX) -> None:
        self._serial = first_serial
        self._kept: deque[Change] = deque(maxlen=history_max)
        self._oldest = first_serial  # everything after this serial is still kept
        self._readers: set[Subscription] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def serial(self) -> int:
        """The number of the newest change."""
        return self._serial

    @property
    def readers(self) -> int:
        """How many subscriptions are open."""
        return len(self._readers)

    def publish(self, alert_id: str) -> None:
        """Tell everybody that this alert changed; call it after the commit, from any thread."""
        self._publish(alert=alert_id)

    def publish_place(self, place_id: str) -> None:
        """Tell everybody that this place's mode, silences or held alerts changed ('' for all); as ``publish``."""
        self._publish(place=place_id)

    def _publish(self, *, alert: str = "", place: str = "") -> None:
        with self._lock:
            self._serial += 1
            change = Change(self._serial, alert, place)
            if len(self._kept) == self._kept.maxlen:
                self._oldest = self._kept[0].serial
            self._kept.append(change)
            for reader in self._readers:
                reader.offer(change)

    def subscribe(self, after: int | None = None) -> Subscription:
        """Open a subscription on the running loop; ``after`` is the last serial the reader has seen."""
        with self._lock:
            begins = self._serial if after is None else after
            reader = Subscription(self, asyncio.get_running_loop(), begins)
            if not self._oldest <= begins <= self._serial:
                reader.offer(Change(self._serial))
            else:
                for change in self._kept:
                    if change.serial > begins:
                        reader.offer(change)
            if self._closed:
                reader.end()
            self._readers.add(reader)
            return reader

    def close(self) -> None:
        """End every subscription, so that the server can stop; later ones end at once."""
        with self._lock:
            self._closed = True
            for reader in self._readers:
                reader.end()

    def leave(self, reader: Subscription) -> None:
        """Forget a subscription."""
        with self._lock:
            self._readers.discard(reader)


class Subscription:
    """One reader's view of the feed: changes in order, one per alert or place, never more than 500 waiting."""

    def __init__(self, feed: ChangeFeed, loop: asyncio.AbstractEventLoop, begins: int) -> None:
        self.begins = begins  # everything up to this serial is not news to the reader
        self._feed = feed
        self._loop = loop
        self._waiting: dict[tuple[str, str], Change] = {}
        self._news = asyncio.Event()
        self._over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._feed.leave(self)

    def offer(self, change: Change) -> None:
        """Take a change in; from any thread."""
        self._loop.call_soon_threadsafe(self._take, change)

    def end(self) -> None:
        """Let the reader go; from any thread."""
        self._loop.call_soon_threadsafe(self._finish)

    async def get(self) -> Change | None:
        """Give the next change once there is one; None when the feed has closed."""
        await self._news.wait()
        if self._over:
            return None
        change = self._waiting.pop(next(iter(self._waiting)))
        if not self._waiting:
            self._news.clear()
        return change

    def _take(self, change: Change) -> None:
        about = (change.alert, change.place)
        self._waiting.pop(about, None)  # only the newest of each alert, at its newest place
        if about == ("", "") or len(self._waiting) >= WAITING_MAX:
            self._waiting.clear()
            about, change = ("", ""), Change(change.serial)
        self._waiting[about] = change
        self._news.set()

    def _finish(self) -> None:
        self._over = True
        self._news.set()
