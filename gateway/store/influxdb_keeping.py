"""Summaries, archive and retention of the InfluxDB store.

Downsampling differs across InfluxDB's versions, so it is done here: readings out by InfluxQL, through the same SQL as DuckDB's,
and written as points: measurement = metric, tags ``device``, ``place`` and ``span`` (1h or 1d), time = the beginning. Writing
them again changes nothing. This is Python's work: a hub lets ``influxdb_apart`` do it in a process of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from gateway.figures_kept.names import is_kept
from gateway.store import influxql, line_protocol
from gateway.store.influxdb import BUCKET_HOMES, BUCKET_PLACES, InfluxStore
from gateway.store.readings import NS_PER_MS, Query, Reading, Readings, StoreUnavailable
from gateway.store.summaries import (
    HOUR_MS,
    PLACE_FILES,
    SUMMARISE,
    SUMMARISE_DAY,
    SUMMARY_COLUMNS,
    Class,
    Series,
    Span,
    Summary,
    summary_of,
    texts,
)

BUCKET_HOMES_SUMMARY = "care_homes_summary"
BUCKET_PLACES_SUMMARY = "care_places_summary"
SLICE_MS = HOUR_MS
SPANS: tuple[Span, ...] = ("1h", "1d")  # in the order of ``PLACE_FILES``
FAR_MS = 9_000_000_000_000  # the year 2255: beyond every reading, within what the engine can hold
ROWS_MAX = 200_000  # of one answer; a slice that holds more is halved
FIGURES = ("count", "min", "max", "mean", "sum", "last", "first_at", "last_at", "on_ms", "known_ms")
WHOLE = frozenset({"count", "first_at", "last_at", "on_ms", "known_ms"})
UNKNOWN = -1  # a field that was written cannot be taken away again
KINDS: dict[str, type] = {"home": np.bool_, "time_ns": np.int64, "value": np.float64, "received_at": np.int64}

PLAIN = """
SELECT device::VARCHAR AS device, place::VARCHAR AS place, home, metric::VARCHAR AS metric, time_ns, value,
    text::VARCHAR AS text, quality::VARCHAR AS quality, boot::VARCHAR AS boot, TRY_CAST(seq AS BIGINT) AS seq, received_at
