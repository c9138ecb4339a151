"""How many events a second the rules judge: 1,000 homes and their stations under the built-in library.

Quiet is what a city says most of the time: heartbeats and unmoving sensors. Active is people at home: steps, doors, counts, and
now and then a fall. Run with ``--profile`` for where the time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import random
import time

from gateway.rulebook.load import load_rules
from rules.effects import Effect
from rules.events import AnyEvent, Occurrence, Telemetry, Tick, Value, WorldChanged
from rules.state import KeyState, encode
from rules.step import advance
from rules.world import Definition, Device, Place, World

START = 1_772_420_400_000  # 2 March 2026, 11:00 in Shanghai
HOMES = 1_000
ROUNDS = 30  # of one message from every device
KINDS = ("contact", "motion", "motion", "pendant", "radar", "sos")


def town() -> World:
    """The homes, and one hall with two counters to every hundred."""
    homes = [f"H{n:05}" for n in range(HOMES)]
    halls = [f"F{n:03}" for n in range(HOMES // 100)]
    devices = [
        Device(f"{home}-{n}", "s", home, kind, "", 600) for home in homes for n, kind in enumerate(KINDS)
    ]
    devices += [Device(f"{hall}-{n}", "s", hall, "counter", "", 600) for hall in halls for n in range(2)]
    places = (*(Place(home, "home") for home in homes), *(Place(hall, "facility", 30) for hall in halls))
    return World(Definition(1, "Asia/Shanghai", places, tuple(devices), load_rules()))


def message(device: Device, at: int, seq: int, throw: random.Random, *, active: bool) -> AnyEvent:
    """What the device says this time."""
    if active and device.kind in {"pendant", "radar"} and throw.random() < 0.001:
        return Occurrence(
            at, device.id, at - 80, 0, "b007", seq, f"{device.id}.{seq}", "fall", {"confidence": 0.9}
        )
    value = float(throw.random() < 0.5) if active else 0.0
    said: dict[str, dict[str, Value]] = {
        "contact": {"contact": value if active else 1.0, "battery": 90.0},
        "motion": {"motion": value, "battery": 80.0},
        "pendant": {"worn": 1.0, "battery": 70.0},
        "radar": {"presence": value},
        "sos": {"battery": 95.0},
        "counter": {"occupancy": float(throw.randrange(20)) if active else 0.0},
    }
    return Telemetry(at, device.id, at - 80, 0, "b007", seq, said[device.kind])


def events(world: World, *, active: bool) -> list[tuple[str, AnyEvent]]:
    """Every device once a round, in a shuffled order, evenly over ten minutes a round (one minute if active)."""
    throw = random.Random(7)  # noqa: S311 a benchmark's dice
    devices = list(world.devices.values())
    span = (60_000 if active else 600_000) / len(devices)
    found: list[tuple[str, AnyEvent]] = []
    for number in range(ROUNDS):
        throw.shuffle(devices)
        for n, device in enumerate(devices):
            at = START + int((number * len(devices) + n) * span)
            found.append((device.key, message(device, at, number + 1, throw, active=active)))
    return found


def begin(world: World) -> dict[str, KeyState]:
    """The states on the first day, all heard of."""
    states = {key: KeyState(key) for key in world.places}
    for state in states.values():
        advance(world, state, WorldChanged(START, 1, (), ()), START)
        advance(world, state, Tick(START), START)
    return states


def fold(world: World, states: dict[str, KeyState], stream: list[tuple[str, AnyEvent]]) -> list[Effect]:
    """All events, each to its key."""
    effects: list[Effect] = []
    for key, event in stream:
        effects += advance(world, states[key], event, event.at)
    return effects


def main() -> None:
    """Print events per second of CPU (the machine may be shared), effects and bytes a home, quiet and active."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    profile = parser.parse_args().profile
    world = town()
    for name, active in (("quiet", False), ("active", True)):
        stream, states = events(world, active=active), begin(world)
        profiler = cProfile.Profile()
        if profile:
            profiler.enable()
        began = time.process_time()
        effects = fold(world, states, stream)
        took = time.process_time() - began
        profiler.disable()
        size = sum(len(encode(states[f"H{n:05}"])) for n in range(HOMES)) / HOMES
        print(
            f"{name}: {len(stream) / took:,.0f} events per second of CPU, {len(effects)} effects, {size:,.0f} bytes a home"
        )
        if profile:
            pstats.Stats(profiler).sort_stats("tottime").print_stats(12)


if __name__ == "__main__":
    main()
