"""The words of an alert: who, where and the one sentence that goes out, in Chinese and English.

Outside channels carry class, 疑似 + kind, place by policy, time, one evidence clause and the number; never a door code or
access note, a phone number, an illness or a full name. The Chinese sentence fits one SMS.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo
from typing import Literal, TypeAlias

from gateway.alerts.discretion import discreet, form_of_address, without_numbers
from gateway.alerts.message import AlertFacts, AlertMessage, PlaceFacts, Words
from gateway.alerts.own import HUB_NAME, HUB_PLACE

OutsidePlace: TypeAlias = Literal["door", "neighbourhood"]

SMS_CHARACTERS_MAX = 70  # one Chinese short message: 140 bytes in UCS-2 (3GPP TS 23.038)
_PLACE_CHARACTERS_MIN = 12
LATE_MS = 60_000  # an alert raised this long after its condition says so; settling deadlines takes seconds

# A moment, not a span such as 07:00–21:00: evidence that holds one says itself when and where.
_CLOCK = re.compile(r"(?<![\d–-])\d{1,2}:\d{2}(?![\d–-])")
_DATE = re.compile(r"\d月\d{1,2}日")
_GAP = re.compile(
    r" (?=[^a-zA-Z])|(?<=[^a-zA-Z]) "
)  # blanks that set off figures in Chinese, not between Latin words

SEVERITY = {
    "critical": ("紧急", "Critical"),
    "urgent": ("重要", "Urgent"),
    "notice": ("提示", "Notice"),
}
_ROOMS = {
    "卫生间": "bathroom",
    "浴室": "bathroom",
    "洗手间": "bathroom",
    "卧室": "bedroom",
    "主卧": "main bedroom",
    "次卧": "second bedroom",
    "客厅": "living room",
    "厨房": "kitchen",
    "餐厅": "dining room",
    "阳台": "balcony",
    "走廊": "corridor",
    "玄关": "entrance",
    "入户门": "front door",
    "正门": "main door",
    "值班室": "duty room",
    "随身": "pendant",
    "床头": "bedside",
    "门口": "entrance",
    "大厅": "hall",
    "机房": "equipment room",
}


def compose(
    alert: AlertFacts, place: PlaceFacts | None, *, zone: tzinfo, outside: OutsidePlace = "door"
) -> AlertMessage:
    """The message of an alert; ``place`` is None when the registry does not know it (any more)."""
    return AlertMessage(
        id=alert.id,
        number=alert.number,
        rule=alert.rule,
        kind=alert.kind,
        severity=alert.severity,
        title=alert.title,
        why={
            language: _why_en(without_numbers(words), alert.room)
            if language == "en"
            else without_numbers(words)
            for language, words in alert.why.items()
        },
        todo=alert.todo,
        who=HUB_NAME if alert.place_id == HUB_PLACE else who(place),
        where=where(place, alert.room, place_id=alert.place_id),
        text=outside_text(alert, place, zone=zone, outside=outside),
        raised_at=alert.raised_at,
        active_at=alert.active_at,
        rung=alert.rung,
        recorded=alert.recorded,
        late_ms=late_ms(alert),
    )


def late_ms(alert: AlertFacts) -> int:
    """How long after its condition came true the alert was raised, never negative."""
    return max(0, alert.raised_at - alert.active_at)


def who(place: PlaceFacts | None) -> Words:
    """Whom it is about: the form of address of a resident, or the facility's name."""
    if place is None:
        return {"zh": "未登记", "en": "not registered"}
    if place.kind == "home":
        zh, en = form_of_address(place.name)
        return {"zh": zh, "en": en}
    return {"zh": place.name, "en": place.name}


def where(place: PlaceFacts | None, room: str, *, place_id: str) -> Words:
    """Where to go: neighbourhood, address as it stands on the building, room."""
    if place_id == HUB_PLACE:
        return HUB_NAME
    if place is None:
        return {"zh": f"未登记地点 {place_id}", "en": f"unregistered place {place_id}"}
    neighbourhood, address = _level(place, 3), discreet(place.address)
    spot = " ".join(part for part in (neighbourhood if neighbourhood not in address else "", address) if part)
    room = discreet(room)
    return {"zh": f"{spot} {room}".strip(), "en": ", ".join(part for part in (spot, room_en(room)) if part)}


def room_en(room: str) -> str:
    """The English word for a room; one that is not known stays as it is."""
    return _ROOMS.get(room, room)


def outside_text(
    alert: AlertFacts, place: PlaceFacts | None, *, zone: tzinfo, outside: OutsidePlace = "door"
) -> Words:
    """One sentence for channels to the outside; the Chinese one has at most 70 characters.

    ``outside`` says how closely the place may be named: to the door, or the neighbourhood only (then nobody is named).
    What does not fit is left out in this order: the evidence clause, then the beginning of the address.
    """
    return {"zh": _chinese(alert, place, zone, outside), "en": _english(alert, place, zone, outside)}


