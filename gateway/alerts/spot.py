"""Who and where: what may be said of a place, as closely as the policy lets it be named."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from gateway.alerts.discretion import discreet, form_of_address, full_name
from gateway.alerts.fitting import cut
from gateway.alerts.message import AlertFacts, PlaceFacts, Words
from gateway.alerts.own import desk_of_place, own_name

OutsidePlace: TypeAlias = Literal["door", "neighbourhood"]

_COMMUNITY, _NEIGHBOURHOOD = 2, 3  # of 区/街道/社区/小区
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
_ROOM = re.compile(
    rf"(?<![\u3400-\u9fff])(?:{'|'.join(sorted(_ROOMS, key=len, reverse=True))})(?![\u3400-\u9fff])"
)


def who(place: PlaceFacts | None) -> Words:
    """Whom it is about: the form of address of a resident, or the facility's name."""
    if place is None:
        return {"zh": "未登记", "en": "not registered"}
    if place.kind == "home":
        zh, en = form_of_address(place.name)
        return {"zh": zh, "en": en}
    name = discreet(place.name)
    return {"zh": name, "en": name}


def where(place: PlaceFacts | None, room: str, *, place_id: str) -> Words:
    """Where to go: neighbourhood, address as it stands on the building, room."""
    own = own_name(place_id)
    if own is not None:
        return own
    if place is None:
        return {"zh": f"未登记地点 {place_id}", "en": f"unregistered place {place_id}"}
    neighbourhood, address = neighbourhood_of(place), address_of(place)
    spot = " ".join(part for part in (neighbourhood if neighbourhood not in address else "", address) if part)
    room = told(room, place)
    return {"zh": f"{spot} {room}".strip(), "en": ", ".join(part for part in (spot, room_en(room)) if part)}


def room_en(room: str) -> str:
    """The English word for a room; one that is not known stays as it is."""
    return _ROOMS.get(room, room)


def rooms_in_english(text: str) -> str:
    """A text with the rooms it names in Chinese said in English, where they stand alone."""
    return _ROOM.sub(lambda room: _ROOMS[room[0]], text)


def told(text: str, place: PlaceFacts | None) -> str:
    """Free text of the registry as it may leave the house: discreet, and without the resident's full name."""
    text = discreet(text)
    name = full_name(place.name) if place is not None and place.kind == "home" else ""
    return text.replace(name, form_of_address(name)[0]) if name else text


def community_of(place: PlaceFacts) -> str:
    """The 社区 of a place, or the last level that is given."""
    return _level(place, _COMMUNITY)


def neighbourhood_of(place: PlaceFacts) -> str:
    """The 小区 of a place, or the last level that is given."""
    return _level(place, _NEIGHBOURHOOD)


def address_of(place: PlaceFacts) -> str:
    """Building and door, or where in its building a facility is."""
    return told(place.address, place)


def spot_zh(alert: AlertFacts, place: PlaceFacts | None, outside: OutsidePlace, length: int) -> str:
    """The place by policy: 社区, address and form of address; or the 小区 alone, and nobody is named.

    '' for a desk: its evidence names it, and it is not the machine that one has to go to.
    """
    own = own_name(alert.place_id)
    if own is not None:
        return "" if desk_of_place(alert.place_id) else cut(own["zh"], length)
    if place is None:
        return cut(f"未登记地点{alert.place_id}", length)
    if outside == "neighbourhood":
        one = "一住户" if place.kind == "home" else "一设施"
        return cut(neighbourhood_of(place), length - len(one)) + cut(one, length)
    name = cut(who(place)["zh"], 10)
    community = cut(community_of(place), 10)
    address = address_of(place) if place.kind == "home" else ""
    address = from_the_end(address, length - len(community + name))
    return cut(community + address, length - len(name)) + cut(name, length)


def spot_en(alert: AlertFacts, place: PlaceFacts | None, outside: OutsidePlace) -> str:
    """The place by policy, in English; '' as in Chinese."""
    own = own_name(alert.place_id)
    if own is not None:
        return "" if desk_of_place(alert.place_id) else own["en"]
    if place is None:
        return f"Unregistered place {alert.place_id}"
    if outside == "neighbourhood":
        return f"{neighbourhood_of(place)}, a {place.kind}"
    if place.kind == "home":
        return f"{community_of(place)} {address_of(place)}, {who(place)['en']}"
    return f"{community_of(place)}, {who(place)['en']}"


def from_the_end(address: str, length: int) -> str:
    """An address with room for ``length``: building and door stand at its end, so the road in front goes."""
    if len(address) <= length:
        return address
    return "…" + address[len(address) - length + 1 :] if length > 1 else ""


def _level(place: PlaceFacts, level: int) -> str:
    names = place.path.split("/")
    return told(names[level] if len(names) > level else names[-1], place)
