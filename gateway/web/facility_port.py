"""What the facilities' pages ask of the hub."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterNow:
    """A device of a facility as it is now: ``silent`` where it has not been heard for three times its own interval.

    ``entered``, ``left`` and ``own`` are a counter's raw figures, since its power-up; None where it has not said, or is none.
    """

    id: str
    kind: str
    room: str
    heard_at: int | None
    silent: bool
    entered: int | None = None
    left: int | None = None
    own: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadcountNow:
    """The people in a facility by the estimate of the rules; None where no counter can be heard and nothing stands in for it.

    ``upper`` is None while the error is not known: a counter is silent or began anew before it was known what it usually sees,
    or the broker is away. ``since`` is the last truth in hub time, 0 before the first: a person has counted, or it was
    empty. ``drift`` is by how many people the counters' sum was corrected (signed); ``widened``: what a counter usually sees
    stands in for what it does not count now.
    """

    people: int | None
    lower: int | None
    upper: int | None
    passages: int
    since: int
    devices: tuple[CounterNow, ...]
    drift: float = 0.0
    widened: bool = False


class FacilityPort(Protocol):
    """The facilities of the hub."""

    @property
    def calendar(self) -> str:
        """Whose holidays count, ``cn`` or ``none``."""

    def headcounts(self, places: Collection[str]) -> Mapping[str, HeadcountNow]:
        """How many people are in those that are known, and what the devices say; cheap, no I/O. On the hub's loop."""

    async def facilities_changed(self) -> None:
        """Let the rules judge by what was set of facilities from now on; UnavailableError when that takes too long."""
