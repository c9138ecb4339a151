"""A city that has lived a day: twenty thousand homes and what a hub knows of them, made by the hub's own engine.

Every device reports every five minutes, one report in five says something new, and time is told every five seconds; alerts are
raised and ended as the rules say. An engine judges all of it in process, one for each core and each for stations of its own
(what the rules know of a place follows from its own events alone). Journal and store of that day are left out: a start reads
neither behind the snapshots' floor.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from gateway.engine.engine import Engine
from gateway.memory import begin_memory
from gateway.registry.values import Device, Place, Registry
from gateway.rulebook.load import load_rules
from rules import world as core
from rules.effects import Effect
from rules.events import AnyEvent, Telemetry, Tick, Value, WorldChanged

KIT = (
    ("pendant", "pendant", "随身", "worn"),
    ("door", "contact", "入户门", "contact"),
    ("pir", "motion", "客厅", "motion"),
    ("sos", "sos", "床头", "worn"),
    ("radar", "radar", "卫生间", "presence"),
)
HOMES_PER_STATION = 1_000
HEARTBEAT_S = 7_200
REPORT_MS, TICK_MS = 300_000, 5_000
CHANGE_SHARE = 0.2
BOOT = "lived"
ZONE = "Asia/Shanghai"
SEED = 7


@dataclass(frozen=True, slots=True)
class Lived:
    """What came of a day: states of places and sites as they are saved, effects with their time, how many events."""

    saved: list[tuple[str, bytes]]
    effects: list[Effect]
    events: int


def registry_of(homes: int) -> Registry:
    """That many homes of five devices each, a thousand a station."""
    places = tuple(
        Place(
            home_of(number),
            "home",
            site_of(number),
            "压测区/压测街道/压测社区/压测小区",
            f"{number}号长者",
            f"{number}号",
        )
        for number in range(homes)
    )
    devices = tuple(
        Device(f"{place.id}-{suffix}", place.id, place.site, kind, room, HEARTBEAT_S)
        for place in places
        for suffix, kind, room, _ in KIT
    )
    return Registry(places, (), devices)


def home_of(number: int) -> str:
    """The id of a home, counted from 0."""
    return f"L{number + 1:04d}"


def site_of(number: int) -> str:
    """The station that cares for that home."""
    return f"S{number // HOMES_PER_STATION + 1:02d}"


def definition_of(registry: Registry) -> core.Definition:
    """The world of that registry under the built-in library, as a hub makes it."""
    return core.Definition(
        1,
        ZONE,
        tuple(core.Place(place.id, place.kind, place.capacity, place.site) for place in registry.places),
        tuple(core.Device(d.id, d.site, d.place_id, d.kind, d.room, d.heartbeat_s) for d in registry.devices),
        load_rules(),
    )


def live(homes: int, *, hours: float, until_ms: int) -> list[Lived]:
    """Let them live the hours that end at ``until_ms``."""
    stations = -(-homes // HOMES_PER_STATION)
    shards = min(os.cpu_count() or 1, stations)
    if shards == 1:
        return [_live(homes, 0, 1, hours, until_ms)]
    with ProcessPoolExecutor(shards, mp_context=get_context("spawn")) as pool:
        begun = [pool.submit(_live, homes, shard, shards, hours, until_ms) for shard in range(shards)]
        return [one.result() for one in begun]


def _live(homes: int, shard: int, shards: int, hours: float, until_ms: int) -> Lived:
    begin_memory()
    mine = [number for number in range(homes) if number // HOMES_PER_STATION % shards == shard]
    whole = registry_of(homes)
    names = {home_of(number) for number in mine}
    definition = definition_of(
        Registry(
            tuple(place for place in whole.places if place.id in names),
            (),
            tuple(device for device in whole.devices if device.place_id in names),
        )
    )
    engine = Engine(lambda _: definition)
    engine.recover([], world=None, replay=[])
    from_ms = until_ms - int(hours * 3_600_000)
    effects = [told.effect for told in engine.apply([WorldChanged(from_ms, 1, (), ()), Tick(from_ms)], 1)]
    position = 3
    for batch in reports(mine, from_ms, until_ms):
        effects += [told.effect for told in engine.apply(batch, position)]
        position += len(batch)
    saved = [(key, engine.body_of(key)) for key in sorted(engine.states)]
    saved += [(name, engine.body_of(name)) for name in engine.unsaved_sites()]
    return Lived(saved, effects, position)


def reports(homes: list[int], from_ms: int, until_ms: int) -> Iterator[list[AnyEvent]]:
    """What they say between two ticks, batch by batch: devices spread evenly over the five minutes."""
    draw = random.Random(SEED).random  # noqa: S311 a benchmark's dice
    speakers = [
        _Speaker(f"{home_of(home)}-{suffix}", metric) for home in homes for suffix, _, _, metric in KIT
    ]
    turns = REPORT_MS // TICK_MS
    for turn in range((until_ms - from_ms) // TICK_MS):
        at = from_ms + turn * TICK_MS
        batch: list[AnyEvent] = [
            speaker.report(at, new=draw() < CHANGE_SHARE) for speaker in speakers[turn % turns :: turns]
        ]
        batch.append(Tick(at + TICK_MS))
        yield batch


class _Speaker:
    """One device; it repeats its battery and says its main reading."""

    __slots__ = ("device", "on", "seq", "words")

    def __init__(self, device: str, metric: str) -> None:
        self.device, self.seq, self.on = device, 0, False
        self.words: tuple[dict[str, Value], ...] = (
            {metric: 0.0, "battery": 90.0},
            {metric: 1.0, "battery": 90.0},
        )

    def report(self, at: int, *, new: bool) -> Telemetry:
        self.seq += 1
        self.on ^= new
        return Telemetry(at, self.device, at - 80, 0, BOOT, self.seq, self.words[self.on])
