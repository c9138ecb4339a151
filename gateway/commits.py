"""What the commits of the line have been like: how long each took, how many events it held, and one that does not end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.histogram import EVENTS, SECONDS, Histogram


class Commits:
    """``seconds`` and ``events`` of the journal's commits; a commit that is tried again counts once, with all its tries."""

    def __init__(self) -> None:
        self.seconds = Histogram(SECONDS)
        self.events = Histogram(EVENTS)
        self._since: float | None = None

    @contextmanager
    def measured(self, events: int) -> Iterator[None]:
        """Around a commit of so many events."""
        self._since = began = time.monotonic()
        try:
            yield
            self.seconds.observe(time.monotonic() - began)
            self.events.observe(events)
        finally:
            self._since = None

    def waiting_s(self) -> float:
        """For how long the commit at hand has been going on; 0 between two."""
        since = self._since
        return time.monotonic() - since if since is not None else 0.0
