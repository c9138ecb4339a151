"""The town as a pure machine: ask it to advance to a time, and it says what its devices published until then.

It has no clock. Whatever steps it is advanced in, the messages are the same.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from operator import attrgetter
from typing import Literal

from firmware_sim import hall, life, scenes
from firmware_sim.ahead import Ahead
from firmware_sim.chance import dice
from firmware_sim.daytime import DAY, SECOND
from firmware_sim.devices import KINDS, Device
from firmware_sim.places import Home, Layout
from firmware_sim.planner import Planner
from firmware_sim.script import Incident, Script, Stimulus
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

    The past of ``past_ms`` is cut into equal windows of at most a day, later windows are a day each.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        seed: int,
        start_ms: int,
        past_ms: int = DAY,
        incidents_from_ms: int | None = None,
    ) -> None:
        self.layout, self.seed, self.now_ms = layout, seed, start_ms
        self.incidents: list[Incident] = []
        self._start_ms = self._window_ms = self._planned_ms = start_ms
        self._present_ms = start_ms + past_ms
        windows = -(-past_ms // DAY)
        self._past_window_ms = -(-past_ms // windows)
        self._incidents_from_ms = start_ms if incidents_from_ms is None else incidents_from_ms
        self._order = 0
        self._due: list[Due] = []
        # What is due after the one at hand in the same home: only the next of each home lies in the heap.
        self._then: dict[int, Iterator[Due]] = {}
        self._lives = Ahead(layout.homes, partial(life.usual_life, seed=seed))
        self._quiet: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._homes = {f.who.device: home for home in layout.homes for f in home.devices}
        self.devices: dict[str, Device] = {}
        self._behind: dict[str, list[Device]] = defaultdict(list)
        for fitted in layout.fitted():
            draw = dice(seed, start_ms, fitted.who.device)
            charge = draw.randint(35, 100) / 100
            device = KINDS[fitted.kind](fitted.who, dice=draw, since_ms=start_ms, charge=charge)
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
        return min(self._due[0][0], self._planned_ms)

    def advance(self, to_ms: int) -> list[Message]:
        """Everything published in (now, to_ms], in time order."""
        said: list[Message] = []
        while self.next_ms() <= to_ms:
            if self._planned_ms <= self._due[0][0]:
                self._plan_window()
            else:
                _, order, cause, stimulus = heapq.heappop(self._due)
                if cause == "life":
                    self._follow(self._then.pop(order))
                said += self._happen(cause, stimulus)
        self.now_ms = to_ms
        self._lives.keep_up(to_ms, self._window_ms, *self._next_window())
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

    def _next_window(self) -> tuple[int, int]:
        start = self._planned_ms
        return start, start + (self._past_window_ms if start < self._present_ms else DAY)

    def _plan_window(self) -> None:
        start, end = self._next_window()
        for lived in self._lives.all_of(start, end):
            self._live(lived)
        for place in self.layout.facilities:
            if place.capacity:
                came = hall.visits_between(
                    place.facility, start, end, capacity=place.capacity, seed=self.seed
                )
                counter = place.devices[0].who.device
                self._live(hall.usual_visits(counter, came, start, end, since_ms=self._start_ms))
        if start >= self._incidents_from_ms:
            for script in Planner(self.layout, self.seed, start, end).scripts():
                self._enact(script)
        for device in self.devices.values():
            if device.battery_percent(end) < ROUND_CHANGES_BATTERY_AT_PERCENT:
                self._push("script", Stimulus(start, device.who.device, "swap"))
        self._quiet = defaultdict(
            list,
            {home: kept for home, all_ in self._quiet.items() if (kept := [q for q in all_ if q[1] > start])},
        )
        self._window_ms, self._planned_ms = start, end

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
                self._push("heartbeat", Stimulus(at + device.heartbeat_after_ms(), stimulus.device, ""))
                return device.heartbeat(at)
            case "wake":
                said = device.wake(at)
            case "life" if self._lies_still(stimulus):
                return []
            case "life" | "script":
                said = device.feel(at, stimulus.word, stimulus.value)
        if device.wake_at_ms is not None and (cause != "wake" or said):
            self._push("wake", Stimulus(device.wake_at_ms, stimulus.device, ""))
        return said

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
