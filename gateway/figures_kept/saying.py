"""Where points are made, and the only place: what belongs to people is taken as a cell and no other way.

``Saying`` collects what is said of a moment. A name that is not in ``names`` is a bug, and so is a count of people's things
that is given as a bare number: both raise, in every test that makes them.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.alerts.cells import Cell
from gateway.figures_kept.names import About, about
from gateway.figures_kept.reading import Point

SELF = "carehub"  # the device of what the hub says
EVERYWHERE = "hub"  # the place of what it says of all communities together


class Saying:
    """Points that may stand in ``care_places``. What is None, or hidden, is not said."""

    def __init__(self) -> None:
        self._points: list[Point] = []

    @property
    def points(self) -> list[Point]:
        """What was said so far, in order."""
        return list(self._points)

    def __len__(self) -> int:
        return len(self._points)

    def facility(self, metric: str, place: str, at: int, value: float | None, *, device: str = SELF) -> None:
        """Of a facility, or of a device in one."""
        self._say("facility", metric, place, device, at, value)

    def count(self, metric: str, community: str, at: int, count: Cell, *, device: str = SELF) -> None:
        """How many of what belongs to people: where it may be told exactly."""
        self._say("count", metric, community, device, at, None if count.hidden else count.low)

    def count_together(self, metric: str, at: int, counts: Iterable[Cell], *, device: str) -> None:
        """The sum of those communities' counts that are told; where none is, nothing."""
        told = [one.low for one in counts if not one.hidden]
        self._say("count", metric, EVERYWHERE, device, at, sum(told) if told else None)

    def plain(self, metric: str, community: str, at: int, value: float | None) -> None:
        """Of a community, and about nobody in it."""
        self._say("plain", metric, community, SELF, at, value)

    def shown(
        self,
        metric: str,
        community: str,
        at: int,
        value: float | None,
        *,
        of: Iterable[Cell],
        device: str = SELF,
    ) -> None:
        """What was worked out of counts: only where each of them is told exactly."""
        self._say("shown", metric, community, device, at, None if any(one.hidden for one in of) else value)

    def _say(self, kind: About, metric: str, place: str, device: str, at: int, value: float | None) -> None:
        if about(metric) != kind:
            raise ValueError(f"{metric} is a {about(metric)} and cannot be said as a {kind}")
        if value is not None:
            self._points.append(Point(metric, place, device, at, float(value)))
