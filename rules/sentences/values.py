"""What a device measured: at which level, how fast it changes, or that it does not change at all."""

from __future__ import annotations

from collections.abc import Mapping

from rules.events import Value
from rules.rule import Words
from rules.sentences.scene import NOWHERE, Scene, duration, inside, number, of_figure, seconds
from rules.sentences.words import METRICS, STATES, UNKNOWN, State
from rules.state import Fact

JOINED = "joined"  # among the figures of a condition that is a part of another


def level(facts: tuple[Fact, ...], numbers: Mapping[str, Value], scene: Scene) -> Words | None:
    """A value above, below or at a level, and for how long."""
    if not facts:
        return None
    fact, held = facts[0], seconds(numbers, "for_s")
    if fact.what in STATES:
        return became(fact, scene, held_s=held)
    at, room = scene.clock(fact.at), scene.spot(fact)
    name = METRICS.get(fact.what, UNKNOWN)
    limit, lasting = _limit(fact.value, numbers, name.unit), duration(held)
    about, band = _band(numbers)
    since = JOINED in numbers and not held
    value = f"{number(fact.value)}{name.unit}"
    return Words(
        f"{at.zh} {of_figure(room)}{name.zh}{about.zh} {value}{band.zh}，{'此后一直' if since else ''}{limit.zh}"
        + (f"，已持续{lasting.zh}" if held else ""),
        f"{at.en} {name.en}{inside(room)} {about.en}{value}{band.en}, {limit.en}{' ever since' if since else ''}"
        + (f", for {lasting.en}" if held else ""),
    )


def rate(facts: tuple[Fact, ...], numbers: Mapping[str, Value], scene: Scene) -> Words | None:
    """A value that rises or falls faster than so much an hour."""
    if not facts:
        return None
    first, last = facts[0], facts[-1]
    name, room, at = METRICS.get(last.what, UNKNOWN), scene.spot(last), scene.clock(last.at)
    over, rises = duration(seconds(numbers, "over_s")), "above" in numbers
    limit = f"{number(numbers.get('above', numbers.get('below', 0.0)))}{name.unit}".removeprefix("-")
    now = f"{number(last.value)}{name.unit}"
    was = Words(
        f"从 {number(first.value)}{name.unit} " if first != last else "",
        f" from {number(first.value)}{name.unit}" if first != last else "",
    )
    return Words(
        f"{at.zh} {of_figure(room)}{name.zh}{over.zh}内{was.zh}{'升' if rises else '降'}到 {now}，"
        f"每小时{'上升' if rises else '下降'}超过 {limit}",
        f"{at.en} {name.en}{inside(room)} {'rose' if rises else 'fell'}{was.en} to {now} within {over.en}, "
        f"more than {limit} an hour",
    )


def stuck(facts: tuple[Fact, ...], numbers: Mapping[str, Value], scene: Scene) -> Words | None:
    """A device goes on reporting, and always the same."""
    if not facts:
        return None
    fact, held = facts[0], duration(seconds(numbers, "for_s"))
    state, name = state_of(fact), METRICS.get(fact.what, UNKNOWN)
    at, room = scene.clock(fact.at), scene.spot(fact)
    what = (
        Words(f"“{state.zh}”", state.en)
        if state
        else Words(
            f"{name.zh} {number(fact.value)}{name.unit} ", f"{name.en} {number(fact.value)}{name.unit}"
        )
    )
    if JOINED in numbers:  # the time it was stuck within that of the whole is what counts
        held = NOWHERE
    return Words(
        f"{room.zh}设备仍在上报，但{what.zh}自 {at.zh} 起{'已' + held.zh if held.zh else ''}没有变化",
        f"the device{inside(room)} goes on reporting, but {what.en} has not changed"
        f"{f' for {held.en},' if held.en else ''} since {at.en}",
    )


def state_of(fact: Fact) -> State | None:
    """The words for what is one thing or the other; None for a figure."""
    sides = STATES.get(fact.what)
    return sides[int(fact.value != 0)] if sides else None


def became(fact: Fact, scene: Scene, *, held_s: float = 0) -> Words:
    """When what is one thing or the other became so, and, held for some seconds, that it still is."""
    state, at, room, lasting = (
        STATES[fact.what][int(fact.value != 0)],
        scene.clock(fact.at),
        scene.spot(fact),
        duration(held_s),
    )
    door = fact.what == "contact"  # its room names the door itself
    still = (
        Words(f"，{lasting.zh}后{state.still_zh}", f", {state.still_en} after {lasting.en}")
        if held_s
        else NOWHERE
    )
    said = f"{room.en or 'door'} {state.en}" if door else f"{state.en}{inside(room)}"
    return Words(
        f"{at.zh} {room.zh or ('门' if door else '')}{state.zh}{still.zh}", f"{at.en} {said}{still.en}"
    )


def fits(value: Value, numbers: Mapping[str, Value]) -> bool:
    """Whether a value can be the reason of a level with those limits."""
    above, below, equals = (numbers.get(name) for name in ("above", "below", "equals"))
    if "capacity" in numbers:
        above = None  # the upper end of the band was above it, not the estimate itself
    if isinstance(value, str) or isinstance(above, str) or isinstance(below, str):
        return True
    return (
        (above is None or value > above)
        and (below is None or value < below)
        and (equals is None or value == equals)
    )


def _band(numbers: Mapping[str, Value]) -> tuple[Words, Words]:
    """That an estimate is one, and its range; nothing where it is certain or its error is not known."""
    lower, upper = numbers.get("lower"), numbers.get("upper")
    if lower is None or upper is None or lower == upper:
        return NOWHERE, NOWHERE
    ends = f"{number(lower)}–{number(upper)}"
    return Words("约", "about "), Words(f"（{ends}）", f" ({ends})")


def _limit(value: Value, numbers: Mapping[str, Value], unit: str) -> Words:
    if "capacity" in numbers:
        most, capacity = number(numbers["capacity"]), numbers["capacity"]
        if isinstance(value, str) or isinstance(capacity, str) or value > capacity:
            return Words(f"超过核定容量 {most}", f"above the capacity of {most}")
        if "upper" in numbers:
            return Words(f"上限超过核定容量 {most}", f"the upper end is above the capacity of {most}")
        return Words(f"可能超过核定容量 {most}", f"perhaps above the capacity of {most}")
    for word, zh, en in (
        ("above", "高于", "above"),
        ("below", "低于", "below"),
        ("equals", "等于", "equal to"),
    ):
        if word in numbers:
            return Words(f"{zh} {number(numbers[word])}{unit}", f"{en} {number(numbers[word])}{unit}")
    return Words("达到设定值", "at the level that was set")
