"""Where and when a sentence is told: the rooms and the clock of a place, and how lengths of time are said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from rules.events import Value
from rules.rule import Words
from rules.state import Fact

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
NOWHERE = Words("", "")
WORN_ON = frozenset({"随身", "随身携带", "worn", "on the person"})  # a registry's room that is none
BESIDE = ("门", "门口", "床头", "床边", "door", "gate", "entrance", "bedside")  # one is at them, not in them


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known beside the evidence: the subject's ``room``, other devices' ``rooms``, the time zone and day.

    A moment of another day than ``told_at`` (ms; 0: no day is known) is said with its date.
    """

    room: Words
    zone: ZoneInfo
    rooms: Mapping[str, Words] = field(default_factory=dict)
    told_at: int = 0

    def spot(self, fact: Fact) -> Words:
        """The room of the device that said it; the subject's where no other is known."""
        return self.rooms.get(fact.device, self.room)

    def clock(self, at: int) -> Words:
        """That moment as a time of day, with the date if it was another day."""
        moment = self._local(at)
        time = f"{moment:%H:%M}"
        if not self.told_at or self._local(self.told_at).date() == moment.date():
            return Words(time, time)
        return Words(f"{moment.month}月{moment.day}日 {time}", f"{moment.day} {_month(moment)} {time}")

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / 1000, UTC).astimezone(self.zone)


def duration(seconds: float) -> Words:
    """A length of time in the largest unit that says it exactly enough: 90 s, 10 min, 4 h, 8 days."""
    if seconds < 2 * MINUTE_S:
        return Words(f"{seconds:.0f}秒", f"{seconds:.0f} s")
    if seconds < 2 * HOUR_S:
        return Words(f"{seconds / MINUTE_S:.0f}分钟", f"{seconds / MINUTE_S:.0f} min")
    if seconds < 2 * DAY_S:
        hours = f"{seconds / HOUR_S:.1f}".removesuffix(".0")
        return Words(f"{hours}小时", f"{hours} h")
    days = f"{seconds / DAY_S:.1f}".removesuffix(".0")
    return Words(f"{days}天", f"{days} days")


def number(value: Value) -> str:
    """A figure as people write it: 23, 4.5."""
    if isinstance(value, str):
        return value
    return f"{value:.0f}" if value.is_integer() else f"{value:.6g}"


def seconds(numbers: Mapping[str, Value], name: str) -> float:
    """One of the evidence's lengths of time; 0 where it gives none."""
    value = numbers.get(name, 0.0)
    return 0.0 if isinstance(value, str) else value


def inside(room: Words) -> str:
    """`` in <room>``, `` at <door>``, `` (pendant)`` of what is worn, or nothing where the room is not known."""
    if worn(room):
        return " (pendant)"
    beside = room.zh.casefold().endswith(BESIDE)
    return f" {'at' if beside else 'in'} {room.en}" if room.en else ""


def worn(room: Words) -> bool:
    """Whether the device is worn, so that its room does not say where anything happened."""
    return room.zh.casefold() in WORN_ON


def of_figure(room: Words) -> str:
    """The room as it stands before a figure in Chinese: 卧室温度, but 随身设备电量."""
    return "随身设备" if worn(room) else room.zh


def span(start: Value, end: Value) -> str:
    """A window of the day: 22:00–06:00."""
    return f"{start}–{end}"


def _month(day: date) -> str:
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return names[day.month - 1]  # not strftime: a server's locale is its own
