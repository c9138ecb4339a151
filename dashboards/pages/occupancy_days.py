"""The lower part of the page about facilities: by day, by room, and what the counters themselves said."""

from __future__ import annotations

from grafana_foundation_sdk.builders import table, timeseries
from grafana_foundation_sdk.models import common

from dashboards.frame import FACILITY, Rows
from dashboards.panels import MONTH, bars, both, lines
from dashboards.queries import occupancy
from dashboards.tables import Column, percent, rows

OPEN = [
    Column(name="open_used_h", title="开放时有人 / Open and used (h)"),
    Column(name="open_known_h", title="开放且有数 / Open and known (h)"),
    Column(name="open_h", title="开放 / Open (h)"),
]


def by_day(place: Column) -> Rows:
    """Rows of what is written once a day: it may be looked at over years."""
    return [
        ("按天 / By day", [_people_hours(), _used(), _passed(), _totals(place)]),
        ("房间与门 / Rooms and doors", [_rooms_used(), _rooms(place), _doors(place)]),
    ]


def _people_hours() -> timeseries.Panel:
    return bars(
        "每天人·小时 / Person-hours a day",
        occupancy.PEOPLE_HOURS,
        says=both("在场人数乘以时长，一人待一小时为 1。", "One person for one hour is 1."),
        span=8,
    ).decimals(0)


def _used() -> timeseries.Panel:
    return lines(
        "每天使用时数 / Hours a day in use",
        *occupancy.USED,
        says=both(
            "所选场所之和：开放时间里有数据的小时，其中有人的小时。",
            "Sums of the chosen facilities: hours open with data, and those of them with people.",
        ),
        span=8,
        unit="h",
        interval="1d",
    ).line_interpolation(common.LineInterpolation.STEP_AFTER)


def _passed() -> timeseries.Panel:
    return bars(
        "每天进入人次 / People in a day",
        occupancy.CAME_BY_DAY,
        says=both("所选场所各门之和。", "All doors of the chosen facilities."),
        span=8,
    ).decimals(0)


def _totals(place: Column) -> table.Panel:
    return rows(
        "各场所合计 / Totals of each facility",
        occupancy.TOTALS,
        [
            place,
            Column(name="people_h", title="人·小时 / Person-hours"),
            Column(name="used", title="使用率 / In use (%)", bar=True),
            *OPEN,
            Column(name="used_h", title="全部有人 / Used in all (h)"),
            Column(name="known_h", title="全部有数 / Known in all (h)"),
            Column(name="peak", title="最多 / Most"),
            Column(name="capacity", title="核定容量 / Capacity"),
            Column(name="came", title="进入 / In"),
            Column(name="went", title="离开 / Out"),
            Column(name="drift", title="漂移 / Drift"),
        ],
        says=both(
            "使用率 = 开放时间里有人的小时 ÷ 有数的小时；没有数的不当作没人。",
            "In use = of the hours open and known, those with people; what is not known is not taken for empty.",
            MONTH,
        ),
        span=24,
        height=9,
        sort="people_h",
        worked_out=percent("used", "open_used_h", "open_known_h"),
        link=FACILITY,
    )


def _rooms_used() -> timeseries.Panel:
    return bars(
        "各房间每天使用时数 / Hours a day of each room",
        occupancy.ROOMS_USED,
        says=both("房间里有人的小时。", "Hours with people in the room.", MONTH),
        span=24,
        unit="h",
    )


def _rooms(place: Column) -> table.Panel:
    return rows(
        "各房间合计 / Totals of each room",
        occupancy.ROOMS,
        [
            place,
            Column(name="device", title="房间 / Room"),
            Column(name="used", title="使用率 / In use (%)", bar=True),
            *OPEN,
            Column(name="used_h", title="全部有人 / Used in all (h)"),
            Column(name="people_h", title="人·小时 / Person-hours"),
            Column(name="m2_h", title="平方米·小时 / m²-hours"),
            Column(name="known_h", title="全部有数 / Known in all (h)"),
        ],
        says=both(
            "平方米·小时 = 面积 × 有人的小时，登记了面积的房间才有。使用率低的是闲置房间。",
            "m²-hours only where the area is registered. Little in use: an idle room.",
            MONTH,
        ),
        span=24,
        height=9,
        sort="used_h",
        worked_out=percent("used", "open_used_h", "open_known_h"),
    )


def _doors(place: Column) -> table.Panel:
    return rows(
        "计数器原始读数 / Raw readings of the counters",
        occupancy.DOORS,
        [
            place,
            Column(name="device", title="计数器 / Counter"),
            Column(name="occupancy", title="自报人数 / Own count"),
            Column(name="in", title="累计进入 / In"),
            Column(name="out", title="累计离开 / Out"),
        ],
        says=both(
            "24 小时内最后一次，未作任何改正；累计数从计数器开机算起。",
            "The last within 24 hours, as sent; in and out count from the counter's boot.",
        ),
        span=24,
    )