FROM given
"""


class InfluxKeeping:
    """``Keeping`` of an InfluxDB store; ``on_off`` are the metrics whose share of time on is kept."""

    def __init__(self, store: InfluxStore, *, on_off: frozenset[str] = frozenset()) -> None:
        self._store = store
        self._on_off = on_off

    def hours_stored(self) -> set[tuple[bool, int]]:
        """Of homes or not, and the beginning of every hour that has readings."""
        question = 'SELECT count("received_at") FROM /.*/ WHERE time > 0 GROUP BY time(1h) fill(none)'
        return {
            (home, row[0] // NS_PER_MS)
            for home, bucket in ((True, BUCKET_HOMES), (False, BUCKET_PLACES))
            for series in self._store.ask(bucket, question)
            for row in series["values"]
            if row[1]
        }

    def summarise_hour(self, begin_ms: int, *, home: bool) -> None:
        """Write the summaries of that hour again."""
        self._write("1h", self.fresh(Series(begin_ms, begin_ms + HOUR_MS), home=home))

    def summarise_day(self, begin_ms: int, end_ms: int, *, home: bool) -> None:
        """Write the summaries of that day again, from those of its hours."""
        hours = self._kept("1h", Series(begin_ms, end_ms), home=home)
        question = SUMMARISE_DAY.format(source="hours", where="true", begin_ms=begin_ms)
        self._write("1d", _folded(hours, question))

    def fresh(self, series: Series, *, home: bool | None = None) -> list[Summary]:
        """The hours of a series as its readings have them now."""
        parts = readings_in_parts(self._store, series.from_ms, series.to_ms, series, home=home)
        rows = [row for part in parts for row in part]
        if not rows:
            return []
        question = SUMMARISE.format(source="readings", where="true", on_off=texts(self._on_off))
        readings = columns_of(rows)  # noqa: F841 the question names it
        with duckdb.connect(config={"threads": 1}) as scratch:
            return [*map(summary_of, scratch.execute(question).fetchall())]

    def kept(self, span: Span, series: Series) -> list[Summary]:
        """Its hours or days as they were written."""
        return [*self._kept(span, series, home=True), *self._kept(span, series, home=False)]

    def copy_class(self, from_ms: int, to_ms: int, file: Path, *, home: bool) -> int:
        """Write the readings of that time into a Parquet file with the columns of ``Readings``; how many."""
        return copy(self._store, from_ms, to_ms, file, home=home)

    def forget(self, kind: Class, before_ms: int, *, home: bool) -> None:
        """Remove what lies before that time."""
        if kind == "raw" and home:
            self._store.delete(BUCKET_HOMES, before_ms * NS_PER_MS)
        elif kind == "raw":
            for metric in self._store.measurements(BUCKET_PLACES):
                if not is_kept(metric):  # figures have their own time
                    self._store.delete(BUCKET_PLACES, before_ms * NS_PER_MS, measurement=metric)
        else:
            self._store.delete(_bucket(home=home), before_ms * NS_PER_MS, span=kind)

    def tidy(self) -> None:
        """InfluxDB makes room by itself."""

    def copy_place(self, place: str, folder: Path) -> None:
        """Write all that is kept of a place into ``PLACE_FILES``; of its hours, those in which some home was heard."""
        readings, *summaries = (folder / name for name in PLACE_FILES)
        hours = sorted({begin for _, begin in self.hours_stored()})
        spans = [Series(begin, begin + HOUR_MS, place=place) for begin in hours]
        _copy(self._store, spans, readings)
        for span, file in zip(SPANS, summaries, strict=True):
            with duckdb.connect(config={"threads": 1}) as scratch:
                _lay(scratch, self.kept(span, Series(0, FAR_MS, place=place)))
                scratch.execute(
                    f"COPY (FROM hours ORDER BY begin_ms) TO {_text(file)} (FORMAT parquet, COMPRESSION zstd)"
                )

    def erase_place(self, place: str) -> None:
        """Remove all that is kept of a place."""
        for bucket in (BUCKET_HOMES, BUCKET_PLACES, BUCKET_HOMES_SUMMARY, BUCKET_PLACES_SUMMARY):
            self._store.delete(bucket, FAR_MS * NS_PER_MS, place=place)

    def _write(self, span: Span, summaries: Iterable[Summary]) -> None:
        lines: dict[bool, list[str]] = {True: [], False: []}
        for one in summaries:
            tags = {"device": one.device, "place": one.place, "span": span}
            values = {name: _field(name, getattr(one, name)) for name in FIGURES}
            if one.metric not in self._on_off:
                del values["on_ms"], values["known_ms"]
            point = line_protocol.line(one.metric, tags, values, one.begin_ms * NS_PER_MS)
            lines[one.home].append(point)
        for home, points in lines.items():
            self._store.write_points(_bucket(home=home), points)

    def _kept(self, span: Span, series: Series, *, home: bool) -> list[Summary]:
        source = influxql.identifier(series.metric) if series.metric else "/.*/"
        conditions = [
            f"time >= {series.from_ms * NS_PER_MS}",
            f"time < {series.to_ms * NS_PER_MS}",
            f"\"span\" = '{span}'",
        ]
        conditions += [
            f'"{name}" = {influxql.string(value)}'
            for name in ("device", "place")
            if (value := getattr(series, name))
        ]
        wanted = ", ".join(f'"{name}"' for name in (*FIGURES, "device", "place"))
        question = f"SELECT {wanted} FROM {source} WHERE {' AND '.join(conditions)}"  # noqa: S608 all parts escaped
        found: list[Summary] = []
        for one in self._store.ask(_bucket(home=home), question):
            for row in one["values"]:
                point = dict(zip(one["columns"], row, strict=True))
                known = {name: _known(name, point[name]) for name in FIGURES}
                begin = point["time"] // NS_PER_MS
                found.append(Summary(point["device"], point["place"], home, one["name"], begin, **known))
        return found


def copy(store: InfluxStore, from_ms: int, to_ms: int, file: Path, *, home: bool | None = None) -> int:
    """Write the readings of that time, of homes or not (None: both), into a Parquet file, in ms slices; how many."""
    spans = [Series(begin, min(begin + SLICE_MS, to_ms)) for begin in range(from_ms, to_ms, SLICE_MS)]
    return _copy(store, spans, file, home=home)


def _copy(store: InfluxStore, spans: Iterable[Series], file: Path, *, home: bool | None = None) -> int:
    parts = file.with_name(file.name + ".parts")
    parts.mkdir(parents=True, exist_ok=True)
    count = 0
    try:
        files = [parts / "0.parquet"]
        _write_parquet([], files[0])
        for span in spans:
            for rows in readings_in_parts(store, span.from_ms, span.to_ms, span, home=home):
                files.append(parts / f"{len(files)}.parquet")
                _write_parquet(rows, files[-1])
                count += len(rows)
        with duckdb.connect(config={"threads": 1}) as scratch:
            listed = ", ".join(_text(each) for each in files)
            scratch.execute(
                f"COPY (FROM read_parquet([{listed}])) TO {_text(file)} (FORMAT parquet, COMPRESSION zstd)"
            )
    except (OSError, duckdb.Error) as error:
        raise StoreUnavailable(f"{file} cannot be written: {error}") from error
    finally:
        for each in parts.glob("*"):
            each.unlink()
        parts.rmdir()
    return count


def readings_in_parts(
    store: InfluxStore, from_ms: int, to_ms: int, series: Series, *, home: bool | None = None
) -> Iterator[list[Reading]]:
    """The readings of that time in parts of bounded size, none of them empty."""
    waiting = [(from_ms, to_ms)]
    while waiting:
        begin, end = waiting.pop()
        wanted = Query(
            begin, end, series.device or None, series.place or None, series.metric or None, home, ROWS_MAX
        )
        found = store.read(wanted)
        if len(found) == ROWS_MAX and end - begin > 1:
            middle = (begin + end) // 2
            waiting += [(middle, end), (begin, middle)]
        elif found:
            yield found


def columns_of(readings: list[Reading]) -> dict[str, np.ndarray[Any, Any]]:
    """The readings as columns that DuckDB takes; a text that is None stays so."""
    return {
        column.name: np.array([getattr(row, column.name) for row in readings], KINDS.get(column.name, object))
        for column in fields(Readings)
    }


def _write_parquet(rows: list[Reading], file: Path) -> None:
    with duckdb.connect(config={"threads": 1}) as scratch:
        given = columns_of(rows)  # noqa: F841 the question names it
        scratch.execute(f"COPY ({PLAIN}) TO {_text(file)} (FORMAT parquet)")


def _folded(hours: list[Summary], question: str) -> list[Summary]:
    if not hours:
        return []
    with duckdb.connect(config={"threads": 1}) as scratch:
        _lay(scratch, hours)
        return [*map(summary_of, scratch.execute(question).fetchall())]


def _lay(scratch: duckdb.DuckDBPyConnection, summaries: list[Summary]) -> None:
    """Make a table ``hours`` of summaries."""
    scratch.execute(
        "CREATE TABLE hours (device VARCHAR, place VARCHAR, home BOOLEAN, metric VARCHAR, begin_ms BIGINT, count BIGINT, "
        "min DOUBLE, max DOUBLE, mean DOUBLE, sum DOUBLE, last DOUBLE, first_at BIGINT, last_at BIGINT, on_ms BIGINT, "
        "known_ms BIGINT)"
    )
    names = [column.strip() for column in SUMMARY_COLUMNS.split(",")]
    kinds: dict[str, Any] = {"device": object, "place": object, "metric": object, "home": np.bool_}
    kinds |= dict.fromkeys((*WHOLE, "begin_ms"), np.int64)
    given = {  # noqa: F841 the question names it
        name: np.array(
            [UNKNOWN if (value := getattr(hour, name)) is None else value for hour in summaries],
            kinds.get(name, np.float64),
        )
        for name in names
    }
    some = ", ".join(
        f"nullif({name}, {UNKNOWN})" if name in {"on_ms", "known_ms"} else name for name in names
    )
    if summaries:
        scratch.execute(f"INSERT INTO hours SELECT {some} FROM given")  # noqa: S608 names of ours


def _bucket(*, home: bool) -> str:
    return BUCKET_HOMES_SUMMARY if home else BUCKET_PLACES_SUMMARY


def _field(name: str, value: float | None) -> float | int:
    if value is None:
        return UNKNOWN
    return int(value) if name in WHOLE else float(value)


def _known(name: str, value: float | None) -> Any:  # noqa: ANN401 of a field's kind
    if value is None or (value == UNKNOWN and name in {"on_ms", "known_ms"}):
        return None
    return int(value) if name in WHOLE else float(value)


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
