"""Everything that can change a decision, as values: what the journal holds and what ``step`` reads.

Times are hub or device times in epoch milliseconds, UTC. ``at`` is hub time, stamped when the event is appended to the
journal, and never runs backwards. ``observed_at`` is when the device saw it, repaired and never later than ``at`` unless a
driven clock says so. ``own_time`` says that this is the device's own word; without it the message had no time that could be
believed, and ``observed_at`` is ``at``. (Journals from before this was said have it nowhere: there a time other than ``at``
is the device's own.)

Structs are encoded as arrays with an integer tag: the journal is read by position, not by name, so fields are only ever
added at the end, with a default.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias
from zlib import crc32

import msgspec

Value: TypeAlias = float | str
PARTS = 32  # of all keys; written into the journal by number, so neither this nor ``part_of`` may ever change
ALL = -1


class Quality(IntEnum):
    """What to think of a reading's time: ``GOOD``, or why its ``observed_at`` is not simply what the device said."""

    GOOD = 0
    LATE = 1  # arrived long after it was seen: history, never "latest"
    CLOCK = 2  # the device's clock is impossible or ahead: hub time was used
    RETAINED = 3  # replayed by the broker on subscribing: state, never news


class Event(msgspec.Struct, frozen=True, array_like=True, tag_field="what", gc=False):
    """Base of every journal event; ``at`` is hub time in ms."""

    at: int


class Telemetry(Event, tag=1, frozen=True, array_like=True):
    """Metrics a device measured at one moment; booleans are 0.0 and 1.0."""

    device: str
    observed_at: int
    quality: int
    boot: str
    seq: int
    metrics: dict[str, Value]
    own_time: bool = False


class Occurrence(Event, tag=2, frozen=True, array_like=True):
    """Something that happened once (fall, sos): ``type`` and the id under which it is told apart from its repeats."""

    device: str
    observed_at: int
    quality: int
    boot: str
    seq: int
    id: str
    type: str
    data: dict[str, Value]
    own_time: bool = False


class Status(Event, tag=3, frozen=True, array_like=True):
    """A device says, or its last will says, whether it is on the network; ``via`` is its radio gateway or ''."""

    device: str
    observed_at: int
    quality: int
    online: bool
    via: str
    info: dict[str, Value]
    own_time: bool = False


class Tick(Event, tag=4, frozen=True, array_like=True):
    """Time has passed and nothing read before ``at`` is still waiting; for the keys of one part, or for ``ALL``.

    Where much is due at once (a city's silences after a start), it is told part by part, and what comes meanwhile is read
    between two parts.
    """

    part: int = ALL


class FeedLost(Event, tag=5, frozen=True, array_like=True):
    """The broker could not be heard from ``lost_at`` on; no absence settles until ``Resumed``.

    What had come by ``lost_at`` is settled. A key that begins during the loss begins with that ``lost_at``.
    """

    lost_at: int


class Resumed(Event, tag=6, frozen=True, array_like=True):
    """The feed is back and everything the broker kept has been read; ``kept`` says whether it kept anything."""

    lost_at: int
    kept: bool


class ClockStepped(Event, tag=7, frozen=True, array_like=True):
    """The wall clock jumped by ``by`` ms against the monotonic one; waiting deadlines keep their remaining time.

    ``at`` is hub time after the jump: deadlines up to ``at - by`` had come before it.
    """

    by: int


class WorldChanged(Event, tag=8, frozen=True, array_like=True):
    """From here on ``step`` is given world ``version``; rules in ``changed`` start anew, devices in ``gone`` are forgotten.

    A ``Tick`` with the same ``at`` goes before it: what had come by then is settled in the old world.
    """

    version: int
    changed: tuple[str, ...]
    gone: tuple[str, ...]


class Command(Event, tag=9, frozen=True, array_like=True):
    """A person did something to an alert, or to the place ``key``; ``id`` makes a repeat harmless.

    ``kind``: of ``alert`` what ``gateway.alerts.lifecycle`` knows, of which accept, close, merge, shelve and unshelve concern
    the rules; of ``key`` mode, mode_end, silence, silence_end, count, and agreements, tests, visits, settings of facilities,
    desks, plans, rules and erase, which do not (a rule is changed, and a home goes, by the world that follows).
    """

    id: str
    kind: str
    alert: str
    by: str
    data: dict[str, str]
    key: str = ""


def part_of(key: str) -> int:
    """Which of the ``PARTS`` a key belongs to."""
    return crc32(key.encode()) % PARTS


AnyEvent: TypeAlias = (
    Telemetry | Occurrence | Status | Tick | FeedLost | Resumed | ClockStepped | WorldChanged | Command
)
FromDevice: TypeAlias = Telemetry | Occurrence | Status
