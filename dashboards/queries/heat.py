"""Demand over supply, a row for each community."""

from __future__ import annotations

from dashboards.queries.parts import AREA, HOUR, MONTH, course, latest

SHOWN = ("elders", "alerts_30d", "visits_30d", "stations", "hours_week", "seats")
COMMUNITIES = tuple(latest(f"heat.{name}", name, who=AREA, when=HOUR) for name in SHOWN)
ON_THE_MAP = tuple(
    latest(f"heat.{name}", name, who=AREA, when=HOUR)
    for name in ("lat", "lon", "elders", "alerts_30d", "seats")
)
ELDERS = latest("heat.elders", "elders", who=AREA, when=HOUR)
ALERTS = course("heat.alerts_30d", "$tag_place", who=AREA, when=MONTH)
VISITS = course("heat.visits_30d", "$tag_place", who=AREA, when=MONTH)
