"""What a broker would pass on of a play, without a broker: births, wills of what loses its power, nothing of what has none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from firmware_sim import wire
from firmware_sim.scenario.play import Cut, Happening, Note, Play
from firmware_sim.wire import Message


class Heard:
    """Turns happenings into messages as they would be published; ``lost`` counts what nobody could send."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._dark: set[str] = set()
        self.lost = 0

    def births(self) -> list[Message]:
        """What every connection says first."""
        at_ms = self._play.now_ms
        return [said for holder in self._play.links() for said in self._play.announce(holder.who.device, at_ms)]

    def pass_on(self, happened: Iterable[Happening]) -> Iterator[Message | Cut | Note]:
        """The messages that arrive, among the cuts and notes."""
        for each in happened:
            match each:
                case Cut():
                    yield each
                    yield from self._cut(each)
                case Message() if each.link in self._dark:
                    self.lost += 1
                case said:
                    yield said

    def _cut(self, cut: Cut) -> list[Message]:
        if cut.plugged:
            if cut.link not in self._dark:
                return []
            self._dark.discard(cut.link)
            return self._play.announce(cut.link, cut.at_ms)
        if cut.link in self._dark:
            return []
        self._dark.add(cut.link)
        will = wire.last_will(self._play.devices[cut.link].who)
        return [Message(cut.at_ms, will.link, will.device, will.kind, will.topic, will.payload, retain=True)]
