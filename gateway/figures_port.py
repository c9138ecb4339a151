"""The part of the hub's port that is about the figures that are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.figures_kept.reading import FigureQuery, Point
from gateway.store.readings import StoreUnavailable
from gateway.web.port import UnavailableError

if TYPE_CHECKING:
    from gateway.hub import Hub


class FiguresOfHub:
    """Answers from the hub's store."""

    _hub: Hub

    async def kept_figures(self, query: FigureQuery) -> Sequence[Point]:
        """Find them."""
        try:
            return await asyncio.to_thread(self._hub.kept.figures.read, query)
        except StoreUnavailable as error:
            raise UnavailableError(str(error)) from error
