"""What the web asks of the hub, declared here and provided by the wiring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Engine

from gateway.web.changes import ChangeFeed


class UnavailableError(Exception):
    """The hub cannot do it now; the message says why. Answered as 503."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command: applied, or the reason why not, and the alert's version since."""

    ok: bool
    reason: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the hub is. ``ready`` is false with ``reasons``; ``speed`` is hub seconds per second.

    ``driven``: time comes from the simulator. ``counters`` go to /metrics under ``carehub_`` and their own name, those
    ending in ``_total`` as counters. ``feed_lost_since`` is hub time, None while the broker is heard.
    """

    ready: bool
    hub_now_ms: int
    reasons: tuple[str, ...] = ()
    counters: dict[str, float] = field(default_factory=dict)
    broker: str = ""
    store: str = ""
    protocol: str = ""
    speed: float = 1.0
    driven: bool = False
    feed_lost_since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingQuery:
    """Readings of one place or one device (the other is empty), from ≤ time < to, epoch ms; newest ``limit``."""

    place: str
    device: str
    metric: str
    from_ms: int
    to_ms: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A stored reading; booleans are 0.0 and 1.0, times epoch ms."""

    observed_at: int
    received_at: int
    device: str
    place: str
    metric: str
    value: float
    text: str = ""
    quality: int = 0
    boot: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A message that could not be read or placed, and why (无法识别的数据); ``payload`` is its beginning as text."""

    id: int
    received_at: int
    topic: str
    reason: str
    payload: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What a registry import did or would do; ``report`` is JSON: counts, and errors with line and remedy."""

    ok: bool
    report: dict[str, Any]


class HubPort(Protocol):
    """The hub as the web sees it. Everything async is answered without blocking the loop."""

    @property
    def engine(self) -> Engine:
        """Engine of the operational database."""

    @property
    def changes(self) -> ChangeFeed:
        """Where the hub publishes the id of every alert it changed, after the commit."""

    def health(self) -> Health:
        """How the hub is right now; cheap, no I/O."""

    async def command(self, *, kind: str, alert: str, by: str, data: dict[str, str], id: str) -> Outcome:  # noqa: A002 the command's own word
        """Journal what a person did (``accept``, or ``close`` with verdict and note) and answer once it is applied.

        The same ``id`` again gets the first answer. UnavailableError when it cannot be journalled.
        """

    async def readings(self, query: ReadingQuery) -> Sequence[Reading]:
        """Read from the store, newest first; UnavailableError when the store does not answer."""

    async def quarantine(self, limit: int) -> Sequence[Unreadable]:
        """Give the newest messages that could not be read or placed."""

    async def import_registry(self, text: str, *, dry_run: bool) -> Imported:
        """Replace the registry by this CSV, or only say what that would do."""

    async def play(self, scenario: str) -> None:
        """Ask the simulated town for a scenario; only called when the settings have a demo panel."""
