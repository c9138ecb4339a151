"""A scenario judged by the real rules on virtual time: what a hub that hears these messages decides, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from firmware_sim.faults import Word
from firmware_sim.places import Layout
from firmware_sim.registry import registry_csv
from firmware_sim.wire import Message
from gateway.ingest.decode import Times, Wrong, decode
from gateway.registry.csv_file import parse
from gateway.rulebook.load import load_rules
from gateway.rulebook.virtual import Virtual
from rules.effects import Effect, Hold, Raise
from rules.events import AnyEvent, Status
from rules.step import keys, learn
from rules.world import Definition, Device, Place, World

RULES = load_rules()
KIND_OF = {rule.id: rule.kind for rule in RULES}
LOWERING = {rule.id for rule in RULES if rule.lowers}


@dataclass
class Core:
    """A hub's rules for a layout, from ``start`` on."""

    layout: Layout
    start: int
    effects: list[Effect] = field(default_factory=list)
    quarantined: list[Wrong] = field(default_factory=list)

    def __post_init__(self) -> None:
        found = parse(registry_csv(self.layout), source="scenario.csv")
        places = tuple(Place(each.id, each.kind, each.capacity, each.site) for each in found.places)
        devices = tuple(
            Device(d.id, d.site, d.place_id, d.kind, d.room, d.heartbeat_s) for d in found.devices
        )
        self.world = World(Definition(1, "Asia/Shanghai", places, devices, RULES, calendar="none"))
        self._now = self.start
        self._routes: dict[str, set[str]] = {}
        self._virtual = {key: Virtual(self.world, key, self.start) for key in self.world.keys}

    def hear(self, messages: Iterable[Message], *, retain: bool = False) -> None:
        """What the broker passes on, decoded as the hub does it; hub time is the latest message's: what is late came late."""
        for message in messages:
            if isinstance(message, Word):
                continue
            self._now = max(self._now, message.at_ms)
            times = Times(self._now, self._now)
            said = decode(
                message.topic, message.payload, retain=retain, devices=self.world.devices, times=times
            )
            if isinstance(said, Wrong):
                self.quarantined.append(said)
            else:
                self._tell(said)

    def _tell(self, event: AnyEvent) -> None:
        if isinstance(event, Status):
            learn(self.world, self._routes, event)
        for key in keys(self.world, self._routes, event):
            self.effects += self._virtual[key].tell(event)

    def until(self, at: int) -> None:
        for key in self.world.keys:
            self.effects += self._virtual[key].until(at)

    def raised(self) -> list[Raise]:
        return [each for each in self.effects if isinstance(each, Raise)]

    def held(self) -> list[Hold]:
        return [each for each in self.effects if isinstance(each, Hold)]

    def lowered(self) -> dict[str, int]:
        """When a rule that lowers another found the alert of a subject doubtful, by subject."""
        return {each.subject: each.at for each in self.raised() if each.rule in LOWERING}
