"""How far a start has come, from reading the states to the opening that ends it; and its end before that, if it is told so."""

from __future__ import annotations

from gateway.engine.engine import Engine
from gateway.journal.journal import Journal

# What a device costs beside the events that are lived through again, in such events: measured with 20,000 devices.
READING = 0.5  # registry, states and their world
OPENING = 0.6  # the world of today, written as the start's last word


class ToldToEndError(Exception):
    """The hub was told to end before it was recovered. Recovery is replay: the next start does all of it."""


class Recovery:
    """``share`` may be asked from any thread. ``devices`` is how many there are, once that is known."""

    def __init__(self, engine: Engine, journal: Journal, *, floor: int) -> None:
        self._engine = engine
        self._floor = max(floor, journal.begins)
        self._last = journal.position
        self.devices = 0

    def share(self) -> float:
        """How much is done, 0 to 1; 1 is never said: then the hub is recovered."""
        if not self.devices:
            return 0.0
        position = self._engine.position
        if 0 < position <= self._floor:
            self._floor = position - 1  # all is replayed: the states are of another shape
        reading, opening = 1 + READING * self.devices, 1 + OPENING * self.devices
        events = self._last - self._floor
        done = reading if self._engine.states else 0.0
        done += min(max(position - self._floor, 0), events)
        return done / (reading + events + opening)
