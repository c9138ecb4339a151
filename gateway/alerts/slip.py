"""The property help slip (物业协助单): where to knock, what to do, who is coming. No name, no health, nothing sensed."""

from __future__ import annotations

from datetime import tzinfo

from gateway.alerts.discretion import form_of_address, full_name
from gateway.alerts.fitting import SENTENCE_CHARACTERS_MAX, cut, moment
from gateway.alerts.message import AlertFacts, Hands, PlaceFacts, Steps, Words
from gateway.alerts.spot import address_of, from_the_end, neighbourhood_of, told

TITLE: Words = {"zh": "物业协助单", "en": "Property help slip"}
WHO: Words = {"zh": "住户", "en": "a resident"}
_NAME_CHARACTERS_MAX = 8


def asked(alert: AlertFacts, place: PlaceFacts | None, hands: Hands, *, zone: tzinfo) -> Words:
    """Please knock, and open the building's door to who is coming."""
    time = moment(alert.raised_at, alert.raised_at, zone, "zh")
    name = cut(told(hands.coming, None), _NAME_CHARACTERS_MAX)
    come_zh = f"{name}正赶来，请帮忙开单元门" if name else "值班人员正在联系，有人来请开单元门"
    come_en = (
        f"{name} is on the way: please let them in" if name else "staff are being called: please let them in"
    )
    where = spot(alert, place)
    tail = f"，请现在去敲门，问是否平安。{come_zh}。{time}，{_number(alert, 'zh')}"
    head = "物业协助："
    return {
        "zh": head
        + from_the_end(where["zh"].replace(" ", ""), SENTENCE_CHARACTERS_MAX - len(head + tail))
        + tail,
        "en": f"Property help: {where['en']}: please knock now and ask whether all is well; {come_en}. "
        f"{time}, {_number(alert, 'en')}.",
    }


def over(alert: AlertFacts, place: PlaceFacts | None) -> Words:
    """It is over; there is nothing left to do."""
    where = spot(alert, place)
    head, tail = "物业协助：", f"，事情已处理完，不用再去。谢谢您。{_number(alert, 'zh')}"
    return {
        "zh": head
        + from_the_end(where["zh"].replace(" ", ""), SENTENCE_CHARACTERS_MAX - len(head + tail))
        + tail,
        "en": f"Property help: {where['en']}: it is over, no need to go. Thank you. {_number(alert, 'en').capitalize()}.",
    }


def todo(hands: Hands) -> Steps:
    """What a guard does, in order."""
    name = cut(told(hands.coming, None), _NAME_CHARACTERS_MAX)
    return {
        "zh": [
            "请敲门，问是否平安",
            f"开单元门，等{name or '值班人员'}到",
            "不要进屋，不要向旁人说起",
            "请回复：已到、有人应答或无人应答",
            "情况危急拨打 120，起火拨打 119",
        ],
        "en": [
            "Knock and ask whether all is well",
            f"Open the building's door and wait for {name or 'the staff'}",
            "Do not go in, and do not speak of it to others",
            "Answer: there, somebody answers or nobody answers",
            "In an emergency call 120, in a fire 119",
        ],
    }


def spot(alert: AlertFacts, place: PlaceFacts | None) -> Words:
    """Building and door; neither the room nor who lives there."""
    if place is None:
        return {"zh": cut(f"未登记地点{alert.place_id}", 20), "en": f"unregistered place {alert.place_id}"}
    near, address = neighbourhood_of(place), _nameless(address_of(place), place)
    where = " ".join(part for part in (near if near not in address else "", address) if part)
    return {"zh": where, "en": where}


def _nameless(address: str, place: PlaceFacts) -> str:
    """An address that says whose it is, without saying it: 3栋王女士家 → 3栋家."""
    for name in (place.name.strip(), full_name(place.name), form_of_address(place.name)[0]):
        if len(name) > 1:
            address = address.replace(name, "")
    return address.strip()


def _number(alert: AlertFacts, language: str) -> str:
    if not alert.number:
        return "未编号" if language == "zh" else "not numbered"
    return f"单号{alert.number:04d}" if language == "zh" else f"slip {alert.number:04d}"
