"""A slice of time of what is kept, store and archive together, as one Parquet file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from gateway.archive import Archive
from gateway.backtest.scratch import open_scratch, quoted
from gateway.store.keeping_book import KeepingBook
from gateway.store.readings import NS_PER_MS, Copies, StoreUnavailable

SLICE_MS_MAX = 86_400_000
COLUMNS = "device, place, home, metric, time_ns, value, text, quality, boot, seq, received_at"
TRIES = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """Readings observed from ≤ time < to (epoch ms) of a device, a place, a metric; '' is any."""

    from_ms: int
    to_ms: int
    device: str = ""
    place: str = ""
    metric: str = ""


def write_slice(wanted: Wanted, file: Path, *, copies: Copies, archive: Archive, book: KeepingBook) -> None:
    """Write what is wanted into ``file``; next to it lie its parts meanwhile. Raises ``StoreUnavailable``."""
    parts = file.with_name(file.name + ".parts")
    parts.mkdir(parents=True, exist_ok=True)
    live = parts / "live.parquet"
    try:
        for _ in range(TRIES):
            before = _kept_from(book)
            copies.copy(wanted.from_ms, wanted.to_ms, live)
            if _kept_from(book) == before:  # else a day has moved into the archive meanwhile
                break
        files = [
            str(day.file)
            for day in archive.days(wanted.from_ms, wanted.to_ms)
            if day.end_ms <= before[day.home]
        ]
        scratch = open_scratch(parts)
        scratch.execute(_question(wanted, live, files, before, file))
        scratch.close()
    except duckdb.Error as error:
        raise StoreUnavailable(f"{file} cannot be written: {error}") from error
    finally:
        shutil.rmtree(parts, ignore_errors=True)


def _kept_from(book: KeepingBook) -> dict[bool, int]:
    """From when on the store has the readings of homes, of facilities; what was before is the archive's."""
    return {home: book.readings_from_ms(home=home) for home in (True, False)}


def _question(wanted: Wanted, live: Path, files: list[str], kept_from: dict[bool, int], target: Path) -> str:
    homes, places = kept_from[True] * NS_PER_MS, kept_from[False] * NS_PER_MS
    rows = (
        f"SELECT {COLUMNS} FROM read_parquet({quoted(str(live))}) "  # noqa: S608 names of ours, numbers, quoted words
        f"WHERE time_ns >= CASE WHEN home THEN {homes} ELSE {places} END"
    )
    if files:
        rows += f" UNION ALL SELECT {COLUMNS} FROM read_parquet([{', '.join(map(quoted, files))}])"  # noqa: S608 same
    of = [f"time_ns >= {wanted.from_ms * NS_PER_MS}", f"time_ns < {wanted.to_ms * NS_PER_MS}"]
    of += [
        f"{name} = {quoted(value)}"
        for name in ("device", "place", "metric")
        if (value := getattr(wanted, name))
    ]
    return (
        f"COPY (FROM ({rows}) WHERE {' AND '.join(of)}) TO {quoted(str(target))} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )
