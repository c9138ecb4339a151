"""Which states are saved when: all that have changed, in rounds, in parts so small that nobody who falls waits for one.

A start begins with what was saved and replays what is behind the last whole round's beginning (``floor``).
"""

from __future__ import annotations

from gateway.engine.engine import Engine
from gateway.operations.alert_log import Saved, Work

SNAPSHOT_EVERY_MS = 30_000
SNAPSHOT_KEYS_MAX = 25  # per commit: while it lasts nothing is read
SNAPSHOT_PAUSE_MS = 15  # between two commits of a round: a city's round is spread over twelve seconds


class Snapshots:
    """The rounds. Of each part: ``due``, then ``part``, written by the caller, then ``written``. Times are hub time, ms."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._begun_at = self._saved_at = 0
        self._from: tuple[int, int] = (0, 0)  # position and world's version at the beginning of the round
        self.left: list[str] = []  # what is still to be saved in this round
        self.rounds = 0  # whole ones since the start
        self.floor = 0  # where the last of them began

    def due(self, now: int) -> bool:
        """Whether a part is to be written now; begins a round when its time has come."""
        if not self.left and now - self._begun_at >= SNAPSHOT_EVERY_MS:
            self.begin(now)
        if not self.left or now - self._saved_at < SNAPSHOT_PAUSE_MS:
            return False
        self._saved_at = now
        return True

    def begin(self, now: int) -> None:
        """Begin a round with all that has changed since it was last saved."""
        self._begun_at = now
        self.left = sorted(self._engine.dirty.union(self.left))
        self._from = (self._engine.position, self._engine.world.version)
        self._engine.dirty = set()

    def part(self) -> Work:
        """The next part of the round; every deed up to the engine's position must be written before it is."""
        work = Work(self._engine.position)
        keys = self.left[:SNAPSHOT_KEYS_MAX]
        del self.left[:SNAPSHOT_KEYS_MAX]
        if not self.left:
            work.floor = self._from
        for name in keys + self._engine.unsaved_sites(keys if self.left else None):
            work.saved.append(Saved(name, self._engine.position, self._engine.body_of(name)))
        return work

    def written(self, part: Work) -> None:
        """The part is in the database."""
        if part.floor is not None:
            self.rounds, self.floor = self.rounds + 1, part.floor[0]
