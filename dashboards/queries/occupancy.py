"""Facilities: how many people are there now, by hour and by day, against usual; in and out, drift, rooms."""
# ruff: noqa: S608 the texts are put together from this module's own constants

from __future__ import annotations

from dashboards.queries.parts import (
    HERE,
    LIVE,
    MONTH,
    NOW,
    WEEK,
    Query,
    course,
    daily,
    daily_sum,
    last,
    latest,
    latest_sum,
    marks,
    total,
)

PEOPLE_NOW = latest_sum("use.people", "在场人数 / people", who=HERE, when=NOW)
CAPACITY_NOW = latest_sum("use.capacity", "核定容量 / capacity", who=HERE, when=NOW)
FULLNESS = tuple(
    latest(f"use.{name}", name, who=HERE, when=NOW) for name in ("people", "lower", "upper", "capacity")
)

# One facility at a time: these panels are repeated for each.
BAND_NAMES = (
    ("people", "在场人数 / people"),
    ("lower", "下限 / lower"),
    ("upper", "上限 / upper"),
    ("capacity", "核定容量 / capacity"),
)
BAND = tuple(course(f"use.{name}", alias, who=HERE, when=LIVE) for name, alias in BAND_NAMES)
HOURS = tuple(
    course(f"use_1h.{name}", alias, who=HERE, when=MONTH, how="max" if name == "peak" else "mean")
    for name, alias in (
        *BAND_NAMES,
        ("usual", "平时 / usual"),
        ("peak", "最多 / most"),
    )
)

PEOPLE_BY_HOUR = Query(
    f'SELECT sum("value") AS "people" FROM "use_1h.people" WHERE {HERE} AND {MONTH} GROUP BY time(1h) fill(none)',
    shape="table",
)
CAME = course("use_1h.came", "进入 / in", who=HERE, when=WEEK, how="sum", by=())
WENT = course("use_1h.went", "离开 / out", who=HERE, when=WEEK, how="sum", by=())
UNUSUAL = course("use_1h.unusual", "$tag_place", who=HERE, when=WEEK, how="max")
DRIFT = course("use_1h.drift", "漂移 / drift", who=HERE, when=WEEK, how="sum", by=())

PEOPLE_HOURS = daily("use_1d.people_h", "$tag_place", who=HERE)
# A year of days of many facilities is what these pages wait for longest: few of them.
USED = tuple(
    daily_sum(f"use_1d.{name}", alias, who=HERE)
    for name, alias in (
        ("open_known_h", "开放且有数 / open and known"),
        ("open_used_h", "开放时有人 / open and used"),
    )
)
CAME_BY_DAY = daily_sum("use_1d.came", "进入 / in", who=HERE)
OPEN = ("open_h", "open_known_h", "open_used_h")
TOTALS = (
    *(total(f"use_1d.{name}", name, who=HERE) for name in ("people_h", "came", "went", "drift")),
    *(total(f"use_1d.{name}", name, who=HERE) for name in ("used_h", "known_h", *OPEN)),
    *(total(f"use_1d.{name}", name, who=HERE, how="max") for name in ("peak", "capacity")),
)

ROOMS_USED = daily("zone_1d.used_h", "$tag_place $tag_device", who=HERE, when=MONTH)
ROOMS = tuple(
    total(f"zone_1d.{name}", name, who=HERE, by=("place", "device"))
    for name in ("used_h", "people_h", "m2_h", "known_h", *OPEN)
)

DOORS = tuple(
    latest(name, name, who=HERE, when=last("24h"), by=("place", "device"))
    for name in ("occupancy", "in", "out")
)

UNUSUAL_MARKS = marks("use_1h.unusual", who=HERE, when=MONTH)
