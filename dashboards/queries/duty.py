"""Station duty: load against ISA-18.2, response shares, and what makes alerts a burden; by community."""

from __future__ import annotations

from dashboards.queries.parts import AREA, DAY, QUARTER, daily, daily_sum, latest, marks, total

CLASSES = daily_sum("duty_1d.alerts", "$tag_device", who=AREA, by=("device",))
PER_HOUR = daily("duty_1d.per_hour", "$tag_place", who=AREA)
PEAK = daily("duty_1d.peak_10min", "$tag_place", who=AREA)
FLOODS = daily("duty_1d.floods", "$tag_place", who=AREA)
OVER_12 = daily("duty_1d.over_12h", "$tag_place", who=AREA)

SHARES = daily("duty_30d.share", "$tag_place · $tag_device", who=AREA, when=QUARTER)
SHARES_NOW = latest("duty_30d.share", "share", who=AREA, when=DAY, by=("place", "device"))

BURDEN = tuple(
    daily_sum(f"duty_1d.{name}", alias, who=AREA)
    for name, alias in (
        ("chatter", "反复 / chattering"),
        ("stale", "久未办结 / stale"),
        ("shelved", "暂缓 / shelved"),
    )
)

COMMUNITIES = (
    total("duty_1d.alerts", "alerts", who=AREA),
    total("duty_1d.per_hour", "per_hour", who=AREA, how="max"),
    total("duty_1d.peak_10min", "peak_10min", who=AREA, how="max"),
    *(
        total(f"duty_1d.{name}", name, who=AREA)
        for name in ("floods", "over_12h", "chatter", "stale", "shelved")
    ),
)

FLOOD_MARKS = marks("duty_1d.floods", who=AREA)
