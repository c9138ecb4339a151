"""What is typed at a device, as values; and the words with their meanings in both languages. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import msgspec

from firmware_sim.devices import UnknownWordError
from firmware_sim.wire import Value

MEANINGS = {
    "open": ("开门", "the door opens"),
    "close": ("关门", "the door closes"),
    "motion": ("有人走动", "somebody moves"),
    "fall": ("试跌，总会上报", "a test fall, always reported"),
    "fall_hard": ("重重跌倒", "somebody falls hard"),
    "fall_soft": ("缓缓滑倒", "somebody slides down"),
    "bump": ("碰了一下", "knocked while walking or bending"),
    "drop": ("摘下掉落", "dropped, or put down hard"),
    "flop": ("重重坐下", "sat or lay down heavily"),
    "wear": ("戴上", "put on"),
    "doff": ("摘下", "taken off"),
    "enter": ("有人进来", "somebody comes in"),
    "leave": ("有人离开", "somebody goes out"),
    "cover": ("被遮住", "something covers it"),
    "uncover": ("不再被遮", "it sees again"),
    "on": ("开火", "the hob is hot"),
    "off": ("关火", "the hob is cold"),
    "sos": ("按下求助", "the button is pressed"),
    "test": ("测试", "somebody tries it out"),
}
COMMON = {
    "battery": ("电量，例如 battery 5", "its charge, for example battery 5"),
    "swap": ("换新电池", "a new battery"),
    "die": ("没电", "no power: it says nothing until swap or reboot"),
    "reboot": ("重启", "off and on again"),
}
ASKED = {
    "beat": ("发一次心跳", "its sign of life, now"),
    "set": ("照写的上报，例如 set temperature=21.5", "report as written, for example set temperature=21.5"),
    "state": ("它现在的状态", "how it stands"),
    "help": ("显示这些词", "these words"),
    "quit": ("结束", "the end"),
}
# What one may type in Chinese, and words people try.
ALIASES = {
    "开门": "open", "关门": "close", "走动": "motion", "跌倒": "fall", "求助": "sos", "戴上": "wear", "摘下": "doff",
    "进": "enter", "出": "leave", "开火": "on", "关火": "off", "电量": "battery", "换电池": "swap", "没电": "die",
    "断电": "die", "重启": "reboot", "心跳": "beat", "heartbeat": "beat", "上报": "set", "状态": "state", "帮助": "help",
    "?": "help", "？": "help", "退出": "quit", "exit": "quit", "q": "quit",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Typed:
    """``feel`` a word (with a value where one belongs), ``set`` readings, or one of the others, which say all by their name."""

    act: Literal["feel", "set", "beat", "state", "help", "quit"]
    word: str = ""
    value: float | None = None
    readings: dict[str, Value] = field(default_factory=dict)


Words: TypeAlias = Sequence[str]


def typed(line: str, kind: str, words: Words) -> Typed:
    """What a line of the keyboard asks of a device of that kind, with those words of its own.

    Raises ``UnknownWordError``, which says what to type instead.
    """
    first, *rest = line.split()
    word = ALIASES.get(first, ALIASES.get(first.lower(), first.lower()))
    match word:
        case "set":
            if not rest:
                raise UnknownWordError("set what? type for example: set temperature=21.5 humidity=60")
            return Typed("set", readings=dict(reading(each) for each in rest))
        case "beat" | "state" | "help" | "quit":
            return Typed(word)
        case "battery":
            return Typed("feel", word, _percent(line, rest))
        case _ if word not in {*words, *COMMON}:
            known = [*words, *COMMON, *ASKED]
            near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else f"it knows {', '.join((*words, 'battery 5'))}"
            raise UnknownWordError(
                f"没有这个词 a {kind} does not know {first!r}; {hint} 输入 help 看全部 (help lists all)"
            )
        case _ if rest:
            raise UnknownWordError(f"{line!r}: {word} stands alone; type just {word}")
    return Typed("feel", word)


def reading(text: str, *, option: str = "") -> tuple[str, Value]:
    """A metric and its value, as ``contact=false`` says them."""
    name, equals, value = text.partition("=")
    if not name or not equals or not value:
        raise UnknownWordError(f"{option}{text}: say METRIC=VALUE, for example contact=false or battery=5")
    try:
        return name, msgspec.json.decode(value, type=bool | int | float)
    except msgspec.DecodeError:
        return name, value


def word_lines(words: Words) -> list[str]:
    """All that can be typed, a line each, with its meaning."""
    unknown = ("", "")
    rows = [(word, *MEANINGS.get(word, unknown)) for word in words]
    rows += [(word, *told) for word, told in {**COMMON, **ASKED}.items()]
    width = max(len(word) for word, _, _ in rows)
    return [f"  {word:<{width}}  {zh} · {en}".rstrip(" ·") for word, zh, en in rows]


def _percent(line: str, rest: list[str]) -> float:
    if len(rest) != 1:
        raise UnknownWordError(f"{line!r}: how many percent? type for example: battery 5")
    try:
        percent = float(rest[0])
    except ValueError:
        raise UnknownWordError(
            f"{line!r}: {rest[0]!r} is not a number; type for example: battery 5"
        ) from None
    if not 0 <= percent <= 100:  # noqa: PLR2004 percent
        raise UnknownWordError(f"{line!r}: a battery has 0 to 100 percent; type for example: battery 5")
    return percent