def _chinese(alert: AlertFacts, place: PlaceFacts | None, zone: tzinfo, outside: OutsidePlace) -> str:
    severity = SEVERITY.get(alert.severity, (alert.severity, ""))[0]
    rung = f"（第{alert.rung}次上报）" if alert.rung else ""
    late = late_ms(alert)
    marks = f"（第{alert.count}次）" if alert.count > 1 else ""
    marks += f"（迟到{_age(late, 'zh')}）" if late >= LATE_MS else ""
    marks += "" if alert.recorded else "（未落盘）"
    head = f"{severity}{rung}：{_cut(_said(alert.title, 'zh'), 10)}{marks}。"
    number = f"警情{alert.number:04d}，" if alert.number else ""
    tail = f"。{number}{'尚无人接警，' if alert.rung else ''}请接警"
    clock, verb = _clock(alert, zone, "zh"), "报警" if alert.kind == "life_safety" else ""
    room = _cut(discreet(alert.room), 6)
    if len(head + clock + room + verb + tail) > SMS_CHARACTERS_MAX - _PLACE_CHARACTERS_MIN:
        room = ""  # late, escalated and not recorded all at once: whose it is says more than the room
    seen = clock + room + verb
    spot = _place_zh(alert, place, outside, SMS_CHARACTERS_MAX - len(head + seen + tail) - 1)
    for clause in _shortened(_evidence_zh(alert, zone)):
        told = clause if _CLOCK.search(clause) else f"{seen}，{clause}"
        if len(head + spot + told + tail) < SMS_CHARACTERS_MAX:
            return f"{head}{spot}，{told}{tail}"
    return f"{head}{spot}，{seen}{tail}"


def _shortened(clause: str) -> list[str]:
    """The evidence, then its beginning and end, then its beginning: 报警，可信度93%，未见活动 → 报警，未见活动 → 报警."""
    parts = clause.split("，")
    return [clause, f"{parts[0]}，{parts[-1]}", parts[0]] if clause else []


def _evidence_zh(alert: AlertFacts, zone: tzinfo) -> str:
    """The evidence clause, closed up; on another day than the raise it begins with the date, if it tells the time only."""
    clause = _GAP.sub("", _first_sentence(_said(alert.why, "zh"), "[。；\n]"))
    day = _clock(alert, zone, "zh").removesuffix(f"{_at(alert.active_at, zone):%H:%M}")
    return day + clause if _CLOCK.search(clause) and not _DATE.search(clause) else clause


def _place_zh(alert: AlertFacts, place: PlaceFacts | None, outside: OutsidePlace, length: int) -> str:
    if alert.place_id == HUB_PLACE:
        return HUB_NAME["zh"]
    if place is None:
        return _cut(f"未登记地点{alert.place_id}", length)
    if outside == "neighbourhood":
        return _cut(f"{_level(place, 3)}{'一住户' if place.kind == 'home' else '一设施'}", length)
    name = _cut(who(place)["zh"], 10)
    community = _cut(_level(place, 2), 10)
    address = discreet(place.address) if place.kind == "home" else ""
    left = length - len(community + name)
    if len(address) > left:
        # Building and door stand at the end of an address: if something has to go, it is the road in front.
        address = "…" + address[len(address) - left + 1 :] if left > 1 else ""
    return _cut(community + address, length - len(name)) + _cut(name, length)


def _english(alert: AlertFacts, place: PlaceFacts | None, zone: tzinfo, outside: OutsidePlace) -> str:
    severity = SEVERITY.get(alert.severity, ("", alert.severity))[1]
    late = late_ms(alert)
    marks = [f"escalation {alert.rung}"] if alert.rung else []
    marks += [f"came {alert.count} times"] if alert.count > 1 else []
    marks += [f"{_age(late, 'en')} late"] if late >= LATE_MS else []
    marks += [] if alert.recorded else ["not recorded"]
    head = f"{severity}: {_said(alert.title, 'en')}{' (' + ', '.join(marks) + ')' if marks else ''}."
    if alert.place_id == HUB_PLACE:
        spot = HUB_NAME["en"]
    elif place is None:
        spot = f"Unregistered place {alert.place_id}"
    elif outside == "neighbourhood":
        spot = f"{_level(place, 3)}, a {place.kind}"
    elif place.kind == "home":
        spot = f"{_level(place, 2)} {discreet(place.address)}, {who(place)['en']}"
    else:
        spot = f"{_level(place, 2)}, {place.name}"
    clause = _why_en(_first_sentence(_said(alert.why, "en"), r"\n|\. |\.$"), alert.room)
    seen = ", ".join(part for part in (_clock(alert, zone, "en"), room_en(discreet(alert.room))) if part)
    told = clause if _CLOCK.search(clause) else f"{seen}: {clause}" if clause else seen
    number = f"Alert {alert.number:04d}: " if alert.number else "Not numbered: "
    call = "nobody has accepted yet, please do" if alert.rung else "please accept"
    return f"{head} {spot}; {told}. {number}{call}."


def _why_en(why: str, room: str) -> str:
    """The English evidence with the room, which devices are registered under in Chinese, in English too."""
    return why.replace(room, room_en(room)) if room else why


def _said(words: Words, language: str) -> str:
    """The text in a language; a rule that lacks it must not silence the alert, so any other serves."""
    return words.get(language) or next((text for text in words.values() if text), "")


def _first_sentence(why: str, end: str) -> str:
    return without_numbers(re.split(end, why, maxsplit=1)[0]).strip()


def _clock(alert: AlertFacts, zone: tzinfo, language: str) -> str:
    """Time of day of the condition; with the date when it was raised on another day."""
    active, raised = _at(alert.active_at, zone), _at(alert.raised_at, zone)
    time = f"{active:%H:%M}"
    if active.date() == raised.date():
        return time
    return f"{active.month}月{active.day}日{time}" if language == "zh" else f"{active:%d %b} {time}"


def _at(at_ms: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(0, zone) + timedelta(milliseconds=at_ms)


def _age(late: int, language: str) -> str:
    minutes = late // 60_000
    for size, zh, en in ((1440, "天", "d"), (60, "小时", "h"), (1, "分钟", "min")):
        if minutes >= size:
            return f"{minutes // size}{zh if language == 'zh' else ' ' + en}"
    return ""


def _level(place: PlaceFacts, level: int) -> str:
    names = place.path.split("/")
    return names[level] if len(names) > level else names[-1]


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return text[: max(0, length - 1)] + "…" if length > 0 else ""
