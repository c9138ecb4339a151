"""A line on virtual time: the real journal, engine and alert log between an inbox and a source that the test holds."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.alerts.escalation import Rung
from gateway.engine.engine import Engine
from gateway.ingest.source import Connected, Disconnected, Inbox, Message
from gateway.journal.journal import Entry, Journal
from gateway.line import Line
from gateway.notify import outbox
from gateway.operations.alert_log import AlertLog, Answer, Work, Written
from gateway.operations.database import open_database
from gateway.operations.tables import Alert, AlertStep, Outbox
from gateway.rulebook.load import load_rules, read_rules
from rules.events import AnyEvent
from rules.world import Definition, Device, Place

START = 1_772_413_200_000  # 2 March 2026, 09:00 in Shanghai
FENCE = "care/v1/_hub/carehub/fence"
LADDER = (Rung(0, ("station",)), Rung(20, ("street",)), Rung(45, ("street", "guard")))
SHORT = """
- {id: s_door, kind: care, severity: notice, applies_to: home, device_kinds: [contact],
   when: {level: {metric: contact, equals: 0, for_s: 15}}, title: &t {zh: 短, en: short}, todo: &d {zh: [看], en: [look]}}
- {id: s_lies, kind: life_safety, severity: critical, applies_to: home, title: *t, todo: *d,
   when: {sequence: {first: {type: fall}, then_no: [motion], within_s: 12}}}
- {id: s_silent, kind: device, severity: notice, title: *t, todo: *d, when: {silent: {heartbeats: 1, offline_for_s: 10}}}
"""
RULES = (*load_rules(), *(rule for rule, _ in read_rules(SHORT, source="short")))


def definition(*, homes: int = 3, rules: tuple[Any, ...] = RULES) -> Definition:
    """Homes with a door, a pir and a pendant each, and a station with a radio gateway."""
    places = [Place(f"H{n}", "home") for n in range(1, homes + 1)]
    devices = [
        Device(f"h{n}-{kind}", "s", f"H{n}", kind, "客厅", 40)
        for n in range(1, homes + 1)
        for kind in ("contact", "motion", "pendant")
    ]
    station = Device("gw-1", "s", "F1", "gateway", "值班室", 40)
    return Definition(0, "Asia/Shanghai", (*places, Place("F1", "facility", 3)), (*devices, station), rules)


class StandClock:
    """Hub time that stands until it is told to go on."""

    def __init__(self, at: int = START) -> None:
        self.at = at
        self.by = 0

    def now(self) -> int:
        return self.at

    def latest(self) -> int:
        return 0

    def ahead(self) -> int:
        return 0

    def advance(self, to: int) -> None:
        raise AssertionError(f"a live clock was moved to {to}")

    def stepped(self) -> int:
        by, self.by = self.by, 0
        return by

    def step(self, by: int) -> None:
        """Somebody sets the wall clock."""
        self.by, self.at = by, self.at + max(by, 0)


class HeldSource:
    """Acknowledges what is in the journal and nothing else; its broker gives back what the hub writes to itself."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.acknowledged: list[int] = []
        self.published: list[tuple[str, bytes]] = []
        self.connected = False

    async def run(self) -> None:
        raise AssertionError("the test carries")

    def acknowledge(self, packet_ids: Iterable[int]) -> None:
        given = list(packet_ids)
        for packet_id in given:
            message = self._desk.unacknowledged.pop(packet_id, None)
            if message is not None:
                self._desk.assert_durable(message)
        self.acknowledged += given

    def publish(self, topic: str, payload: bytes) -> None:
        if not self.connected:
            raise ConnectionError("not connected")
        self.published.append((topic, payload))
        if topic == FENCE:
            self._desk.arrives(topic, payload)


class CopyingJournal(Journal):
    """Tells when something was committed; refuses while ``full``."""

    full = 0
    committed: Callable[[], None] = staticmethod(lambda: None)

    def append(self, entry: Entry) -> int:
        if self.full:
            self.full -= 1
            raise sqlite3.OperationalError("database or disk is full")
        position = super().append(entry)
        self.committed()
        return position


class CopyingLog(AlertLog):
    """Tells when something was committed."""

    committed: Callable[[], None] = staticmethod(lambda: None)

    def commit(self, work: Work) -> Written:
        written = super().commit(work)
        self.committed()
        return written


