"""The dashboard "Carehub 总览 / Overview": how full, whether readings flow, how the devices are.

Needs grafana-foundation-sdk (a development dependency): import it to render, not to run.
"""

from __future__ import annotations

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders import common as parts
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from dashboards import queries
from dashboards.panels import AMBER, BLUE, GREEN, NO_DATA, RED, SOURCE, InfluxQuery, lines, number, steps_of

COUNTERS_STEP = "10m"
"""Longer than a counter's heartbeat (5 min), so that every counter is in every step of a sum."""


def overview() -> model.Dashboard:
    """Build the whole dashboard, occupancy on top: it is what a property manager opens the page for."""
    page = (
        build.Dashboard("Carehub 总览 / Overview")
        .uid("carehub-overview")
        .description(
            "只含场所与设备数据，不含长者家中数据。/ Facilities and devices only; nothing from homes."
        )
        .tags(["carehub"])
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .time("now-24h", "now")
        .refresh("1m")
        .with_variable(_place())
    )
    rows: list[tuple[str, list[Builder[model.Panel]]]] = [
        ("在场人数 / How full", [_occupancy_now(), _peak(), _occupancy(), _passages()]),
        ("数据与警情 / Readings and alerts", [_alerts_now(), _alerts(), _flow(), _lag()]),
        ("设备 / Devices", [_online(), _offline(), _battery(), _states(), _history()]),
    ]
    for title, panels in rows:
        page = page.with_row(build.Row(title))
        for panel in panels:
            page = page.with_panel(panel)
    return _numbered(page.build())


def _numbered(page: model.Dashboard) -> model.Dashboard:
    """Give every panel a fixed id: Grafana would number them anew at each import and break links to them."""
    for position, panel in enumerate(page.panels or [], start=1):
        panel.id_val = position
    return page


def _place() -> build.QueryVariable:
    return (
        build.QueryVariable("place")
        .label("场所 / Place")
        .datasource(SOURCE)
        .query(queries.PLACES)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        # Else Grafana lists every place in each query and leaves a place added later out until a reload.
        .all_value(".*")
        .current(model.VariableOption(text="All", value="$__all", selected=True))
    )


def _occupancy_now() -> stat.Panel:
    return number(
        "现在在场人数 / People present now",
        queries.OCCUPANCY_NOW,
        calc="lastNotNull",
        span=12,
        steps=((None, BLUE),),
    ).description(
        "每个场所各计数器半小时内最后一次读数之和。计数器会漂移，不用于消防限员。"
        " / Sum of each counter's last reading within half an hour. Counters drift: not for fire limits."
    )


def _peak() -> stat.Panel:
    return (
        number(
            "所选时段最高人数 / Most people in the chosen time",
            queries.OCCUPANCY,
            calc="max",
            span=12,
            steps=((None, BLUE),),
        )
        .interval(COUNTERS_STEP)
        .decimals(0)
    )


def _occupancy() -> timeseries.Panel:
    return (
        lines("在场人数 / People present", queries.OCCUPANCY, unit="short", span=16)
        .interval(COUNTERS_STEP)
        .decimals(0)
        .line_interpolation(common.LineInterpolation.STEP_AFTER)
    )


def _passages() -> timeseries.Panel:
    return (
        lines("进出人数 / In and out", queries.PEOPLE_IN, queries.PEOPLE_OUT, unit="short", span=8)
        .interval("15m")
        .decimals(0)
        .draw_style(common.GraphDrawStyle.BARS)
        .fill_opacity(60)
    )


def _alerts_now() -> stat.Panel:
    return number(
        "未办结警情 / Open alerts",
        queries.ALERTS_OPEN_NOW,
        calc="lastNotNull",
        span=4,
        steps=((None, GREEN), (1, AMBER), (10, RED)),
    ).height(8)


def _alerts() -> timeseries.Panel:
    return (
        lines("未办结警情 / Open alerts over time", queries.ALERTS_OPEN, unit="short", span=6)
        .interval("1m")
        .decimals(0)
        .line_interpolation(common.LineInterpolation.STEP_AFTER)
    )


def _flow() -> timeseries.Panel:
    return lines(
        "每分钟消息数 / Messages per minute",
        queries.RECEIVED,
        queries.STORED,
        queries.QUARANTINED,
        unit="short",
        span=8,
    ).interval("1m")


def _lag() -> timeseries.Panel:
    return lines("入库延迟 / Store behind the journal", queries.LAG, unit="s", span=6).interval("1m")


def _online() -> stat.Panel:
    return number(
        "在线设备 / Devices online",
        queries.DEVICES_ONLINE,
        calc="lastNotNull",
        span=3,
        steps=((None, GREEN),),
    ).height(8)


def _offline() -> stat.Panel:
    return number(
        "离线设备 / Devices offline",
        queries.DEVICES_OFFLINE,
        calc="lastNotNull",
        span=3,
        steps=((None, GREEN), (1, RED)),
    ).height(8)


def _battery() -> bargauge.Panel:
    # 15 %: where the built-in rule calls a battery low.
    return (
        bargauge.Panel()
        .title("设备电量 / Battery")
        .datasource(SOURCE)
        .with_target(InfluxQuery(queries.BATTERY, "A"))
        .reduce_options(parts.ReduceDataOptions().calcs(["lastNotNull"]))
        .orientation(common.VizOrientation.HORIZONTAL)
        .unit("percent")
        .min(0)
        .max(100)
        .thresholds(steps_of((None, RED), (15, AMBER), (30, GREEN)))
        .no_value(NO_DATA)
        .height(8)
        .span(6)
    )


def _states() -> table.Panel:
    names = {
        "Time": "最后状态时间 / Since",
        "place": "场所 / Place",
        "device": "设备 / Device",
        "state": "状态 / State",
    }
    return (
        table.Panel()
        .title("设备状态 / Device states")
        .datasource(SOURCE)
        .with_target(InfluxQuery(queries.DEVICE_STATES, "A"))
        .with_transformation(model.DataTransformerConfig(id_val="organize", options={"renameByName": names}))
        .mappings([_on_or_off()])
        .no_value(NO_DATA)
        .height(8)
        .span(6)
    )


def _history() -> statetimeline.Panel:
    return (
        statetimeline.Panel()
        .title("设备在线情况 / Online over time")
        .datasource(SOURCE)
        .with_target(InfluxQuery(queries.ONLINE, "A"))
        .mappings([_on_or_off()])
        .show_value(common.VisibilityMode.NEVER)
        .no_value("所选时段无状态变化 / no change of state in the chosen time")
        .interval("1m")
        .height(8)
        .span(6)
    )


def _on_or_off() -> model.ValueMap:
    return model.ValueMap(
        {
            "0": model.ValueMappingResult(text="离线 / offline", color=RED, index=0),
            "1": model.ValueMappingResult(text="在线 / online", color=GREEN, index=1),
        }
    )
