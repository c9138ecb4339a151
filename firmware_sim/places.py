"""Where the simulated people live: homes, a station with its radio gateways, and a hall with a counter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from firmware_sim.chance import dice
from firmware_sim.wire import Identity

SITE = "lianhua"
COMMUNITY = "福田区/莲花街道/莲花社区"
STATION, HALL = "F-station", "F-hall"
HALL_CAPACITY = 30
HOMES_PER_GATEWAY = 10
RADAR_SHARE = 0.4
BATH_MOTION_SHARE = 0.6
SAME_FAMILY_NAME_SHARE = 0.5

NEIGHBOURHOODS = ("莲花二村", "莲花三村", "莲花北村", "景蜜新村")
SURNAMES = "王陈李张刘黄杨周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶"
TITLES = ("阿姨", "伯伯", "奶奶", "爷爷", "女士", "先生")
GIVEN = ("静", "敏", "强", "磊", "丽", "军", "洋", "艳", "勇", "杰", "娟", "涛", "明", "超", "秀英", "建华")
RELATIONS = ("女儿", "儿子", "儿媳", "女婿", "侄女", "外甥", "妹妹", "弟弟")
ACCESS_NOTES = (
    "备用钥匙在物业前台，凭工作证领取",
    "密码锁，当日密码向第一联系人索取",
    "对门邻居有备用钥匙",
    "听力不好，请按门铃三次并等候",
    "单元门禁呼叫门卫，备用钥匙在社区服务站钥匙柜",
)
MOTION_ROOMS = {"bath": "卫生间", "bed": "卧室", "living": "客厅", "kitchen": "厨房"}


class KitName(StrEnum):
    """How homes are fitted."""

    MIXED = "mixed"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A device and where it hangs."""

    who: Identity
    kind: str
    room: str


@dataclass(frozen=True, slots=True)
class Home:
    """One elder's home; ``contacts`` are (name with relation, phone)."""

    home: str
    place: str
    name: str
    address: str
    contacts: tuple[tuple[str, str], tuple[str, str]]
    access_note: str
    devices: tuple[Fitted, ...]

    def has(self, suffix: str) -> bool:
        """Whether a device such as ``radar`` or ``pir-bath`` hangs in this home."""
        return any(each.who.device == f"{self.home}-{suffix}" for each in self.devices)


@dataclass(frozen=True, slots=True)
class Facility:
    """A station or a hall; ``capacity`` None where nobody counts."""

    facility: str
    place: str
    name: str
    address: str
    capacity: int | None
    devices: tuple[Fitted, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole town."""

    site: str
    homes: tuple[Home, ...]
    facilities: tuple[Facility, ...]

    def fitted(self) -> list[Fitted]:
        """Every device, gateways and counters first."""
        places: list[Home | Facility] = [*self.facilities, *self.homes]
        return [fitted for place in places for fitted in place.devices]


def settle(*, homes: int, seed: int, kit: str = KitName.MIXED) -> Layout:
    """The town of that seed: ``homes`` homes, their gateways in the station, one hall.

    In a ``full`` kit every home has pendant, radar, button, front door, four motion sensors and a stove guard; in a ``mixed``
    town some have no radar, some no sensor in the bathroom, and none one in the kitchen.
    """
    gateways = [f"GW-{n:02d}" for n in range(1, -(-homes // HOMES_PER_GATEWAY) + 1)]
    place = f"{COMMUNITY}/{NEIGHBOURHOODS[0]}"
    station = Facility(
        STATION,
        place,
        "莲花社区服务站",
        "莲花二村1栋一楼",
        None,
        tuple(Fitted(Identity(SITE, gateway), "gateway", "值班室") for gateway in gateways),
    )
    counter = Fitted(Identity(SITE, f"{HALL}-counter"), "counter", "正门")
    hall = Facility(HALL, place, "长者活动室", "莲花二村1栋二楼", HALL_CAPACITY, (counter,))
    built = tuple(_home(n, gateways[(n - 1) // HOMES_PER_GATEWAY], seed, kit) for n in range(1, homes + 1))
    return Layout(SITE, built, (station, hall))


def _home(number: int, gateway: str, seed: int, kit: str) -> Home:
    home, draw = f"H{number:04d}", dice(seed, "home", number)
    surname, title = draw.choice(SURNAMES), draw.choice(TITLES)
    neighbourhood = draw.choice(NEIGHBOURHOODS)
    address = f"{draw.randint(1, 12)}栋{draw.randint(1, 18)}{draw.randint(1, 6):02d}"
    radar, bath = draw.random() < RADAR_SHARE, draw.random() < BATH_MOTION_SHARE
    contacts = (_contact(draw, surname, number * 2 - 1), _contact(draw, surname, number * 2))
    note = draw.choice(ACCESS_NOTES)
    if number == 1:
        surname, title, neighbourhood, address, radar, bath = (
            "王",
            "女士",
            NEIGHBOURHOODS[0],
            "3栋1201",
            True,
            True,
        )
    full = kit == KitName.FULL
    fitted = [("pendant", "pendant", "随身")]
    if radar or full:
        fitted.append(("radar", "radar", "卫生间"))
    fitted += [("door", "contact", "入户门"), ("sos", "sos", "床头")]
    without = set() if full else {"kitchen"} if bath else {"kitchen", "bath"}
    fitted += [(f"pir-{k}", "motion", room) for k, room in MOTION_ROOMS.items() if k not in without]
    if full:
        fitted.append(("stove", "stove", "厨房"))
    return Home(
        home,
        f"{COMMUNITY}/{neighbourhood}",
        surname + title,
        f"{neighbourhood}{address}",
        contacts,
        note,
        tuple(Fitted(Identity(SITE, f"{home}-{what}", gateway), kind, room) for what, kind, room in fitted),
    )


def _contact(draw: Random, surname: str, number: int) -> tuple[str, str]:
    family = surname if draw.random() < SAME_FAMILY_NAME_SHARE else draw.choice(SURNAMES)
    # 13800000xxx: plainly invented numbers.
    return f"{draw.choice(RELATIONS)} {family}{draw.choice(GIVEN)}", f"13800000{number % 1000:03d}"
