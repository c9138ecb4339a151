"""What did not come: nobody was active, nobody came out of a room, came home, and no device was heard.

A person who has not been active is never called lost or gone: 久未活动, not 失联.
"""

from __future__ import annotations

from collections.abc import Mapping

from rules.events import Value
from rules.rule import Words
from rules.sentences.scene import NOWHERE, Scene, duration, inside, number, seconds, span
from rules.sentences.words import POSTURES, ROOM, ROOMS, WHEREABOUTS
from rules.state import Fact


def absence(facts: tuple[Fact, ...], numbers: Mapping[str, Value], scene: Scene) -> Words | None:
    """No activity for so long, within a window of the day."""
    limit, window = duration(seconds(numbers, "for_s")), _window(numbers)
    if not facts:
        return Words(
            f"已有{limit.zh}未见活动{window.zh}，此前没有活动记录",
            f"no activity for {limit.en}{window.en}, none on record before",
        )
    last = _last_seen(facts[0], scene)
    return Words(
        f"最后一次活动 {last.zh}，之后已有{limit.zh}未见活动{window.zh}",
        f"last activity at {last.en}, none for {limit.en} since{window.en}",
    )


def learned(facts: tuple[Fact, ...], numbers: Mapping[str, Value], scene: Scene) -> Words | None:
    """No activity for longer than is usual for this person at this hour, as the person was then: up, seated, in bed."""
    limit, usual = seconds(numbers, "limit_s"), seconds(numbers, "usual_s")
    if not limit:  # a part of another condition, that keeps no figures of its own
        return Words("比平时此时段安静得更久", "quiet for longer than usual at this hour")
    held, how = duration(limit), POSTURES.get(str(numbers.get("posture", "")), POSTURES["up"])
    up_by = numbers.get("up_by")
    known = (
        Words(f"，平时 {up_by} 前已起床", f", usually up by {up_by}")
        if up_by
        else _usual(usual, up=how == POSTURES["up"])
    )
    if not facts:
        return Words(f"已{how.zh}{held.zh}未见活动{known.zh}", f"no activity for {held.en}{how.en}{known.en}")
    last = _last_seen(facts[0], scene)
    return Words(
        f"最后一次活动 {last.zh}，之后已{how.zh}{held.zh}未见活动{known.zh}",
        f"last activity at {last.en}, none for {held.en} since{how.en}{known.en}",
    )


def not_back(facts: tuple[Fact, ...], numbers: Mapping[str, Value], scene: Scene) -> Words | None:
    """Out by the front door, and not back by the home's hour."""
    hour = numbers.get("by_time")
    by = (
        Words(f"，过了 {hour} 仍未回家", f", not back by {hour}")
        if hour
        else Words("，仍未回家", ", not back yet")
    )
    usual = Words("（平时此时已回家）", " (usually back by then)") if seconds(numbers, "learned") else NOWHERE
    if not facts:
        return Words(
            f"出门后家中未见活动{by.zh}{usual.zh}", f"went out, nothing seen at home since{by.en}{usual.en}"
        )
    at = scene.clock(facts[0].at)
    return Words(
        f"{at.zh} 出门后家中未见活动{by.zh}{usual.zh}",
        f"went out at {at.en}, nothing seen at home since{by.en}{usual.en}",
    )


def silent(facts: tuple[Fact, ...], numbers: Mapping[str, Value], scene: Scene) -> Words | None:
    """A device is off, or has missed its reports."""
    if not facts:
        return None
    fact = facts[0]
    at, room = scene.clock(fact.at), scene.spot(fact)
    if fact.value == 0:
        return Words(
            f"{room.zh}设备已离线，最后一次收到数据 {at.zh}",
            f"device{inside(room)} is offline, last heard at {at.en}",
        )
    beats = number(numbers.get("heartbeats", 0.0))
    return Words(
        f"{room.zh}设备连续{beats}次未按时上报，最后一次收到数据 {at.zh}",
        f"device{inside(room)} missed {beats} reports in a row, last heard at {at.en}",
    )


def stay(facts: tuple[Fact, ...], numbers: Mapping[str, Value], scene: Scene) -> Words | None:
    """Somebody went into a room and was seen nowhere else since."""
    held = duration(seconds(numbers, "for_s"))
    kinds = [ROOMS.get(name, ROOM) for name in str(numbers.get("rooms", "")).split(",") if name] or [ROOM]
    room = Words("、".join(kind.zh for kind in kinds), " or ".join(kind.en for kind in kinds))
    if not facts:
        return Words(
            f"{room.zh}有人，已{held.zh}未见出来", f"somebody in {room.en}, not seen outside for {held.en}"
        )
    fact = facts[0]
    at, spot = scene.clock(fact.at), scene.spot(fact)
    return Words(
        f"{at.zh} 进入{spot.zh or room.zh}，已{held.zh}未见出来",
        f"{at.en} went into {spot.en or room.en}, not seen outside for {held.en}",
    )


def presence(facts: tuple[Fact, ...], numbers: Mapping[str, Value], scene: Scene) -> Words | None:
    """Somebody is at home, out, or presumed so."""
    names = str(numbers.get("is", "")).split(",")
    found = [WHEREABOUTS[name] for name in names if name in WHEREABOUTS]
    if "presumed_out" in names and "out" in names:
        found = [WHEREABOUTS["out"]]  # both: said by what is known of it, below
    where = Words("或".join(word.zh for word in found), " or ".join(word.en for word in found))
    held = seconds(numbers, "for_s")
    lasting = Words(f"，已{duration(held).zh}", f", for {duration(held).en}") if held else NOWHERE
    if not facts:
        return Words(f"长者{where.zh}{lasting.zh}", f"the resident is {where.en}{lasting.en}")
    at = scene.clock(facts[0].at)
    if "out" in names or "presumed_out" in names:
        return Words(
            f"{at.zh} 出门后家中未见活动{lasting.zh}",
            f"went out at {at.en}, nothing seen at home since{lasting.en}",
        )
    return Words(
        f"最近一次开门 {at.zh}，长者{where.zh}{lasting.zh}",
        f"the door last moved at {at.en}, the resident is {where.en}{lasting.en}",
    )


def _last_seen(fact: Fact, scene: Scene) -> Words:
    at, room = scene.clock(fact.at), scene.rooms.get(fact.device, NOWHERE)
    return Words(f"{at.zh}（{room.zh}）" if room.zh else at.zh, f"{at.en} ({room.en})" if room.en else at.en)


def _window(numbers: Mapping[str, Value]) -> Words:
    start, end = numbers.get("from_time", "00:00"), numbers.get("to_time", "24:00")
    if (start, end) == ("00:00", "24:00"):
        return NOWHERE
    return Words(f"（只计 {span(start, end)}）", f" (counted {span(start, end)})")


def _usual(usual_s: float, *, up: bool) -> Words:
    """What is usual; quiets under an hour are not kept, and on a seat or in bed nothing may be learned yet."""
    if not usual_s:
        return Words("，平时此时段不到1小时", ", usually under an hour at this hour") if up else NOWHERE
    longest = duration(usual_s)
    return Words(f"，平时此时段最长约{longest.zh}", f", usually {longest.en} at most at this hour")
