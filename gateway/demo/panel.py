"""What the console offers to try while a simulated town is behind it."""

from __future__ import annotations

from gateway.web.settings import DemoEntry


def panel() -> tuple[DemoEntry, ...]:
    """The buttons of the demo panel; scenario names are the town's (``care/v1/_sim/play``)."""
    return (
        DemoEntry(
            scenario="fall_bathroom",
            title={"zh": "王女士在卫生间跌倒", "en": "Ms Wang falls in the bathroom"},
            sees={
                "zh": "马上响起红色警情“疑似跌倒”，写明莲花二村3栋1201 卫生间；两分钟后若无活动再报一次。",
                "en": "At once a red alert “Possible fall” with the address; two minutes later another if nobody moved.",
            },
            rule="fall",
            place_id="H0001",
        ),
        DemoEntry(
            scenario="gateway_unplugged",
            title={"zh": "拔掉网关", "en": "Unplug a radio gateway"},
            sees={
                "zh": "一分钟后只有一条“网关离线”，它所带的家庭不会各报一条；十分钟后恢复，自动解除。",
                "en": "After a minute one alert “Gateway lost”, none for each home behind it; it clears when it is back.",
            },
            rule="gateway_lost",
        ),
        DemoEntry(
            scenario="hall_over_capacity",
            title={"zh": "活动室超员", "en": "Too many people in the hall"},
            sees={
                "zh": "人数超过核定容量一分多钟后，出现“在场人数超过核定容量”。",
                "en": "A little over a minute after the hall is over capacity, “Over capacity” appears.",
            },
            rule="over_capacity",
            place_id="F-hall",
        ),
        DemoEntry(
            scenario="fall_unattended",
            title={"zh": "一分钟无人接警", "en": "Nobody accepts for a minute"},
            sees={
                "zh": "另一户长者跌倒；请不要接警：60 秒后卡片写明已上报，并通知下一级。",
                "en": "A fall in another home; do not accept: after 60 s the card says that the next rung was told.",
            },
            rule="fall",
            step="escalated",
        ),
    )
