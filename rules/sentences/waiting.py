"""What a rule waits for, in one sentence: before anything has happened, for those who read the rules."""

from __future__ import annotations

from collections.abc import Iterable

from rules.conditions.absence import Absence
from rules.conditions.condition import Condition
from rules.conditions.count import Count
from rules.conditions.during import During
from rules.conditions.event import EventHappens
from rules.conditions.learned import Learned
from rules.conditions.level import Level
from rules.conditions.not_back import NotBack
from rules.conditions.overdue import Overdue
from rules.conditions.rate import Rate
from rules.conditions.sequence import Sequence
from rules.conditions.silent import Silent
from rules.conditions.stay import Stay
from rules.conditions.stuck import Stuck
from rules.conditions.whereabouts import Whereabouts
from rules.rule import Rule, Words
from rules.sentences.scene import duration, number
from rules.sentences.words import DAYS, EVENT, EVENTS, METRICS, ROOMS, STATES, UNKNOWN, WHEREABOUTS
from rules.when import AllOf, AnyOf, Not


def waits_for(rule: Rule) -> Words:
    """What the rule waits for: 温度低于 12℃，持续 2小时."""
    said = _said(rule.when.condition)
    return Words(f"{said.zh}。", f"{said.en[:1].upper()}{said.en[1:]}.")


def _said(condition: Condition) -> Words:  # noqa: PLR0911 one line for each kind of condition
    match condition:
        case EventHappens():
            return _event(condition)
        case Level():
            return _level(condition)
        case Absence():
            return _absence(condition)
        case Learned():
            return _learned(condition)
        case Sequence():
            return _sequence(condition)
        case Stay():
            rooms, held = _joined(ROOMS[room] for room in condition.rooms), duration(condition.for_s)
            return Words(
                f"在{rooms.zh}停留{held.zh}，没有出来", f"somebody stays in {rooms.en} for {held.en}"
            )
        case NotBack():
            held = duration(condition.at_least_s)
            return Words(
                f"出门后到 {condition.by_time} 还没有回来（已出门至少{held.zh}）；平时回来更晚的，最多等到 {condition.latest}",
                f"out at {condition.by_time} for {held.en} or more; who is usually later is given until {condition.latest}",
            )
        case Whereabouts():
            names, held = _joined(WHEREABOUTS[name] for name in condition.is_), _lasting(condition.for_s)
            return Words(f"{names.zh}{held.zh}", f"the person is {names.en}{held.en}")
        case _:
            return _of_device(condition)


def _of_device(condition: Condition) -> Words:  # noqa: PLR0911 the same
    """What is about a device or a place rather than a person; and what is joined of several."""
    match condition:
        case Silent():
            held = duration(condition.offline_for_s)
            return Words(
                f"设备连续 {condition.heartbeats} 次该上报而没有上报，或离线{held.zh}",
                f"a device misses {condition.heartbeats} of its reports, or is offline for {held.en}",
            )
        case Overdue():
            names, held = _joined(EVENTS.get(name, EVENT) for name in condition.of), duration(condition.for_s)
            return Words(f"{held.zh}没有收到过：{names.zh}", f"for {held.en} there was none of: {names.en}")
        case Stuck():
            name, held = METRICS.get(condition.metric, UNKNOWN), duration(condition.for_s)
            return Words(
                f"{name.zh}一直在报，{held.zh}没有变化", f"{name.en} reported and unchanged for {held.en}"
            )
        case Rate():
            return _rate(condition)
        case Count():
            return _count(condition)
        case During():
            return _during(condition)
        case AllOf() | AnyOf() | Not():
            return _whole(condition)
        case _:
            return Words(condition.name, condition.name)


def state_words(metric: str, *, is_on: bool) -> Words:
    """What it is called when that metric becomes 1 (``is_on``) or 0; of a contact, that it is a door's."""
    side = STATES[metric][int(is_on)]
    return Words(f"门{side.zh}", f"door {side.en}") if metric == "contact" else Words(side.zh, side.en)


def _whole(condition: AllOf | AnyOf | Not) -> Words:
    parts = [_said(part) for part in condition.parts]
    if isinstance(condition, Not):
        return Words(f"没有这样：{parts[0].zh}", f"it is not so that: {parts[0].en}")
    held = _lasting(condition.for_s)
    if isinstance(condition, AllOf):
        return Words(
            "，同时".join(_bracketed(parts, zh=True)) + held.zh,
            " while ".join(_bracketed(parts, zh=False)) + held.en,
        )
    return Words(
        "；或".join(part.zh for part in parts) + held.zh, "; or ".join(part.en for part in parts) + held.en
    )


def _bracketed(parts: Iterable[Words], *, zh: bool) -> list[str]:
    """The parts, in brackets where one is joined of several itself."""
    texts = [part.zh if zh else part.en for part in parts]
    return [(f"（{text}）" if zh else f"({text})") if "；" in text or ";" in text else text for text in texts]


