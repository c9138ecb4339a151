"""A facility with counters over its doors: what they say on the wire while people pass, and what befalls them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from firmware_sim import wire
from firmware_sim.chance import dice
from firmware_sim.daytime import DAY, SECOND, midnight_ms
from firmware_sim.devices.counter import Counter, Flaws, usual_flaws
from firmware_sim.devices.radar import Radar
from firmware_sim.footfall import Footfall, Kind
from firmware_sim.script import Stimulus
from firmware_sim.wire import Identity, Message

SITE = "lianhua"
WILL_AFTER_MS = 90 * SECOND  # of a connection that is gone: one and a half of its keep-alive
SEES_AFTER_MS = 5 * SECOND  # a radar, that the last one has left


@dataclass
class Counted:
    """One facility over some days. ``befalls`` are stimuli beside the people's: die, swap, cover, uncover, reboot.

    ``flaws``: those of every door; None draws each as they usually are. ``bits`` and ``begun`` make figures about to roll over.
    """

    kind: Kind
    name: str
    first: date
    days: int
    seed: int
    flaws: Flaws | None = None
    bits: int | None = None
    begun: int = 0
    radar: bool = False
    befalls: list[Stimulus] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.footfall = Footfall(self.kind, self.name, self.first, self.days, seed=self.seed)
        self.doors = [f"{self.name}-door{n}" for n in range(1, len(self.kind.doors) + 1)]
        self.sensor = f"{self.name}-radar"

    @property
    def start_ms(self) -> int:
        """Midnight of the first day."""
        return midnight_ms(self.first)

    @property
    def end_ms(self) -> int:
        """Midnight after the last day."""
        return self.start_ms + self.days * DAY

    def people_at(self, at_ms: int) -> int:
        """The truth."""
        return self.footfall.people_at(at_ms)

    def messages(self) -> list[Message]:
        """Everything that is published, in order of time. Same facility, same bytes."""
        devices = [self._counter(door) for door in self.doors]
        said = [
            message for device in devices for message in self._live(device, self._felt(device.who.device))
        ]
        if self.radar:
            seer = Radar(
                Identity(SITE, self.sensor), dice=dice(self.seed, self.sensor), since_ms=self.start_ms
            )
            said += self._live(seer, self._seen())
        return sorted(said, key=lambda message: (message.at_ms, message.device, message.seq))

    def _counter(self, door: str) -> Counter:
        draw = dice(self.seed, door)
        counter = Counter(Identity(SITE, door), dice=draw, since_ms=self.start_ms)
        counter.flaws = usual_flaws(draw) if self.flaws is None else self.flaws
        counter.bits = self.bits
        counter.entered = counter.left = self.begun
        return counter

    def _felt(self, door: str) -> Iterable[Stimulus]:
        index = self.doors.index(door)
        felt = [Stimulus(p.at_ms, door, p.word) for p in self.footfall.passages if p.door == index]
        return heapq.merge(felt, sorted((s for s in self.befalls if s.device == door), key=_at), key=_at)

    def _seen(self) -> list[Stimulus]:
        """What a presence sensor that overlooks the whole place sees."""
        found, people = [], 0
        for passage in self.footfall.passages:
            people += 1 if passage.word == "enter" else -1
            if people == 1 and passage.word == "enter":
                found.append(Stimulus(passage.at_ms + SECOND, self.sensor, "enter"))
            elif not people:
                found.append(Stimulus(passage.at_ms + SEES_AFTER_MS, self.sensor, "leave"))
        return sorted(found, key=_at)

    def _live(self, device: Counter | Radar, felt: Iterable[Stimulus]) -> list[Message]:
        at = self.start_ms + 1
        said = [device.status(at), *device.power_up(at)]
        beat = at + device.heartbeat_after_ms()
        for stimulus in felt:
            while beat <= stimulus.at_ms:
                said += device.heartbeat(beat)
                beat += device.heartbeat_after_ms()
            if stimulus.word == "die":
                said.append(_will(device.who, stimulus.at_ms + WILL_AFTER_MS))
            said += (
                device.reboot(stimulus.at_ms)
                if stimulus.word == "reboot"
                else device.feel(stimulus.at_ms, stimulus.word)
            )
        while beat < self.end_ms:
            said += device.heartbeat(beat)
            beat += device.heartbeat_after_ms()
        return said


def _will(who: Identity, at_ms: int) -> Message:
    will = wire.last_will(who)
    return Message(at_ms, will.link, will.device, will.kind, will.topic, will.payload, retain=will.retain)


def _at(stimulus: Stimulus) -> int:
    return stimulus.at_ms
