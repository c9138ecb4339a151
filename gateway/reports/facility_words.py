"""What the figures of a facility's report are called, and what each means."""

from __future__ import annotations

from typing import Final

from gateway.occupancy.zones import IDLE_BELOW, IDLE_WEEKS, Purpose
from gateway.reports.document import Text
from gateway.reports.figures import Spec

USE: Final = (
    Spec(
        "use.people_h",
        "人时",
        "people-hours",
        "people_h",
        "使用中的每个小时的平均在场人数之和（计数器原始数据不改，按人工清点和夜间清零更正后计算）。",
        "The sum over the hours in use of the people there on average, put right by what people "
        "have counted and by empty nights.",
        1,
    ),
    Spec(
        "use.used_h",
        "使用小时",
        "hours in use",
        "h",
        "有人进出，或开放时间内有人在场的小时数。",
        "Hours in which somebody passed a counter, or somebody was there while it was open.",
    ),
    Spec(
        "use.open_h",
        "开放小时",
        "hours open",
        "h",
        "按登记的开放时间，中点在开放时间内的小时数。",
        "Hours whose middle lies within the opening hours that were set.",
    ),
    Spec(
        "use.utilisation",
        "使用率",
        "utilisation",
        "%",
        "开放且使用的小时 ÷ 开放且有数据的小时。",
        "Hours open and in use, of those open and known.",
        1,
    ),
    Spec(
        "use.peak",
        "最高在场",
        "most at once",
        "people",
        "本期内同时在场人数的最高值（估计）。",
        "The most people at once in the period (estimated).",
    ),
    Spec(
        "use.peak_share",
        "最高占核定容量",
        "most, of the capacity",
        "%",
        "最高在场 ÷ 核定容量。",
        "The most at once, of the capacity.",
        1,
    ),
    Spec(
        "use.came",
        "进入人次",
        "came in",
        "times",
        "计数器数到的进入次数。",
        "Passages inwards as the counters have them.",
    ),
    Spec(
        "use.went",
        "离开人次",
        "went out",
        "times",
        "计数器数到的离开次数。",
        "Passages outwards as the counters have them.",
    ),
    Spec(
        "use.drift",
        "计数偏差",
        "counts put right",
        "people",
        "到每次清点或夜间清零时，计数与实际相差人数之和（不分多少）。",
        "People by which counts were off at each truth (a person has counted, an empty night), without sign.",
        1,
    ),
    Spec(
        "use.unknown_h",
        "无数据小时",
        "hours unknown",
        "h",
        "至少一个计数器没有数据的小时数；这些小时不当作 0。",
        "Hours in which at least one counter said nothing; they are not taken for 0.",
    ),
    Spec(
        "use.corrections",
        "人工清点",
        "counted by hand",
        "times",
        "工作人员清点并更正在场人数的次数。",
        "How often somebody counted the people and put the number right.",
    ),
)

ROOMS: Final = (
    Spec(
        "rooms",
        "功能室",
        "rooms",
        "rooms",
        "登记了设备、面积或用途的房间数，不含出入口。",
        "Rooms with a device, an area or a purpose entered, without entrances.",
    ),
    Spec(
        "rooms.idle",
        "闲置功能室",
        "idle rooms",
        "rooms",
        f"到期末的 {IDLE_WEEKS} 周里，使用小时不到开放小时的 {IDLE_BELOW:.0%} 的房间数。",
        f"Rooms in use for less than {IDLE_BELOW:.0%} of their open hours in the {IDLE_WEEKS} weeks before the period's end.",
    ),
    Spec(
        "rooms.unknown",
        "无法判断的功能室",
        "rooms not known",
        "rooms",
        "没有设备，或数据太少，无法判断是否闲置的房间数。",
        "Rooms without a device, or with too little known to say whether they are idle.",
    ),
    Spec(
        "rooms.m2_h",
        "面积使用",
        "area in use",
        "m2_h",
        "各功能室使用小时 × 面积之和；没有登记面积的房间不计。",
        "Hours in use times area, over the rooms whose area was entered.",
    ),
)

PURPOSES: Final[dict[Purpose | None, Text]] = {
    "service": {"zh": "服务", "en": "service"},
    "activity": {"zh": "活动", "en": "activity"},
    "office": {"zh": "办公", "en": "office"},
    "other": {"zh": "其他", "en": "other"},
    "entrance": {"zh": "出入口", "en": "entrance"},
    None: {"zh": "未填", "en": "not entered"},
}