def _event(condition: EventHappens) -> Words:
    name = EVENTS.get(condition.type, EVENT)
    if not condition.min_confidence:
        return name
    share = f"{100 * condition.min_confidence:.0f}%"
    return Words(f"{name.zh}，置信度至少 {share}", f"{name.en}, at least {share} sure")


def _level(condition: Level) -> Words:
    held = _lasting(condition.for_s)
    if condition.metric in STATES and condition.equals is not None:
        side = state_words(condition.metric, is_on=condition.equals != 0)
        return Words(f"{side.zh}{held.zh}", f"{side.en}{held.en}")
    name = METRICS.get(condition.metric, UNKNOWN)
    if condition.above == "capacity":
        return Words(f"{name.zh}超过核定容量{held.zh}", f"{name.en} above the capacity{held.en}")
    for zh, en, limit in (
        ("高于", "above", condition.above), ("低于", "below", condition.below), ("等于", "equal to", condition.equals)
    ):  # fmt: skip
        if limit is not None:
            figure = f"{number(float(limit))}{name.unit}"
            return Words(f"{name.zh}{zh} {figure}{held.zh}", f"{name.en} {en} {figure}{held.en}")
    return Words(name.zh, name.en)


def _rate(condition: Rate) -> Words:
    name, over = METRICS.get(condition.metric, UNKNOWN), duration(condition.over_s)
    rises = condition.above is not None
    limit = f"{number(abs(float(condition.above or condition.below or 0.0)))}{name.unit}"
    return Words(
        f"{over.zh}内{name.zh}每小时{'上升' if rises else '下降'}超过 {limit}",
        f"{name.en} {'rises' if rises else 'falls'} by more than {limit} an hour within {over.en}",
    )


def _count(condition: Count) -> Words:
    if condition.event is not None:
        what = _event(condition.event)
    elif condition.metric in STATES:
        what = state_words(condition.metric, is_on=condition.equals != 0)
    else:
        name = METRICS.get(condition.metric, UNKNOWN)
        what = Words(name.zh, name.en)
    within = duration(condition.within_s)
    return Words(
        f"{within.zh}内有 {condition.at_least} 次：{what.zh}",
        f"{condition.at_least} times within {within.en}: {what.en}",
    )


def _during(condition: During) -> Words:
    days = (condition.days,) if isinstance(condition.days, str) else condition.days
    names = _joined(DAYS[day] for day in days if day in DAYS)
    at = f"{condition.from_time}–{condition.to_time}"
    between = f"between {condition.from_time} and {condition.to_time}"
    return Words(f"在{names.zh} {at} 之间", between + (f" on {names.en}" if names.en else ""))


def _absence(condition: Absence) -> Words:
    held = duration(condition.for_s)
    whole = condition.from_time == "00:00" and condition.to_time == "24:00"
    at = f"{condition.from_time}–{condition.to_time}"
    between = "" if whole else f" between {condition.from_time} and {condition.to_time}"
    learning = Words("（只在还没学会这家的习惯时）", " (until the habits of the home are known)")
    return Words(
        f"{'' if whole else f'每天 {at} 之间，'}人在家而连续{held.zh}没有活动"
        + (learning.zh if condition.until_learned else ""),
        f"at home and no activity for {held.en}{between}" + (learning.en if condition.until_learned else ""),
    )


def _learned(condition: Learned) -> Words:
    more, factor = duration(condition.margin_s), number(float(condition.factor))
    return Words(
        f"人在家而安静得比平时久：超过平时这个钟点的 {factor} 倍再加{more.zh}",
        f"at home and quiet for longer than usual: {factor} times what is usual at this hour and {more.en} more",
    )


def _sequence(condition: Sequence) -> Words:
    within = duration(condition.within_s)
    if condition.first is not None:
        first = _event(condition.first)
    elif condition.first_metric is not None and condition.first_metric.metric in STATES:
        first = state_words(condition.first_metric.metric, is_on=condition.first_metric.equals != 0)
    else:
        first = EVENT
    if condition.then_no:
        return Words(
            f"{first.zh}，之后{within.zh}没有任何活动",
            f"{first.en}, and no activity for {within.en} after it",
        )
    where = Words("在别处", " in another room") if condition.elsewhere else Words("", "")
    return Words(
        f"{first.zh}，之后{within.zh}内{where.zh}又有活动",
        f"{first.en}, and activity{where.en} within {within.en}",
    )


def _lasting(for_s: int) -> Words:
    held = duration(for_s)
    return Words(f"，持续{held.zh}", f" for {held.en}") if for_s else Words("", "")


def _joined(names: Iterable[Words]) -> Words:
    every = list(names)
    return Words("、".join(name.zh for name in every), " or ".join(name.en for name in every))
