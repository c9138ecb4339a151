"""Carehub 运行 / Operation: whether the hub keeps up. For whoever runs it."""

from __future__ import annotations

from grafana_foundation_sdk.builders import timeseries

from dashboards.frame import Page, Panels, mark
from dashboards.panels import AMBER, BLUE, GREEN, RED, both, lines, number
from dashboards.queries import hub

WEEKLY = ("每分钟一次，最多看 7 天。", "Every minute, 7 days at most.")
MINUTES = ("每分钟一次，最多看 31 天。", "Every minute, 31 days at most.")
# Seconds. The store may lag without an alert being late; a loop that wakes late makes everything late.
LAG = ((None, GREEN), (60, AMBER), (600, RED))
LOOP = ((None, GREEN), (0.2, AMBER), (1, RED))
WAITS = ((None, GREEN), (10, AMBER), (100, RED))


def page() -> Page:
    """Is it late, does anything wait, what comes in, what does it hold."""
    return Page(
        uid="carehub-hub",
        title="Carehub 运行 / Operation",
        says=("系统收发、延迟、拒收与占用。", "The hub's rates, lag, refusals and size."),
        rows=[
            ("现在 / Now", _now()),
            ("进出 / Flow", [_flow(), _refused()]),
            ("延迟 / Lag", [_lag(), _loop(), _waiting()]),
            ("占用与警情 / Size and alerts", [_journal(), _rows(), _alerts()]),
        ],
        marks=[mark("新增警情 / More alerts open", hub.ALERT_MARKS, color=BLUE, text="more")],
        leads_to=[("控制台 / Console", "/"), ("审计 / Audit", "/audit")],
        since="now-24h",
        refresh="1m",
    )


def _now() -> Panels:
    return [
        number(
            "入库延迟 / Store behind",
            hub.LAG_NOW,
            says=both(
                "已收下而未入库的最早一条等了多久；警情不等入库。",
                "How far the store is behind the journal; alerts do not wait for it.",
            ),
            span=4,
            steps=LAG,
            unit="s",
        ),
        number(
            "主循环延迟 / Loop late",
            hub.LOOP_LAG_NOW,
            says=both(
                "程序醒来晚了多久；大于 1 秒时警情也会晚。",
                "How late the loop wakes; beyond 1 s alerts are late too.",
            ),
            span=4,
            steps=LOOP,
            unit="s",
        ),
        number(
            "待发送 / Waiting to be sent",
            hub.WAITING_NOW,
            says=both("等着发出的消息。", "Messages that wait for a channel."),
            span=4,
            steps=WAITS,
        ),
        number(
            "未办结警情 / Open alerts",
            hub.ALERTS_OPEN_NOW,
            says=both("全部级别。", "Of every severity."),
            span=4,
        ),
        number(
            "日志文件 / Journal",
            hub.JOURNAL_NOW,
            says=both("磁盘上的日志文件。", "The journal on the disk."),
            span=4,
            unit="decmbytes",
        ),
        number(
            "入库行数 / Rows stored",
            hub.ROWS_NOW,
            says=both("程序启动以来入库的行数。", "Rows stored since the hub's start."),
            span=4,
        ),
    ]


def _flow() -> timeseries.Panel:
    return lines(
        "每分钟消息数 / Messages per minute",
        hub.RECEIVED,
        hub.STORED,
        says=both("收到的与入库的；入库长期少于收到时看延迟。", "Received and stored.", WEEKLY),
        span=12,
        interval="1m",
    )


def _refused() -> timeseries.Panel:
    return lines(
        "每分钟认不出与被拒 / Unreadable and refused per minute",
        hub.QUARANTINED,
        hub.REFUSED,
        says=both(
            "无法识别的数据可在控制台查看、重放；数据库拒收的另存在磁盘上。",
            "What could not be read is kept and can be replayed; what the database refuses is kept aside.",
            WEEKLY,
        ),
        span=12,
        interval="1m",
    )


def _lag() -> timeseries.Panel:
    return lines(
        "入库延迟 / Store behind the journal",
        hub.LAG,
        says=both("每格内最大值。", "The most in each step.", MINUTES),
        span=8,
        unit="s",
        interval="1m",
    )


def _loop() -> timeseries.Panel:
    return lines(
        "主循环延迟 / Loop late by",
        hub.LOOP_LAG,
        says=both("每格内最大值。", "The most in each step.", MINUTES),
        span=8,
        unit="s",
        interval="1m",
    )


def _waiting() -> timeseries.Panel:
    return lines(
        "待发送 / Waiting over time",
        hub.WAITING,
        says=both("每格内最大值。", "The most in each step.", MINUTES),
        span=8,
        interval="1m",
    )


def _journal() -> timeseries.Panel:
    return lines(
        "日志文件 / Journal on the disk",
        hub.JOURNAL,
        says=both(
            "一直增长说明没有裁剪，见运维手册。",
            "If it only grows, it is not being cut: see the manual.",
            MINUTES,
        ),
        span=8,
        unit="decmbytes",
        interval="1m",
    )


def _rows() -> timeseries.Panel:
    return lines("入库行数 / Rows stored over time", hub.ROWS, says=both(*MINUTES), span=8, interval="1m")


def _alerts() -> timeseries.Panel:
    return lines(
        "未办结警情 / Open alerts over time",
        hub.ALERTS_OPEN,
        says=both("每格内最多。", "The most in each step.", MINUTES),
        span=8,
        interval="1m",
    )
