"""A history as the folds read it: cut into shards, each a Parquet folder with the whole history of some homes.

A row's ``heard_at`` is when the hub received it, ``observed`` when it was seen; ``key`` says whose it is: what a radio gateway
says of itself stands there once for every home behind it, as the hub tells it to each.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec
import numpy as np

from gateway.backtest.asked import BacktestError, Heartbeats, Loss, Registered
from gateway.backtest.scratch import number, quoted
from rules.world import Device

ROWS_PER_SHARD = 150_000  # a worker holds one as Python values: some 60 MB
SHARDS_MAX = 512

WAYS = """
CREATE OR REPLACE TABLE way AS
SELECT DISTINCT r.text AS via, k.key FROM {source} r JOIN known k ON r.device = k.device {there}
WHERE r.what = 'online' AND r.text <> ''
AND NOT EXISTS (FROM known own WHERE own.device = r.text AND own.key = k.key)
"""
SPLIT = """
COPY (
    SELECT k.key, r.device, r.what, r.value, r.text, r.heard_at, r.observed, r.quality, hash(k.key) % {shards} AS shard
    FROM {source} r JOIN known k ON r.device = k.device {there}
    UNION ALL
    SELECT w.key, r.device, r.what, r.value, r.text, r.heard_at, r.observed, r.quality, hash(w.key) % {shards} AS shard
    FROM {source} r JOIN way w ON r.device = w.via WHERE r.what = 'online'
) TO {folder} (FORMAT parquet, PARTITION_BY (shard))
"""


@dataclass(frozen=True, slots=True)
class Shard:
    """The rows of some homes, and these homes with those of their devices that spoke."""

    files: str
    rows: int
    registered: Registered


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What there is to judge, in ms; it counts from ``begin`` to ``end``.

    ``until`` is up to when every home is watched (None: each to its own last row). ``heartbeats`` says what is known of how
    often devices report. ``unplaced`` rows are of devices that are not registered or were elsewhere then; ``quiet`` counts
    registered devices that said nothing.
    """

    shards: tuple[Shard, ...]
    begin: int
    until: int | None
    end: int
    heartbeats: Heartbeats
    losses: tuple[Loss, ...]
    rows: int
    unplaced: int
    quiet: int


def split(
    scratch: duckdb.DuckDBPyConnection,
    source: str,
    registered: Registered,
    folder: Path,
    *,
    where_it_was: bool,
    shards_min: int = 1,
) -> tuple[tuple[Shard, ...], int, int]:
    """Cut the rows of table or view ``source`` by home; the shards, how many rows are of no device, how many devices quiet.

    ``where_it_was``: a row counts only if its ``place`` is where the device is registered now.
    Raises ``BacktestError`` when no row is left.
    """
    known = {  # noqa: F841 the next line names it
        "device": np.array([device.id for device in registered.devices], dtype=object),
        "key": np.array([device.key for device in registered.devices], dtype=object),
    }
    scratch.execute(
        "CREATE OR REPLACE TABLE known AS SELECT device::VARCHAR AS device, key::VARCHAR AS key FROM known"
    )
    there = "AND r.place = k.key" if where_it_was else ""
    scratch.execute(WAYS.format(source=source, there=there))
    rows = number(scratch, f"SELECT count(*) FROM {source}")  # noqa: S608 a name of ours
    shards = max(shards_min, min(SHARDS_MAX, rows // ROWS_PER_SHARD + 1))
    target = folder / "shards"
    shutil.rmtree(target, ignore_errors=True)
    scratch.execute(SPLIT.format(source=source, there=there, shards=shards, folder=quoted(str(target))))
    found = _shards(scratch, target, registered) if any(target.glob("*/*.parquet")) else ()
    if not found:
        raise BacktestError(
            "none of the devices in this history is registered; import the registry first (carehub import), or give the "
            "file columns home and kind"
        )
    placed = number(
        scratch,
        f"SELECT count(*) FROM {source} r JOIN known k ON r.device = k.device {there}",  # noqa: S608 names of ours
    )
    spoke = sum(len(shard.registered.devices) for shard in found)
    return found, rows - placed, len(registered.devices) - spoke


def _shards(scratch: duckdb.DuckDBPyConnection, folder: Path, registered: Registered) -> tuple[Shard, ...]:
    """The shards as they lie there, the largest first: so the workers end together."""
    devices = {device.id: device for device in registered.devices}
    places = {place.key: place for place in registered.places}
    spoke: dict[int, list[Device]] = defaultdict(list)
    rows: dict[int, int] = defaultdict(int)
    question = (
        f"SELECT shard, device, key, count(*) FROM read_parquet({quoted(f'{folder}/*/*.parquet')}, hive_partitioning = true) "  # noqa: S608
        "GROUP BY ALL ORDER BY device, key"
    )
    for shard, name, key, count in scratch.execute(question).fetchall():
        rows[shard] += count
        device = devices.get(name)
        if device is not None and device.key == key:
            spoke[shard].append(device)
    found = []
    for shard, heard in spoke.items():
        here = sorted({device.key for device in heard} & places.keys())
        world = msgspec.structs.replace(
            registered, places=tuple(places[key] for key in here), devices=tuple(heard)
        )
        found.append(Shard(f"{folder}/shard={shard}/*.parquet", rows[shard], world))
    return tuple(sorted(found, key=lambda shard: (-shard.rows, shard.files)))
