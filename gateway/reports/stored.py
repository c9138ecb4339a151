"""The hours of a facility's counters as reports read them: small enough to be handed to another process."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from gateway.occupancy.said import Summed


class HourRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One metric of one device in one hour: a ``gateway.occupancy.said.Summed``."""

    begin: int
    device: str
    metric: str
    mean: float
    max: float
    last: float
    last_at: int


def rows_of(summaries: Iterable[Summed]) -> list[HourRow]:
    """The same, in the order of time."""
    found = [
        HourRow(one.begin, one.device, one.metric, one.mean, one.max, one.last, one.last_at)
        for one in summaries
    ]
    return sorted(found, key=lambda one: (one.begin, one.device, one.metric))
