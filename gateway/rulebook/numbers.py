"""The numbers of a rule that may be changed on the console: what each is called, its unit, and how far it may go.

A rule can be switched off by its numbers as well as by a switch, so the console keeps them near what the files say: from a
quarter to four times as much, of life safety from half to twice; times of day within three hours. The rule is then built
again with them, so that whatever a rule file would be refused for is refused here too. Who needs more writes it into a
file, where it can be tried on cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from gateway.rulebook.parameters import Path, dotted, parameters, values
from rules.local_time import minutes
from rules.rule import Rule, Words
from rules.sentences.waiting import state_words
from rules.sentences.words import METRICS, STATES, UNKNOWN

TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00"
Unit: TypeAlias = Literal["s", "time", "share", "times", "value"]
SHARE_MAX, SHARE_MAX_OF_LIFE_SAFETY = (
    0.9,
    0.5,
)  # a detector that must be surer than this is as good as switched off
TIME_MOVES_H = 3  # a window of the day may be moved by so much, or closing it would be a switch as well
STRETCH = 4.0
STRETCH_OF_LIFE_SAFETY = 2.0

# By the name of the parameter; of a condition of that name, where it means something else there.
_NAMES: dict[str, tuple[Unit, str, str]] = {
    "for_s": ("s", "持续多久", "for how long"),
    "absence.for_s": ("s", "多久没有活动", "no activity for"),
    "stay.for_s": ("s", "停留多久", "stays for"),
    "stuck.for_s": ("s", "多久不变", "unchanged for"),
    "overdue.for_s": ("s", "多久没有测试", "not tested for"),
    "within_s": ("s", "多长时间之内", "within"),
    "over_s": ("s", "多长时间里", "over"),
    "at_least_s": ("s", "至少多久", "for at least"),
    "offline_for_s": ("s", "离线多久", "offline for"),
    "margin_s": ("s", "再加多久", "and this much more"),
    "heartbeats": ("times", "几次没有心跳", "heartbeats missed"),
    "at_least": ("times", "至少几次", "times at least"),
    "factor": ("times", "平时的几倍", "times what is usual"),
    "min_confidence": ("share", "置信度至少", "confidence at least"),
    "above": ("value", "高于", "above"),
    "below": ("value", "低于", "below"),
    "from_time": ("time", "每天从", "from"),
    "to_time": ("time", "到", "to"),
    "by_time": ("time", "几点还没回来", "not back by"),
    "latest": ("time", "最晚到几点", "at the latest"),
    "after_s": ("s", "多久无人接警就升级", "more urgent if nobody accepts for"),
}
# Also where the rule leaves them as they are by default.
_ALWAYS = {
    "learned.factor", "learned.margin_s", "silent.offline_for_s", "not_back.at_least_s", "not_back.by_time",
    "event of fall.min_confidence",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number of a rule: ``value`` is a time of day (HH:MM) where the unit is *time*; ``of`` is the metric's unit.

    From ``least`` to ``most``; None of a time of day.
    """

    name: str
    label: Words
    unit: Unit
    value: float | str
    least: float | None
    most: float | None
    of: str = ""


def numbers_of(rule: Rule) -> list[Number]:
    """The numbers of a rule of the files that the console may change, in the order in which they stand there."""
    return list(_numbers(rule))


def fault_of(rule: Rule, given: dict[str, Any]) -> str:
    """Why these numbers may not be given to a rule of the files; '' if they may. The rule's own checks come after."""
    known = {number.name: number for number in numbers_of(rule)}
    for name, value in given.items():
        if name not in known:
            return f"{name}: not one of the numbers that can be changed here ({', '.join(known) or 'none'})"
        if fault := _fault(known[name], value, whole=_is_whole(rule, name)):
            return f"{name}: {fault}"
    return ""


def _fault(number: Number, value: object, *, whole: bool) -> str:
    if number.unit == "time":
        moved = _moved_h(str(number.value), value) if isinstance(value, str) else None
        if moved is None:
            return "a time of day, like 22:00"
        return f"within {TIME_MOVES_H} hours of {number.value}" if moved > TIME_MOVES_H else ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "a number"
    if number.least is not None and number.most is not None and not number.least <= value <= number.most:
        return f"from {number.least:g} to {number.most:g}"
    return "a whole number" if whole and value != int(value) else ""


