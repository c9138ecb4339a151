"""Carehub 值班与响应 / Duty and response: how much the stations are asked for, and how soon they come."""

from __future__ import annotations

from grafana_foundation_sdk.builders import table, timeseries
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from dashboards.frame import Page, community, mark, street
from dashboards.panels import (
    AMBER,
    BLUE,
    GREEN,
    MONTH,
    RED,
    SMALL,
    bars,
    both,
    called,
    colored,
    limits,
    lines,
    only,
)
from dashboards.queries import duty
from dashboards.tables import Column, rows

# ISA-18.2: up to 6 alarms an hour for one person is fine, 12 is the most that can be managed; 10 in ten minutes is a flood.
FINE, MOST, FLOOD = 6, 12, 10
ISA = (
    "ISA-18.2：每人每小时 6 条以内合适，12 条为上限。",
    "ISA-18.2: 6 an hour for one person is fine, 12 the most.",
)
ONLY_FULL = ("当天警情为 0 或不少于 5 条的日子才有数。", "Only of days with no alert or at least 5.")


def page() -> Page:
    """Load, response, and what makes the load."""
    return Page(
        uid="carehub-duty",
        title="Carehub 值班与响应 / Duty and response",
        says=(
            "各社区的警情负荷、响应达标率与警情质量。",
            "Alert load, response shares and alert quality of the communities.",
        ),
        rows=[
            ("负荷 / Load", [_per_hour(), _peak(), _classes(), _floods()]),
            ("响应 / Response", [_shares(), _shares_now()]),
            ("警情质量 / Quality of alerts", [_burden(), _over_12(), _communities()]),
        ],
        variables=[street(), community()],
        marks=[mark("警情潮 / Alert flood", duty.FLOOD_MARKS, color=RED)],
        leads_to=[("片区 / Area", "/area"), ("警情 / Alerts", "/")],
        since="now-30d",
    )


def _per_hour() -> timeseries.Panel:
    panel = lines(
        "每小时警情 / Alerts per hour",
        duty.PER_HOUR,
        says=both(
            "当天每人每小时的警情数，一个社区一条线。",
            "Alerts an hour and person on that day, a line a community.",
            ISA,
            ONLY_FULL,
        ),
        span=12,
        interval="1d",
    )
    return limits(panel, (None, GREEN), (FINE, AMBER), (MOST, RED)).axis_soft_max(MOST + 1)


def _peak() -> timeseries.Panel:
    panel = lines(
        "十分钟内最多 / Most within ten minutes",
        duty.PEAK,
        says=both(
            "当天任意十分钟内最多的警情数；10 条起为警情潮。",
            "The most alerts in any ten minutes; 10 is a flood.",
            ONLY_FULL,
        ),
        span=12,
        interval="1d",
    )
    return limits(panel, (None, GREEN), (FINE, AMBER), (FLOOD, RED)).axis_soft_max(FLOOD + 1)


CLASSES = {
    "life_safety": ("生命安全 / life safety", RED),
    "care": ("照护 / care", AMBER),
    "facility": ("场所 / facility", BLUE),
    "device": ("设备 / device", "purple"),
}


def _classes() -> timeseries.Panel:
    panel = bars(
        "每天警情（按类别） / Alerts a day by class",
        duty.CLASSES,
        says=both("所选社区之和。", "All chosen communities together.", SMALL),
        span=12,
    ).transformations(called({name: shown for name, (shown, _) in CLASSES.items()}))
    for shown, color in CLASSES.values():
        panel = panel.with_override(*only([shown], colored(color)))
    return panel


def _floods() -> timeseries.Panel:
    return bars(
        "警情潮次数 / Floods a day",
        duty.FLOODS,
        says=both("十分钟内达到 10 条的次数。", "How often 10 alerts came within ten minutes.", ONLY_FULL),
        span=12,
    )


TARGETS = {  # as the hub names them
    "accept": "按时接警 / accepted in time",
    "accept_late": "最迟接警 / accepted at the latest",
    "on_site": "按时到场 / on site in time",
    "on_site_late": "最迟到场 / on site at the latest",
}
WANTED = (
    "目标默认：60 秒内接警 97.5%，180 秒内 99%；45 分钟内到场 90%，60 分钟内 100%。30 天内不少于 5 条才有数。",
    (
        "Wanted by default: accepted within 60 s 97.5 %, 180 s 99 %; on site within 45 min 90 %, 60 min all."
        " Only where at least 5 alerts are judged."
    ),
)


def _shares() -> timeseries.Panel:
    return (
        lines(
            "前 30 天响应达标率 / Response shares, 30 days before",
            duty.SHARES,
            says=both(*WANTED, ("最多看 92 天。", "92 days at most.")),
            span=14,
            unit="percent",
            interval="1d",
        )
        .max(100)
        .height(9)
        .fill_opacity(0)
    )


def _shares_now() -> table.Panel:
    names = {
        name: model.ValueMappingResult(text=shown, index=at)
        for at, (name, shown) in enumerate(TARGETS.items())
    }
    return rows(
        "现在的达标率 / Shares now",
        [duty.SHARES_NOW],
        [
            Column(name="place", title="社区 / Community"),
            Column(name="device", title="目标 / Target"),
            Column(name="share", title="达标率 / Share (%)", steps=((None, RED), (90, AMBER), (97.5, GREEN))),
        ],
        says=both(*WANTED),
        span=10,
        height=9,
    ).mappings([model.ValueMap(names)])


def _burden() -> timeseries.Panel:
    return lines(
        "反复、久未办结、暂缓 / Chattering, stale, shelved",
        *duty.BURDEN,
        says=both(
            "每天：反复报警的规则（同一对象一分钟三次）、超过 24 小时未办结的、被暂缓提醒的警情。",
            "A day: rules that chattered (three times a minute about one thing), alerts open for over 24 h, alerts put off.",
            SMALL,
        ),
        span=12,
        interval="1d",
    ).line_interpolation(common.LineInterpolation.STEP_AFTER)


def _over_12() -> timeseries.Panel:
    return bars(
        "超过 12 条的小时数 / Hours with more than 12 alerts",
        duty.OVER_12,
        says=both(
            "当天有几个小时超过上限。", "How many hours of the day were above the most.", ISA, ONLY_FULL
        ),
        span=12,
    )


def _communities() -> table.Panel:
    return rows(
        "各社区合计 / Totals of each community",
        duty.COMMUNITIES,
        [
            Column(name="place", title="社区 / Community"),
            Column(name="alerts", title="警情 / Alerts"),
            Column(
                name="per_hour",
                title="最忙日每小时 / Per hour, busiest day",
                steps=((None, GREEN), (FINE, AMBER), (MOST, RED)),
            ),
            Column(
                name="peak_10min",
                title="十分钟最多 / Most in 10 min",
                steps=((None, GREEN), (FINE, AMBER), (FLOOD, RED)),
            ),
            Column(name="floods", title="警情潮 / Floods", steps=((None, GREEN), (1, RED))),
            Column(name="over_12h", title="超 12 条小时 / Hours over 12"),
            Column(name="chatter", title="反复 / Chattering"),
            Column(name="stale", title="久未办结 / Stale"),
            Column(name="shelved", title="暂缓 / Shelved"),
        ],
        says=both(
            "每天显示出来的数相加，或取最大。", "Sums or maxima of the days' shown figures.", MONTH, SMALL
        ),
        span=24,
        height=9,
        sort="alerts",
    )
