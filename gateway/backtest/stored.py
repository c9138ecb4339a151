"""Copies of a store become rows of a history, and what the hub itself missed is found in them."""

from __future__ import annotations

from itertools import pairwise

import duckdb

from gateway.backtest.asked import Loss
from gateway.backtest.scratch import quoted
from rules.world import Device

LOSS_MS_MIN = 180_000
WAITED_MS = 10_000  # a message this much older than its receipt had waited at the broker
BACKLOG_MS = 300_000  # by then a broker's queue has been read
PLACES_MIN = 2  # silence of one home may be its own

# A text value is of no interest to rules; of an event it is the id, of a device's presence its radio gateway.
VIEW = """
CREATE OR REPLACE VIEW history AS
SELECT device, place, metric AS what, value, text, greatest(received_at, time_ns // 1000000) AS heard_at,
       time_ns // 1000000 AS observed,
       CASE quality WHEN 'late' THEN 1 WHEN 'clock' THEN 2 WHEN 'retained' THEN 3 ELSE 0 END::TINYINT AS quality
FROM read_parquet([{files}])
WHERE device <> 'carehub' AND (text IS NULL OR metric = 'online' OR starts_with(metric, 'event.'))
"""


def view_readings(scratch: duckdb.DuckDBPyConnection, files: tuple[str, ...]) -> None:
    """Make the view ``history`` of a store's copies."""
    scratch.execute(VIEW.format(files=", ".join(map(quoted, files))))


def losses_in(scratch: duckdb.DuckDBPyConnection, devices: tuple[Device, ...]) -> tuple[Loss, ...]:
    """When the hub heard nobody at all though somebody must have spoken: it was down, or cut off from the broker.

    That is: no device of any home for longer than two of the shortest heartbeats, and for three minutes at least. In a town
    of one home this cannot be told from the home's own silence, and is not.
    """
    if len({device.key for device in devices}) < PLACES_MIN:
        return ()
    shortest = min(device.heartbeat_s for device in devices) * 1000
    least = max(LOSS_MS_MIN, 2 * shortest)
    minutes = scratch.execute(
        "SELECT min(heard_at), max(heard_at) FROM history GROUP BY heard_at // 60000 ORDER BY 1"
    ).fetchall()
    return tuple(
        _loss(scratch, int(before[1]), int(after[0]))
        for before, after in pairwise(minutes)
        if after[0] - before[1] > least
    )


def _loss(scratch: duckdb.DuckDBPyConnection, lost_at: int, found_at: int) -> Loss:
    """What the broker had kept shows in rows that were seen meanwhile and received after."""
    row = scratch.execute(
        "SELECT count(*), max(heard_at) FROM history WHERE heard_at BETWEEN $1 AND $2 AND observed BETWEEN $3 AND $4",
        [found_at, found_at + BACKLOG_MS, lost_at, found_at - WAITED_MS],
    ).fetchone()
    kept, read_at = row or (0, None)
    return Loss(lost_at, found_at, int(read_at or found_at), bool(kept))
