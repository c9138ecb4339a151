"""Rooms as installers name them, and which door is the front door."""

from __future__ import annotations

import pytest

from rules.rooms import ROOM_KINDS, is_front_door, kind_of

NAMES = {
    "bathroom": "卫生间 浴室 厕所 洗手间 主卫 卫 马桶 主卧卫生间 卫生间门 bathroom Bathroom2 toilet shower WC en-suite "
    "Hall-Toilet,door Hall-Bathroom,door 卫生间门口",
    "bedroom": "卧室 主卧 次卧 老人房 床 卧室门口 bedroom Bed bed1 Hall-Bedroom,door",
    "living": "客厅 起居室 沙发 living LivingRoom lounge",
    "kitchen": "厨房 冰箱 Kitchen fridge",
    "entrance": "入户门 大门 门口 玄关 门厅 防盗门 客厅入户门 entrance Front,door Frontdoor FRONT_DOOR main-door hall,door",
    "other": "阳台 书房 餐厅 走廊 厨房吊柜 Groceries,Cupboard balcony study 卧室窗",
    "": "A-101 301室 floor 3 — Ω",
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name.replace(",", " "), kind) for kind, names in NAMES.items() for name in names.split()],
)
def test_a_room_is_known_by_the_names_people_give_it(name: str, kind: str) -> None:
    assert kind_of(name) == kind
    assert kind_of(f" {name.upper()} ") == kind


def test_a_room_without_a_name_is_no_kind() -> None:
    assert kind_of("") == ""
    assert {kind_of(names.split()[0]) for names in NAMES.values()} == {*ROOM_KINDS, ""}


@pytest.mark.parametrize(
    ("kind", "room", "contacts", "front"),
    [
        ("contact", "入户门", 1, True),
        ("contact", "front door", 4, True),
        ("contact", "", 1, True),
        ("contact", "301室", 1, True),
        ("contact", "", 2, False),  # which of the two nobody said
        ("contact", "卫生间", 1, False),
        ("contact", "阳台", 1, False),
        ("opening", "", 1, False),  # a cupboard, a fridge, a door inside
        ("motion", "玄关", 0, False),
    ],
)
def test_the_front_door(kind: str, room: str, contacts: int, *, front: bool) -> None:
    assert is_front_door(kind, room, contacts) is front