def in_kind(rule: Rule, given: dict[str, Any]) -> dict[str, Any]:
    """The numbers as a rule has them, whole ones as whole numbers: JSON does not tell 3600.0 from 3600."""
    return {
        name: int(value) if isinstance(value, int | float) and _is_whole(rule, name) else value
        for name, value in sorted(given.items())
    }


def differing(rule: Rule, given: dict[str, Any]) -> dict[str, Any]:
    """Those of the numbers that the rule does not have already."""
    has = values(rule)
    return {name: value for name, value in given.items() if has.get(name) != value}


def _moved_h(before: str, after: str) -> float | None:
    """By how many hours a time of day is moved, the shorter way around; None of what is no time."""
    if not re.fullmatch(TIME, after):
        return None
    apart = abs(minutes(before) - minutes(after)) / 60
    return min(apart, 24 - apart)


def _is_whole(rule: Rule, name: str) -> bool:
    return isinstance(values(rule).get(name), int)


def _numbers(rule: Rule) -> Iterator[Number]:
    for path, value, given in parameters(rule):
        field, owner = str(path[-1]), _owner(path)
        found = _NAMES.get(f"{owner}.{field}") or _NAMES.get(field)
        always = {f"{owner}.{field}", f"{owner} of {_type_of(rule, path)}.{field}"} & _ALWAYS
        if found is None or isinstance(value, bool) or owner == "flapping" or not (given or always):
            continue
        unit, zh, en = found
        if unit == "time":
            yield Number(
                name=dotted(path),
                label=_label(rule, path, zh, en),
                unit=unit,
                value=str(value),
                least=None,
                most=None,
            )
        elif isinstance(value, int | float):
            least, most = _bounds(rule, unit, field, float(value))
            if least < most:
                yield Number(
                    name=dotted(path), label=_label(rule, path, zh, en), unit=unit, value=value, least=least, most=most,
                    of=_unit_of(rule, path) if unit == "value" else "",
                )  # fmt: skip


def _bounds(rule: Rule, unit: Unit, field: str, value: float) -> tuple[float, float]:
    if unit == "share":
        return 0.0, SHARE_MAX_OF_LIFE_SAFETY if rule.kind == "life_safety" else SHARE_MAX
    stretch = STRETCH_OF_LIFE_SAFETY if rule.kind == "life_safety" else STRETCH
    ends = sorted((value / stretch, value * stretch))
    if unit == "s":
        return float(max(1, int(ends[0]))), float(int(ends[1]))
    if field in {"at_least", "heartbeats"}:
        return float(max(2 if field == "at_least" else 1, round(ends[0]))), float(round(ends[1]))
    if field == "factor":
        return max(1.0, ends[0]), ends[1]
    return round(ends[0], 2), round(ends[1], 2)


def _owner(path: Path) -> str:
    """The name of the condition a parameter stands in."""
    return next((step for step in reversed(path[:-1]) if isinstance(step, str) and step != "of"), "")


def _type_of(rule: Rule, path: Path) -> str:
    """The event that is waited for where the parameter stands."""
    return str(values(rule).get(dotted((*path[:-1], "type")), ""))


def _label(rule: Rule, path: Path, zh: str, en: str) -> Words:
    """What a number is called; with what is measured before it, where a rule has several conditions."""
    metric = values(rule).get(dotted((*path[:-1], "metric")), "")
    if not isinstance(path[-2], int) and len(path) > 3 and isinstance(metric, str) and metric:  # noqa: PLR2004 when, kind, name
        about = metric_words(metric)
        return Words(f"{about.zh}：{zh}", f"{about.en}: {en}")
    return Words(zh, en)


def metric_words(metric: str) -> Words:
    """What a metric is called, a figure or a state."""
    if metric in STATES:
        return state_words(metric, is_on=metric != "contact")
    found = METRICS.get(metric, UNKNOWN)
    return Words(found.zh, found.en)


def _unit_of(rule: Rule, path: Path) -> str:
    return METRICS.get(str(values(rule).get(dotted((*path[:-1], "metric")), "")), UNKNOWN).unit
