"""A town under faults: the same lives, and what becomes of what the devices say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from firmware_sim.faults.course import Course
from firmware_sim.faults.fault import Fault
from firmware_sim.places import Layout
from firmware_sim.town import Town
from firmware_sim.wire import Message


class FaultyTown(Town):
    """``Town``, its messages led through faults; words to connections stand among them (``FaultyLines`` obeys them).

    The truth stays what it was; each fault is told among the incidents. ``FaultError`` for a fault that befalls nobody.
    """

    def __init__(self, layout: Layout, *, faults: Sequence[Fault], **lived: Any) -> None:  # noqa: ANN401 those of Town
        super().__init__(layout, **lived)
        self.course = Course(
            faults, layout=layout, devices=self.devices, seed=self.seed, start_ms=self.now_ms
        )
        self.incidents += self.course.told

    def next_ms(self) -> int:
        """When something is due next."""
        return min(super().next_ms(), self.course.next_ms())

    def advance(self, to_ms: int) -> list[Message]:
        """Everything published in (now, to_ms], in the order in which it leaves."""
        said: list[Message] = []
        while (at_ms := self.course.next_ms()) <= to_ms:
            # A device that has power again speaks of its state as it is then.
            before = super().advance(at_ms - 1) if at_ms - 1 > self.now_ms else []
            said += self.course.turn(before, at_ms)
        return said + self.course.turn(super().advance(to_ms), to_ms)

    def announce(self, link: str, at_ms: int) -> list[Message]:
        """The birth messages, as they come through the faults of that time."""
        return self.course.birth(super().announce(link, at_ms), at_ms)


def town_with(faults: Sequence[Fault]) -> Callable[..., Town]:
    """What makes a town: ``Town`` itself where nothing is to go wrong."""
    return partial(FaultyTown, faults=faults) if faults else Town
