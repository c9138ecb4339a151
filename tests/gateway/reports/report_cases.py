"""What the tests of reports ask for."""

from __future__ import annotations

from gateway.bench import report_town as town
from gateway.reports.asked import Asked

NOW = town.end_ms() + 1
STATION = town.stations(3)[0]


def asked(kind: str, period: str = "2026-10", **other: object) -> Asked:
    return Asked(**({"kind": kind, "period": period, "now": NOW} | other))  # type: ignore[arg-type]
