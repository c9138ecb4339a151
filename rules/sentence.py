"""Says in one plain sentence, in Chinese and in English, why an alert was raised."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rules.effects import Evidence
from rules.events import Value
from rules.rule import Words
from rules.state import Fact

# What is measured, in Chinese, in English, and its unit as it is written behind the number.
METRICS = {
    "occupancy": ("在场人数", "people present", ""),
    "battery": ("电量", "battery", "%"),
    "temperature": ("温度", "temperature", "℃"),
    "humidity": ("湿度", "humidity", "%"),
    "rssi": ("信号强度", "signal", " dBm"),
    "in": ("进入人次", "entries", ""),
    "out": ("离开人次", "exits", ""),
}
# What is one thing or the other: its words for 0 and for 1, and for having stayed so.
STATES = {
    "contact": (("打开", "仍未关", "opened", "still open"), ("关闭", "仍关着", "closed", "still closed")),
    "motion": (
        ("无人活动", "仍无人活动", "no movement", "still none"),
        ("有人活动", "仍有人活动", "movement", "still so"),
    ),
    "presence": (
        ("无人", "仍无人", "empty", "still empty"),
        ("有人", "仍有人", "somebody present", "still there"),
    ),
    "worn": (
        ("设备被摘下", "仍未戴上", "device taken off", "still off"),
        ("设备已戴上", "仍戴着", "device put on", "still on"),
    ),
}
EVENTS = {
    "event.fall": ("疑似跌倒", "possible fall"),
    "event.sos": ("有人按下呼救按钮", "call for help pressed"),
    "event.smoke": ("烟雾报警", "smoke detected"),
    "event.leak": ("漏水报警", "water detected"),
    "event.tamper": ("设备被拆动", "device opened or moved"),
}


def why(evidence: Evidence, room: str, zone: ZoneInfo, *, room_en: str = "") -> Words:
    """The reason for an alert, with times local to ``zone``.

    ``room`` is where the subject stands ('' for a whole place) as the registry has it, ``room_en`` its English word.
    """
    spot = Words(room, room_en or room)
    fact = evidence.facts[0] if evidence.facts else None
    if evidence.condition == "absence":
        return _absence(evidence, fact, zone)
    assert fact is not None, f"{evidence.condition} fires on a fact"  # noqa: S101 an invariant of the conditions
    if evidence.condition == "event":
        return _event(fact, spot, zone)
    say = {"level": _level, "sequence": _sequence, "silent": _silent}[evidence.condition]
    return say(evidence, fact, spot, zone)


def duration(seconds: float) -> Words:
    """A length of time in the largest unit that says it exactly enough: 90 s, 10 min, 4 h."""
    if seconds < 120:  # noqa: PLR2004 below two minutes people count in seconds
        return Words(f"{seconds:.0f}秒", f"{seconds:.0f} s")
    if seconds < 7200:  # noqa: PLR2004 below two hours people count in minutes
        return Words(f"{seconds / 60:.0f}分钟", f"{seconds / 60:.0f} min")
    hours = f"{seconds / 3600:.1f}".removesuffix(".0")
    return Words(f"{hours}小时", f"{hours} h")


def _clock(at: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).strftime("%H:%M")


def _number(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _in(room: Words) -> str:
    return f" in {room.en}" if room.en else ""


def _event(fact: Fact, room: Words, zone: ZoneInfo) -> Words:
    at = _clock(fact.at, zone)
    zh, en = EVENTS.get(fact.what, (f"收到事件 {fact.what}", fact.what))
    unsure = fact.what == "event.fall" and not isinstance(fact.value, str) and fact.value < 1
    return Words(
        f"{at} {room.zh}{zh}" + (f"，可信度 {fact.value:.0%}" if unsure else ""),
        f"{at} {en}{_in(room)}" + (f", confidence {fact.value:.0%}" if unsure else ""),
    )


def _sequence(evidence: Evidence, fact: Fact, room: Words, zone: ZoneInfo) -> Words:
    after = duration(float(evidence.numbers["within_s"]))
    first = _event(fact, room, zone)
    return Words(
        f"{first.zh}，之后{after.zh}内未见活动", f"{first.en}; no movement within {after.en} after it"
    )


def _level(evidence: Evidence, fact: Fact, room: Words, zone: ZoneInfo) -> Words:
    at, held = _clock(fact.at, zone), duration(float(evidence.numbers["for_s"]))
    lasting = evidence.numbers["for_s"] != 0
    if fact.what in STATES:
        zh, still_zh, en, still_en = STATES[fact.what][int(fact.value != 0)]
        door = fact.what == "contact"  # its room names the door itself
        return Words(
            f"{at} {room.zh or ('门' if door else '')}{zh}" + (f"，{held.zh}后{still_zh}" if lasting else ""),
            f"{at} "
            + (f"{room.en or 'door'} {en}" if door else en + _in(room))
            + (f", {still_en} after {held.en}" if lasting else ""),
        )
    zh, en, unit = METRICS.get(fact.what, (fact.what, fact.what, ""))
    limit = _limit(evidence, unit)
    return Words(
        f"{at} {room.zh}{zh} {_number(fact.value)}{unit}，{limit.zh}"
        + (f"，已持续{held.zh}" if lasting else ""),
        f"{at} {en}{_in(room)} {_number(fact.value)}{unit}, {limit.en}"
        + (f", for {held.en}" if lasting else ""),
    )


def _limit(evidence: Evidence, unit: str) -> Words:
    numbers = evidence.numbers
    if "capacity" in numbers:
        capacity = _number(numbers["capacity"])
        return Words(f"超过核定容量 {capacity}", f"above the capacity of {capacity}")
    for word, zh, en in (("above", "高于", "above"), ("below", "低于", "below")):
        if word in numbers:
            return Words(f"{zh} {_number(numbers[word])}{unit}", f"{en} {_number(numbers[word])}{unit}")
    return Words(f"等于 {_number(numbers['equals'])}{unit}", f"equal to {_number(numbers['equals'])}{unit}")


def _absence(evidence: Evidence, fact: Fact | None, zone: ZoneInfo) -> Words:
    limit = duration(float(evidence.numbers["for_s"]))
    start, end = evidence.numbers["from_time"], evidence.numbers["to_time"]
    by_day = (
        ("", "")
        if (start, end) == ("00:00", "24:00")
        else (f"（只计 {start}–{end}）", f" (counted {start}–{end})")
    )
    if fact is None:
        return Words(
            f"已有{limit.zh}未见活动{by_day[0]}，此前没有活动记录",
            f"no activity for {limit.en}{by_day[1]}, none on record before",
        )
    at = _clock(fact.at, zone)
    return Words(
        f"最后一次活动 {at}，之后已有{limit.zh}未见活动{by_day[0]}",
        f"last activity at {at}, none for {limit.en} since{by_day[1]}",
    )


def _silent(evidence: Evidence, fact: Fact, room: Words, zone: ZoneInfo) -> Words:
    at = _clock(fact.at, zone)
    if fact.value == 0:
        return Words(
            f"{room.zh}设备已离线，最后一次收到数据 {at}", f"device{_in(room)} is offline, last heard at {at}"
        )
    beats = _number(evidence.numbers["heartbeats"])
    return Words(
        f"{room.zh}设备连续{beats}次未按时上报，最后一次收到数据 {at}",
        f"device{_in(room)} missed {beats} reports in a row, last heard at {at}",
    )
