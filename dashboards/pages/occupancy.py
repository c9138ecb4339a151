"""Carehub 场所使用 / Use of facilities: live, by hour and weekday, against usual, in and out, drift, rooms."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common

from dashboards.frame import FACILITY, Page, facility, mark
from dashboards.pages.occupancy_days import by_day
from dashboards.panels import AMBER, GREEN, MONTH, RED, WEEK, bars, both, colored, lines, number, only, states
from dashboards.queries import occupancy
from dashboards.queries.parts import Query
from dashboards.tables import Column, percent, rows, week

NOT_FIRE = ("由进出计数器推算，不用于消防限员。", "Estimated from door counters: not for fire limits.")
PLACE = Column(name="place", title="场所 / Place")


def page() -> Page:
    """The live part first: it is what a property manager opens the page for."""
    return Page(
        uid="carehub-occupancy",
        title="Carehub 场所使用 / Use of facilities",
        says=(
            "各场所在场人数、容量、规律与使用时数。",
            "People, capacity, rhythm and hours of use of the facilities.",
        ),
        rows=[
            ("现在 / Now", [_people_now(), fullness(occupancy.FULLNESS, height=8, span=19)]),
            ("规律 / Rhythm", [_week(), _unusual(), _passed_by_hour(), _drift()]),
            *by_day(PLACE),
            ("每个场所的近 24 小时 / Each facility, last 24 hours", [_band()]),
            ("每个场所按小时 / Each facility by hour", [_hours()]),
        ],
        variables=[facility()],
        marks=[mark("异于平时 / Unusual", occupancy.UNUSUAL_MARKS, color=AMBER)],
        leads_to=[("场所 / Facilities", "/facilities")],
        since="now-7d",
        refresh="1m",
    )


def fullness(asked: Sequence[Query], *, height: int, span: int = 24) -> table.Panel:
    """A row for each facility: how many, between what bounds, of how many that may be there."""
    return rows(
        "各场所现在 / Each facility now",
        asked,
        [
            PLACE,
            Column(name="people", title="在场人数 / People"),
            Column(name="lower", title="下限 / Lower"),
            Column(name="upper", title="上限 / Upper"),
            Column(name="capacity", title="核定容量 / Capacity"),
            Column(
                name="full", title="满 / Full (%)", steps=((None, GREEN), (80, AMBER), (100, RED)), bar=True
            ),
        ],
        says=both(
            "半小时内最后一次估计；上下限之间有九成把握，暂时说不准时为空。",
            "The last estimate within half an hour, its 90 % band; empty while the band is open.",
            NOT_FIRE,
        ),
        span=span,
        height=height,
        sort="full",
        worked_out=percent("full", "people", "capacity"),
        link=FACILITY,
    ).decimals(0)


def _people_now() -> stat.Panel:
    return (
        number(
            "所选场所现在 / Chosen facilities now",
            occupancy.PEOPLE_NOW,
            occupancy.CAPACITY_NOW,
            says=both(
                "所选场所之和；没有登记容量的不算在容量里。",
                "Sums of the chosen facilities; one without a capacity is not in the capacity.",
                NOT_FIRE,
            ),
            span=5,
        )
        .decimals(0)
        .height(8)
    )


def _week() -> table.Panel:
    return week(
        "一周规律 / Hours of the week",
        occupancy.PEOPLE_BY_HOUR,
        value="people",
        says=both(
            "所选场所同一星期、同一小时的平均在场人数之和；颜色越深人越多。",
            "People on average in each hour of the week, all chosen facilities together.",
            MONTH,
        ),
        span=24,
    )


def _unusual() -> statetimeline.Panel:
    return states(
        "异于平时的小时 / Unusual hours",
        occupancy.UNUSUAL,
        {"0": ("如常 / as usual", GREEN), "1": ("异于平时 / unusual", AMBER)},
        says=both(
            "来的人明显多于或少于同类日子同一时段的小时；还判断不了的小时是空的。",
            "Hours in which far more people came than usual, or far fewer; empty while that cannot be said.",
            WEEK,
        ),
        span=8,
    )


def _passed_by_hour() -> timeseries.Panel:
    return bars(
        "进出人次 / In and out",
        occupancy.CAME,
        occupancy.WENT,
        says=both(
            "每格内各门进出人次之和，已去掉计数器归零。", "People through all doors in each step.", WEEK
        ),
        span=8,
        interval="1h",
    ).decimals(0)


def _drift() -> timeseries.Panel:
    panel = lines(
        "计数漂移 / Drift of the counters",
        occupancy.DRIFT,
        says=both(
            "进减出对不上、由系统改正的人数；常年偏一边，请检查计数器。",
            "People by which in minus out had to be corrected; always to one side means: look at the counter.",
            WEEK,
        ),
        span=8,
    )
    return panel.draw_style(common.GraphDrawStyle.BARS).axis_centered_zero(True).min(-1)


DASHED: dict[str, object] = {"custom.lineStyle": {"fill": "dash", "dash": [8, 8]}}
DOTTED: dict[str, object] = {"custom.lineStyle": {"fill": "dot", "dash": [0, 6]}}


def _banded(panel: timeseries.Panel) -> timeseries.Panel:
    """One facility's people between dotted bounds; the panel is repeated for each chosen one."""
    return (
        panel.decimals(0)
        .fill_opacity(0)
        .with_override(*only(["下限 / lower", "上限 / upper"], colored("light-blue") | DOTTED))
        .with_override(*only(["核定容量 / capacity"], colored(RED) | DASHED))
        .with_override(*only(["在场人数 / people"], colored("blue")))
        .repeat("place")
        .repeat_direction("h")
        .max_per_row(3)
        .span(24)
    )


def _band() -> timeseries.Panel:
    return _banded(
        lines(
            "$place 在场人数与误差范围 / People and their band",
            *occupancy.BAND,
            says=both(
                "所选时段末的 24 小时，每 5 分钟；点线之间有九成把握。",
                "The last 24 hours of the chosen time, every 5 minutes; 90 % lie between the dotted lines.",
                NOT_FIRE,
            ),
            span=24,
            interval="5m",
        ).time_from("24h")
    )


def _hours() -> timeseries.Panel:
    return _banded(
        lines(
            "$place 按小时与平时 / By hour, against usual",
            *occupancy.HOURS,
            says=both(
                "每小时平均、误差范围、最多，与同一时段平时相比。",
                "Hourly mean, its band, the most, and what is usual.",
                MONTH,
            ),
            span=24,
        )
    ).with_override(*only(["平时 / usual"], colored("purple") | DASHED))
