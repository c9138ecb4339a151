"""Kept figures in the DuckDB store: a small table of their own beside the readings."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from gateway.figures_kept.reading import FigureQuery, Point
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import NS_PER_MS

# No unique index, as for readings: what is replaced is found by its time, which the file keeps minima and maxima of.
SCHEMA = """
CREATE TABLE IF NOT EXISTS figure (
    metric VARCHAR NOT NULL, place VARCHAR NOT NULL, device VARCHAR NOT NULL, at_ms BIGINT NOT NULL, value DOUBLE NOT NULL);
"""
KEY = "metric, place, device, at_ms"
REPLACED = f"""
DELETE FROM figure WHERE at_ms >= $1 AND at_ms <= $2 AND ({KEY}) IN (SELECT ({KEY}) FROM given)
"""  # noqa: S608 names of ours
INSERT = f"INSERT INTO figure ({KEY}, value) SELECT {KEY}, value FROM given"  # noqa: S608 same


class DuckDBFigures:
    """``FigureStore`` of a DuckDB store."""

    def __init__(self, store: DuckDBStore) -> None:
        self._store = store
        with store.work("preparing") as connection:
            connection.execute(SCHEMA)

    def write(self, points: Sequence[Point]) -> None:
        """Commit them in one transaction; what stood there before goes with it."""
        last = {(one.metric, one.place, one.device, one.at): one.value for one in points}
        if not last:
            return
        metric, place, device, at = zip(*last, strict=True)
        given = {  # noqa: F841 the statements name it
            "metric": np.array(metric, object), "place": np.array(place, object), "device": np.array(device, object),
            "at_ms": np.array(at, np.int64), "value": np.array(list(last.values()), np.float64),
        }  # fmt: skip
        with self._store.work("writing figures into") as connection:
            connection.execute("BEGIN")
            connection.execute(REPLACED, [min(at), max(at)])
            connection.execute(INSERT)
            connection.execute("COMMIT")

    def read(self, query: FigureQuery) -> list[Point]:
        """Find them; a figure of the hub's own or of a facility's device is a reading, and is found as well."""
        which, values = _among("metric", query.metrics)
        if query.places:
            there, places = _among("place", query.places)
            which, values = f"{which} AND {there}", [*values, *places]
        question = f"""
            SELECT metric, place, device, time_ns // {NS_PER_MS}, value FROM (
                SELECT metric, place, device, at_ms * {NS_PER_MS} AS time_ns, value FROM figure
                WHERE at_ms >= ? AND at_ms < ? AND {which}
                UNION ALL
                SELECT metric, place, device, time_ns, value FROM reading
                WHERE NOT home AND time_ns >= ? AND time_ns < ? AND {which}
            ) ORDER BY metric, place, device, time_ns
        """  # noqa: S608 fixed words and question marks
        span = [query.from_ms, query.to_ms]
        with self._store.work("reading") as connection:
            found = connection.execute(
                question, [*span, *values, *(each * NS_PER_MS for each in span), *values]
            ).fetchall()
        return [Point(*row) for row in found]

    def forget(self, metrics: Collection[str], before_ms: int) -> None:
        """Remove what lies before that time."""
        which, values = _among("metric", metrics)
        with self._store.work("removing from") as connection:
            connection.execute(f"DELETE FROM figure WHERE at_ms < ? AND {which}", [before_ms, *values])  # noqa: S608 same


def _among(column: str, words: Collection[str]) -> tuple[str, list[str]]:
    return f"{column} IN ({', '.join('?' * len(words))})", list(words)
