"""What the figures of a facility's report are called, and what each means."""

from __future__ import annotations

from typing import Final

from gateway.reports.figures import Spec

USE: Final = (
    Spec(
        "use.people_h",
        "人时",
        "people-hours",
        "people_h",
        "每个有数据的小时的平均在场人数之和（计数器原始数据不改，按人工清点更正后计算）。",
        "The sum over the hours that are known of the people there on average, as corrected by "
        "what people have counted.",
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
        "按登记的开放时间，起点在开放时间内的小时数。",
        "Hours that begin within the opening hours that were set.",
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
        "use.mean",
        "开放时平均在场",
        "people while open",
        "people",
        "开放且有数据的小时的平均在场人数。",
        "People on average over the hours open and known.",
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
        "use.passages",
        "进出人次",
        "passages",
        "times",
        "经过计数器的次数，进和出各算一次。",
        "Passages of counters, in and out each one.",
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
        "已知功能室",
        "rooms known",
        "rooms",
        "登记了计数器、面积或使用方的房间数。",
        "Rooms with a counter, an area or an operator entered.",
    ),
    Spec(
        "rooms.idle",
        "闲置功能室",
        "idle rooms",
        "rooms",
        "整期有数据而没有一个使用小时的房间数。",
        "Rooms known all the while and not in use for a single hour.",
    ),
    Spec(
        "rooms.unknown",
        "无法判断的功能室",
        "rooms not known",
        "rooms",
        "没有计数器，或一半以上小时无数据的房间数。",
        "Rooms without a counter, or unknown for more than half of the hours.",
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
