"""A small town, every kind of event that can befall it, and a tiny shell in memory that folds events with ``rules.step``.

Run as a program it folds a recorded stream (a file) and prints what came of it, byte for byte: law 1 compares two such runs.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import strategies as st

from gateway.rulebook.load import load_rules, read_rules
from rules.effects import Effect, Raise
from rules.events import (
    ALL,
    AnyEvent,
    ClockStepped,
    Command,
    FeedLost,
    Occurrence,
    Quality,
    Resumed,
    Status,
    Telemetry,
    Tick,
    Value,
    WorldChanged,
    part_of,
)
from rules.state import TEXT_MAX, KeyState, decode, encode
from rules.step import Routes, advance, keys, learn
from rules.world import EMPTY, Definition, Device, Place, World, changed_rules, gone_devices

START = int(datetime(2026, 3, 2, 6, 50, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)
DURATIONS = (0, 1, 500, 3_000, 5_000, 11_000, 21_000, 61_000, 130_000, 600_000, 3_600_000, 4 * 3_600_000)
LATENESS = (0, 0, 0, 1_500, 8_000, 40_000, 3_600_000)

# The same conditions as the library's with times so short that a few dozen events meet every deadline.
SHORT = """
- {id: s_door, kind: care, severity: notice, applies_to: home, device_kinds: [contact],
   when: {level: {metric: contact, equals: 0, for_s: 20}}, title: &t {zh: 短, en: short}, todo: &d {zh: [看], en: [look]}}
- {id: s_full, kind: facility, severity: urgent, applies_to: facility, title: *t, todo: *d,
   when: {level: {metric: occupancy, above: capacity, hysteresis: 1, for_s: 10, total: true}}}
- {id: s_quiet, kind: care, severity: urgent, applies_to: home, title: *t, todo: *d,
   when: {absence: {of: [motion, contact], for_s: 60, from_time: "07:00", to_time: "23:00"}}}
- {id: s_lies, kind: life_safety, severity: critical, applies_to: home, title: *t, todo: *d,
   when: {sequence: {first: {type: fall, min_confidence: 0.5}, then_no: [motion], within_s: 15}}}
- {id: s_silent, kind: device, severity: notice, title: *t, todo: *d, when: {silent: {heartbeats: 1, offline_for_s: 10}}}
- {id: s_battery, kind: device, severity: notice, title: *t, todo: *d,
   when: {level: {metric: battery, below: 50, hysteresis: 10}}}
- {id: s_night, kind: care, severity: notice, applies_to: home, device_kinds: [contact], title: *t, todo: *d,
   when: {all: {of: [{level: {metric: contact, equals: 0}}, {during: {from_time: "06:51", to_time: "06:52"}}], for_s: 5}}}
- {id: s_hours, kind: facility, severity: notice, title: *t, todo: *d,
   when: {during: {from_time: "06:55", to_time: "06:52", days: workdays}}}
- {id: s_fast, kind: device, severity: notice, title: *t, todo: *d, when: {rate: {metric: battery, below: -600, over_s: 60}}}
- {id: s_stuck, kind: device, severity: notice, title: *t, todo: *d, when: {stuck: {metric: battery, for_s: 30}}}
- {id: s_falls, kind: care, severity: notice, applies_to: home, title: *t, todo: *d,
   when: {count: {event: {type: fall}, at_least: 2, within_s: 60, anywhere: true}}}
- {id: s_restless, kind: care, severity: notice, title: *t, todo: *d,
   when: {count: {metric: motion, at_least: 2, within_s: 60}}}
- {id: s_stays, kind: care, severity: urgent, applies_to: home, title: *t, todo: *d,
   when: {stay: {rooms: [bathroom], for_s: 15}}}
- {id: s_walks, kind: care, severity: notice, applies_to: home, title: *t, todo: *d,
   when: {sequence: {first: {type: fall}, then: [motion, contact], within_s: 60, elsewhere: true}}}
- {id: s_opens, kind: care, severity: notice, applies_to: home, device_kinds: [contact], title: *t, todo: *d,
   when: {sequence: {first_metric: {metric: contact, equals: 0}, then_no: [motion], within_s: 15}}}
- {id: s_anywhere, kind: care, severity: notice, applies_to: home, title: *t, todo: *d,
   when: {level: {metric: presence, equals: 1, for_s: 5, anywhere: true}}}
