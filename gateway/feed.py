"""Whether the hub can hear its devices: lost with the broker, back when everything queued before has been read.

After connecting, the hub writes a fence to itself; it arrives behind everything the broker had queued. Only then is the feed
whole again. The words for it are journalled, so that a replay knows what the hub could not hear.
"""

from __future__ import annotations

from rules.events import FeedLost, Resumed


class Feed:
    """The state of the feed. Starts lost: at a start nobody has been heard yet."""

    def __init__(self) -> None:
        self.lost_at: int | None = None
        self._kept = False
        self._fence: bytes | None = None
        self._count = 0

    @property
    def whole(self) -> bool:
        """Whether everything there is to hear is heard."""
        return self.lost_at is None

    def lost(self, now: int, *, since: int) -> list[FeedLost]:
        """The broker cannot be heard; said once per loss, ``since`` the last moment of which we know that it could."""
        self._fence = None
        if self.lost_at is not None:
            return []
        self.lost_at = since
        return [FeedLost(now, since)]

    def connected(self, *, kept: bool, run_id: str) -> bytes:
        """The session stands; returns what to write to ourselves. ``kept``: the broker queued meanwhile."""
        self._kept = kept
        self._count += 1
        self._fence = f"{run_id}.{self._count}".encode()
        return self._fence

    def fence_read(self, payload: bytes, now: int) -> list[Resumed]:
        """Our own word came back: if it is the newest, the feed is whole. An older one says nothing."""
        if payload != self._fence or self.lost_at is None:
            return []
        resumed = Resumed(now, self.lost_at, self._kept)
        self.lost_at, self._fence = None, None
        return [resumed]
