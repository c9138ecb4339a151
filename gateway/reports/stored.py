"""The hours of a facility's counters as reports read them: small enough to be handed to another process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec


class HourRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One metric of one counter in one hour (``gateway.occupancy.hourly.Summed``)."""

    begin: int
    device: str
    metric: str
    mean: float
    max: float
    last: float
    last_at: int


class Stored(Protocol):
    """A summary as a store has it."""

    @property
    def begin_ms(self) -> int:
        """Beginning of the hour, epoch ms."""

    @property
    def device(self) -> str:
        """The counter."""

    @property
    def metric(self) -> str:
        """What it said."""

    @property
    def mean(self) -> float:
        """On average."""

    @property
    def max(self) -> float:
        """At most."""

    @property
    def last(self) -> float:
        """What it said last."""

    @property
    def last_at(self) -> int:
        """When that was, epoch ms."""


def rows_of(summaries: Iterable[Stored]) -> list[HourRow]:
    """The same, in the order of time."""
    found = [
        HourRow(one.begin_ms, one.device, one.metric, one.mean, one.max, one.last, one.last_at)
        for one in summaries
    ]
    return sorted(found, key=lambda one: (one.begin, one.device, one.metric))
