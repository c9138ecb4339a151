"""A home, its gateway and a hall on virtual time: what its devices say, and what comes of it under a fault."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from typing import Any

from firmware_sim.chance import dice
from firmware_sim.daytime import MINUTE
from firmware_sim.devices import KINDS, Device
from firmware_sim.faults import Course, Cut, Mend, Word, parse
from firmware_sim.faults.course import NEVER_MS
from firmware_sim.places import settle
from firmware_sim.wire import Message

START = 1_772_413_200_000  # 2 March 2026, 09:00 in Shanghai
DOOR, PENDANT, COUNTER, GATEWAY = "H0001-door", "H0001-pendant", "F-hall-counter", "GW-01"


class Bench:
    """The devices of a town of ``homes`` under these faults; times are ms after the start."""

    def __init__(self, *faults: str, homes: int = 1, seed: int = 7) -> None:
        layout = settle(homes=homes, seed=seed)
        self.devices: dict[str, Device] = {
            each.who.device: KINDS[each.kind](each.who, dice=dice(seed, each.who.device), since_ms=START)
            for each in layout.fitted()
        }
        asked = [parse(each) for each in faults]
        self.course = Course(asked, layout=layout, devices=self.devices, seed=seed, start_ms=START)

    def beats(self, device: str, *, every_ms: int, to_ms: int) -> list[Message]:
        """A battery reading again and again: 100, 99, 98 …"""
        times = range(every_ms, to_ms + 1, every_ms)
        return [self.says(device, at, battery=100 - n) for n, at in enumerate(times)]

    def says(self, device: str, at_ms: int, **values: Any) -> Message:  # noqa: ANN401 readings
        return self.devices[device].tell(START + at_ms, **values)[0]

    def falls(self, at_ms: int) -> Message:
        return self.devices[PENDANT].raise_event(START + at_ms, "fall", confidence=0.9)[0]

    def hears(self, messages: Iterable[Message], to_ms: int) -> list[tuple[int, Message]]:
        """Everything that leaves until then, with the time after the start at which it does."""
        waiting, heard = deque(messages), []
        while (at := min(waiting[0].at_ms if waiting else NEVER_MS, self.course.next_ms())) <= START + to_ms:
            said = [waiting.popleft()] if waiting and waiting[0].at_ms == at else []
            heard += [(at - START, message) for message in self.course.turn(said, at)]
        return heard


def body(message: Message) -> dict[str, Any]:
    return json.loads(message.payload)


def ts(message: Message) -> int:
    """The time it carries, after the start."""
    return body(message)["ts"] - START


def messages(heard: Iterable[tuple[int, Message]]) -> list[Message]:
    return [message for _, message in heard if not isinstance(message, Word)]


def words(heard: Iterable[tuple[int, Message]]) -> list[tuple[int, str, str]]:
    """(when, which word, which connection)."""
    names = {Cut: "cut", Mend: "mend"}
    return [(at, names[type(word)], word.link) for at, word in heard if isinstance(word, Word)]


def a_day_of_beats(bench: Bench, device: str = DOOR) -> list[Message]:
    return bench.beats(device, every_ms=MINUTE, to_ms=240 * MINUTE)
