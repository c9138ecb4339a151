"""The sentence of each kind of condition, from evidence as it is stored."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from story import Story, rule

from rules.effects import Evidence
from rules.events import Value
from rules.rule import Words
from rules.sentences import why
from rules.state import Fact

ZONE = ZoneInfo("Asia/Shanghai")
CLOCK = Story(rule("event: {type: fall}")).clock
EIGHT, NINE = CLOCK("08:10"), CLOCK("09:10")
WINDOW: dict[str, Value] = {"from_time": "22:00", "to_time": "06:00", "days": "every"}

Told = tuple[str, tuple[Fact, ...], dict[str, Value], str, str]


def fact(what: str, value: float = 1.0, at: int = EIGHT) -> Fact:
    return Fact("d", what, value, at)


def parts(*told: tuple[str, dict[str, Value]], **own: Value) -> dict[str, Value]:
    """The figures of a condition that is made of others, as the core writes them."""
    found: dict[str, Value] = dict(own)
    for index, (name, numbers) in enumerate(told):
        found[str(index)] = name
        found.update({f"{index}.{key}": value for key, value in numbers.items()})
    return found


CASES: dict[str, Told] = {
    "a figure too high": (
        "level",
        (fact("temperature", 38.5),),
        {"above": 35.0, "for_s": 0.0},
        "08:10 客厅温度 38.5℃，高于 35℃",
        "08:10 temperature in 客厅 38.5℃, above 35℃",
    ),
    "a figure that is equal": (
        "level",
        (fact("humidity", 20.0),),
        {"equals": 20.0, "for_s": 0.0},
        "08:10 客厅湿度 20%，等于 20%",
        "08:10 humidity in 客厅 20%, equal to 20%",
    ),
    "a state that lasts": (
        "level",
        (fact("worn", 0.0),),
        {"equals": 0.0, "for_s": 3600.0},
        "08:10 客厅设备被摘下，60分钟后仍未戴上",
        "08:10 device taken off in 客厅, still off after 60 min",
    ),
    "a door names itself": (
        "level",
        (fact("contact", 1.0),),
        {"equals": 1.0, "for_s": 0.0},
        "08:10 客厅关闭",
        "08:10 客厅 closed",
    ),
    "a fall of temperature": (
        "rate",
        (fact("temperature", 21.0), fact("temperature", 14.0, NINE)),
        {"below": -5.0, "over_s": 3600.0},
        "09:10 客厅温度60分钟内从 21℃ 降到 14℃，每小时下降超过 5℃",
        "09:10 temperature in 客厅 fell from 21℃ to 14℃ within 60 min, more than 5℃ an hour",
    ),
    "a figure that rises": (
        "rate",
        (fact("humidity", 40.0), fact("humidity", 70.0, NINE)),
        {"above": 20.0, "over_s": 3600.0},
        "09:10 客厅湿度60分钟内从 40% 升到 70%，每小时上升超过 20%",
        "09:10 humidity in 客厅 rose from 40% to 70% within 60 min, more than 20% an hour",
    ),
    "a counter that stands still": (
        "stuck",
        (fact("in", 1234567.0),),
        {"for_s": 14400.0},
        "客厅设备仍在上报，但进入人次 1234567 自 08:10 起已4小时没有变化",
        "the device in 客厅 goes on reporting, but entries 1234567 has not changed for 4 h, since 08:10",
    ),
    "a seat that is always held": (
        "stuck",
        (fact("seat", 1.0),),
        {"for_s": 86400.0},
        "客厅设备仍在上报，但“坐下”自 08:10 起已24小时没有变化",
        "the device in 客厅 goes on reporting, but sat down has not changed for 24 h, since 08:10",
    ),
    "a third fall": (
        "count",
        (fact("event.fall"), fact("event.fall", 1.0, NINE)),
        {"at_least": 3.0, "within_s": 86400.0},
        "24小时内客厅疑似跌倒3次，最近一次 09:10",
        "possible fall in 客厅 3 times within 24 h, last at 09:10",
    ),
    "a door again and again": (
        "count",
        (fact("contact", 0.0),),
        {"at_least": 6.0, "within_s": 3600.0},
        "60分钟内客厅打开6次，最近一次 08:10",
        "opened in 客厅 6 times within 60 min, last at 08:10",
    ),
    "a fall and then nothing": (
        "sequence",
        (fact("event.fall"),),
        {"within_s": 120.0},
        "08:10 客厅疑似跌倒，之后2分钟内未见活动",
        "08:10 possible fall in 客厅; no movement within 2 min after it",
    ),
    "a stay": (
        "stay",
        (fact("presence"),),
        {"for_s": 2400.0, "rooms": "bathroom"},
        "08:10 进入客厅，已40分钟未见出来",
        "08:10 went into 客厅, not seen outside for 40 min",
    ),
    "a stay of which nothing is known but that": (
        "stay",
        (),
        {"for_s": 2400.0, "rooms": "bathroom,bedroom"},
        "卫生间、卧室有人，已40分钟未见出来",
        "somebody in the bathroom or the bedroom, not seen outside for 40 min",
    ),
    "longer than usual": (
        "learned",
        (fact("motion"),),
        {"posture": "up", "limit_s": 9000.0, "usual_s": 4800.0},
        "最后一次活动 08:10，之后已有2.5小时未见活动，平时此时段最长约80分钟",
        "last activity at 08:10, none for 2.5 h since, usually 80 min at most at this hour",
    ),
    "longer than usual where quiets are short": (
        "learned",
        (fact("motion"),),
        {"posture": "up", "limit_s": 9000.0, "usual_s": 0.0},
        "最后一次活动 08:10，之后已有2.5小时未见活动，平时此时段不到1小时",
        "last activity at 08:10, none for 2.5 h since, usually under an hour at this hour",
    ),
    "on a seat, nothing learned yet": (
        "learned",
        (fact("seat"),),
        {"posture": "seat", "limit_s": 21600.0, "usual_s": 0.0},
        "最后一次活动 08:10，之后已坐着6小时未见活动",
        "last activity at 08:10, none for 6 h since on the seat",
    ),
    "in bed": (
        "learned",
        (fact("bed"),),
        {"posture": "bed", "limit_s": 50400.0, "usual_s": 36000.0},
        "最后一次活动 08:10，之后已卧床14小时未见活动，平时此时段最长约10小时",
        "last activity at 08:10, none for 14 h since in bed, usually 10 h at most at this hour",
    ),
    "not back by the home's hour": (
        "not_back",
        (fact("contact", 0.0),),
        {"by_time": "22:00", "learned": 0.0},
        "08:10 出门后家中未见活动，过了 22:00 仍未回家",
        "went out at 08:10, nothing seen at home since, not back by 22:00",
    ),
    "not back by the usual hour": (
        "not_back",
        (fact("contact", 0.0),),
        {"by_time": "23:30", "learned": 1.0},
        "08:10 出门后家中未见活动，过了 23:30 仍未回家（平时此时已回家）",
        "went out at 08:10, nothing seen at home since, not back by 23:30 (usually back by then)",
    ),
    "out for a long time": (
        "presence",
        (fact("contact", 0.0),),
        {"is": "out,presumed_out", "for_s": 14400.0},
        "08:10 出门后家中未见活动，已4小时",
        "went out at 08:10, nothing seen at home since, for 4 h",
    ),
    "at home": ("presence", (), {"is": "in", "for_s": 0.0}, "长者在家", "the resident is at home"),
    "a test that is due": (
        "overdue",
        (),
        {"for_s": 691200.0},
        "客厅设备已8天没有测试，此前没有测试记录",
        "device in 客厅 not tested for 8 days, no test on record",
    ),
    "at night": ("during", (), WINDOW, "正值 22:00–06:00", "in the hours 22:00–06:00"),
    "on some days": (
        "during",
        (),
        WINDOW | {"days": "mon,wed"},
        "正值周一、周三 22:00–06:00",
        "in the hours 22:00–06:00 on Mon, Wed",
    ),
    "a device that is off": (
        "silent",
        (Fact("d", "online", 0.0, EIGHT),),
        {"heartbeats": 3.0, "offline_for_s": 60.0},
        "客厅设备已离线，最后一次收到数据 08:10",
        "device in 客厅 is offline, last heard at 08:10",
    ),
    "all of two, held": (
        "all",
        (fact("contact", 0.0),),
        parts(("level", {"equals": 0.0, "for_s": 0.0, "metric": "contact"}), ("during", WINDOW), for_s=600.0),
        "08:10 客厅打开，正值 22:00–06:00，已持续10分钟",
        "08:10 客厅 opened, in the hours 22:00–06:00, for 10 min",
    ),
    "any of two: the one that stands speaks": (
        "any",
        (fact("occupancy", 40.0),),
        parts(
            ("level", {"below": 0.0, "for_s": 600.0, "metric": "occupancy"}),
            ("level", {"above": 5.0, "for_s": 0.0, "metric": "occupancy"}),
        ),
        "08:10 客厅在场人数 40，此后一直高于 5",
        "08:10 people present in 客厅 40, above 5 ever since",
    ),
    "a happening beside a level": (
        "all",
        (fact("event.fall", 0.8, NINE), fact("temperature", 8.0)),
        parts(("level", {"below": 10.0, "for_s": 0.0, "metric": "temperature"}), ("event", {"type": "fall"})),
        "08:10 客厅温度 8℃，此后一直低于 10℃，09:10 客厅疑似跌倒，可信度 80%",
        "08:10 temperature in 客厅 8℃, below 10℃ ever since, 09:10 possible fall in 客厅, confidence 80%",
    ),
    "two parts, each with its own fact": (
        "all",
        (fact("temperature", 33.0), fact("temperature", 8.0, NINE)),
        parts(
            ("level", {"below": 10.0, "for_s": 0.0, "metric": "temperature"}),
            ("level", {"above": 30.0, "for_s": 0.0, "metric": "temperature"}),
        ),
        "09:10 客厅温度 8℃，此后一直低于 10℃，08:10 客厅温度 33℃，此后一直高于 30℃",
        "09:10 temperature in 客厅 8℃, below 10℃ ever since, 08:10 temperature in 客厅 33℃, above 30℃ ever since",
    ),
    "what is not so says nothing": (
        "not",
        (),
        parts(("level", {"equals": 1.0, "for_s": 0.0, "metric": "contact"})),
        "规则所设条件已成立",
        "the condition of the rule has come true",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_sentence(name: str) -> None:
    condition, facts, numbers, zh, en = CASES[name]
    assert why(Evidence(condition, facts, numbers), "客厅", ZONE) == Words(zh, en)
