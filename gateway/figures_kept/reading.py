"""Kept figures as they are written and read, and the contract of a store that holds them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec


class Point(msgspec.Struct, frozen=True, order=True, gc=False):
    """One figure: ``metric`` of ``place`` (a facility, a community's path, ``hub``) and ``device`` at ``at`` (epoch ms)."""

    metric: str
    place: str
    device: str
    at: int
    value: float


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """Which figures: from ``from_ms`` ≤ at < ``to_ms`` (epoch ms), of these metrics; of all places where none is named.

    ``moments``: of that time only these, where any are named. So a year of hours is looked at in one question.
    """

    metrics: Sequence[str]
    places: Collection[str]
    from_ms: int
    to_ms: int
    moments: Collection[int] = ()

    def __post_init__(self) -> None:
        if not self.metrics:
            raise ValueError("figures are asked for by name: at least one metric")


class FigureStore(Protocol):
    """Where figures are kept: what stands in `care_places`. Raises ``StoreUnavailable``. Any thread."""

    def write(self, points: Sequence[Point]) -> None:
        """Commit them; where one has the metric, place, device and time of another, the one written last holds."""

    def read(self, query: FigureQuery) -> list[Point]:
        """Find them by metric, place, device and time, in that order; what devices of facilities sent themselves as well."""

    def forget(self, metrics: Collection[str], before_ms: int) -> None:
        """Remove what lies before that time of these metrics."""
