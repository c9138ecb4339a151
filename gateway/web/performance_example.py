"""An answer of ``GET /api/v1/performance`` for its description: drawn up from made-up alerts, so that it is always right."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.alerts.performance import performance
from gateway.alerts.record import DAY_MS, HOUR_MS, Asked, Facts, Record, Standing

_NOW = 1_772_380_800_000  # 2026-03-02 in Shanghai
_STATION = "福田区/莲花街道/莲花社区"
_AT = _NOW - 20 * HOUR_MS
_RECORDS = (
    Record(
        number=416, rule="fall", kind="life_safety", place="H0001", station=_STATION, raised_at=_AT, device="H0001-radar",
        device_kind="radar", sent_ms=400, delivered_ms=900, seen_ms=11_000, accepted_ms=24_000, on_site_ms=1_260_000,
        settled=True, closed=True, verdict="true",
    ),
    Record(
        number=417, rule="fall", kind="life_safety", place="H0002", station=_STATION, raised_at=_AT + HOUR_MS,
        device="H0002-radar", device_kind="radar", sent_ms=300, delivered_ms=800, accepted_ms=195_000, settled=True,
        closed=True, verdict="false", reason="sat_down",
    ),
    Record(
        number=418, rule="device_silent", kind="device", place="H0003", station=_STATION, raised_at=_AT + 2 * HOUR_MS,
        device="H0003-motion", device_kind="motion", sent_ms=500,
    ),
)  # fmt: skip

PERFORMANCE: dict[str, Any] = msgspec.to_builtins(
    performance(
        Facts(
            records=_RECORDS,
            standing=[Standing(418, "device", _STATION, _AT + 2 * HOUR_MS, shelved=False)],
            operators={(_STATION, _AT // HOUR_MS): 2},
            homes={_STATION: 60},
        ),
        Asked(begin=_NOW - DAY_MS, end=_NOW, now=_NOW, by_home=True),
    )
)
