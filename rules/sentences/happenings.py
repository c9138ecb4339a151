"""What happened, once or several times, and what came after it."""

from __future__ import annotations

from collections.abc import Mapping

from rules.events import Value
from rules.rule import Words
from rules.sentences.scene import Scene, duration, inside, number, seconds, worn
from rules.sentences.values import became, state_of
from rules.sentences.words import EVENT, EVENTS, METRICS, STATES, UNKNOWN
from rules.state import Fact

HAPPENED = "event."  # how an event's fact begins


def event(facts: tuple[Fact, ...], numbers: Mapping[str, Value], scene: Scene) -> Words | None:
    """Somebody fell, pressed a button; with the confidence of a fall that is not certain."""
    return _happened(facts[0], scene) if facts else None


def sequence(facts: tuple[Fact, ...], numbers: Mapping[str, Value], scene: Scene) -> Words | None:
    """One thing, and then another, or then no activity for a time."""
    if not facts:
        return None
    first = _happened(facts[0], scene)
    if len(facts) > 1:
        after = _happened(facts[1], scene)
        return Words(f"{first.zh}，之后 {after.zh}", f"{first.en}; then {after.en}")
    within = duration(seconds(numbers, "within_s"))
    return Words(
        f"{first.zh}，之后{within.zh}内未见活动", f"{first.en}; no movement within {within.en} after it"
    )


def count(facts: tuple[Fact, ...], numbers: Mapping[str, Value], scene: Scene) -> Words | None:
    """The same thing so many times within so long."""
    if not facts:
        return None
    last = max(facts, key=lambda fact: fact.at)
    what, at, room = _what(last), scene.clock(last.at), scene.spot(last)
    within, times = (
        duration(seconds(numbers, "within_s")),
        number(numbers.get("count", numbers.get("at_least", 0.0))),
    )
    return Words(
        f"{within.zh}内{_there(what, room)}{times}次，最近一次 {at.zh}",
        f"{what.en}{inside(room)} {times} times within {within.en}, last at {at.en}",
    )


def overdue(facts: tuple[Fact, ...], numbers: Mapping[str, Value], scene: Scene) -> Words | None:
    """A device that should be tried out every so often was not."""
    limit, room = duration(seconds(numbers, "for_s")), scene.room
    if not facts:
        return Words(
            f"{room.zh}设备已{limit.zh}没有测试，此前没有测试记录",
            f"device{inside(room)} not tested for {limit.en}, no test on record",
        )
    at, room = scene.clock(facts[0].at), scene.spot(facts[0])
    return Words(
        f"{room.zh}设备上次测试或呼叫 {at.zh}，已{limit.zh}没有测试",
        f"device{inside(room)} last tested or used at {at.en}, not for {limit.en} since",
    )


def _happened(fact: Fact, scene: Scene) -> Words:
    if fact.what in STATES:
        return became(fact, scene)
    at, room, what = scene.clock(fact.at), scene.spot(fact), _what(fact)
    unsure = fact.what == "event.fall" and not isinstance(fact.value, str) and fact.value < 1
    sure = Words(f"，可信度 {fact.value:.0%}", f", confidence {fact.value:.0%}") if unsure else Words("", "")
    return Words(f"{at.zh} {_there(what, room)}{sure.zh}", f"{at.en} {what.en}{inside(room)}{sure.en}")


def _there(what: Words, room: Words) -> str:
    """What happened and in which room, in Chinese; of a worn device that it was that device."""
    return f"{what.zh}（随身设备）" if worn(room) else f"{room.zh}{what.zh}"


def _what(fact: Fact) -> Words:
    if fact.what.startswith(HAPPENED):
        return EVENTS.get(fact.what.removeprefix(HAPPENED), EVENT)
    if state := state_of(fact):
        return Words(state.zh, state.en)
    name = METRICS.get(fact.what, UNKNOWN)
    return Words(f"{name.zh}变化", f"{name.en} changed")
