"""A database in memory for one backtest: it reads CSV and Parquet, and spills into a folder what memory does not hold."""

from __future__ import annotations

from pathlib import Path

import duckdb

MEMORY = "500MB"


def open_scratch(folder: Path, *, zone: str = "UTC", threads: int = 1) -> duckdb.DuckDBPyConnection:
    """Open it; a time without an offset is read in ``zone``."""
    scratch = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": MEMORY,
            "threads": threads,
            "temp_directory": str(folder / "spill"),
            "preserve_insertion_order": False,
        }
    )
    scratch.execute(f"SET TimeZone = {quoted(zone)}")
    scratch.execute("SET enable_progress_bar = false")
    return scratch


def quoted(text: str) -> str:
    """The text as SQL writes one: for the places where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"


def number(scratch: duckdb.DuckDBPyConnection, question: str) -> int:
    """The one whole number that the question is answered with (0 for none)."""
    row = scratch.execute(question).fetchone()
    return int(row[0] or 0) if row else 0
