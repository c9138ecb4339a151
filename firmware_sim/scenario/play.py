"""A scenario as it happens: pure, time is an argument, and the same seed and beginning say the same bytes.

Steps come before usual life where both fall on the same moment, in the order of the file.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal, TypeAlias

from firmware_sim.chance import dice
from firmware_sim.daytime import SECOND, days_touching
from firmware_sim.devices import KINDS, Device
from firmware_sim.lives.town import Lives
from firmware_sim.places import Layout
from firmware_sim.scenario.cast import cast
from firmware_sim.scenario.check import chosen
from firmware_sim.scenario.format import Scenario, Step, Told
from firmware_sim.scenario.spans import span_ms
from firmware_sim.script import Stimulus
from firmware_sim.town import STILL
from firmware_sim.wire import Message

POWER_UP_WITHIN_MS = 2 * SECOND


@dataclass(frozen=True, slots=True)
class Cut:
    """A gateway (or whatever holds a connection of its own) loses its power, or has it again (``plugged``)."""

    at_ms: int
    link: str
    plugged: bool


@dataclass(frozen=True, slots=True)
class Note:
    """A word to who watches."""

    at_ms: int
    told: Told


Happening: TypeAlias = Message | Cut | Note
Act: TypeAlias = Stimulus | Message | Cut | Note
Cause: TypeAlias = Literal["power_up", "heartbeat", "wake", "life", "step"]


class Play:
    """All devices of a scenario from ``start_ms`` on; ``story_ms`` is when its timeline begins, after the usual life ``before``."""

    def __init__(self, scenario: Scenario, *, start_ms: int, seed: int, before: bool = True) -> None:
        self.scenario, self.seed, self.now_ms = scenario, seed, start_ms
        self.story_ms = start_ms + (span_ms(scenario.before or "") if before else 0)
        self.end_ms = self.story_ms + span_ms(scenario.lasts)
        self.layout: Layout = cast(scenario)
        self.devices: dict[str, Device] = {}
        self._order = count()
        self._due: list[tuple[int, int, Cause, Act]] = []
        self._quiet = {
            (home, begins, begins + span_ms(step.lasting or ""))
            for step in scenario.steps
            for begins in [self.story_ms + span_ms(step.at)]
            for home in chosen(step.quiet, [each.home for each in self.layout.homes])
        }
        self._home_of = {f.who.device: home.home for home in self.layout.homes for f in home.devices}
        for fitted in self.layout.fitted():
            name = fitted.who.device
            draw = dice(seed, start_ms, name)
            self.devices[name] = KINDS[fitted.kind](fitted.who, dice=draw, since_ms=start_ms)
            powered = start_ms + draw.randint(1, POWER_UP_WITHIN_MS)
            self._push(powered, "power_up", Stimulus(powered, name, ""))
            beat = powered + draw.randint(30, self.devices[name].heartbeat_s) * SECOND
            self._push(beat, "heartbeat", Stimulus(beat, name, ""))
        for step in scenario.steps:
            for at_ms in _moments(step, self.story_ms):
                for act in self._acts(step, at_ms):
                    self._push(at_ms, "step", act)
        self._live(start_ms)

    def links(self) -> list[Device]:
        """The devices that hold a connection of their own."""
        return [device for device in self.devices.values() if device.who.via is None]

    def announce(self, link: str, at_ms: int) -> list[Message]:
        """The birth messages of everything alive behind a connection, its holder first."""
        alive = [d for d in self.devices.values() if d.who.link == link and d.powered]
        return [device.status(at_ms) for device in sorted(alive, key=lambda d: d.who.via is not None)]

    def next_ms(self) -> int:
        """When something is due next; the end of the story when nothing is."""
        return min(self._due[0][0], self.end_ms) if self._due else self.end_ms

    def advance(self, to_ms: int) -> list[Happening]:
        """Everything that happens in (now, to_ms], in the order of time."""
        happened: list[Happening] = []
        while self._due and self._due[0][0] <= to_ms:
            at_ms, _, cause, act = heapq.heappop(self._due)
            match act:
                case Stimulus():
                    happened += self._touch(cause, act)
                case Cut():
                    happened += self._cut(act)
                case said:
                    happened.append(said)
            self.now_ms = at_ms
        self.now_ms = to_ms
        return happened

    def _live(self, start_ms: int) -> None:
        """Usual life, as the town has it: until the story begins, and beside it where the scenario says so."""
        end_ms = self.end_ms if self.scenario.life else self.story_ms
        if end_ms <= start_ms:
            return
        lives = Lives(self.layout, seed=self.seed, calm=True)
        for day in days_touching(start_ms, end_ms):
            for home in self.layout.homes:
                for stimulus in lives.stimuli(home, day):
                    if start_ms <= stimulus.at_ms < end_ms and stimulus.device in self.devices:
                        self._push(stimulus.at_ms, "life", stimulus)

    def _acts(self, step: Step, at_ms: int) -> Iterator[Act]:
        if step.note:
            yield Note(at_ms, step.note)
        word, _, number = step.feels.partition(" ")
        for device in chosen(step.device, self.devices) if word else ():
            yield Stimulus(at_ms, device, word, float(number) if number else None)
        if step.topic:
            raw = bytes.fromhex(step.sends_hex) if step.sends_hex is not None else (step.sends or "").encode()
            yield Message(at_ms, "", "", "control", step.topic, raw, retain=step.retain)
        holders = [device.who.device for device in self.links()]
        for plugged, globs in ((False, step.unplug), (True, step.plug)):
            for link in chosen(globs, holders):
                yield Cut(at_ms, link, plugged)

    def _cut(self, cut: Cut) -> list[Happening]:
        """The cut, and after it what the holder of the connection says when it starts up again."""
        holder = self.devices[cut.link]
        runs_on_mains = holder.battery_life_days is None
        return [cut, *(holder.reboot(cut.at_ms) if cut.plugged and runs_on_mains else ())]

    def _touch(self, cause: Cause, stimulus: Stimulus) -> list[Message]:
        device, at = self.devices[stimulus.device], stimulus.at_ms
        match cause:
            case "power_up":
                return device.power_up(at)
            case "heartbeat":
                again = at + device.heartbeat_after_ms()
                self._push(again, "heartbeat", Stimulus(again, stimulus.device, ""))
                return device.heartbeat(at)
            case "wake":
                said = device.wake(at)
            case "life" if self._lies_still(stimulus):
                return []
            case "life" | "step":
                reboots = stimulus.word == "reboot"
                said = device.reboot(at) if reboots else device.feel(at, stimulus.word, stimulus.value)
        if device.wake_at_ms is not None and (cause != "wake" or said):
            self._push(device.wake_at_ms, "wake", Stimulus(device.wake_at_ms, stimulus.device, ""))
        return said

    def _lies_still(self, stimulus: Stimulus) -> bool:
        home = self._home_of.get(stimulus.device)
        if stimulus.word not in STILL:
            return False
        return any(home == of and begins <= stimulus.at_ms < ends for of, begins, ends in self._quiet)

    def _push(self, at_ms: int, cause: Cause, act: Act) -> None:
        heapq.heappush(self._due, (at_ms, next(self._order), cause, act))


def _moments(step: Step, story_ms: int) -> Iterator[int]:
    """When the step happens: once, or every so often as long as it lasts (the end itself excluded)."""
    at, every = story_ms + span_ms(step.at), span_ms(step.every or "")
    if every:
        yield from range(at, at + span_ms(step.lasting or ""), every)
    else:
        yield at
