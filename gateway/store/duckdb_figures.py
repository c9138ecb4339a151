"""Kept figures in the DuckDB store: small tables of their own beside the readings, one for each class of retention.

A year of days is then read without looking at the hours and minutes of that year, which are a hundred times as many.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import duckdb
import numpy as np

from gateway.figures_kept.names import NAMES, Class
from gateway.figures_kept.reading import FigureQuery, Point
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import NS_PER_MS

TABLES: Mapping[Class, str] = {"raw": "figure_now", "1h": "figure_hour", "1d": "figure_day"}
# No unique index, as for readings: what is replaced is found by its time, which the file keeps minima and maxima of.
SCHEMA = "".join(
    f"""CREATE TABLE IF NOT EXISTS {table} (
    metric VARCHAR NOT NULL, place VARCHAR NOT NULL, device VARCHAR NOT NULL, at_ms BIGINT NOT NULL, value DOUBLE NOT NULL);
"""
    for table in TABLES.values()
)
KEY = "metric, place, device, at_ms"
REPLACED = (
    f"DELETE FROM {{table}} WHERE at_ms >= $1 AND at_ms <= $2 AND ({KEY}) IN (SELECT ({KEY}) FROM given)"  # noqa: S608
)
INSERT = f"INSERT INTO {{table}} ({KEY}, value) SELECT {KEY}, value FROM given"  # noqa: S608 names of ours, here and above
FIGURES = """
SELECT metric, place, device, at_ms * {ns} AS time_ns, value FROM {table}
WHERE at_ms >= ? AND at_ms < ? AND {which} AND {moments}
"""
READINGS = """
SELECT metric, place, device, time_ns, value FROM reading
WHERE NOT home AND time_ns >= ? AND time_ns < ? AND {which} AND {moments}
"""
# A series is one row of the answer: its names come once, which takes a quarter of the time of a row for each point.
SERIES = """
SELECT metric, place, device, list(time_ns // {ns} ORDER BY time_ns), list(value ORDER BY time_ns)
FROM ({parts}) GROUP BY ALL ORDER BY metric, place, device
"""


class DuckDBFigures:
    """``FigureStore`` of a DuckDB store."""

    def __init__(self, store: DuckDBStore) -> None:
        self._store = store
        with store.work("preparing") as connection:
            connection.execute(SCHEMA)

    def write(self, points: Sequence[Point]) -> None:
        """Commit them in one transaction; what stood there before goes with it. KeyError for a name that is not kept."""
        by_table: dict[str, dict[tuple[str, str, str, int], float]] = {}
        for one in points:
            table = TABLES[NAMES[one.metric][1]]
            by_table.setdefault(table, {})[one.metric, one.place, one.device, one.at] = one.value
        with self._store.work("writing figures into") as connection:
            connection.execute("BEGIN")
            for table, last in by_table.items():
                _replace(connection, table, last)
            connection.execute("COMMIT")

    def read(self, query: FigureQuery) -> list[Point]:
        """Find them; a figure of the hub's own or of a facility's device is a reading, and is found as well."""
        parts, values = [], list[object]()
        for part, given in self._parts(query):
            parts.append(part)
            values += given
        question = SERIES.format(ns=NS_PER_MS, parts=" UNION ALL ".join(parts))
        with self._store.work("reading") as connection:
            found = connection.execute(question, values).fetchall()
        return [
            Point(metric, place, device, at, value)
            for metric, place, device, times, said in found
            for at, value in zip(times, said, strict=True)
        ]

    def forget(self, metrics: Collection[str], before_ms: int) -> None:
        """Remove what lies before that time."""
        which, values = _among("metric", metrics)
        with self._store.work("removing from") as connection:
            for table in sorted({TABLES[NAMES[metric][1]] for metric in metrics}):
                connection.execute(f"DELETE FROM {table} WHERE at_ms < ? AND {which}", [before_ms, *values])  # noqa: S608 same

    def _parts(self, query: FigureQuery) -> Iterator[tuple[str, list[object]]]:
        """What to ask of each table that may hold some of it, with the values for its question marks."""
        by_class: dict[Class | None, list[str]] = {}
        for metric in query.metrics:
            by_class.setdefault(NAMES[metric][1] if metric in NAMES else None, []).append(metric)
        for kind, metrics in by_class.items():
            which, values = _among("metric", metrics)
            if query.places:
                there, places = _among("place", query.places)
                which, values = f"{which} AND {there}", [*values, *places]
            span = [query.from_ms, query.to_ms]
            if kind is not None:
                moments = _at("at_ms", query.moments)
                part = FIGURES.format(ns=NS_PER_MS, table=TABLES[kind], which=which, moments=moments)
                yield part, [*span, *values]
            else:
                moments = _at(f"time_ns // {NS_PER_MS}", query.moments)
                yield (
                    READINGS.format(which=which, moments=moments),
                    [*(each * NS_PER_MS for each in span), *values],
                )


def _at(when: str, moments: Collection[int]) -> str:
    return f"{when} IN ({', '.join(map(str, sorted(moments)))})" if moments else "true"


def _replace(
    connection: duckdb.DuckDBPyConnection, table: str, last: Mapping[tuple[str, str, str, int], float]
) -> None:
    metric, place, device, at = zip(*last, strict=True)
    given = {  # noqa: F841 the statements name it
        "metric": np.array(metric, object), "place": np.array(place, object), "device": np.array(device, object),
        "at_ms": np.array(at, np.int64), "value": np.array(list(last.values()), np.float64),
    }  # fmt: skip
    connection.execute(REPLACED.format(table=table), [min(at), max(at)])
    connection.execute(INSERT.format(table=table))


def _among(column: str, words: Collection[str]) -> tuple[str, list[object]]:
    return f"{column} IN ({', '.join('?' * len(words))})", list(words)
