"""The connections of a town under faults: they break, come back, and some were made without a last will."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from firmware_sim import wire
from firmware_sim.faults.course import Course
from firmware_sim.faults.faulty_town import FaultyTown
from firmware_sim.faults.words import Cut, Word
from firmware_sim.lines import Lines, Speakers
from firmware_sim.links import BrokerAddress, Link, new_link
from firmware_sim.town import Town
from firmware_sim.wire import Identity, Message


class Befallen(Speakers, Protocol):
    """Whom the faults befall: a faulty town, or what is played of one."""

    course: Course


class FaultyLines(Lines):
    """``Lines`` that obey the words among the messages.

    While time runs by itself, sockets are dropped and made. In a driven or told past they stand, and what the broker would
    send (the will) and the gateway say (its births) is published in its place among the messages: only so is the order plain.
    """

    def __init__(self, town: Befallen, broker: BrokerAddress, **given: Any) -> None:  # noqa: ANN401 those of Lines
        self._town = town
        self._time_runs = False
        super().__init__(town, broker, **given)

    def publish(self, messages: Iterable[Message]) -> None:
        """Hand each message to its connection, and obey each word."""
        spoken: list[Message] = []
        for message in messages:
            if not isinstance(message, Word):
                spoken.append(message)
            elif self._time_runs:
                super().publish(spoken)
                spoken.clear()
                self._obey(message)
            else:
                spoken += self._told(message)
        super().publish(spoken)

    def go_live(self) -> None:
        """From here on time runs by itself: what is broken by then breaks in earnest."""
        super().go_live()
        self._time_runs = True
        for link in self._town.course.broken():
            self._uplinks[link].unplug(keeps=True)

    def _obey(self, word: Word) -> None:
        if isinstance(word, Cut):
            self._uplinks[word.link].unplug(keeps=word.keeps)
        else:
            self._uplinks[word.link].plug()

    def _told(self, word: Word) -> list[Message]:
        if not isinstance(word, Cut):
            return self._town.announce(word.link, word.at_ms)
        unwilling = word.link in self._town.course.unwilling
        return [] if unwilling else [wire.last_will(self._town.devices[word.link].who)]

    def _maker(self, broker: BrokerAddress, who: Identity) -> Callable[[], Link]:
        if who.device not in self._town.course.unwilling:
            return super()._maker(broker, who)
        return lambda: new_link(broker, f"care-{who.site}-{who.device}", None)


def lines_of(town: Town) -> Callable[..., Lines]:
    """What makes the lines of a town: ``Lines`` itself where nothing goes wrong."""
    return FaultyLines if isinstance(town, FaultyTown) else Lines
