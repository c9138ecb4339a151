"""A scenario as it happens: pure, time is an argument, and the same seed and beginning say the same bytes.

Steps come before usual life where both fall on the same moment, in the order of the file. What the devices say goes through the
faults of the scenario; words to connections and notes for people stand among the messages.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal, TypeAlias

from firmware_sim.chance import dice
from firmware_sim.daytime import SECOND, days_touching
from firmware_sim.devices import KINDS, Device
from firmware_sim.faults import Course, Fault, Word, build
from firmware_sim.lives.town import Lives
from firmware_sim.places import Layout
from firmware_sim.scenario.cast import cast
from firmware_sim.scenario.check import asked_of, chosen
from firmware_sim.scenario.format import Scenario, Step, Told
from firmware_sim.scenario.spans import span_ms
from firmware_sim.script import Stimulus
from firmware_sim.town import STILL
from firmware_sim.wire import Message

POWER_UP_WITHIN_MS = 2 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Word):
    """A word to who watches; nothing of it is published."""

    told: Told


Act: TypeAlias = Stimulus | Message
Cause: TypeAlias = Literal["power_up", "heartbeat", "wake", "life", "step"]


class Play:
    """All devices of a scenario from ``start_ms`` on; its timeline begins at ``story_ms``, after the usual life ``before``."""

    def __init__(self, scenario: Scenario, *, start_ms: int, seed: int, before: bool = True) -> None:
        self.scenario, self.seed, self.now_ms = scenario, seed, start_ms
        self.story_ms = start_ms + (span_ms(scenario.before or "") if before else 0)
        self.end_ms = self.story_ms + span_ms(scenario.lasts)
        self.layout: Layout = cast(scenario)
        self.devices: dict[str, Device] = {}
        self._order = count()
        self._wakes: dict[str, int] = {}
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
            if step.note:
                at_ms = self.story_ms + span_ms(step.at)
                self._push(at_ms, "step", Note(at_ms, "", "", "control", "", b"", told=step.note))
            for at_ms in _moments(step, self.story_ms):
                for act in self._acts(step, at_ms):
                    self._push(at_ms, "step", act)
        faults = faults_in(scenario, [device.who.device for device in self.links()])
        self.course = Course(
            faults, layout=self.layout, devices=self.devices, seed=seed, start_ms=self.story_ms
        )
        self._live(start_ms)

    def links(self) -> list[Device]:
        """The devices that hold a connection of their own."""
        return [device for device in self.devices.values() if device.who.via is None]

    def announce(self, link: str, at_ms: int) -> list[Message]:
        """The birth messages of everything alive behind a connection, its holder first, as the faults let them through."""
        alive = [d for d in self.devices.values() if d.who.link == link and d.powered]
        births = [device.status(at_ms) for device in sorted(alive, key=lambda d: d.who.via is not None)]
        return self.course.birth(births, at_ms)

    def command(self, device: str, payload: bytes) -> list[Message]:
        """Give a device a command of the hub now; what it says to it at once."""
        said = self.devices[device].command(self.now_ms, payload)
        self._set_alarm(self.devices[device])
        return said

    def next_ms(self) -> int:
        """When something is due next; the end of the story when nothing is."""
        due_ms = self._due[0][0] if self._due else self.end_ms
        return min(due_ms, self.course.next_ms(), self.end_ms)

    def advance(self, to_ms: int) -> list[Message]:
        """Everything said in (now, to_ms] in the order in which it leaves, words and notes among it."""
        said: list[Message] = []
        while (at_ms := self.course.next_ms()) <= to_ms:
            # A device that has power again speaks of its state as it is then.
            said += self.course.turn(self._happens(max(at_ms - 1, self.now_ms)), at_ms)
        return said + self.course.turn(self._happens(to_ms), to_ms)

    def _happens(self, to_ms: int) -> list[Message]:
        happened: list[Message] = []
        while self._due and self._due[0][0] <= to_ms:
            _, _, cause, act = heapq.heappop(self._due)
            happened += self._touch(cause, act) if isinstance(act, Stimulus) else [act]
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
        word, _, number = step.feels.partition(" ")
        for device in chosen(step.device, self.devices) if word else ():
            yield Stimulus(at_ms, device, word, float(number) if number else None)
        if step.topic:
            raw = bytes.fromhex(step.sends_hex) if step.sends_hex is not None else (step.sends or "").encode()
            yield Message(at_ms, "", "", "control", step.topic, raw, retain=step.retain)

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
                said = device.feel(at, stimulus.word, stimulus.value)
        self._set_alarm(device)
        return said

    def _set_alarm(self, device: Device) -> None:
        """Wake the device when it wants to be woken; once for each time it names."""
        wake_ms, name = device.wake_at_ms, device.who.device
        if wake_ms is not None and wake_ms != self._wakes.get(name):
            self._wakes[name] = wake_ms
            self._push(wake_ms, "wake", Stimulus(wake_ms, name, ""))

    def _lies_still(self, stimulus: Stimulus) -> bool:
        home = self._home_of.get(stimulus.device)
        if stimulus.word not in STILL:
            return False
        return any(home == of and begins <= stimulus.at_ms < ends for of, begins, ends in self._quiet)

    def _push(self, at_ms: int, cause: Cause, act: Act) -> None:
        heapq.heappush(self._due, (at_ms, next(self._order), cause, act))


def faults_in(scenario: Scenario, holders: Sequence[str]) -> list[Fault]:
    """The faults of the steps, times from the beginning of the story; ``FaultError`` says what to write instead.

    What is unplugged has no power until it is plugged in again; ``holders`` have a connection of their own.
    """
    found = [build(asked_of(step)) for step in scenario.steps if step.fault]
    ends = span_ms(scenario.lasts)
    for step in scenario.steps:
        at_ms = span_ms(step.at)
        for link in chosen(step.unplug, holders):
            back = [
                span_ms(each.at)
                for each in scenario.steps
                if chosen(each.plug, [link]) and span_ms(each.at) > at_ms
            ]
            lasts = min(back, default=ends + 1) - at_ms
            found.append(build({"fault": "power_cut", "on": link, "from": f"{at_ms}ms", "for": f"{lasts}ms"}))
    return found


def _moments(step: Step, story_ms: int) -> Iterator[int]:
    """When the step happens: once, or every so often as long as it lasts (the end itself excluded)."""
    at, every = story_ms + span_ms(step.at), span_ms(step.every or "")
    if every:
        yield from range(at, at + span_ms(step.lasting or ""), every)
    else:
        yield at
