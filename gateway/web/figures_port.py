"""What pages and programs ask of the figures that are kept: of facilities, communities and the hub; never of a home."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.figures_kept.reading import FigureQuery, Point


class FiguresPort(Protocol):
    """The figures of `care_places`."""

    async def kept_figures(self, query: FigureQuery) -> Sequence[Point]:
        """Find them by metric, place, device and time, in that order; UnavailableError when the store does not answer.

        Who asks sees to it that these places may be seen, and that the span is bounded.
        """
