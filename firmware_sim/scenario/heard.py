"""What a broker would pass on of a play, without a broker: births, wills of what breaks, nothing of what has no power."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from firmware_sim import wire
from firmware_sim.faults import Cut, Mend
from firmware_sim.scenario.play import Play
from firmware_sim.wire import Message


def births(play: Play) -> list[Message]:
    """What every connection says first."""
    return [said for holder in play.links() for said in play.announce(holder.who.device, play.now_ms)]


def heard(play: Play, said: Iterable[Message]) -> Iterator[Message]:
    """The messages that arrive; where a connection breaks or comes back, the word, and what the broker hears of it."""
    for each in said:
        yield each
        match each:
            case Cut() if each.link not in play.course.unwilling:
                will = wire.last_will(play.devices[each.link].who)
                yield replace(will, at_ms=each.at_ms)
            case Mend():
                yield from play.announce(each.link, each.at_ms)
            case _:
                pass
