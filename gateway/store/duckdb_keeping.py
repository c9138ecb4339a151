"""Summaries, archive, retention and compaction of the DuckDB store.

All of it is SQL, which works beside the readers and the writer and without Python's lock; a step takes an hour or a day of
data.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

import duckdb

from gateway.store.duckdb import COLUMNS, DuckDBStore
from gateway.store.readings import NS_PER_MS, StoreUnavailable
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

SCHEMA = "".join(
    f"""CREATE TABLE IF NOT EXISTS {table} (
    device VARCHAR NOT NULL, place VARCHAR NOT NULL, home BOOLEAN NOT NULL, metric VARCHAR NOT NULL, begin_ms BIGINT NOT NULL,
    count BIGINT NOT NULL, min DOUBLE NOT NULL, max DOUBLE NOT NULL, mean DOUBLE NOT NULL, sum DOUBLE NOT NULL,
    last DOUBLE NOT NULL, first_at BIGINT NOT NULL, last_at BIGINT NOT NULL, on_ms BIGINT, known_ms BIGINT);
"""
    for table in ("reading_hour", "reading_day")
)
TABLES: Mapping[Span, str] = {"1h": "reading_hour", "1d": "reading_day"}
PLACE_TABLES = ("reading", "reading_hour", "reading_day")


class DuckDBKeeping:
    """``Keeping`` of a DuckDB store; ``on_off`` are the metrics whose share of time on is kept."""

    def __init__(self, store: DuckDBStore, *, on_off: frozenset[str] = frozenset()) -> None:
        self._store = store
        self._on_off = texts(on_off)
        with store.work("preparing") as connection:
            connection.execute(SCHEMA)

    def hours_stored(self) -> set[tuple[bool, int]]:
        """Of homes or not, and the beginning of every hour that has readings."""
        with self._store.work("reading") as connection:
            rows = connection.execute(
                f"SELECT DISTINCT home, time_ns // {HOUR_MS * NS_PER_MS} * {HOUR_MS} FROM reading"  # noqa: S608 numbers
            ).fetchall()
        return {(home, begin) for home, begin in rows}

    def summarise_hour(self, begin_ms: int, *, home: bool) -> None:
        """Write the summaries of that hour anew, in one transaction."""
        question = SUMMARISE.format(
            source="reading", where=_between(begin_ms, begin_ms + HOUR_MS, home=home), on_off=self._on_off
        )
        self._rewrite("reading_hour", begin_ms, question, home=home)

    def summarise_day(self, begin_ms: int, end_ms: int, *, home: bool) -> None:
        """Write the summaries of that day anew, from those of its hours."""
        where = f"home = {home} AND begin_ms >= {begin_ms} AND begin_ms < {end_ms}"
        question = SUMMARISE_DAY.format(source="reading_hour", where=where, begin_ms=begin_ms)
        self._rewrite("reading_day", begin_ms, question, home=home)

    def fresh(self, series: Series) -> list[Summary]:
        """The hours of a series as its readings have them now."""
        start, end = series.from_ms * NS_PER_MS, series.to_ms * NS_PER_MS
        conditions, values = _of(series)
        where = " AND ".join([f"time_ns >= {start}", f"time_ns < {end}", *conditions])
        question = SUMMARISE.format(source="reading", where=where, on_off=self._on_off)
        with self._store.work("reading") as connection:
            return [*map(summary_of, connection.execute(question, values).fetchall())]

    def kept(self, span: Span, series: Series) -> list[Summary]:
        """Its hours or days as they were written."""
        conditions, values = _of(series)
        where = " AND ".join([f"begin_ms >= {series.from_ms}", f"begin_ms < {series.to_ms}", *conditions])
        question = f"SELECT {SUMMARY_COLUMNS} FROM {TABLES[span]} WHERE {where}"  # noqa: S608 fixed words, numbers
        with self._store.work("reading") as connection:
            return [*map(summary_of, connection.execute(question, values).fetchall())]

    def copy_class(self, from_ms: int, to_ms: int, file: Path, *, home: bool) -> int:
        """Write the readings of that time into a Parquet file with the columns of ``Readings``; how many."""
        target = str(file).replace("'", "''")
        question = f"SELECT {COLUMNS} FROM reading WHERE {_between(from_ms, to_ms, home=home)}"  # noqa: S608 numbers
        with self._store.work("copying") as connection:
            done = connection.execute(
                f"COPY ({question}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
            ).fetchone()
        return int(done[0]) if done else 0

    def forget(self, kind: Class, before_ms: int, *, home: bool) -> None:
        """Remove what lies before that time."""
        with self._store.work("removing from") as connection:
            if kind == "raw":
                connection.execute(
                    "DELETE FROM reading WHERE home = $1 AND time_ns < $2", [home, before_ms * NS_PER_MS]
                )
            else:
                connection.execute(
                    f"DELETE FROM {TABLES[kind]} WHERE home = $1 AND begin_ms < $2",  # noqa: S608 two names of ours
                    [home, before_ms],
                )

    def tidy(self) -> None:
        """Give what was removed back to the file: the next rows go there. The file itself does not shrink by this."""
        with self._store.work("tidying") as connection, contextlib.suppress(duckdb.TransactionException):
            connection.execute(
                "CHECKPOINT"
            )  # not while somebody writes: then the writer's own checkpoint does it

    def copy_place(self, place: str, folder: Path) -> None:
        """Write all that is kept of a place into ``PLACE_FILES``."""
        with self._store.work("copying") as connection:
            for table, time, name in zip(
                PLACE_TABLES, ("time_ns", "begin_ms", "begin_ms"), PLACE_FILES, strict=True
            ):
                connection.execute(
                    f"COPY (FROM {table} WHERE place = {texts([place])} ORDER BY {time}, device, metric) "
                    f"TO {_text(folder / name)} (FORMAT parquet, COMPRESSION zstd)"
                )

    def erase_place(self, place: str) -> None:
        """Remove all that is kept of a place; its rows leave the file's tables at once, its freed room with the next rows."""
        with self._store.work("erasing from") as connection:
            connection.execute("BEGIN")
            for table in PLACE_TABLES:
                connection.execute(f"DELETE FROM {table} WHERE place = $1", [place])  # noqa: S608 names of ours
            connection.execute("COMMIT")
        self.tidy()

    def _rewrite(self, table: str, begin_ms: int, question: str, *, home: bool) -> None:
        with self._store.work("summarising") as connection:
            connection.execute("BEGIN")
            old = f"DELETE FROM {table} WHERE home = $1 AND begin_ms = $2"  # noqa: S608 a name of ours
            connection.execute(old, [home, begin_ms])
            connection.execute(f"INSERT INTO {table} ({SUMMARY_COLUMNS}) {question}")
            connection.execute("COMMIT")