"""
RULES = (*load_rules(), *(rule for rule, _ in read_rules(SHORT, source="short")))
LONGER = tuple(
    rule
    for rule, _ in read_rules(
        SHORT.replace("for_s: 20", "for_s: 25").replace("within_s: 15", "within_s: 30"), source=""
    )
)
SAYS = {
    "contact": ("contact", "battery"),
    "motion": ("motion", "battery"),
    "pendant": ("worn", "battery"),
    "radar": ("presence",),
    "sos": ("battery",),
    "counter": ("occupancy", "in"),
    "gateway": ("rssi",),
}
TYPES = ("fall", "sos", "fall", "smoke")


ROOMS = ("入户门", "卫生间", "客厅", "卧室", "卫生间", "", "")


def home(key: str, *, pirs: int = 2) -> list[Device]:
    """A home with door, PIRs, pendant, radar and SOS button."""
    kinds = ["contact", *["motion"] * pirs, "pendant", "radar", "sos"]
    return [Device(f"{key}-{n}{kind}", "lianhua", key, kind, ROOMS[n], 60) for n, kind in enumerate(kinds)]


def world(version: int, *, homes: dict[str, int], capacity: int, counters: int, short: bool = True) -> World:
    """One state of the town: homes with their number of PIRs, and a station with counters and a radio gateway."""
    kinds = ["gateway", *["counter"] * counters]
    station = [Device(f"F1-{n}{kind}", "lianhua", "F1", kind, "", 60) for n, kind in enumerate(kinds)]
    return World(
        Definition(
            version,
            "Asia/Shanghai",
            (*(Place(key, "home") for key in homes), Place("F1", "facility", capacity)),
            (*(device for key, pirs in homes.items() for device in home(key, pirs=pirs)), *station),
            RULES if short else (*load_rules(), *LONGER),
        )
    )


WORLDS = (
    world(0, homes={"H1": 2, "H2": 2}, capacity=3, counters=2),
    world(1, homes={"H1": 2, "H2": 2}, capacity=5, counters=2, short=False),
    world(2, homes={"H1": 1, "H2": 2, "H3": 1}, capacity=3, counters=1),
    world(3, homes={"H2": 3}, capacity=3, counters=2),
)
DEVICES = sorted({device for one in WORLDS for device in one.devices} | {"stranger"})
KIND = {device.id: device.kind for one in WORLDS for device in one.devices.values()}
KEYS = sorted({key for one in WORLDS for key in one.places})
GATEWAYS = ("F1-0gateway", "gw-unregistered", "")

Act: TypeAlias = tuple[int, int, int, int, int]  # what, who, how long after, and two more dice
ACTS = st.lists(
    st.tuples(st.integers(0, 23), st.integers(0, len(DEVICES) - 1), *[st.integers(0, 59)] * 3), max_size=60
)


def dice(seed: int, count: int) -> list[Act]:
    """As many acts, thrown with a seed."""
    throw = random.Random(seed)  # noqa: S311 a test's dice
    return [
        (
            throw.randrange(24),
            throw.randrange(len(DEVICES)),
            throw.randrange(60),
            throw.randrange(60),
            throw.randrange(60),
        )
        for _ in range(count)
    ]


@dataclass
class Writer:
    """Makes a journal of acts: hub time never runs back, a world change follows a tick, losses and returns alternate."""

    at: int = START
    definition: Definition = EMPTY
    lost_at: int = 0
    events: list[AnyEvent] = field(default_factory=list)
    counts: dict[str, tuple[str, int]] = field(default_factory=dict)

    def write(self, acts: Iterable[Act]) -> list[AnyEvent]:
        """The journal: a first world, the acts, the feed back, and a long quiet afterwards."""
        self._change_world(0)
        for act in acts:
            self._do(*act)
        if self.lost_at:
            self.events.append(Resumed(self.at, self.lost_at, True))
        for after in (60_000, 600_000, 5 * 3_600_000):
            self.events.append(Tick(self.at + after))
        return self.events

    def _do(self, what: int, who: int, after: int, a: int, b: int) -> None:
        before, self.at = self.at, self.at + DURATIONS[after % len(DURATIONS)]
        device = DEVICES[who]
        if what < 9:
            self.events.append(self._telemetry(device, a, b))
        elif what < 13:
            self.events.append(self._occurrence(device, a, b))
        elif what < 17:
            via = GATEWAYS[a % 3] if KIND.get(device) != "gateway" else ""
            observed, quality, own_time = self._seen(a, b)
            self.events.append(Status(self.at, device, observed, quality, b % 2 == 0, via, {}, own_time))
        elif what == 17:
            self._lose_or_resume(before, a, b)
        elif what == 18:
            by = (10_000, 3_000, -5_000)[b % 3]
            self.at += max(by, 0)  # hub time jumps ahead with the wall clock, and never back
            self.events.append(ClockStepped(self.at, by))
        elif what == 19:
            self._change_world(a % len(WORLDS))
        elif what == 20:
            data, key = {"people": str(b)}, KEYS[a % len(KEYS)]
            self.events.append(Command(self.at, str(a), "accept", "none", "someone", {}))
            self.events.append(Command(self.at, f"n{self.at}", "count", "", "someone", data, key))
        elif what == 21:
            self._repeat(a)
        else:
            self.events.append(Tick(self.at, ALL if b % 3 else part_of(KEYS[a % len(KEYS)])))

    def _seen(self, a: int, b: int) -> tuple[int, int, bool]:
        """When it was seen, the quality, and whether that is the device's own word (of late ones an old journal says no)."""
        late = LATENESS[b % len(LATENESS)]
        quality = Quality.LATE if late > 30_000 else Quality.GOOD
        return self.at - late, Quality.RETAINED if b % 11 == 10 else quality, a % 3 > 0

    def _number(self, device: str, b: int) -> tuple[str, int]:
        boot, seq = self.counts.get(device, (f"{len(device):04x}", 0))
        if b % 13 == 12:
            boot, seq = f"{len(self.events):04x}", 0
        self.counts[device] = boot, seq + (1, 1, 1, 1, 2, 1)[b % 6]
        boot, seq = self.counts[device]
        return ("", 0) if b % 17 == 16 else (boot, max(seq - 4, 1) if b % 7 == 6 else seq)

    def _telemetry(self, device: str, a: int, b: int) -> Telemetry:
        observed, quality, own_time = self._seen(a, b)
        metrics: dict[str, Value] = {}
        for metric in SAYS.get(KIND.get(device, "sos"), ()):
            metrics[metric] = float(a % 2 if metric in {"contact", "motion", "presence", "worn"} else a)
            if metric == "occupancy":
                metrics[metric] = float(a % 6)
        if a == 59:
            metrics = dict.fromkeys(metrics, "护" * TEXT_MAX)
        return Telemetry(self.at, device, observed, quality, *self._number(device, b), metrics, own_time)

    def _occurrence(self, device: str, a: int, b: int) -> Occurrence:
        observed, quality, own_time = self._seen(a, b)
        name = "" if a % 9 == 8 else f"{len(self.events)}".rjust(TEXT_MAX if a % 5 else 6, "e")
        data: dict[str, Value] = {"confidence": a / 60} if a % 4 else {}
        number = self._number(device, b)
        kind = TYPES[a % len(TYPES)]
        return Occurrence(self.at, device, observed, quality, *number, name, kind, data, own_time)

    def _lose_or_resume(self, before: int, a: int, b: int) -> None:
        if self.lost_at:
            self.events.append(Resumed(self.at, self.lost_at, a % 2 == 0))
            self.lost_at = 0
        else:
            self.lost_at = max(before, self.at - (0, 2_000, 3_600_000)[b % 3])
            self.events.append(FeedLost(self.at, self.lost_at))

    def _change_world(self, version: int) -> None:
        new = WORLDS[version].definition
        if new.version == self.definition.version and self.events:
            return
        changed, gone = changed_rules(self.definition, new), gone_devices(self.definition, new)
        self.events += [Tick(self.at), WorldChanged(self.at, version, changed, gone)]
        self.definition = new

    def _repeat(self, back: int) -> None:
        before = [event for event in self.events if isinstance(event, Telemetry | Occurrence | Status)]
        if before:
            self.events.append(msgspec.structs.replace(before[-1 - back % len(before)], at=self.at))


