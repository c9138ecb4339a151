"""A small town that was lived through with a hub, in files as a hub leaves them; the hub's shell is left out."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from firmware_sim.daytime import HOUR
from firmware_sim.places import settle
from firmware_sim.registry import registry_csv
from firmware_sim.town import Town
from firmware_sim.wire import Message
from gateway.duty.plan import Plan
from gateway.engine.engine import Engine
from gateway.ingest.decode import Times, decode
from gateway.journal.journal import Entry, Journal
from gateway.operations.alert_log import AlertLog, Deed, Work
from gateway.operations.database import open_database
from gateway.operations.duty_in_force import DutyInForce
from gateway.operations.facility_settings import places_of
from gateway.registry import apply as registry
from gateway.registry.csv_file import parse
from gateway.rulebook.load import load_rules
from gateway.store.duckdb import DuckDBStore
from gateway.store_writer import StoreWriter
from rules.events import AnyEvent, Tick, WorldChanged
from rules.world import EMPTY, Definition, Device, World, changed_rules

BEGIN = 1_772_409_600_000  # 2 March 2026, 08:00 in Shanghai
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Lived:
    """What is left: the hub's data folder, the town's truth, and what was decided."""

    data: Path
    truth: Path
    deeds: list[Deed]


def live(folder: Path, *, homes: int, hours: int, seed: int) -> Lived:
    """Live through some hours of a show, ticked when the rules ask for it."""
    layout = settle(homes=homes, seed=seed, kit="full")
    found = parse(registry_csv(layout), source="town.csv")
    devices = tuple(Device(d.id, d.site, d.place_id, d.kind, d.room, d.heartbeat_s) for d in found.devices)
    definition = Definition(1, str(ZONE), places_of(found.places, {}), devices, load_rules())
    town = Town(layout, seed=seed, start_ms=BEGIN, past_ms=hours * HOUR)
    births = [born for link in town.links() for born in town.announce(link.who.device, BEGIN + 1)]
    judged = _Judged(definition)
    said = [*births, *town.advance(BEGIN + 4 * HOUR)]
    town.play("fall_bathroom")  # the radar sees it, whatever else the seed brings
    for message in [*said, *town.advance(BEGIN + hours * HOUR)]:
        judged.hear(message)
    judged.pass_until(BEGIN + hours * HOUR)
    _keep(folder, judged)
    database = open_database(folder / "operations.sqlite")
    registry.apply(database, found, source="town.csv")
    duty = DutyInForce(database, Plan(), zone=ZONE, calendar="none")
    log = AlertLog(database, duty=duty, enqueue=lambda *_: (), wall_ms=lambda: BEGIN)
    log.commit(Work(judged.position, judged.deeds))
    database.dispose()
    truth = folder / "truth.json"
    truth.write_bytes(msgspec.json.encode(town.truth()))
    return Lived(folder, truth, judged.deeds)


class _Judged:
    """The hub's engine, and all that it was told."""

    def __init__(self, definition: Definition) -> None:
        self.engine, self.events, self.deeds = Engine(lambda _: definition), list[AnyEvent](), list[Deed]()
        self.world = World(definition)
        self._devices = {device.id: device for device in definition.devices}
        self._tell(WorldChanged(BEGIN, 1, changed_rules(EMPTY, definition), ()))

    @property
    def position(self) -> int:
        return len(self.events)

    def hear(self, message: Message) -> None:
        times = Times(message.at_ms, message.at_ms)
        event = decode(message.topic, message.payload, retain=False, devices=self._devices, times=times)
        assert isinstance(event, AnyEvent), event
        self.pass_until(event.at)
        self._tell(event)

    def pass_until(self, at: int) -> None:
        while (wake := self.engine.next_wake()) <= at:
            self._tell(Tick(max(wake, self.events[-1].at)))

    def _tell(self, event: AnyEvent) -> None:
        self.events.append(event)
        for decided in self.engine.apply((event,), self.position):
            self.deeds.append(Deed(decided.position, decided.effect, decided.world))


def _keep(folder: Path, judged: _Judged) -> None:
    with closing(Journal(folder / "journal.sqlite")) as journal:
        journal.append(Entry([event for event in judged.events if not isinstance(event, WorldChanged)]))
        store = DuckDBStore(folder / "readings.duckdb")
        writer = StoreWriter(journal, store, world=lambda: judged.world, about_itself=dict)
        while writer._write_some():
            pass
        store.close()