class Desk:
    """A hub's line on the files of a folder."""

    def __init__(self, folder: Path, *, at: int = START, clock: Any = None) -> None:
        self.folder = folder
        self.journal = CopyingJournal(folder / "journal.sqlite")
        self.database = open_database(folder / "operations.sqlite")
        self.clock = clock or StandClock(max(at, self.journal.last_at))
        self.engine = Engine(self.journal.world)
        self.alert_log = CopyingLog(
            self.database,
            ladder=LADDER,
            enqueue=lambda session, alert, rung, names: outbox.enqueue(
                session.connection(), alert, rung, names
            ),
            wall_ms=lambda: 7,
        )
        self.inbox = Inbox()
        self.source = HeldSource(self)
        self.unacknowledged: dict[int, Message] = {}
        self.changed: list[str] = []
        self.packets = 0
        self.generation = 0
        self.line = Line(
            inbox=self.inbox,
            source=self.source,
            clock=self.clock,
            journal=self.journal,
            engine=self.engine,
            alert_log=self.alert_log,
            fence_topic=FENCE,
            on_change=self.changed.append,
            on_send=lambda: None,
            on_commit=lambda: None,
        )

    async def open(self, world: Definition | None = None) -> Desk:
        await self.line.recover(world or definition())
        return self

    def drop(self) -> None:
        """Let go of the files as a kill would: nothing is written any more."""
        self.line._thread.shutdown()
        self.journal.close()
        self.database.dispose()

    # the broker's side

    def connects(self, *, kept: bool) -> Desk:
        """A new connection; what was not acknowledged comes again if the session was kept."""
        self.generation += 1
        self.source.connected = True
        again = list(self.unacknowledged.values()) if kept else []
        self.unacknowledged.clear()
        self.inbox.put([Connected(kept, 65_535)])
        for message in again:
            self._put(message.topic, message.payload, message.packet_id & 0xFFFF, duplicate=True)
        return self

    def disconnects(self) -> None:
        self.source.connected = False
        self.inbox.put([Disconnected("cut", self.clock.now())])

    def arrives(self, topic: str, payload: bytes, *, retain: bool = False, duplicate: bool = False) -> None:
        self.packets = self.packets % 0xFFFF + 1
        self._put(topic, payload, self.packets, retain=retain, duplicate=duplicate)

    def _put(
        self, topic: str, payload: bytes, packet: int, *, retain: bool = False, duplicate: bool = False
    ) -> None:
        packet_id = self.generation << 16 | packet
        message = Message(topic, payload, packet_id, retain, duplicate, self.clock.now())
        self.unacknowledged[packet_id] = message
        self.inbox.put([message])

    def says(self, device: str, channel: str = "telemetry", *, retain: bool = False, **wire: object) -> None:
        """A device publishes."""
        body = json.dumps({name: value for name, value in wire.items() if value is not None}).encode()
        self.arrives(f"care/v1/s/{device}/{channel}", body, retain=retain)

    # time and people

    async def carry(self) -> None:
        """One turn of the line."""
        await self.line._carry(await self.inbox.take(10_000, within_s=0))

    async def go(self, ms: int) -> None:
        """Time passes; the line looks at it."""
        self.clock.at += ms
        await self.carry()

    async def asks(self, kind: str, alert: str, name: str, **data: str) -> Answer:
        """A person accepts or closes."""
        task = asyncio.ensure_future(
            self.line.command(kind=kind, alert=alert, by="李敏", data=data, command_id=name)
        )
        await asyncio.sleep(0)
        await self.carry()
        return await task

    async def changes_world(self, world: Definition) -> Answer:
        task = asyncio.ensure_future(self.line.change_world(world))
        await asyncio.sleep(0)
        await self.carry()
        return await task

    # what came of it

    def assert_durable(self, message: Message) -> None:
        """The message's events, or its refusal, are in the file as another process sees it."""
        wire = json.loads(message.payload) if message.payload[:1] == b"{" else {}
        if "boot" not in wire:
            return
        with sqlite3.connect(self.journal.path) as other:
            rows = other.execute("SELECT body FROM batch").fetchall()
        events: list[AnyEvent] = [event for (body,) in rows for event in self.journal._decoder.decode(body)]
        found = {(getattr(e, "boot", ""), getattr(e, "seq", 0)) for e in events}
        assert (wire["boot"], wire["seq"]) in found, f"{wire} was acknowledged and is not in the journal"

    def alerts(self) -> list[Alert]:
        with Session(self.database, expire_on_commit=False) as session:
            return list(session.scalars(select(Alert).order_by(Alert.number)))

    def told(self) -> list[object]:
        """All alerts, steps and messages, every column but the wall clock's."""
        found: list[object] = []
        with Session(self.database) as session:
            for table in (Alert.__table__, AlertStep.__table__, Outbox.__table__):
                columns = [column for column in table.columns if column.name != "raised_wall_ms"]
                key = list(table.primary_key)[0]
                found += [tuple(row) for row in session.execute(select(*columns).order_by(key))]
        return found


