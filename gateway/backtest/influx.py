"""Copies what an InfluxDB holds into Parquet, a few hours at a time. Never in the hub's own process: this is Python's work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from gateway.backtest.asked import Influx
from gateway.backtest.scratch import quoted
from gateway.store.readings import Query, Reading, Readings

SLICE_MS = 6 * 3_600_000
ROWS_MAX = 200_000  # of one answer; a slice that holds more is halved


def copy_influx(
    source: Influx, folder: Path, from_ms: int, to_ms: int, progress: Callable[[float], None]
) -> tuple[str, ...]:
    """Copy the readings from ``from_ms`` to ``to_ms``; the files. Raises ``StoreUnavailable``."""
    from gateway.store.influxdb import InfluxStore  # noqa: PLC0415 its client takes a second to import

    store = InfluxStore(
        url=source.url, org=source.org, token=source.token, cursor_file=folder / "no.cursor", timeout_s=60.0
    )
    files: list[str] = []
    waiting = [(at, min(at + SLICE_MS, to_ms)) for at in range(from_ms, to_ms, SLICE_MS)][::-1]
    try:
        while waiting:
            begin, end = waiting.pop()
            found = store.read(Query(from_ms=begin, to_ms=end, limit=ROWS_MAX))
            if len(found) == ROWS_MAX and end - begin > 1:
                middle = (begin + end) // 2
                waiting += [(middle, end), (begin, middle)]
                continue
            if found:
                files.append(str(folder / f"influx-{begin}.parquet"))
                write_parquet(found, Path(files[-1]))
            progress((end - from_ms) / (to_ms - from_ms))
    finally:
        store.close()
    return tuple(files)


def write_parquet(readings: list[Reading], file: Path) -> None:
    """The readings as a store's own copy has them."""
    columns: dict[str, np.ndarray[Any, Any]] = {  # noqa: F841 the question names it
        column.name: np.array(
            [getattr(row, column.name) for row in readings], dtype=_DTYPE.get(column.name, object)
        )
        for column in fields(Readings)
        if column.name not in {"boot", "seq"}
    }
    connection = duckdb.connect()
    connection.execute(
        f"COPY (SELECT * REPLACE (text::VARCHAR AS text) FROM columns) TO {quoted(str(file))} (FORMAT parquet)"  # noqa: S608
    )
    connection.close()


_DTYPE = {"home": np.bool_, "time_ns": np.int64, "value": np.float64, "received_at": np.int64}
