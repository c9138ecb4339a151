"""How fast readings come from the journal into the store, beside the same rows put there by the database alone.

A city's reports are journalled first, as a hub journals them. Then the hub's own writer, in a process of its own pinned to one
core, carries them into DuckDB and into a real InfluxDB: read from the journal, made into rows, committed batch by batch, their
hours noted as due. Every row is counted, some are written a second time and counted again, and the store is asked what the
console asks. The keeper of the store stays away meanwhile: in a hub it takes the least share.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TypeAlias

from gateway.bench.city import KIT, REPORT_MS, definition_of, home_of, registry_of, reports
from gateway.bench.influx import local_influx, missing
from gateway.bench.station import BenchError, machine, run_child
from gateway.bench.stored_floor import BY_PROXY, STRAIGHT
from gateway.bench.whole import rows_in
from gateway.journal.journal import Entry, Journal
from gateway.line import BATCH_MAX
from gateway.store.influxdb import BUCKET_HOMES
from rules.events import AnyEvent, Occurrence, Telemetry

Kind: TypeAlias = Literal["duckdb", "influxdb"]
HOMES = 1_000  # of five devices each, one report in five minutes
ROWS_PER_REPORT = 2
FALL_EVERY = 1_000  # reports: a few rows have a text, as events do


@dataclass(frozen=True, slots=True)
class Written:
    """A journal: how many rows of devices it holds, and over how many hours."""

    file: Path
    rows: int
    hours: float


def bench(*, rows: int, kinds: Sequence[Kind], progress: Callable[[str], None]) -> dict[str, Any]:
    """Run it; the keys are those of ``carehub bench store --json``. Raises ``BenchError`` when a row is missing or doubled."""
    with tempfile.TemporaryDirectory(prefix="carehub-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        progress(f"writing {rows:,} readings into a journal …")
        journal = _journal(folder / "journal.sqlite", rows)
        found: dict[str, Any] = {
            "rows": journal.rows,
            "devices": HOMES * len(KIT),
            "hours": round(journal.hours, 2),
            "duckdb": None,
            "influxdb": None,
        }
        if "duckdb" in kinds:
            progress("DuckDB …")
            found["duckdb"] = _duckdb(folder, journal)
        if "influxdb" in kinds:
            found["influxdb_missing"] = missing()
            if not found["influxdb_missing"]:
                progress("InfluxDB …")
                found["influxdb"] = _influxdb(folder, journal)
    return {**found, "machine": machine()}


def _journal(file: Path, rows: int) -> Written:
    """Reports of a city as its hub journals them in a flood, falls among them, up to now."""
    wanted = -(-rows // ROWS_PER_REPORT)
    rounds = -(-wanted // (HOMES * len(KIT))) + 1
    until_ms = time.time_ns() // 1_000_000
    from_ms = until_ms - rounds * REPORT_MS
    journal, waiting, reported, falls, at = Journal(file), list[AnyEvent](), 0, 0, from_ms
    world = definition_of(registry_of(HOMES))
    for event in chain.from_iterable(reports(list(range(HOMES)), from_ms, until_ms)):
        waiting.append(event)
        at = event.at
        if isinstance(event, Telemetry):
            reported += 1
            if reported % FALL_EVERY == 0:
                falls += 1
                waiting.append(_fall(falls, at))
        if len(waiting) >= BATCH_MAX or reported == wanted:
            journal.append(Entry(events=waiting, world=None if journal.position else world))
            waiting = []
        if reported == wanted:
            break
    journal.close()
    return Written(file, reported * ROWS_PER_REPORT + falls, (at - from_ms) / 3_600_000)


def _fall(number: int, at: int) -> Occurrence:
    device = f"{home_of(number % HOMES)}-pendant"
    return Occurrence(at, device, at - 80, 0, "", 0, f"fall-{number}", "fall", {"confidence": 0.9})


def _duckdb(folder: Path, journal: Written) -> dict[str, Any]:
    data = folder / "duckdb"
    done = run_child("gateway.bench.stored", "duckdb", journal.file, data)
    file = data / "readings.duckdb"
    floor = run_child("gateway.bench.stored_floor", "duckdb", file, folder / "floor.duckdb")
    _check("DuckDB", journal.rows, done, {"counted at the end": rows_in(file)})
    return {
        **_figures(journal.rows, done, floor),
        "bytes_per_row": round(file.stat().st_size / journal.rows, 2),
        "floor_bytes_per_row": round(floor["bytes"] / floor["rows"], 2),
    }


def _influxdb(folder: Path, journal: Written) -> dict[str, Any]:
    with local_influx(folder / "influx") as influx:
        began = influx.cpu_s()
        done = run_child("gateway.bench.stored", "influxdb", journal.file, folder / "influxdb", influx.url)
        theirs, taken = influx.cpu_s() - began, influx.bytes_on_disk(BUCKET_HOMES)
        floor = run_child("gateway.bench.stored_floor", "influxdb", journal.file, influx.port, influx.url)
        ends = {name: influx.count(name) for name in (BUCKET_HOMES, STRAIGHT, BY_PROXY)}
        _check("InfluxDB", journal.rows, done, ends)
        by_proxy = floor["rows"] / floor["seconds_by_proxy"]
        return {
            **_figures(journal.rows, done, floor),
            "floor_by_proxy_rows_per_s": round(by_proxy),
            "ratio_by_proxy": round(journal.rows / done["seconds"] / by_proxy, 3),
            "bytes_per_row": round(taken / journal.rows, 2),
            "influxd_cpu_s": round(theirs, 2),
            "influxd_rss_mb": round(influx.memory_mb()),
        }


def _figures(rows: int, done: dict[str, Any], floor: dict[str, Any]) -> dict[str, Any]:
    rate, floor_rate = rows / done["seconds"], floor["rows"] / floor["seconds"]
    return {
        "rows_per_s": round(rate),
        "floor_rows_per_s": round(floor_rate),
        "ratio": round(rate / floor_rate, 3),
        "cpu_us_per_row": round(done["cpu_s"] / rows * 1e6, 2),
        "floor_cpu_us_per_row": round(floor["cpu_s"] / floor["rows"] * 1e6, 2),
        **{name: value for name, value in done.items() if name not in ("seconds", "cpu_s")},
    }


def _check(name: str, rows: int, done: dict[str, Any], more: dict[str, int]) -> None:
    found = {"stored": done["counted"], "after writing some again": done["counted_again"], **more}
    wrong = [f"{what}: {number:,} of {rows:,}" for what, number in found.items() if number != rows]
    if done["refused"]:
        wrong.append(f"refused: {done['refused']}")
    if wrong:
        raise BenchError(f"{name} does not hold the rows it should: {', '.join(wrong)}")
