"""A street with its desks, and plans of a few lines; times are those of Shanghai unless a zone says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.duty.plan import Class, Desk, Person, Plan, Reach, Shift
from gateway.duty.route import Circumstances, Climb, Matter
from rules.local_time import Window

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
EXAMPLE = Path(__file__).parents[3] / "deploy" / "hub" / "duty.example.yaml"
PERSONAL = ("wecom", "sms", "voice")
CHANNELS = (*PERSONAL, "lianhua-group", "jiedao-group")
STREET = "福田区/莲花街道"
COMMUNITY = f"{STREET}/莲花社区"
ESTATE = f"{COMMUNITY}/莲花二村"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@dataclass(frozen=True, slots=True)
class Place:
    id: str
    kind: str
    path: str


def ms(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def local(at: int, zone: ZoneInfo = SHANGHAI) -> str:
    return f"{datetime.fromtimestamp(at / 1000, zone):%m-%d %H:%M}"


def person(name: str, *channels: str) -> Person:
    return Person(name, name.title(), tuple(Reach(channel, f"{name}@{channel}") for channel in channels))


def by_day(*people: str) -> Shift:
    """Monday to Saturday, 08:00 to 20:00."""
    return Shift(Window("08:00", "20:00", ("mon", "tue", "wed", "thu", "fri", "sat")), people)


POINT = Desk("point", "服务点", "care", ESTATE, shifts=(by_day("ann"),))
STATION = Desk("station", "服务站", "care", COMMUNITY, shifts=(by_day("bob"),), ways=(("group",),))
CENTRE = Desk("centre", "街道中心", "care", STREET, shifts=(Shift(Window(), ("cho",)),))
GUARDS = Desk("guards", "保安室", "property", ESTATE, shifts=(Shift(Window(), ("gus",)),))
MAINTAINER = Desk("maintainer", "维修", "maintenance", shifts=(Shift(Window(), ("max",)),))
OPERATOR = Desk("operator", "运维", "operator", shifts=(Shift(Window(), ("oli",)),))
PEOPLE = tuple(person(name, "sms", "voice") for name in ("ann", "bob", "cho", "gus", "max", "oli"))
TOWN = Plan(people=PEOPLE, desks=(OPERATOR, CENTRE, GUARDS, POINT, MAINTAINER, STATION), family=("sms",))

TUESDAY, SUNDAY = "2026-03-03 10:00", "2026-03-08 03:10"


def matter(kind: Class = "life_safety", *, family: tuple[str, ...] = (), guard: bool = False) -> Matter:
    return Matter(kind=kind, place_id="H1", path=ESTATE, family=family, guard=guard)


def now(text: str, *deaf: str) -> Circumstances:
    return Circumstances(at=ms(text), zone=SHANGHAI, calendar="cn", deaf=frozenset(deaf))


def people(climb: Climb | None) -> list[str]:
    """Whom a climb tells: people by id, groups by desk and channel."""
    assert climb is not None
    return [one.to or f"{one.desk}:{'>'.join(one.ways)}" for one in climb.told]


def passed(climb: Climb | None) -> list[tuple[int, str, str]]:
    assert climb is not None
    return [(each.rung, each.desk, each.why) for each in climb.passed]
