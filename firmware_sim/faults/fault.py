"""What a fault is: something that goes wrong in a window of time, to a device, to what hangs on a connection, or to all.

A fault is pure. It turns one message into any number of them, each with the time at which it leaves, and at moments of its own
it may say something itself: what it kept back, what a device says that has power again, or a word to a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, ClassVar, Literal, Self

import msgspec

from firmware_sim.devices import Device
from firmware_sim.wire import Message, encode

ALL = "all"
FOREVER_MS = 253_402_300_799_000  # 9999-12-31: a window that nobody closes

Turned = list[tuple[int, Message]]  # when each leaves (epoch ms), in any order


class FaultError(ValueError):
    """What was asked for is no fault, or nothing here can have it; the message says what to write instead."""


@dataclass(kw_only=True)
class Fault:
    """One fault as asked for: where (``on``) and when, [from_ms, to_ms). A subclass's further fields are its parameters.

    Times are relative to the start of the town until ``placed``, then epoch ms. Spans of time among them end in ``_ms``.
    ``reach``: ``behind``, a gateway stands for everything heard through it, each device by itself; ``itself``, the device
    named, with what it carries if it is a gateway; ``link``, a connection of its own and all that travels on it.
    ``choices``: what a parameter of words may say.
    """

    name: ClassVar[str]
    zh: ClassVar[str]
    en: ClassVar[str]
    reach: ClassVar[Literal["behind", "itself", "link"]] = "behind"
    has_will: ClassVar[bool] = True
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    on: str = ALL
    from_ms: int = 0
    to_ms: int = FOREVER_MS
    dice: Random = field(init=False, repr=False, compare=False)
    device: Device = field(init=False, repr=False, compare=False)

    def placed(self, device: Device, *, start_ms: int, dice: Random) -> Self:
        """The same fault at work on one device or connection of a town that began at ``start_ms``."""
        mine = copy(self)
        mine.from_ms, mine.to_ms = start_ms + self.from_ms, min(start_ms + self.to_ms, FOREVER_MS)
        mine.device, mine.dice = device, dice
        mine.begin()
        return mine

    def begin(self) -> None:
        """Set up what the fault remembers; once, when it is placed."""

    def covers(self, message: Message, at_ms: int) -> bool:
        """Whether a message that passes at that time is the fault's business."""
        return self.from_ms <= at_ms < self.to_ms and bool(message.topic)

    def turn(self, message: Message, at_ms: int) -> Turned:
        """What becomes of a message."""
        return [(at_ms, message)]

    def moments(self) -> Iterator[int]:
        """When the fault acts by itself, in order (epoch ms); endless is fine."""
        return iter(())

    def act(self, at_ms: int) -> list[Message]:
        """What it says at one of its moments."""
        raise NotImplementedError(f"{self.name} has a moment at {at_ms} and says nothing")

    def window(self) -> Iterator[int]:
        """Beginning and end, for faults whose moments these are."""
        yield self.from_ms
        if self.to_ms < FOREVER_MS:
            yield self.to_ms


def reworded(message: Message, change: Callable[[dict[str, Any]], None]) -> Message:
    """The message with another body; the order of its keys stays. ``change`` works on the decoded object."""
    body = msgspec.json.decode(message.payload)
    change(body)
    return replace(message, payload=encode(body))
