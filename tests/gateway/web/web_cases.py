"""Alerts of each kind, and the demo panel, as the tests of the web show them."""

from __future__ import annotations

from typing import Any

from gateway.web.settings import DemoEntry

DEMO = (
    DemoEntry(
        scenario="fall_bathroom",
        title={"zh": "王女士在卫生间跌倒", "en": "Ms Wang falls in the bathroom"},
        sees={"zh": "几秒后出现红色警情「疑似跌倒」", "en": "A red alert “possible fall” within seconds"},
        rule="fall",
        place_id="H0001",
    ),
    DemoEntry(
        scenario="gateway_unplugged",
        title={"zh": "拔掉网关", "en": "Unplug the gateway"},
        sees={"zh": "出现设备警情「网关离线」", "en": "A device alert “gateway offline”"},
        rule="gateway_lost",
    ),
    DemoEntry(
        scenario="hall_over_capacity",
        title={"zh": "活动室超员", "en": "The hall gets too full"},
        sees={"zh": "出现场所警情「超过核定容量」", "en": "A facility alert “over capacity”"},
        rule="over_capacity",
        place_id="F01",
    ),
    DemoEntry(
        scenario="fall_unattended",
        title={"zh": "一分钟无人接警", "en": "Nobody accepts for a minute"},
        sees={"zh": "不要接警：60 秒后显示「已上报」", "en": "Do not accept: after 60 s it is passed up"},
        rule="fall",
        place_id="H0002",
        step="escalated",
    ),
)

KINDS: dict[str, dict[str, Any]] = {
    "fall": {
        "kind": "life_safety", "severity": "critical", "room": "卫生间",
        "title": {"zh": "疑似跌倒", "en": "Possible fall"},
        "why": {"zh": "15:02 卫生间雷达报警（置信度 93%），之后 2 分钟未见活动。",
                "en": "The bathroom radar reported a fall at 15:02 (93 %), and no motion for 2 minutes since."},
        "todo": {"zh": ["先给长者打电话", "无人接听，请邻居或门卫敲门", "到场不要急于扶起，先问意识和疼痛",
                        "意识不清，拨打 120", "告知家属"],
                 "en": ["Ring the person first", "No answer: have a neighbour or guard knock",
                        "On site do not lift at once: ask about consciousness and pain",
                        "Not conscious: call 120", "Tell the family"]},
    },
    "no_activity": {
        "kind": "care", "severity": "urgent", "room": "",
        "title": {"zh": "久未活动", "en": "No activity"},
        "why": {"zh": "11:03 起没有活动，门未开过。", "en": "No activity since 11:03, the door was not opened."},
        "todo": {"zh": ["打电话问候"], "en": ["Ring and ask"]},
    },
    "over_capacity": {
        "kind": "facility", "severity": "notice", "room": "",
        "title": {"zh": "超过核定容量", "en": "Over capacity"},
        "why": {"zh": "在场 46 人，核定容量 40 人。", "en": "46 people present, capacity 40."},
        "todo": {"zh": ["请现场人员疏导"], "en": ["Have staff on site guide people"]},
    },
    "device_silent": {
        "kind": "device", "severity": "notice", "room": "客厅",
        "title": {"zh": "设备无数据", "en": "Device silent"},
        "why": {"zh": "人体感应器 3 小时没有数据。", "en": "The motion sensor has been silent for 3 hours."},
        "todo": {"zh": ["检查电池"], "en": ["Check the battery"]},
    },
}  # fmt: skip
