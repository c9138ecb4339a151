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
        sources = ", ".join(map(influxql.identifier, query.metrics))
        conditions = [f"time >= {query.from_ms * NS_PER_MS}", f"time < {query.to_ms * NS_PER_MS}"]
        if query.places:
            named = " OR ".join(f'"place" = {influxql.string(place)}' for place in query.places)
            conditions.append(f"({named})")
        question = (
            f'SELECT "value" FROM {sources} WHERE {" AND ".join(conditions)} GROUP BY "place", "device"'  # noqa: S608 escaped
        )
        series: dict[tuple[str, str, str], list[tuple[int, float | None]]] = {}
        for one in self._store.ask(
            BUCKET_PLACES, question
        ):  # a long series comes in several parts, in order of time
            key = one["name"], one["tags"]["place"], one["tags"]["device"]
            series.setdefault(key, []).extend(one["values"])
        return [
            Point(*key, time // NS_PER_MS, float(value))
            for key in sorted(series)
            for time, value in series[key]
            if value is not None
        ]

    def forget(self, metrics: Collection[str], before_ms: int) -> None:
        """Remove what lies before that time."""
        for metric in metrics:
            self._store.delete(BUCKET_PLACES, before_ms * NS_PER_MS, measurement=metric)
