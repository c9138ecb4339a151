"""The words for what is measured and what happens, Chinese before English. A test holds them to the vocabulary."""

from __future__ import annotations

from typing import NamedTuple

from rules.rule import Words


class Measured(NamedTuple):
    """A figure: its name, and its unit as it is written behind the number."""

    zh: str
    en: str
    unit: str = ""


class State(NamedTuple):
    """One side of what is one thing or the other: that it became so, and that it still is."""

    zh: str
    still_zh: str
    en: str
    still_en: str


METRICS: dict[str, Measured] = {
    "occupancy": Measured("在场人数", "people present"),
    "battery": Measured("电量", "battery", "%"),
    "temperature": Measured("温度", "temperature", "℃"),
    "humidity": Measured("湿度", "humidity", "%"),
    "rssi": Measured("信号强度", "signal", " dBm"),
    "in": Measured("进入人次", "entries"),
    "out": Measured("离开人次", "exits"),
}
UNKNOWN = Measured("读数", "reading")

# For 0 and for 1.
STATES: dict[str, tuple[State, State]] = {
    "contact": (
        State("打开", "仍未关", "opened", "still open"),
        State("关闭", "仍关着", "closed", "still closed"),
    ),
    "motion": (
        State("无人活动", "仍无人活动", "no movement", "still none"),
        State("有人活动", "仍有人活动", "movement", "still so"),
    ),
    "presence": (
        State("无人", "仍无人", "empty", "still empty"),
        State("有人", "仍有人", "somebody present", "still there"),
    ),
    "bed": (
        State("离床", "仍未回床", "got out of bed", "still not back in bed"),
        State("上床", "仍在床上", "went to bed", "still in bed"),
    ),
    "seat": (
        State("起身", "仍未坐回", "got up from the seat", "still not back"),
        State("坐下", "仍坐着", "sat down", "still sitting"),
    ),
    "flush": (
        State("冲水结束", "未再冲水", "flush over", "not flushed since"),
        State("冲水", "仍在冲水", "toilet flushed", "still running"),
    ),
    "appliance": (
        State("电器关闭", "仍未打开", "appliance off", "still off"),
        State("电器打开", "仍开着", "appliance on", "still on"),
    ),
    "stove": (
        State("灶具关火", "仍关着", "stove off", "still off"),
        State("灶具开火", "仍开着", "stove on", "still on"),
    ),
    "worn": (
        State("设备被摘下", "仍未戴上", "device taken off", "still off"),
        State("设备已戴上", "仍戴着", "device put on", "still on"),
    ),
    "smoke": (
        State("烟雾报警解除", "仍无烟雾报警", "smoke alarm over", "still over"),
        State("烟雾报警", "仍在报警", "smoke detected", "still there"),
    ),
    "leak": (
        State("漏水报警解除", "仍无漏水报警", "leak alarm over", "still over"),
        State("漏水报警", "仍在报警", "water detected", "still there"),
    ),
    "tamper": (
        State("设备拆动解除", "仍正常", "device back in place", "still so"),
        State("设备被拆动", "仍未复原", "device opened or moved", "still so"),
    ),
    "clock_wrong": (
        State("设备时间恢复正常", "仍正常", "device clock right again", "still right"),
        State("设备时间不准", "仍不准", "device clock is wrong", "still wrong"),
    ),
}

EVENTS: dict[str, Words] = {
    "fall": Words("疑似跌倒", "possible fall"),
    "sos": Words("有人按下呼救按钮", "call for help pressed"),
    "smoke": Words("烟雾报警", "smoke detected"),
    "leak": Words("漏水报警", "water detected"),
    "tamper": Words("设备被拆动", "device opened or moved"),
    "test": Words("设备测试", "device tested"),
}
EVENT = Words("收到设备事件", "an event of the device")

ROOMS: dict[str, Words] = {
    "bathroom": Words("卫生间", "the bathroom"),
    "bedroom": Words("卧室", "the bedroom"),
    "living": Words("客厅", "the living room"),
    "kitchen": Words("厨房", "the kitchen"),
    "entrance": Words("门口", "the entrance"),
    "other": Words("房间", "the room"),
}
ROOM = ROOMS["other"]

WHEREABOUTS: dict[str, Words] = {
    "in": Words("在家", "at home"),
    "out": Words("已外出", "out"),
    "presumed_out": Words("推断已外出", "presumed out"),
    "unknown": Words("不知是否在家", "not known to be at home"),
}

POSTURES: dict[str, Words] = {
    "up": Words("有", ""),
    "seat": Words("坐着", " on the seat"),
    "bed": Words("卧床", " in bed"),
}

DAYS: dict[str, Words] = {
    "workdays": Words("工作日", "working days"),
    "weekends_and_holidays": Words("周末及节假日", "weekends and holidays"),
    "mon": Words("周一", "Mon"),
    "tue": Words("周二", "Tue"),
    "wed": Words("周三", "Wed"),
    "thu": Words("周四", "Thu"),
    "fri": Words("周五", "Fri"),
    "sat": Words("周六", "Sat"),
    "sun": Words("周日", "Sun"),
}