def compact(path: Path) -> tuple[int, int]:
    """Copy a store that nobody has open into a new file without its free room, and put that in its place; bytes before, after.

    A kill leaves the old file, or the new one. Raises ``StoreUnavailable`` when the file is in use or cannot be copied.
    """
    new = path.with_name(path.name + ".new")
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "threads": 1,
    }
    try:
        duckdb.connect(path, config=config).close()  # takes in the write-ahead log
        before = path.stat().st_size
        _remove(new)
        with duckdb.connect(config=config) as connection:
            connection.execute(f"ATTACH {_text(path)} AS old (READ_ONLY)")
            connection.execute(f"ATTACH {_text(new)} AS new")
            connection.execute("COPY FROM DATABASE old TO new")
            _same(connection)
            connection.execute("DETACH new")
        new.replace(path)
    except (duckdb.Error, OSError) as error:
        _remove(new)
        raise StoreUnavailable(f"{path} cannot be compacted: {error}") from error
    return before, path.stat().st_size


def _same(connection: duckdb.DuckDBPyConnection) -> None:
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'old'"
    ).fetchall()
    for (table,) in tables:
        counts = connection.execute(
            f"SELECT (SELECT count(*) FROM old.{table}), (SELECT count(*) FROM new.{table})"  # noqa: S608 the file's names
        ).fetchone()
        if counts is None or counts[0] != counts[1]:
            raise OSError(f"the copy of {table} is not whole: {counts}")


def _remove(file: Path) -> None:
    for each in (file, file.with_name(file.name + ".wal")):
        each.unlink(missing_ok=True)


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _between(from_ms: int, to_ms: int, *, home: bool) -> str:
    return f"home = {home} AND time_ns >= {from_ms * NS_PER_MS} AND time_ns < {to_ms * NS_PER_MS}"


def _of(series: Series) -> tuple[list[str], list[str]]:
    given = [(name, getattr(series, name)) for name in ("device", "place", "metric")]
    return [f"{name} = ?" for name, value in given if value], [value for _, value in given if value]
