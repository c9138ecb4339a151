"""City and streets: communities, stations, open alerts, coverage, how full the facilities are."""

from __future__ import annotations

from dataclasses import replace

from dashboards.queries.parts import AREA, HOUR, NOW, WEEK, course_of_sum, latest, latest_sum

ALL = "\"place\" != 'hub'"  # facilities stand in no street: this page shows them all
EACH = ("place", "device")

OPEN = latest_sum("area.open", "未办结 / open", who=AREA, when=HOUR, each=EACH)
STATIONS = latest_sum("area.stations", "服务站 / stations", who=AREA, when=HOUR)
STAFFED = latest_sum("area.staffed", "有人当班 / staffed", who=AREA, when=HOUR)
HEARING = latest_sum("area.hearing", "听得到 / hearing", who=AREA, when=HOUR)
HOMES = latest_sum("area.homes", "服务户数 / homes", who=AREA, when=HOUR)
COVERAGE = tuple(
    replace(latest_sum(f"area.{name}", name, who=AREA, when=HOUR), shape="table")
    for name in ("covered", "neighbourhoods")
)

COMMUNITIES = (
    *(
        latest(f"area.{name}", name, who=AREA, when=HOUR)
        for name in ("stations", "staffed", "hearing", "homes", "neighbourhoods", "covered")
    ),
    latest_sum("area.open", "open", who=AREA, when=HOUR, each=EACH, by=("place",)),
)

OPEN_BY_SEVERITY = course_of_sum("area.open", "$tag_device", who=AREA, when=WEEK, by=("device",))
STATIONS_OVER_TIME = tuple(
    course_of_sum(f"area.{name}", alias, who=AREA, when=WEEK)
    for name, alias in (
        ("stations", "服务站 / stations"),
        ("staffed", "有人当班 / staffed"),
        ("hearing", "听得到 / hearing"),
    )
)

FULLNESS = tuple(
    latest(f"use.{name}", name, who=ALL, when=NOW) for name in ("people", "lower", "upper", "capacity")
)
