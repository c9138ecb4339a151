"""The course of messages through the faults of a town: in their declared order, each at its time. Pure: time is an argument."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from firmware_sim.chance import dice
from firmware_sim.devices import Device
from firmware_sim.faults.fault import Fault
from firmware_sim.faults.kinds import RANK
from firmware_sim.faults.where import Where
from firmware_sim.faults.words import Cut, Mend, Word
from firmware_sim.places import Layout
from firmware_sim.wire import Message

NEVER_MS = 1 << 62


@dataclass(slots=True)
class _Moment:
    """A fault that acts by itself, with its later moments."""

    fault: Fault
    later: Iterator[int]


@dataclass(slots=True)
class _Underway:
    """A message that leaves later, and the place among its faults at which it goes on."""

    message: Message
    place: int


class Course:
    """Faults asked for (times from ``start_ms``) at work on the devices of a layout; ``FaultError`` where one befalls nobody.

    ``told`` is what was done, for the truth: one incident ``fault_<name>`` each.
    """

    def __init__(
        self,
        faults: Sequence[Fault],
        *,
        layout: Layout,
        devices: Mapping[str, Device],
        seed: int,
        start_ms: int,
    ) -> None:
        self.unwilling: set[str] = set()  # connections made without a last will
        self._chains: defaultdict[str, list[Fault]] = defaultdict(list)
        self._due: list[tuple[int, int, _Moment | _Underway]] = []
        self._order, self._now_ms = count(), start_ms
        self._broken: Counter[str] = Counter()
        where = Where(layout)
        self._behind = where.behind
        asked = sorted(enumerate(faults), key=lambda each: (RANK[each[1].name], each[0]))
        for number, fault in asked:
            for device in where.befallen(fault):
                label = dice(seed, "fault", number, fault.name, device)
                self._set_to_work(fault.placed(devices[device], start_ms=start_ms, dice=label))
        self.told = [where.incident(fault, start_ms) for fault in faults]

    def next_ms(self) -> int:
        """When something comes by itself next."""
        return self._due[0][0] if self._due else NEVER_MS

    def broken(self) -> list[str]:
        """The connections that are cut by now."""
        return [link for link, faults in self._broken.items() if faults]

    def birth(self, messages: Iterable[Message], at_ms: int) -> list[Message]:
        """Births as they are given with a connection: said now or not at all."""
        through = [turned for message in messages for turned in self._through(message, at_ms, 0)]
        return [message for leaves_ms, message, _ in through if leaves_ms <= at_ms]

    def turn(self, messages: Iterable[Message], to_ms: int) -> list[Message]:
        """What comes of these, in time order, and of what was under way, until ``to_ms``; words stand among them.

        A device that has power again speaks from its state at this call: ask up to ``next_ms`` first.
        """
        said: list[Message] = []
        for message in messages:
            said += self._until(message.at_ms)
            said += self._pass(message, max(message.at_ms, self._now_ms), 0)
        return said + self._until(to_ms)

    def _set_to_work(self, fault: Fault) -> None:
        device = fault.device.who.device
        carried = fault.reach == "link" or (fault.reach == "itself" and fault.device.who.via is None)
        for each in self._behind(device) if carried else [device]:
            self._chains[each].append(fault)
        if not fault.has_will:
            self.unwilling.add(device)
        self._await(_Moment(fault, fault.moments()))

    def _await(self, moment: _Moment) -> None:
        at_ms = next(moment.later, None)
        if at_ms is not None:
            heapq.heappush(self._due, (at_ms, next(self._order), moment))

    def _until(self, to_ms: int) -> list[Message]:
        said: list[Message] = []
        while self._due and self._due[0][0] <= to_ms:
            at_ms, _, what = heapq.heappop(self._due)
            self._now_ms = max(at_ms, self._now_ms)
            if isinstance(what, _Underway):
                said += self._pass(what.message, at_ms, what.place)
                continue
            for message in what.fault.act(at_ms):
                if isinstance(message, Word):
                    said += self._word(message)
                else:
                    said += self._pass(message, at_ms, self._after(what.fault, message))
            self._await(what)
        self._now_ms = max(to_ms, self._now_ms)
        return said

    def _after(self, fault: Fault, message: Message) -> int:
        return next(n for n, each in enumerate(self._chains[message.device], start=1) if each is fault)

    def _word(self, word: Word) -> list[Message]:
        """A connection that two faults break is mended when both are over."""
        match word:
            case Cut():
                self._broken[word.link] += 1
                return [word] if self._broken[word.link] == 1 else []
            case Mend():
                self._broken[word.link] -= 1
                return [word] if not self._broken[word.link] else []
        raise AssertionError(f"{word} is no word a connection knows")

    def _pass(self, message: Message, at_ms: int, place: int) -> list[Message]:
        said: list[Message] = []
        for leaves_ms, turned, further in self._through(message, at_ms, place):
            if leaves_ms <= at_ms:
                said.append(turned)
            else:
                heapq.heappush(self._due, (leaves_ms, next(self._order), _Underway(turned, further)))
        return said

    def _through(self, message: Message, at_ms: int, place: int) -> Iterator[tuple[int, Message, int]]:
        chain = self._chains.get(message.device, ())
        while place < len(chain):
            fault = chain[place]
            place += 1
            if not fault.covers(message, at_ms):
                continue
            turned = fault.turn(message, at_ms)
            if len(turned) == 1 and turned[0][0] <= at_ms:
                message = turned[0][1]
                continue
            for leaves_ms, each in turned:
                if leaves_ms > at_ms:
                    yield leaves_ms, each, place
                else:
                    yield from self._through(each, at_ms, place)
            return
        yield at_ms, message, place