def copied(folder: Path, to: Path, *, names: tuple[str, ...] = ("journal", "operations")) -> Path:
    """The files as they are on the disk at this moment."""
    to.mkdir(parents=True)
    for name in names:
        for end in ("", "-wal"):
            path = folder / f"{name}.sqlite{end}"
            if path.exists():
                shutil.copy(path, to / path.name)
    return to


class Life:
    """A seeded life of the town: devices speak, repeat themselves, fall silent; people answer; the broker comes and goes."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.rng = random.Random(seed)  # noqa: S311 a test's dice
        self.seq = 0
        self.homes = 3

    async def steps(self, count: int) -> None:
        """So many turns, then a while in which everything that was begun runs out."""
        for _ in range(count):
            await self.rng.choices(
                (self._reading, self._event, self._status, self._time, self._broker, self._person, self._world, self._set),
                (8, 4, 4, 9, 2, 4, 1, 1),
            )[0]()  # fmt: skip
        self.desk.connects(kept=True)
        for _ in range(6):
            await self.desk.go(5_000)

    def _identity(self) -> dict[str, object]:
        if self.rng.random() < 0.2:
            return {}
        self.seq += 1
        again = self.rng.random() < 0.15
        return {"boot": "b007", "seq": max(self.seq - 1, 1) if again else self.seq}

    def _ts(self) -> int | None:
        late = self.rng.choice((0, 40, 900, 35_000))
        return self.rng.choice((None, self.desk.clock.now() - late, 1_000_000, 4_070_908_800_000))

    def _device(self, *kinds: str) -> str:
        return f"h{self.rng.randint(1, 3)}-{self.rng.choice(kinds)}"

    async def _reading(self) -> None:
        for _ in range(self.rng.randint(1, 3)):
            kind = self.rng.choice(("contact", "motion"))
            metrics = {kind: self.rng.random() < 0.5, "battery": self.rng.randint(1, 100)}
            self.desk.says(self._device(kind), m=metrics, ts=self._ts(), **self._identity())
        if self.rng.random() < 0.7:
            await self.desk.carry()

    async def _event(self) -> None:
        kind = self.rng.choice(("fall", "sos"))
        name = self.rng.choice((None, f"e{self.rng.randint(1, 5)}"))
        self.desk.says(
            self._device("pendant"), "event", type=kind, id=name, ts=self._ts(), data={}, **self._identity()
        )
        await self.desk.carry()

    async def _status(self) -> None:
        device = self.rng.choice(("gw-1", self._device("contact", "motion", "pendant")))
        via = "gw-1" if device != "gw-1" and self.rng.random() < 0.5 else None
        self.desk.says(
            device, "status", online=self.rng.random() < 0.5, via=via, retain=self.rng.random() < 0.1
        )
        await self.desk.carry()

    async def _time(self) -> None:
        await self.desk.go(self.rng.choice((1, 300, 3_000, 5_000, 12_000, 31_000)))

    async def _broker(self) -> None:
        if self.desk.source.connected:
            self.desk.disconnects()
            if self.rng.random() < 0.6:
                await self.desk.carry()
        if self.rng.random() < 0.8:
            self.desk.connects(kept=self.rng.random() < 0.8)
        await self.desk.carry()
        await self.desk.carry()

    async def _person(self) -> None:
        alerts = self.desk.alerts()
        if not alerts:
            return
        alert = self.rng.choice(alerts)
        kind = self.rng.choice(("accept", "close"))
        name = f"{kind}-{alert.number}-{self.rng.randint(1, 2)}"
        await self.desk.asks(kind, alert.id, name, verdict="false", note="误报")

    async def _world(self) -> None:
        self.homes = 5 - self.homes
        rules = RULES if self.rng.random() < 0.5 else RULES[:-1]
        await self.desk.changes_world(definition(homes=self.homes, rules=rules))

    async def _set(self) -> None:
        self.desk.clock.step(self.rng.choice((-60_000, 4_000, 90_000)))
        await self.desk.carry()

    def world(self) -> Definition:
        """The world at the end."""
        return self.desk.engine.world.definition
