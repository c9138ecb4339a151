"""Says in one plain sentence, in Chinese and in English, why an alert was raised."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rules.effects import Evidence
from rules.events import Value
from rules.rule import Words
from rules.state import Fact

METRIC_ZH = {
    "contact": "门磁",
    "motion": "人体感应",
    "occupancy": "在场人数",
    "battery": "电量",
    "temperature": "温度",
    "event.fall": "跌倒报警",
    "event.sos": "呼救",
}


def why(evidence: Evidence, room: str, zone: ZoneInfo) -> Words:
    """The reason for an alert; ``room`` is where the subject stands ('' for a whole place), times are local to ``zone``."""
    fact = evidence.facts[0] if evidence.facts else None
    if evidence.condition == "absence":
        return _absence(evidence, fact, zone)
    assert fact is not None, f"{evidence.condition} fires on a fact"  # noqa: S101 an invariant of the conditions
    if evidence.condition == "event":
        return _event(fact, room, zone)
    say = {"level": _level, "sequence": _sequence, "silent": _silent}[evidence.condition]
    return say(evidence, fact, room, zone)


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


def _event(fact: Fact, room: str, zone: ZoneInfo) -> Words:
    what = {
        "event.fall": Words("报警", "reported a fall"),
        "event.sos": Words("按下呼救", "pressed for help"),
    }
    said = what.get(fact.what, Words("报警", fact.what))
    at = _clock(fact.at, zone)
    sure = "" if fact.what != "event.fall" or isinstance(fact.value, str) or fact.value >= 1 else fact.value
    return Words(
        f"{at} {room}{said.zh}" + (f"，可信度 {sure:.0%}" if sure else ""),
        f"{at} {room} {said.en}" + (f", confidence {sure:.0%}" if sure else ""),
    )


def _sequence(evidence: Evidence, fact: Fact, room: str, zone: ZoneInfo) -> Words:
    after = duration(float(evidence.numbers["within_s"]))
    first = _event(fact, room, zone)
    return Words(f"{first.zh}，之后{after.zh}未见活动", f"{first.en}; no movement for {after.en} since")


def _level(evidence: Evidence, fact: Fact, room: str, zone: ZoneInfo) -> Words:
    at, held = _clock(fact.at, zone), duration(float(evidence.numbers["for_s"]))
    lasting = evidence.numbers["for_s"] != 0
    if fact.what == "contact":
        state = Words("打开", "opened") if fact.value == 0 else Words("关闭", "closed")
        return Words(
            f"{room}{at} {state.zh}" + (f"，已{held.zh}" if lasting else ""),
            f"{room} {state.en} at {at}" + (f" and still so after {held.en}" if lasting else ""),
        )
    value, name = _number(fact.value), METRIC_ZH.get(fact.what, fact.what)
    limit_zh, limit_en = _limit(evidence)
    return Words(
        f"{room}{at} {name} {value}，{limit_zh}" + (f"，已持续{held.zh}" if lasting else ""),
        f"{room} {fact.what} {value} at {at}, {limit_en}" + (f", for {held.en}" if lasting else ""),
    )


def _limit(evidence: Evidence) -> tuple[str, str]:
    numbers = evidence.numbers
    if "above" in numbers:
        if numbers["above"] == "capacity":
            return "超过核定容量", "above the set capacity"
        return f"高于 {_number(numbers['above'])}", f"above {_number(numbers['above'])}"
    if "below" in numbers:
        return f"低于 {_number(numbers['below'])}", f"below {_number(numbers['below'])}"
    return f"等于 {_number(numbers['equals'])}", f"equal to {_number(numbers['equals'])}"


def _absence(evidence: Evidence, fact: Fact | None, zone: ZoneInfo) -> Words:
    limit = duration(float(evidence.numbers["for_s"]))
    window = f"{evidence.numbers['from_time']}–{evidence.numbers['to_time']}"
    if fact is None:
        return Words(
            f"{window} 内已有{limit.zh}未见活动，此前没有活动记录",
            f"no activity for {limit.en} within {window}; none on record before",
        )
    at = _clock(fact.at, zone)
    return Words(
        f"最后一次活动 {at}，{window} 内已有{limit.zh}未见活动",
        f"last activity at {at}; none for {limit.en} within {window}",
    )


def _silent(evidence: Evidence, fact: Fact, room: str, zone: ZoneInfo) -> Words:
    at = _clock(fact.at, zone)
    if fact.value == 0:
        return Words(f"{room}设备已离线，最后一次数据 {at}", f"{room} device is offline, last heard at {at}")
    beats = _number(evidence.numbers["heartbeats"])
    return Words(
        f"{room}设备连续{beats}次未按时上报，最后一次数据 {at}",
        f"{room} device missed {beats} reports, last heard at {at}",
    )
