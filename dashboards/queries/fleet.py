"""The devices: how many are online, silent or nearly empty, by kind and community; each one that stands in a facility."""

from __future__ import annotations

from dashboards.queries.parts import (
    AREA,
    HERE,
    HOUR,
    HUB,
    LIVE,
    MONTH,
    WEEK,
    Query,
    course,
    course_of_sum,
    latest,
    latest_sum,
)

COUNTED = (
    ("devices", "设备 / devices"),
    ("online", "在线 / online"),
    ("silent", "无消息 / silent"),
    ("battery_low", "电量低于 15% / below 15 %"),
    ("battery_30d", "30 天内耗尽 / empty in 30 days"),
    ("signal_weak", "信号弱 / weak signal"),
    ("clock_wrong", "时钟不准 / wrong clock"),
)
EACH = ("place", "device")

SUMS = {name: latest_sum(f"fleet.{name}", alias, who=AREA, when=HOUR, each=EACH) for name, alias in COUNTED}


def _table(by: str) -> tuple[Query, ...]:
    return tuple(
        latest_sum(f"fleet.{name}", name, who=AREA, when=HOUR, each=EACH, by=(by,)) for name, _ in COUNTED
    )


KINDS = _table("device")
COMMUNITIES = _table("place")
OVER_TIME = {name: course_of_sum(f"fleet.{name}", alias, who=HUB, when=MONTH) for name, alias in COUNTED}
FIRMWARE = latest("fleet.firmware", "devices", who=HUB, when=HOUR, by=("device",))

DEVICES = tuple(
    latest(f"device.{name}", name, who=HERE, when=HOUR, by=EACH)
    for name in ("online", "battery", "battery_days", "rssi", "clock_skew_ms")
)
BATTERY = course("device.battery", "$tag_device", who=HERE, when=MONTH, by=("device",))
SIGNAL = course("device.rssi", "$tag_device", who=HERE, when=WEEK, by=("device",))
ONLINE = course("device.online", "$tag_device", who=HERE, when=LIVE, by=("device",), how="min")
