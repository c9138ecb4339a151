"""The part of the small hub that is about kept figures: it knows those that a test lays into it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from gateway.figures_kept.reading import FigureQuery, Point


class FiguresDesk:
    """Answers as a store does."""

    @cached_property
    def figures_laid(self) -> list[Point]:
        """What is there."""
        return []

    async def kept_figures(self, query: FigureQuery) -> Sequence[Point]:
        return sorted(
            point
            for point in self.figures_laid
            if point.metric in query.metrics
            and (not query.places or point.place in query.places)
            and query.from_ms <= point.at < query.to_ms
            and (not query.moments or point.at in query.moments)
        )
