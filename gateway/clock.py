"""Hub time: it never runs backwards, and in a simulation it is the town's.

A port with two adapters. ``LiveClock`` advances by the monotonic clock from max(wall, last journal time); a step of the
wall clock is noticed and told, never followed backwards. ``TownClock`` is driven by ``care/v1/_sim/clock``.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

TIME_MS_MIN = (
    946_684_800_000  # the year 2000: before it no event has come yet, or a town's clock has not been set
)
STEP_MS = 2_000  # a wall clock that moves this much against the monotonic one has been set
WRONG_MS = 30_000  # a wall clock that is off by more, by what most devices' clocks agree on, is wrong


class Clock(Protocol):
    """Hub time in epoch ms."""

    def now(self) -> int:
        """Hub time; never less than before. Any thread may ask."""

    def latest(self) -> int:
        """The latest time a message may carry; 0 where none may be ahead of its arrival."""

    def advance(self, to: int) -> None:
        """A message has carried time on; only a driven clock follows."""

    def ahead(self) -> int:
        """By how much hub time is ahead of the devices' time: of the wall clock, or of what most devices agree on."""

    def ahead_of_wall(self) -> int:
        """By how much hub time is ahead of the wall clock."""

    def wrong_by(self) -> int:
        """By how much the wall clock is ahead of what most devices agree on; 0 where it is right or they do not say."""

    def is_agreed(self) -> bool:
        """Whether most devices have agreed on what time it is, so that ``wrong_by`` can be told."""

    def believe(self, lag: int) -> None:
        """Most devices' clocks agree that they are ``lag`` ms behind hub time."""

    def stepped(self) -> int:
        """By how many ms the wall clock has been set since last asked (0: it was not); hub time follows forwards only."""


class SetClock:
    """What clocks have in common that people and time servers set, now and then to a wrong time."""

    def __init__(self) -> None:
        self._lag: int | None = None

    def ahead_of_wall(self) -> int:
        """Hub time less wall time."""
        raise NotImplementedError

    def ahead(self) -> int:
        """Hub time less what devices are believed to be set by."""
        return self.ahead_of_wall() + self.wrong_by()

    def wrong_by(self) -> int:
        """Wall time less the time that most devices agree on, if it is much."""
        lag = self._lag
        wrong = 0 if lag is None else lag - self.ahead_of_wall()
        return wrong if abs(wrong) > WRONG_MS else 0

    def is_agreed(self) -> bool:
        """Whether that is known."""
        return self._lag is not None

    def believe(self, lag: int) -> None:
        """Hub time less the time that most devices agree on."""
        self._lag = lag

    def jumped(self, by: int) -> None:
        """Hub time has jumped ahead; the devices' clocks have not, as far as is known."""
        if self._lag is not None:
            self._lag += by


class LiveClock(SetClock):
    """Time as it passes; ``floor`` is the last journal time."""

    def __init__(self, floor: int = 0) -> None:
        super().__init__()
        self._lock = threading.Lock()
        wall, monotonic = _wall(), _monotonic()
        self._offset = max(wall, floor) - monotonic  # hub time = monotonic + offset
        self._wall_offset = wall - monotonic

    def now(self) -> int:
        """Hub time."""
        return _monotonic() + self._offset

    def latest(self) -> int:
        """Nothing is seen before it happens."""
        return 0

    def advance(self, to: int) -> None:
        """Live time is moved by nobody."""

    def ahead_of_wall(self) -> int:
        """Hub time less wall time."""
        return self._offset - self._wall_offset

    def stepped(self) -> int:
        """Compare the wall clock with the monotonic one; take over a step forwards, remember a step back."""
        with self._lock:
            by = _wall() - _monotonic() - self._wall_offset
            if abs(by) < STEP_MS:
                return 0
            self._wall_offset += by
            before = self._offset
            self._offset = max(self._offset, self._wall_offset)
            self.jumped(self._offset - before)
            return self._offset - before if by > 0 else by


class TownClock:
    """The town's time: at first only what ``drive`` says, then, after ``run``, by itself at ``speed`` times real time."""

    def __init__(self, floor: int = 0, *, until: int = 0) -> None:
        """Begin at ``floor``; what a town had said before may come still, up to ``until``."""
        self._lock = threading.Lock()
        self._at = floor
        self._until = max(floor, until)
        self._anchor: int | None = None  # monotonic ms of the moment of ``run``
        self.speed = 0.0

    @property
    def driven(self) -> bool:
        """Whether time stands between two words of the town."""
        return self._anchor is None

    def drive(self, at: int, until: int) -> None:
        """It is ``at``; nothing later than ``until`` comes before the next word."""
        with self._lock:
            self._at, self._until = max(self._now(), at), max(at, until)
            self._anchor = None

    def run(self, at: int, speed: float) -> None:
        """From ``at`` time runs by itself."""
        with self._lock:
            self._at, self.speed = max(self._now(), at), speed
            self._anchor = _monotonic()

    def _now(self) -> int:
        if self._anchor is None:
            return self._at
        return self._at + int((_monotonic() - self._anchor) * self.speed)

    def now(self) -> int:
        """Hub time."""
        with self._lock:  # a moment between two fields being set would be a time that never was
            return self._now()

    def latest(self) -> int:
        """As far as the town said that time may come before its next word."""
        return self._until if self.driven else 0

    def advance(self, to: int) -> None:
        """While driven, a message carries time with it."""
        with self._lock:
            if self.driven and self._at < to <= self._until:
                self._at = to

    def ahead(self) -> int:
        """Nothing: the devices are set by the town too."""
        return 0

    def ahead_of_wall(self) -> int:
        """Nothing, for the same reason."""
        return 0

    def wrong_by(self) -> int:
        """Nothing: it is the time."""
        return 0

    def is_agreed(self) -> bool:
        """Always, for it is the town that says it."""
        return True

    def believe(self, lag: int) -> None:
        """The town alone says what time it is: what a device lags at many times real time is the way of its message."""

    def stepped(self) -> int:
        """Never: nobody sets the town's clock."""
        return 0


def _wall() -> int:
    return time.time_ns() // 1_000_000


def _monotonic() -> int:
    return time.monotonic_ns() // 1_000_000
