"""Readings in one DuckDB file, the embedded default. Only the hub may have the file open."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np

from gateway.store import halving
from gateway.store.columns import Coded, Gapped
from gateway.store.readings import Query, Reading, Readings, StoreRefused, StoreUnavailable, check

SEQ_UNKNOWN = -1  # a numpy column holds no None; a known seq is 0 or more

# No unique index: 3.7 against 0.7 µs a row. A row comes once because its cursor shares the transaction.
SCHEMA = """
CREATE TABLE IF NOT EXISTS reading (
    device VARCHAR NOT NULL, place VARCHAR NOT NULL, home BOOLEAN NOT NULL, metric VARCHAR NOT NULL,
    time_ns BIGINT NOT NULL, value DOUBLE NOT NULL, text VARCHAR, quality VARCHAR NOT NULL,
    boot VARCHAR, seq BIGINT, received_at BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS journal_cursor (position BIGINT NOT NULL);
INSERT INTO journal_cursor SELECT 0 WHERE NOT EXISTS (FROM journal_cursor);
"""
COLUMNS = "device, place, home, metric, time_ns, value, text, quality, boot, seq, received_at"
# the numpy columns are found by the name of the variable that holds them
INSERT = f"""
INSERT INTO reading ({COLUMNS})
SELECT {COLUMNS.replace("seq", f"nullif(seq, {SEQ_UNKNOWN})")} FROM batch
"""  # noqa: S608 no value is put into the text
BUGS = (duckdb.DataError, duckdb.IntegrityError, duckdb.ProgrammingError)  # rows were checked before
ORDER = ("time_ns", "device", "metric", "place", "seq")


class DuckDBStore:
    """A store in a file of its own; rows and cursor are committed in one transaction.

    ``threads`` above 1 speeds up long reads and slows the small batches of a running hub. ``memory_bytes`` is what DuckDB
    held before the last write, its cache for the most part: it grows until ``memory_limit``.
    Raises StoreUnavailable when the file cannot be opened.
    """

    name = "duckdb"

    def __init__(self, path: Path, *, memory_limit: str = "512MB", threads: int = 1) -> None:
        self._path = path
        self._config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": memory_limit,
            "threads": threads,
        }
        self._writing = threading.Lock()
        self._opening = threading.Lock()
        self._database: duckdb.DuckDBPyConnection | None = None
        self._copying: duckdb.DuckDBPyConnection | None = None
        self._closed = False
        self._cursor = 0
        self.memory_bytes = 0
        self._connection().close()

    def cursor(self) -> int:
        """Journal position up to which rows are committed."""
        return self._cursor

    def write(self, rows: Readings, *, cursor: int) -> None:
        """Commit rows and cursor in one transaction, on disk when it returns."""
        with self._writing:
            if cursor <= self._cursor:
                return
            check(rows)
            batch = _columns(rows)  # noqa: F841 INSERT names it
            fault = None
            connection = self._connection()
            if cursor <= self._cursor:
                return  # a commit that seemed to fail was found done when the file was opened again
            try:
                self.memory_bytes = _memory_bytes(connection)
                connection.execute("BEGIN")
                if len(rows):
                    connection.execute(INSERT)
                connection.execute("UPDATE journal_cursor SET position = $1", [cursor])
                connection.execute("COMMIT")
            except BUGS as error:
                fault = error
            except duckdb.Error as error:
                self._forget()
                raise StoreUnavailable(f"writing {self._path} failed: {error}") from error
            finally:
                connection.close()  # what is not committed is rolled back
            if fault is not None:
                raise self._refusal(rows, fault)
            self._cursor = cursor

    def _refusal(self, rows: Readings, fault: duckdb.Error) -> StoreRefused | StoreUnavailable:
        """What a fault of the program comes to: the rows that DuckDB does not take, or nothing that is theirs."""
        found = halving.refused([range(len(rows))], lambda part: self._fault_of(rows, part))
        refused = dict(sorted(found))
        if refused and self._fault_of(rows, range(0)) is None:
            return StoreRefused(refused)
        return StoreUnavailable(f"writing {self._path} failed by a fault of the program: {fault}")

    def _fault_of(self, rows: Readings, part: Sequence[int]) -> str | None:
        """Why DuckDB does not take these rows, in a transaction that is rolled back; of no rows, why not even those."""
        taken = set(part)
        batch = _columns(rows.without([n for n in range(len(rows)) if n not in taken]))  # noqa: F841 INSERT names it
        with self.work("trying rows in") as connection:
            connection.execute("BEGIN")
            try:
                connection.execute(INSERT if taken else f"EXPLAIN {INSERT}")
            except BUGS as error:
                return str(error)
        return None

    def read(self, query: Query) -> list[Reading]:
        """Find readings; whole batches are seen, never a part of one."""
        start, end = query.bounds_ns()
        conditions: list[tuple[str, object]] = [("time_ns >= ?", start), ("time_ns < ?", end)]
        for column in ("device", "place", "metric", "home"):
            wanted = getattr(query, column)
            if wanted is not None:
                conditions.append((f"{column} = ?", wanted))
        way = "DESC" if query.newest_first else "ASC"
        text = (
            f"SELECT {COLUMNS} FROM reading WHERE {' AND '.join(text for text, _ in conditions)} "  # noqa: S608 fixed words
            f"ORDER BY {', '.join(f'{column} {way}' for column in ORDER)} LIMIT ?"
        )
        connection = self._connection()
        try:
            found = connection.execute(text, [*(value for _, value in conditions), query.limit]).fetchall()
        except duckdb.Error as error:
            raise StoreUnavailable(f"reading {self._path} failed: {error}") from error
        finally:
            connection.close()
        return [Reading(*row) for row in found]

    def copy(self, from_ms: int, to_ms: int, file: Path) -> None:
        """Write the readings observed from ``from_ms`` up to, not including, ``to_ms`` into a Parquet file, in any order.

        Nobody who writes is held up. The file has the columns of ``Readings``.
        """
        start, end = Query(from_ms=from_ms, to_ms=to_ms).bounds_ns()
        target = str(file).replace("'", "''")
        connection = self._connection()
        try:
            connection.execute(
                f"COPY (SELECT {COLUMNS} FROM reading WHERE time_ns >= {start} AND time_ns < {end}) "  # noqa: S608 two numbers
                f"TO '{target}' (FORMAT parquet)"
            )
        except duckdb.Error as error:
            raise StoreUnavailable(f"copying {self._path} to {file} failed: {error}") from error
        finally:
            connection.close()

    def copy_whole(self, file: Path) -> tuple[int, int]:
        """Copy everything into a new file as of one moment; the journal position it stands at, and how many readings.

        Nobody who writes is held up.
        """
        target = str(file).replace("'", "''")
        self._copying = connection = self._connection()
        try:
            (own,) = connection.execute("SELECT current_database()").fetchone() or ("",)
            connection.execute(f"ATTACH '{target}' AS copied")
            try:
                connection.execute(f'COPY FROM DATABASE "{own}" TO copied')
                position = connection.execute("SELECT max(position) FROM copied.journal_cursor").fetchone()
                readings = connection.execute("SELECT count(*) FROM copied.reading").fetchone()
            finally:
                connection.execute("DETACH copied")
        except duckdb.Error as error:
            raise StoreUnavailable(f"copying {self._path} to {file} failed: {error}") from error
        finally:
            self._copying = None
            connection.close()
        return int((position or (0,))[0]), int((readings or (0,))[0])

    def end_copy(self) -> None:
        """Let a ``copy_whole`` that is at work in another thread fail."""
        copying = self._copying
        if copying is not None:
            copying.interrupt()

    def write_again(self, rows: Readings) -> None:
        """Write rows that were refused before, beside the cursor; rows that are there already are replaced."""
        check(rows)
        with self._writing, self.work("writing again into") as connection:
            connection.execute("BEGIN")
            for number, row in enumerate(rows):
                values = [getattr(row, column) for column in COLUMNS.split(", ")]
                connection.execute(
                    "DELETE FROM reading WHERE device = ? AND place = ? AND metric = ? AND time_ns = ?",
                    [row.device, row.place, row.metric, row.time_ns],
                )
                try:
                    connection.execute(
                        f"INSERT INTO reading ({COLUMNS}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608 fixed words
                        values,
                    )
                except BUGS as error:
                    raise StoreRefused({number: str(error)}) from error
            connection.execute("COMMIT")

    @contextmanager
    def work(self, what: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for a piece of work of its own: ``what`` it does, for the error's words.

        Nobody who reads or writes meanwhile is held up. What is not committed at the end is rolled back.
        """
        connection = self._connection()
        try:
            yield connection
        except duckdb.FatalException as error:  # the database is out of service
            self._forget()
            raise StoreUnavailable(f"{what} {self._path} failed: {error}") from error
        except duckdb.Error as error:
            raise StoreUnavailable(f"{what} {self._path} failed: {error}") from error
        finally:
            connection.close()

    def close(self) -> None:
        """Close the file; what the write-ahead log holds goes into it."""
        with self._writing, self._opening:
            self._closed = True
            if self._database is not None:
                self._database.close()
                self._database = None

    def _connection(self) -> duckdb.DuckDBPyConnection:
        """Make a connection for this thread, opening the file where it is not open."""
        with self._opening:
            if self._closed:
                raise StoreUnavailable(f"{self._path} is closed")
            try:
                if self._database is None:
                    self._path.parent.mkdir(parents=True, exist_ok=True)
                    self._database = duckdb.connect(self._path, config=self._config)
                    self._database.execute(SCHEMA)
                    self._cursor = _position(self._database)
                return self._database.cursor()
            except (duckdb.Error, OSError) as error:
                self._database = None
                raise StoreUnavailable(f"{self._path} cannot be opened: {error}") from error

    def _forget(self) -> None:
        """After a failure: roll back by closing; the next call opens the file anew and learns its cursor.

        DuckDB takes a database out of service after some failures, a full disk among them.
        """
        with self._opening:
            if self._database is not None:
                self._database.close()
                self._database = None


def _memory_bytes(database: duckdb.DuckDBPyConnection) -> int:
    found = database.execute(
        "SELECT sum(memory_usage_bytes) FROM duckdb_memory()"
    ).fetchall()  # to its end, as below
    return int(found[0][0] or 0)


def _position(database: duckdb.DuckDBPyConnection) -> int:
    # fetchall: an answer that is not read to its end keeps its transaction for as long as the file is open
    found = database.execute("SELECT max(position) FROM journal_cursor").fetchall()
    return int(found[0][0])


def _columns(rows: Readings) -> dict[str, np.ndarray]:
    """Lay the batch out as DuckDB takes it fastest without pandas or Arrow: every word one object, however often it comes.

    Committed batches of 20,000 rows: 1.0 µs a row, of 130,000 (past a row group, so beside the write-ahead log): 0.6; by
    codes joined to words 1.2 and 0.8; by list parameters 12.
    """
    seq = Gapped.of(rows.seq)
    return {
        "device": Coded.of(rows.device).expanded(),
        "place": Coded.of(rows.place).expanded(),
        "home": np.asarray(rows.home, np.bool_),
        "metric": Coded.of(rows.metric).expanded(),
        "time_ns": np.asarray(rows.time_ns, np.int64),
        "value": np.asarray(rows.value, np.float64),
        "text": Coded.of(rows.text).expanded(),
        "quality": Coded.of(rows.quality).expanded(),
        "boot": Coded.of(rows.boot).expanded(),
        "seq": np.where(seq.known, seq.numbers, SEQ_UNKNOWN),
        "received_at": np.asarray(rows.received_at, np.int64),
    }
