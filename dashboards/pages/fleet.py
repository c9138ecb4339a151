"""Carehub 设备 / Devices: online, silent, batteries, signal, clocks, firmware."""

from __future__ import annotations

from grafana_foundation_sdk.builders import statetimeline, table, timeseries

from dashboards.frame import FACILITY, Page, Panels, community, facility, street
from dashboards.panels import (
    AMBER,
    ANY_IS_BAD,
    GREEN,
    PLAIN,
    RED,
    SMALL,
    WEEK,
    both,
    lines,
    number,
    states,
)
from dashboards.queries import fleet, places
from dashboards.tables import Column, percent, rows

HOURLY = ("每小时一次，最多看 31 天。", "Hourly, 31 days at most.")
ALL_OF_THEM = ("全部社区，不受所选社区影响。", "Of all communities, whatever is chosen.")
TITLES = {
    "devices": ("设备 / Devices", ("登记的设备。", "Devices of the registry.")),
    "online": ("在线 / Online", ("现在连着的。", "Connected now.")),
    "silent": (
        "无消息 / Silent",
        ("超过心跳时限没有消息的。", "Nothing heard for longer than the heartbeat allows."),
    ),
    "battery_low": ("低电量 / Low battery", ("电量低于 15%。", "Below 15 %.")),
    "battery_30d": ("30 天内耗尽 / Empty in 30 days", ("按走势推算。", "By the forecast of its course.")),
    "signal_weak": ("信号弱 / Weak signal", ("低于 −85 dBm。", "Below −85 dBm.")),
    "clock_wrong": ("时钟不准 / Wrong clock", ("相差 5 秒以上。", "Off by more than 5 s.")),
}
COUNTS = [
    Column(name="online_share", title="在线率 / Online share (%)", bar=True),
    *(
        Column(name=name, title=title, steps=() if name in {"devices", "online"} else ANY_IS_BAD)
        for name, (title, _) in TITLES.items()
    ),
]


def page() -> Page:
    """Counts first, then each device that stands in a facility."""
    return Page(
        uid="carehub-fleet",
        title="Carehub 设备 / Devices",
        says=("设备在线、电量、信号、时钟与固件。", "Devices: online, battery, signal, clock and firmware."),
        rows=[
            ("现在 / Now", _now()),
            ("按种类与社区 / By kind and community", [_kinds(), _communities(), _firmware()]),
            ("近来 / Of late", [_over_time(), _care()]),
            ("场所里的设备 / Devices in facilities", [_devices(), _battery(), _signal(), _history()]),
        ],
        variables=[street(), community(), facility(places.DEVICE_FACILITIES)],
        leads_to=[("安装与设备 / Installing", "/install"), ("场所 / Facilities", "/facilities")],
        since="now-7d",
    )


def _now() -> Panels:
    widths = {
        "devices": 3,
        "online": 3,
        "silent": 3,
        "battery_low": 3,
        "battery_30d": 4,
        "signal_weak": 4,
        "clock_wrong": 4,
    }
    return [
        number(
            title,
            fleet.SUMS[name],
            says=both("所选社区之和。", "Sum of the chosen communities.", what, SMALL),
            span=widths[name],
            steps=PLAIN if name in {"devices", "online"} else ANY_IS_BAD,
        )
        for name, (title, what) in TITLES.items()
    ]


def _kinds() -> table.Panel:
    return rows(
        "按种类 / By kind",
        fleet.KINDS,
        [Column(name="device", title="种类 / Kind"), *COUNTS],
        says=both("所选社区之和。", "Sums of the chosen communities.", SMALL),
        span=24,
        sort="devices",
        worked_out=percent("online_share", "online", "devices"),
    )


def _communities() -> table.Panel:
    return rows(
        "按社区 / By community",
        fleet.COMMUNITIES,
        [Column(name="place", title="社区 / Community"), *COUNTS],
        says=both("各种类之和。", "Sums over the kinds.", SMALL),
        span=16,
        sort="silent",
        worked_out=percent("online_share", "online", "devices"),
    )


def _firmware() -> table.Panel:
    return rows(
        "固件版本 / Firmware",
        [fleet.FIRMWARE],
        [
            Column(name="device", title="种类与版本 / Kind and version"),
            Column(name="devices", title="设备 / Devices"),
        ],
        says=both(*ALL_OF_THEM, SMALL),
        span=8,
        sort="devices",
    )


def _over_time() -> timeseries.Panel:
    return lines(
        "在线与无消息 / Online and silent",
        *(fleet.OVER_TIME[name] for name in ("devices", "online", "silent")),
        says=both(*ALL_OF_THEM, HOURLY, SMALL),
        span=12,
    )


def _care() -> timeseries.Panel:
    return lines(
        "需要照看的设备 / Devices that need care",
        *(fleet.OVER_TIME[name] for name in ("battery_low", "battery_30d", "signal_weak", "clock_wrong")),
        says=both(*ALL_OF_THEM, HOURLY, SMALL),
        span=12,
    )


def _devices() -> table.Panel:
    return rows(
        "各设备现在 / Each device now",
        fleet.DEVICES,
        [
            Column(name="place", title="场所 / Place"),
            Column(name="device", title="设备 / Device"),
            Column(
                name="online", title="在线 1，离线 0 / Online 1, offline 0", steps=((None, RED), (1, GREEN))
            ),
            Column(name="battery", title="电量 / Battery (%)", steps=((None, RED), (15, AMBER), (30, GREEN))),
            Column(
                name="battery_days", title="还能用 / Days left", steps=((None, RED), (30, AMBER), (90, GREEN))
            ),
            Column(name="rssi", title="信号 / Signal (dBm)", steps=((None, RED), (-85, AMBER), (-75, GREEN))),
            Column(
                name="clock_skew_ms",
                title="时钟差 / Clock off (ms)",
                steps=((None, RED), (-5000, GREEN), (5000, RED)),
            ),
        ],
        says=both(
            "场所和服务站网关里的设备；长者家中的不在这里。没有电池的设备没有电量。",
            "Devices in facilities and station gateways, none of homes; empty where a device does not tell.",
        ),
        span=24,
        height=10,
        link=FACILITY,
    )


def _battery() -> timeseries.Panel:
    return lines(
        "电量 / Battery",
        fleet.BATTERY,
        says=both("场所里的设备。", "Devices in facilities.", HOURLY),
        span=8,
        unit="percent",
        interval="1d",
    ).max(100)


def _signal() -> timeseries.Panel:
    return (
        lines(
            "信号 / Signal",
            fleet.SIGNAL,
            says=both("场所里的设备。", "Devices in facilities.", WEEK),
            span=8,
            unit="dBm",
            interval="6h",
        )
        .min(-110)
        .max(-20)
    )


def _history() -> statetimeline.Panel:
    return states(
        "在线情况 / Online over time",
        fleet.ONLINE,
        {"0": ("离线 / offline", RED), "1": ("在线 / online", GREEN)},
        says=both(
            "一行一台设备；一小时里掉过线就算离线，最多看一天。",
            "A row a device; offline if it was so at all in the hour; one day at most.",
        ),
        span=8,
    )
