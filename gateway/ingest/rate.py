"""How much one device may send: a mad sensor is cut down to its share, and a device that was away keeps its history.

Theory of operation
-------------------
Nearly every device says little, so nearly nothing is done for it: topics are counted, in C, over windows of half a minute.
Only a topic that was heard more than ``rate × WINDOW_S`` times in one is looked at message by message; it has two buckets then:

- what is **live** is held to the rate in hub time. The bucket has room for a minute, and for as long as the hub itself could
  not hear: what the broker kept meanwhile is nobody's fault;
- what is **late** is a backlog and is held to the rate in the device's own time. Each message that reaches beyond what the
  backlog covered so far, at either end, brings what the device may say in that time. So a day kept by an honest device passes,
  however fast it comes, in order or newest first.

The limit stands before the journal: what it puts aside was never judged, and a replay of the journal, which holds only what
passed, needs no limit. Time is an argument.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rules.conditions.condition import LATE_MS

RATE_PER_S = 20.0  # a sensor that measures ten times a second is an exception; a mad one sends thousands
WINDOW_S = 30
ROOM_S = 60  # what is up to LATE_MS old counts as live and may come at once: a window more than that
BACKLOG_S = 86_400  # what a backlog that is in no order may still have to say at most
COUNT_AT = 4_096  # topics are counted so many at a time
LOOK_EVERY_MS = 1_000
SUSPECTS_MAX = 10_000  # looked at one by one; beyond that nobody is limited
TOPICS_MAX = 200_000  # different topics in a window; more are not ours
NOTE_EVERY_MS = 60_000
DEVICES_MAX = 10_000  # whose excess is counted by name


@dataclass(slots=True)
class _Bucket:
    """How many messages a suspect may still send: live ones as of ``at``, late ones between ``first`` and ``last``."""

    live: float
    at: int
    late: float
    first: int = 0
    last: int = 0


@dataclass(slots=True)
class _Excess:
    """What of a device was put aside and not yet told, when that was told last, and when it last happened."""

    untold: int = 0
    told_at: int = -NOTE_EVERY_MS
    at: int = 0


class RateLimit:
    """``watch`` every batch; ask ``is_over`` for each message of the topics it names. ``per_s`` 0: no limit.

    ``over`` counts what was put aside, by device; what exceeds ``DEVICES_MAX`` names stands under ''.
    """

    def __init__(self, per_s: float = RATE_PER_S) -> None:
        self.per_s = per_s
        self._per_ms = per_s / 1_000
        self._suspicious = per_s * WINDOW_S
        self._room = per_s * ROOM_S
        self._counted: Counter[str] = Counter()
        self._waiting: list[str] = []
        self._began = self._looked = 0
        self._suspects: dict[str, _Bucket] = {}
        self._excess: dict[str, _Excess] = {}
        self.over: Counter[str] = Counter()

    def watch(self, topics: Sequence[str], now: int, *, deaf_since: int | None = None) -> AbstractSet[str]:
        """Count a batch, come at ``now`` (hub time, ms); the topics to look at message by message, nearly always none.

        ``deaf_since``: nothing could be heard since then, and what comes is what the broker kept.
        """
        if not self.per_s:
            return frozenset()
        if now - self._began >= WINDOW_S * 1_000 or len(self._counted) > TOPICS_MAX:
            self._look(now, deaf_since)
            self._begin(now)
        self._waiting += topics
        enough = max(COUNT_AT, len(self._counted) // 4)
        if len(self._waiting) >= enough or now - self._looked >= LOOK_EVERY_MS:
            self._look(now, deaf_since)
        return self._suspects.keys()

    def _look(self, now: int, deaf_since: int | None) -> None:
        self._looked = now
        counted = self._counted
        counted.update(self._waiting)
        self._waiting.clear()
        if not counted or max(counted.values()) <= self._suspicious:
            return
        since = now if deaf_since is None else deaf_since
        for topic, count in counted.items():
            if count > self._suspicious and len(self._suspects) < SUSPECTS_MAX:
                self._suspects.setdefault(topic, _Bucket(self._room, since, self._room))

    def _begin(self, now: int) -> None:
        """A new window; who has kept to the rate in the one before is no suspect any more."""
        for topic, bucket in list(self._suspects.items()):
            held = bucket.live + (now - bucket.at) * self._per_ms
            if self._counted[topic] <= self._suspicious and held >= self._room / 2:
                del self._suspects[topic]
        self._counted.clear()
        self._began = now

    def is_over(self, topic: str, observed: int, now: int, *, deaf_since: int | None = None) -> bool:
        """Whether a message of a suspected topic, observed then and read ``now``, is more than its device may say."""
        bucket = self._suspects[topic]
        if observed < now - LATE_MS:
            return self._is_over_late(bucket, observed)
        room = self._room + (max(now - deaf_since, 0) * self._per_ms if deaf_since is not None else 0)
        bucket.live = min(bucket.live + max(now - bucket.at, 0) * self._per_ms, room)
        bucket.at = max(bucket.at, now)
        if bucket.live < 1:
            return True
        bucket.live -= 1
        return False

    def _is_over_late(self, bucket: _Bucket, observed: int) -> bool:
        if not bucket.last:
            bucket.first = bucket.last = observed
        beyond = max(bucket.first - observed, observed - bucket.last, 0)
        bucket.first, bucket.last = min(bucket.first, observed), max(bucket.last, observed)
        bucket.late = min(bucket.late + beyond * self._per_ms, self._room + BACKLOG_S * self.per_s)
        if bucket.late < 1:
            return True
        bucket.late -= 1
        return False

    def put_aside(self, topic: str, now: int) -> int:
        """Count a message that is too many; how many of its device are to be told of now, 0 while they were just told of."""
        device = device_of(topic)
        if device not in self._excess and len(self._excess) >= DEVICES_MAX:
            device = ""
        self.over[device] += 1
        excess = self._excess.setdefault(device, _Excess())
        excess.untold += 1
        excess.at = now
        if now - excess.told_at < NOTE_EVERY_MS:
            return 0
        untold, excess.untold, excess.told_at = excess.untold, 0, now
        return untold

    def mad(self, since: int) -> list[str]:
        """The devices that sent too much since then, by name."""
        return sorted(device for device, excess in self._excess.items() if excess.at >= since)


def device_of(topic: str) -> str:
    """The device a topic names, known or not; the beginning of a topic that names none."""
    parts = topic.split("/", 4)
    return parts[3][:64] if len(parts) > 4 and parts[:2] == ["care", "v1"] else topic[:64]  # noqa: PLR2004 care/v1/site/device/…
