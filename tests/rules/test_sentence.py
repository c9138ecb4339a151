"""Why an alert was raised, read aloud: the sentence of every built-in rule, and of rules people may write."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from story import Story, built_in, rule

from gateway.rulebook.load import load_rules
from rules.effects import Evidence
from rules.rule import Words
from rules.sentence import duration, why
from rules.state import Fact

ZONE = ZoneInfo("Asia/Shanghai")


def hall() -> Story:
    return Story(built_in("over_capacity"), devices=("door:counter",), capacity=20).at("09:00")


def station() -> Story:
    return Story(built_in("gateway_lost"), devices=("gw:gateway",), capacity=5).at("08:10")


def home(rule_id: str) -> Story:
    return Story(built_in(rule_id)).at("08:10")


BUILT_IN: dict[str, tuple[Callable[[], Story], str, str, str]] = {
    "fall": (
        lambda: home("fall").event("pendant", confidence=0.93),
        "卫生间",
        "08:10 卫生间疑似跌倒，可信度 93%",
        "08:10 possible fall in 卫生间, confidence 93%",
    ),
    "sos": (
        lambda: home("sos").event("sos", "sos"),
        "卧室",
        "08:10 卧室有人按下呼救按钮",
        "08:10 call for help pressed in 卧室",
    ),
    "fall_confirmed": (
        lambda: home("fall_confirmed").event("radar").at("09:00"),
        "卫生间",
        "08:10 卫生间疑似跌倒，之后2分钟内未见活动",
        "08:10 possible fall in 卫生间; no movement within 2 min after it",
    ),
    "no_activity": (
        lambda: living(home("no_activity").says("pir", seen="08:10", motion=1.0)).at("13:00"),
        "",
        "最后一次活动 08:10，之后已有4小时未见活动（只计 07:00–21:00）",
        "last activity at 08:10, none for 4 h since (counted 07:00–21:00)",
    ),
    "door_left_open": (
        lambda: home("door_left_open").says("door", seen="08:10", contact=0.0).at("09:00"),
        "入户门",
        "08:10 入户门打开，10分钟后仍未关",
        "08:10 入户门 opened, still open after 10 min",
    ),
    "over_capacity": (
        lambda: hall().says("door", seen="09:00", occupancy=23.0).at("10:00"),
        "",
        "09:00 在场人数 23，超过核定容量 20，已持续60秒",
        "09:00 people present 23, above the capacity of 20, for 60 s",
    ),
    "gateway_lost": (
        lambda: station().status("gw", online=True).status("gw", online=False).at("09:00"),
        "机房",
        "机房设备已离线，最后一次收到数据 08:10",
        "device in 机房 is offline, last heard at 08:10",
    ),
    "device_silent": (
        lambda: Story(built_in("device_silent"), devices=("pir:motion",)).says("pir", motion=0.0).at("09:00"),
        "客厅",
        "客厅设备连续3次未按时上报，最后一次收到数据 08:00",
        "device in 客厅 missed 3 reports in a row, last heard at 08:00",
    ),
    "battery_low": (
        lambda: home("battery_low").says("pir", seen="08:10", battery=14.0),
        "客厅",
        "08:10 客厅电量 14%，低于 15%",
        "08:10 battery in 客厅 14%, below 15%",
    ),
}


def living(story: Story) -> Story:
    story.heartbeat = ("pir", "door")
    return story


def said(story: Story, room: str) -> Words:
    return why(story.alerts[0].evidence, room, ZONE)


def test_every_built_in_rule_is_read_aloud_here() -> None:
    assert {rule.id for rule in load_rules()} == set(BUILT_IN)


@pytest.mark.parametrize("rule_id", BUILT_IN)
def test_built_in(rule_id: str) -> None:
    tell, room, zh, en = BUILT_IN[rule_id]
    assert said(tell(), room) == Words(zh, en)


def test_an_absence_with_nothing_before_it() -> None:
    story = living(Story(rule("absence: {of: [motion], for_s: 3600}"))).at("10:00")
    assert said(story, "") == Words(
        "已有60分钟未见活动，此前没有活动记录", "no activity for 60 min, none on record before"
    )


@pytest.mark.parametrize(
    ("what", "value", "numbers", "zh", "en"),
    [
        (
            "temperature",
            38.5,
            {"above": 35.0, "for_s": 0.0},
            "08:10 客厅温度 38.5℃，高于 35℃",
            "08:10 temperature in 客厅 38.5℃, above 35℃",
        ),
        (
            "humidity",
            20.0,
            {"equals": 20.0, "for_s": 0.0},
            "08:10 客厅湿度 20%，等于 20%",
            "08:10 humidity in 客厅 20%, equal to 20%",
        ),
        (
            "worn",
            0.0,
            {"equals": 0.0, "for_s": 3600.0},
            "08:10 客厅设备被摘下，60分钟后仍未戴上",
            "08:10 device taken off in 客厅, still off after 60 min",
        ),
        ("contact", 1.0, {"equals": 1.0, "for_s": 0.0}, "08:10 客厅关闭", "08:10 客厅 closed"),
    ],
)
def test_levels_of_other_things(
    what: str, value: float, numbers: dict[str, float | str], zh: str, en: str
) -> None:
    at = Story(rule("event: {type: fall}")).clock("08:10")
    assert why(Evidence("level", (Fact("d", what, value, at),), numbers), "客厅", ZONE) == Words(zh, en)


@pytest.mark.parametrize(
    ("kind", "zh"),
    [("smoke", "08:00 厨房烟雾报警"), ("leak", "08:00 厨房漏水报警"), ("tamper", "08:00 厨房设备被拆动")],
)
def test_other_events(kind: str, zh: str) -> None:
    assert said(Story(rule(f"event: {{type: {kind}}}")).event("radar", kind), "厨房").zh == zh


def test_times_are_those_of_the_place() -> None:
    story = home("fall").event("pendant")
    assert why(story.alerts[0].evidence, "", ZoneInfo("Europe/Berlin")).zh == "01:10 疑似跌倒"


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (45, "45秒", "45 s"),
        (90, "90秒", "90 s"),
        (120, "2分钟", "2 min"),
        (2400, "40分钟", "40 min"),
        (14400, "4小时", "4 h"),
        (9000, "2.5小时", "2.5 h"),
    ],
)
def test_durations(seconds: float, zh: str, en: str) -> None:
    assert duration(seconds) == Words(zh, en)


FORBIDDEN = ("老人", "失联", "痴呆", "隔离")


@pytest.mark.parametrize("rule_id", BUILT_IN)
def test_the_words_of_the_library_are_the_fields(rule_id: str) -> None:
    words = built_in(rule_id)
    for text in (words.title.zh, *words.todo.zh):
        assert not [word for word in FORBIDDEN if word in text]
        assert len(text) <= 26, "read on a phone, at night"
