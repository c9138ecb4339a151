"""Kept figures in the InfluxDB store: points of `care_places` beside what devices of facilities sent.

A figure has no ``received_at``: nobody has sent it. By that the readings are told from it (``influxql``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gateway.figures_kept.reading import FigureQuery, Point
from gateway.store import influxql, line_protocol
from gateway.store.influxdb import BUCKET_PLACES, InfluxStore
from gateway.store.readings import NS_PER_MS


class InfluxFigures:
    """``FigureStore`` of an InfluxDB store: a point of the same measurement, tags and time takes the older one's place."""

    def __init__(self, store: InfluxStore) -> None:
        self._store = store

    def write(self, points: Sequence[Point]) -> None:
        """Commit them, in requests of bounded size."""
        lines = [
            line_protocol.line(
                one.metric,
                {"device": one.device, "place": one.place},
                {"value": float(one.value), "quality": "good", "seq": 0},
                one.at * NS_PER_MS,
            )
            for one in points
        ]
        self._store.write_points(BUCKET_PLACES, lines)

    def read(self, query: FigureQuery) -> list[Point]:
        """Find them by InfluxQL."""
        question = _at_moments(query) if query.moments else _of_span(query)
        series: dict[tuple[str, str, str], list[tuple[int, float]]] = {}
        for one in self._store.ask(
            BUCKET_PLACES, question
        ):  # a long answer comes in several parts, in order of time
            metric = one["name"]
            for time, value, place, device in one["values"]:
                if value is not None and (not query.places or place in query.places):
                    series.setdefault((metric, place, device), []).append((time, value))
        return [
            Point(*key, time // NS_PER_MS, float(value))
            for key in sorted(series)
            for time, value in series[key]
        ]

    def forget(self, metrics: Collection[str], before_ms: int) -> None:
        """Remove what lies before that time."""
        for metric in metrics:
            self._store.delete(BUCKET_PLACES, before_ms * NS_PER_MS, measurement=metric)


def _of_span(query: FigureQuery) -> str:
    conditions = [f"time >= {query.from_ms * NS_PER_MS}", f"time < {query.to_ms * NS_PER_MS}"]
    if query.places:
        named = " OR ".join(f'"place" = {influxql.string(place)}' for place in query.places)
        conditions.append(f"({named})")
    return f"SELECT {_from(query)} WHERE {' AND '.join(conditions)}"


def _at_moments(query: FigureQuery) -> str:
    """A statement for each moment: InfluxQL knows no OR of times. The places are picked out of the answer, which is short."""
    within = sorted({at for at in query.moments if query.from_ms <= at < query.to_ms})
    # An empty question is an error: where no moment lies within, one that lies before all of them is asked for.
    return "; ".join(
        f"SELECT {_from(query)} WHERE time = {at * NS_PER_MS}" for at in within or [query.from_ms - 1]
    )


def _from(query: FigureQuery) -> str:
    # With the tags as columns: to group by them takes InfluxDB 1 nearly twice as long over a year of many series.
    return f'"value", "place", "device" FROM {", ".join(map(influxql.identifier, query.metrics))}'  # escaped