def journal(acts: Iterable[Act]) -> list[AnyEvent]:
    """The acts as a journal would hold them."""
    return Writer().write(acts)


@dataclass
class Town:
    """The shell, in memory: who is concerned, whose state it is, which world holds."""

    owns: Callable[[str], bool] = bool  # every key
    world: World = field(default_factory=lambda: World(EMPTY))
    states: dict[str, KeyState] = field(default_factory=dict)
    routes: Routes = field(default_factory=dict)
    lost_at: int = 0

    def feed(self, event: AnyEvent) -> list[Effect]:
        """One event to every key it concerns, in order of key."""
        if isinstance(event, WorldChanged):
            self._enter(WORLDS[event.version])
        elif isinstance(event, FeedLost | Resumed):
            self.lost_at = event.lost_at if isinstance(event, FeedLost) else 0
        elif isinstance(event, Status):
            learn(self.world, self.routes, event)
        concerned = [key for key in keys(self.world, self.routes, event) if self.owns(key)]
        return [
            found for key in concerned for found in advance(self.world, self.states[key], event, event.at)
        ]

    def play(self, events: Iterable[AnyEvent]) -> list[Effect]:
        """All of them."""
        return [effect for event in events for effect in self.feed(event)]

    def restarted(self) -> Town:
        """The same town from its bytes; who is behind which radio gateway is read from the states."""
        states = {key: decode(encode(state)) for key, state in self.states.items()}
        routes: Routes = {}
        for key, state in states.items():
            for gateway in state.gateways:
                routes.setdefault(gateway, set()).add(key)
        return Town(self.owns, self.world, states, routes, self.lost_at)

    def bytes(self) -> dict[str, bytes]:
        """Every state as it is stored."""
        return {key: encode(state) for key, state in sorted(self.states.items())}

    def _enter(self, world: World) -> None:
        self.world = world
        self.states = {key: state for key, state in self.states.items() if key in world.places}
        for key in filter(self.owns, world.places):
            self.states.setdefault(key, KeyState(key, lost_at=self.lost_at))


def undated(effects: Iterable[Effect]) -> list[Effect]:
    """Effects without the moment of their decision."""
    return [msgspec.structs.replace(e, at=0) if isinstance(e, Raise) else e for e in effects]


def main(recorded: Path) -> None:
    """Fold a recorded stream and print effects and states."""
    events = msgspec.msgpack.decode(recorded.read_bytes(), type=list[AnyEvent])
    town = Town()
    effects = town.play(events)
    sys.stdout.buffer.write(msgspec.json.encode([effects, sorted(town.bytes().items())]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
