"""Whether each channel works, by the last message or test that put it to the test; remembered over a restart."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.notify.attempt import Tried

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """What the last try came to, in ``words``; ``tested_ms`` is when somebody tried it last (None: never). Wall clock."""

    ok: bool
    at_ms: int
    tested_ms: int | None
    words: str


class ChannelStates:
    """States by channel; a channel that was never put to the test has none. From any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._unwritten: set[str] = set()
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT channel, ok, at_ms, tested_ms, words FROM channel_state"
            )
            self._known = {
                name: ChannelState(ok=bool(ok), at_ms=at, tested_ms=tested, words=words)
                for name, ok, at, tested, words in rows
            }

    def of(self, channel: str) -> ChannelState | None:
        """What is known of a channel."""
        return self._known.get(channel)

    def works(self, channel: str) -> bool:
        """Whether it passed its last test; one that was never tried has passed none."""
        known = self._known.get(channel)
        return known is not None and known.ok

    def note(self, channel: str, tried: Tried, *, at_ms: int, tested: bool = False) -> bool:
        """Take in what a try came to; says whether it is news, which is to be written."""
        if tried.works is None:
            return False
        outcome = tried.outcome
        with self._lock:
            before = self._known.get(channel)
            tested_ms = at_ms if tested else before.tested_ms if before else None
            now = ChannelState(
                ok=tried.works, at_ms=at_ms, tested_ms=tested_ms, words=outcome.receipt or outcome.error
            )
            self._known[channel] = now
            news = tested or before is None or before.ok != now.ok
            if news:
                self._unwritten.add(channel)
            return news

    def write(self) -> None:
        """Write down what is news; waits for the disk."""
        while self._unwritten:
            channel = self._unwritten.pop()
            self._write(channel, self._known[channel])

    def _write(self, channel: str, state: ChannelState) -> None:
        try:
            with self._engine.begin() as connection:
                row = (channel, state.ok, state.at_ms, state.tested_ms, state.words)
                connection.exec_driver_sql(_WRITE, row)
        except SQLAlchemyError as error:  # known from memory until the next start
            log.warning("the state of channel %s is not written: %s", channel, getattr(error, "orig", None))


_WRITE = (
    "INSERT INTO channel_state (channel, ok, at_ms, tested_ms, words) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (channel) DO UPDATE SET ok = excluded.ok, at_ms = excluded.at_ms, tested_ms = excluded.tested_ms, "
    "words = excluded.words"
)
