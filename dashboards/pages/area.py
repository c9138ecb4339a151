"""Carehub 城区与街道 / City and streets: where Grafana opens."""

from __future__ import annotations

from grafana_foundation_sdk.builders import common as parts
from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models import common

from dashboards.frame import Page, Panels, community, mark, street
from dashboards.pages.occupancy import fullness
from dashboards.panels import AMBER, GREEN, RED, SMALL, both, called, lines, number
from dashboards.queries import area, duty
from dashboards.tables import Column, beside, percent, ratio, rows

COVERED = ((None, RED), (0.5, AMBER), (1, GREEN))
COVERED_PERCENT = ((None, RED), (50, AMBER), (100, GREEN))


def page() -> Page:
    """Open alerts, stations, coverage; then how full the facilities are."""
    return Page(
        uid="carehub-area",
        title="Carehub 城区与街道 / City and streets",
        says=(
            "各社区的服务站、未办结警情、覆盖和场所。",
            "Stations, open alerts, coverage and facilities of the communities.",
        ),
        rows=[
            ("现在 / Now", _now()),
            ("社区 / Communities", [_communities()]),
            ("近来 / Of late", [_open_over_time(), _stations_over_time()]),
            ("场所 / Facilities", [fullness(area.FULLNESS, height=9)]),
        ],
        variables=[street(), community()],
        marks=[mark("警情潮 / Alert flood", duty.FLOOD_MARKS, color=RED)],
        leads_to=[("片区 / Area", "/area"), ("大屏 / Wall", "/area/screen")],
        since="now-7d",
        refresh="1m",
    )


def _now() -> Panels:
    return [
        number(
            "未办结警情 / Open alerts",
            area.OPEN,
            says=both(
                "各社区各级别未办结警情之和，不含设备警情。",
                "Open alerts of every severity, all chosen communities, without those about devices.",
                SMALL,
            ),
            span=5,
            steps=((None, GREEN), (5, AMBER), (20, RED)),
        ),
        number(
            "服务户数 / Homes served",
            area.HOMES,
            says=both("登记在册的户数。", "Homes of the registry.", SMALL),
            span=5,
        ),
        number(
            "服务站 / Stations",
            area.STATIONS,
            area.STAFFED,
            area.HEARING,
            says=both(
                "值班台：共有、按安排有人当班、听得到警情的。",
                "Desks: all, staffed by the plan, and those that hear alerts.",
            ),
            span=9,
        ),
        _coverage(),
    ]


def _coverage() -> stat.Panel:
    return (
        number(
            "小区覆盖率 / Neighbourhoods covered",
            *area.COVERAGE,
            says=both(
                "有服务点或所在社区有服务站的小区占登记小区的比例。",
                "Neighbourhoods with a point of their own or a station in their community, of those registered.",
            ),
            span=5,
            steps=COVERED,
            unit="percentunit",
        )
        .with_transformation(beside())
        .with_transformation(ratio("share", "covered", "neighbourhoods"))
        .reduce_options(parts.ReduceDataOptions().calcs(["lastNotNull"]).fields("/^share$/"))
        .text_mode(common.BigValueTextMode.VALUE)
    )


def _communities() -> table.Panel:
    return rows(
        "各社区 / Each community",
        area.COMMUNITIES,
        [
            Column(name="place", title="社区 / Community"),
            Column(name="open", title="未办结 / Open", steps=((None, GREEN), (5, AMBER), (20, RED))),
            Column(name="stations", title="服务站 / Stations"),
            Column(name="staffed", title="当班 / Staffed"),
            Column(name="hearing", title="听得到 / Hearing", steps=((None, RED), (1, GREEN))),
            Column(name="homes", title="户数 / Homes"),
            Column(name="neighbourhoods", title="小区 / Neighbourhoods"),
            Column(name="covered", title="已覆盖 / Covered"),
            Column(name="share", title="覆盖率 / Coverage (%)", steps=COVERED_PERCENT),
        ],
        says=both(
            "空格表示无数据，或数太小。听得到为 0：没有值班台能听到警情，请打电话。",
            "Empty: no data, or a small count. Hearing 0: no desk hears an alert, ring them.",
            SMALL,
        ),
        span=24,
        height=10,
        sort="open",
        worked_out=percent("share", "covered", "neighbourhoods"),
    )


SEVERITIES = {"critical": "紧急 / critical", "urgent": "重要 / urgent", "notice": "提示 / notice"}


def _open_over_time() -> timeseries.Panel:
    return lines(
        "未办结警情（按级别） / Open alerts by severity",
        area.OPEN_BY_SEVERITY,
        says=both(
            "每小时一次，最多看 7 天；不含设备警情。",
            "Hourly, 7 days at most; without those about devices.",
            SMALL,
        ),
        span=12,
    ).transformations(called(SEVERITIES))


def _stations_over_time() -> timeseries.Panel:
    return lines(
        "当班与听得到的服务站 / Stations staffed and hearing",
        *area.STATIONS_OVER_TIME,
        says=both(
            "每小时一次，最多看 7 天。三条线应当重合。",
            "Hourly, 7 days at most. The three lines should be one.",
        ),
        span=12,
    ).line_interpolation(common.LineInterpolation.STEP_AFTER)
