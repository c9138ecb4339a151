"""Rows for the tests of the stores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace

from gateway.store.readings import Query, Reading, Readings, point_time_ns

NOW = 1_763_900_000_000  # epoch ms
TOKEN = "a-token-nobody-may-see"  # of the InfluxDB of these tests
PLAIN = Reading(
    device="door-1",
    place="H0001",
    home=True,
    metric="contact",
    time_ns=point_time_ns(NOW, 7),
    value=1.0,
    text=None,
    quality="good",
    boot="7f3a",
    seq=7,
    received_at=NOW + 40,
)
EVERYTHING = Query(0, 4_000_000_000_000, limit=1_000_000)


def row(at: int = NOW, seq: int | None = 7, **changes: object) -> Reading:
    """Make a reading observed at that epoch ms, like PLAIN but for the changes."""
    return replace(PLAIN, time_ns=point_time_ns(at, seq), seq=seq, **changes)  # type: ignore[arg-type]


def columns(rows: Iterable[Reading]) -> Readings:
    """Lay rows out as columns."""
    rows = list(rows)
    return Readings(*([getattr(reading, column.name) for reading in rows] for column in fields(Readings)))
