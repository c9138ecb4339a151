"""The town as a pure machine: ask it to advance to a time, and it says what its devices published until then.

It has no clock. Whatever steps it is advanced in, the messages are the same.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Literal

from firmware_sim import hall, scenes
from firmware_sim.ahead import Ahead
from firmware_sim.chance import dice
from firmware_sim.daytime import DAY, SECOND, local_day, midnight_ms
from firmware_sim.devices import KINDS, Device, flawed
from firmware_sim.lives.fate import mishaps_of
from firmware_sim.lives.mishaps import Mishap
from firmware_sim.lives.town import Lives
from firmware_sim.nature import SHOW, Nature
from firmware_sim.places import Home, Layout
from firmware_sim.planner import Planner
from firmware_sim.script import Incident, Script, Stimulus
from firmware_sim.truth import Report, truth_of
from firmware_sim.wire import Message

POWER_UP_WITHIN_MS = 55 * SECOND
# Below this a battery is changed on the technician's round, before it bothers anybody.
ROUND_CHANGES_BATTERY_AT_PERCENT = 25
# What an elder who lies still, and whom nobody visits, does not do.
STILL = frozenset({"motion", "open", "close", "enter", "leave"})

Cause = Literal["power_up", "heartbeat", "wake", "life", "script"]
Due = tuple[int, int, Cause, Stimulus]


class Town:
    """All devices of a layout, their people's lives, and the incidents of each window of time.

    Lives are planned by local days. The past of ``past_ms`` is one window, of a staged town several of at most a day,
    all equal; later ones are a day each.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        seed: int,
        start_ms: int,
        past_ms: int = DAY,
        incidents_from_ms: int | None = None,
        nature: Nature = SHOW,
    ) -> None:
        self.layout, self.seed, self.now_ms = layout, seed, start_ms
        self.nature = nature
        self.incidents: list[Incident] = []
        self.reports: list[Report] = []
        self.lives = Lives(layout, seed=seed, calm=nature.calm)
        self._start_ms = self._lived_ms = self._planned_ms = self._drew_ms = self._drawn_ms = start_ms
        self._present_ms = start_ms + past_ms
        windows = -(-past_ms // DAY) if nature.staged else 1
        self._past_window_ms = -(-past_ms // windows)
        self._incidents_from_ms = start_ms if incidents_from_ms is None else incidents_from_ms
        self._order = 0
        self._due: list[Due] = []
        # What is due after the one at hand in the same home: only the next of each home lies in the heap.
        self._then: dict[int, Iterator[Due]] = {}
        by_name = {home.home: home for home in layout.homes}
        self._next_days, self._next_fates = Ahead(by_name, self._day_of), Ahead(by_name, self._fate_of)
        self._quiet: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._wakes: dict[str, int] = {}
        self._homes = {f.who.device: home for home in layout.homes for f in home.devices}
        self.devices: dict[str, Device] = {}
        self._behind: dict[str, list[Device]] = defaultdict(list)
        for fitted in layout.fitted():
            draw = dice(seed, start_ms, fitted.who.device)
            charge = draw.randint(35, 100) / 100
            device = KINDS[fitted.kind](fitted.who, dice=draw, since_ms=start_ms, charge=charge)
            if nature.flawed:
                flawed(device, dice(seed, fitted.who.device, "flaws"))
            self.devices[fitted.who.device] = device
            self._behind[fitted.who.link].append(device)
            powered = start_ms + draw.randint(2 * SECOND, POWER_UP_WITHIN_MS)
            self._push("power_up", Stimulus(powered, fitted.who.device, ""))
            first_beat = powered + draw.randint(30, device.heartbeat_s) * SECOND
            self._push("heartbeat", Stimulus(first_beat, fitted.who.device, ""))

    def links(self) -> list[Device]:
        """The devices that hold an MQTT connection of their own: gateways and counters."""
        return [device for device in self.devices.values() if device.who.via is None]

    def announce(self, link: str, at_ms: int) -> list[Message]:
        """The birth messages of everything alive behind a connection, its holder first."""
        alive = [device for device in self._behind[link] if device.powered]
        return [device.status(at_ms) for device in sorted(alive, key=lambda d: d.who.via is not None)]

    def next_ms(self) -> int:
        """When something is due next."""
        return min(self._due[0][0], self._planned_ms, self._drawn_ms)

    def advance(self, to_ms: int) -> list[Message]:
        """Everything published in (now, to_ms], in time order."""
        said: list[Message] = []
        while self.next_ms() <= to_ms:
            if self._drawn_ms <= min(self._planned_ms, self._due[0][0]):
                self._draw_incidents()
            elif self._planned_ms <= self._due[0][0]:
                self._plan_day()
            else:
                _, order, cause, stimulus = heapq.heappop(self._due)
                if cause == "life":
                    self._follow(self._then.pop(order))
                said += self._happen(cause, stimulus)
        self.now_ms = to_ms
        self._keep_ahead()
        return said

    def play(self, scene: str) -> Incident:
        """Enact a scene now; raises ``UnknownSceneError`` for a name nobody wrote."""
        script = scenes.script(self.layout, scene, self.now_ms, head_count=self._head_count())
        home = next((h for h in self.layout.homes if h.home == script.incident.place), None)
        if home is not None and script.quiet:
            # An open door would stand open until the stillness ends.
            self._push("script", Stimulus(self.now_ms, f"{home.home}-door", "close"))
        self._enact(script)
        return script.incident

    def truth(self) -> dict[str, object]:
        """What really happened until now; docs/simulator.md has the format."""
        return truth_of(self.layout, self.lives.households, self.incidents, self.reports,
                        seed=self.seed, from_ms=self._start_ms, to_ms=self.now_ms)  # fmt: skip

    def command(self, device: str, payload: bytes) -> list[Message]:
        """Give a device a command of the hub now; what it says to it at once."""
        said = self.devices[device].command(self.now_ms, payload)
        self._set_alarm(self.devices[device])
        return said

    def _keep_ahead(self) -> None:
        """Work out the homes' next day and next mishaps little by little, before they are wanted all at once."""
        self._next_days.keep_up(self.now_ms, self._lived_ms, *self._next_day())
        if not self.nature.staged:
            self._next_fates.keep_up(self.now_ms, self._drew_ms, *self._next_window())

    def _next_day(self) -> tuple[int, int]:
        return self._planned_ms, midnight_ms(local_day(self._planned_ms)) + DAY

    def _next_window(self) -> tuple[int, int]:
        start = self._drawn_ms
        return start, start + (self._past_window_ms if start < self._present_ms else DAY)

    def _day_of(self, home: Home, from_ms: int, _to_ms: int) -> list[Stimulus]:
        lived = self.lives.stimuli(home, local_day(from_ms))
        return [stimulus for stimulus in lived if stimulus.at_ms >= from_ms]

    def _fate_of(self, home: Home, from_ms: int, to_ms: int) -> list[Mishap]:
        lives = self.lives.households[home.home]
        return mishaps_of(home, lives, from_ms, to_ms, seed=self.seed, eventful=self.nature.eventful)

    def _plan_day(self) -> None:
        """Let everybody live until the next local midnight."""
        start, end = self._next_day()
        for lived in self._next_days.all_of(start, end):
            self._live(lived)
        for place in self.layout.facilities:
            if place.capacity:
                came = hall.visits_between(
                    place.facility, start, end, capacity=place.capacity, seed=self.seed
                )
                counter = place.devices[0].who.device
                self._live(hall.usual_visits(counter, came, start, end, since_ms=self._start_ms))
        for device in self.devices.values():
            if device.battery_percent(end) < ROUND_CHANGES_BATTERY_AT_PERCENT:
                self._push("script", Stimulus(start, device.who.device, "swap"))
        self._quiet = defaultdict(
            list,
            {home: kept for home, all_ in self._quiet.items() if (kept := [q for q in all_ if q[1] > start])},
        )
        self._lived_ms, self._planned_ms = start, end

    def _draw_incidents(self) -> None:
        """Draw what happens in the next window."""
        start, end = self._next_window()
        self._drew_ms, self._drawn_ms = start, end
        if start < self._incidents_from_ms:
            return
        planner = Planner(self.layout, self.lives, self.seed, start, end)
        for script in planner.scripts() if self.nature.staged else planner.by_chance(self.nature.eventful):
            self._enact(script)
        if self.nature.staged:
            return
        for fate in self._next_fates.all_of(start, end):
            for mishap in fate:
                self.lives.disturb(mishap)
                self._next_days.forget(mishap.incident.place)
                for stimulus in mishap.stimuli:
                    if stimulus.device in self.devices:
                        self._push("script", stimulus)
                self.incidents.append(mishap.incident)

    def _enact(self, script: Script) -> None:
        for stimulus in script.stimuli:
            self._push("script", stimulus)
        if script.quiet:
            self._quiet[script.incident.place].append(script.quiet)
        self.incidents.append(script.incident)

    def _happen(self, cause: Cause, stimulus: Stimulus) -> list[Message]:
        device, at = self.devices[stimulus.device], stimulus.at_ms
        match cause:
            case "power_up":
                return device.power_up(at)
            case "heartbeat":
                return self._beat(device, at)
            case "wake":
                said = device.wake(at)
            case "life" if self._lies_still(stimulus):
                return []
            case "life" | "script":
                said = device.feel(at, stimulus.word, stimulus.value)
        for message in said:
            if message.kind == "event":
                self.reports.append(Report(message.device, device.kind, message.names[0], message.at_ms))
        self._set_alarm(device)
        return said

    def _beat(self, device: Device, at_ms: int) -> list[Message]:
        interval_s, after_ms = device.heartbeat_s, device.heartbeat_after_ms()
        said = device.heartbeat(at_ms)
        if device.heartbeat_s != interval_s:  # it has just been told another
            after_ms = device.heartbeat_after_ms()
        self._push("heartbeat", Stimulus(at_ms + after_ms, device.who.device, ""))
        return said

    def _set_alarm(self, device: Device) -> None:
        """Wake the device when it wants to be woken; once for each time it names."""
        wake_ms, name = device.wake_at_ms, device.who.device
        if wake_ms is not None and wake_ms != self._wakes.get(name):
            self._wakes[name] = wake_ms
            self._push("wake", Stimulus(wake_ms, name, ""))

    def _lies_still(self, stimulus: Stimulus) -> bool:
        home: Home | None = self._homes.get(stimulus.device)
        if home is None or stimulus.word not in STILL:
            return False
        return any(start <= stimulus.at_ms < end for start, end in self._quiet.get(home.home, ()))

    def _head_count(self) -> int:
        counts = [d.state().get("occupancy", 0) for d in self.devices.values() if d.kind == "counter"]
        return int(counts[0]) if counts else 0

    def _live(self, felt: Iterable[Stimulus]) -> None:
        """One place's usual life: in the order in which it is given, where two things are due at once."""
        in_time = sorted(felt, key=attrgetter("at_ms"))
        first, self._order = self._order, self._order + len(in_time)
        self._follow((each.at_ms, order, "life", each) for order, each in enumerate(in_time, first))

    def _follow(self, rest: Iterator[Due]) -> None:
        due = next(rest, None)
        if due is not None:
            self._then[due[1]] = rest
            heapq.heappush(self._due, due)

    def _push(self, cause: Cause, stimulus: Stimulus) -> None:
        heapq.heappush(self._due, (stimulus.at_ms, self._order, cause, stimulus))
        self._order += 1
