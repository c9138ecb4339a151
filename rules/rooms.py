"""What kind of room a registry means by the name it gives, and which door people go out by.

Names are those installers write, in Chinese or English: 主卧卫生间, Hall-Toilet door, bathroom2. The first kind that a name
speaks of is taken, in the order of ``_NAMES``: the en-suite bathroom before its bedroom, the front door before the room it
opens into, and a hall only where nothing else is named.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, TypeAlias, get_args

RoomKind: TypeAlias = Literal["bathroom", "bedroom", "living", "kitchen", "entrance", "other"]
ROOM_KINDS: tuple[RoomKind, ...] = get_args(RoomKind)

# Chinese as it stands; English without blanks and hyphens.
_NAMES: tuple[tuple[RoomKind, str], ...] = (
    (
        "entrance",
        "入户 进户 户门 大门 家门 防盗门 门禁 后门 院门 入口 frontdoor maindoor backdoor entrance entry outsidedoor housedoor",
    ),
    ("other", "柜 抽屉 窗 cupboard cabinet wardrobe drawer window closet"),
    (
        "bathroom",
        "卫生间 洗手间 盥洗 浴 厕 马桶 主卫 次卫 客卫 公卫 bath toilet shower restroom washroom lavatory basin ensuite",
    ),
    ("kitchen", "厨 灶 冰箱 kitchen fridge freezer stove cooker"),
    ("bedroom", "卧 床 睡房 客房 老人房 长者房 儿童房 bedroom guestroom"),
    ("living", "客厅 起居 沙发 livingroom living lounge sittingroom sofa"),
    ("other", "阳台 书房 餐厅 饭厅 走廊 过道 储 车库 balcony study office dining corridor storage garage"),
    ("entrance", "玄关 门厅 门口 hall foyer porch vestibule"),
)
_SHORT: dict[str, RoomKind] = {
    "wc": "bathroom",
    "loo": "bathroom",
    "bed": "bedroom",
    "卫": "bathroom",
}  # whole words


@lru_cache(maxsize=4096)
def kind_of(room: str) -> RoomKind | Literal[""]:
    """The kind of room that a registry's ``room`` means; '' where the name does not say."""
    words = "".join(c if c.isalpha() else " " for c in room.casefold()).split()
    name = "".join(words)
    for kind, parts in _NAMES:
        if any(part in name for part in parts.split()):
            return kind
    return next((_SHORT[word] for word in words if word in _SHORT), "")


def is_front_door(kind: str, room: str, contacts_of_home: int) -> bool:
    """Whether a device is on the door people leave by: a ``contact`` there, or the home's only one if its room says nothing."""
    if kind != "contact":
        return False
    where = kind_of(room)
    return where == "entrance" or (where == "" and contacts_of_home == 1)
