"""A line on virtual time: the real journal, engine and alert log between an inbox and a source that the test holds."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from gateway.clock import SetClock, TownClock
from gateway.duty.ladder import LadderRung, plan_of
from gateway.duty.plan import Plan
from gateway.engine.engine import Engine
from gateway.ingest.source import Connected, Disconnected, Inbox, Message
from gateway.journal.journal import Entry, Journal
from gateway.line import Line
from gateway.notify import outbox
from gateway.operations.alert_log import AlertLog, Work, Written
from gateway.operations.database import open_database
from gateway.operations.duty_in_force import DutyInForce
from gateway.operations.handling import Answer
from gateway.operations.tables import Alert, AlertStep, HeldAlert, Outbox
from gateway.rulebook.load import load_rules, read_rules
from rules.events import AnyEvent, Occurrence
from rules.world import Definition, Device, Place

START = 1_772_413_200_000  # 2 March 2026, 09:00 in Shanghai
FENCE = "care/v1/_hub/carehub/fence"
LADDER = plan_of(
    [LadderRung(0, ("station",)), LadderRung(20, ("street",)), LadderRung(45, ("street", "guard"))],
    channels=("station", "street", "guard"),
)
SHORT = """
- {id: s_door, kind: care, severity: notice, applies_to: home, device_kinds: [contact],
   when: {level: {metric: contact, equals: 0, for_s: 15}}, title: &t {zh: 短, en: short}, todo: &d {zh: [看], en: [look]},
   shape: {again_within_s: 60, rises: [{after_s: 8, to: urgent}], inhibited_by: [s_silent]}}
- {id: s_lies, kind: life_safety, severity: critical, applies_to: home, title: *t, todo: *d,
   when: {sequence: {first: {type: fall}, then_no: [motion], within_s: 12}}}
- {id: s_silent, kind: device, severity: notice, title: *t, todo: *d, when: {silent: {heartbeats: 1, offline_for_s: 10}},
   shape: {group_within_s: 30, flapping: {changes: 3, within_s: 60}}}
"""
RULES = (*load_rules(), *(rule for rule, _ in read_rules(SHORT, source="short")))


def definition(*, homes: int = 3, rules: tuple[Any, ...] = RULES) -> Definition:
    """Homes with a door, a pir and a pendant each, and a station with a radio gateway; the third is of another site."""
    places = [Place(f"H{n}", "home", site="s" if n < 3 else "t") for n in range(1, homes + 1)]
    devices = [
        Device(f"h{n}-{kind}", "s", f"H{n}", kind, "客厅", 40)
        for n in range(1, homes + 1)
        for kind in ("contact", "motion", "pendant")
    ]
    station = Device("gw-1", "s", "F1", "gateway", "值班室", 40)
    return Definition(
        0, "Asia/Shanghai", (*places, Place("F1", "facility", 3, "s")), (*devices, station), rules
    )


class StandClock(SetClock):
    """Hub time that stands until it is told to go on."""

    def __init__(self, at: int = START) -> None:
        super().__init__()
        self.at = at
        self.by = 0
        self.wall_ahead = 0  # the wall clock less hub time

    def now(self) -> int:
        return self.at

    def latest(self) -> int:
        return 0

    def ahead_of_wall(self) -> int:
        return -self.wall_ahead

    def advance(self, to: int) -> None:
        raise AssertionError(f"a live clock was moved to {to}")

    def stepped(self) -> int:
        by, self.by = self.by, 0
        return by

    def step(self, by: int) -> None:
        """Somebody sets the wall clock."""
        self.wall_ahead += by
        jump = max(self.wall_ahead, 0)
        self.by = jump if by > 0 else by
        self.at, self.wall_ahead = self.at + jump, self.wall_ahead - jump
        self.jumped(jump)


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
    """Tells when something was committed; refuses while ``full``, hangs in ``before``."""

    full = 0
    before: Callable[[], object] = staticmethod(lambda: None)  # a commit that hangs hangs here
    committed: Callable[[], None] = staticmethod(lambda: None)

    def append(self, entry: Entry) -> int:
        self.before()
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


@cache
def _empty_database() -> bytes:
    """A migrated database, made once: its migration takes longer than all the rest of a desk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "operations.sqlite"
        open_database(path).dispose()
        return path.read_bytes()


class Desk:
    """A hub's line on the files of a folder."""

    def __init__(
        self,
        folder: Path,
        *,
        at: int = START,
        clock: StandClock | TownClock | None = None,
        plan: Plan = LADDER,
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "operations.sqlite").exists():
            (folder / "operations.sqlite").write_bytes(_empty_database())
        self.journal = CopyingJournal(folder / "journal.sqlite")
        self.database = open_database(folder / "operations.sqlite")
        # A kill here is a copy of what the operating system sees: waiting for the disk would prove nothing more.
        self.journal._writer.execute("PRAGMA synchronous=OFF")
        event.listen(self.database, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        self.database.dispose()
        self.clock: Any = clock or StandClock(max(at, self.journal.last_at))
        self.engine = Engine(self.journal.world)
        self.duty = DutyInForce(self.database, plan, zone=ZoneInfo("Asia/Shanghai"), calendar="cn")
        self.alert_log = CopyingLog(
            self.database,
            duty=self.duty,
            enqueue=outbox.enqueue,
            wall_ms=lambda: 7,
        )
        self.inbox = Inbox()
        self.source = HeldSource(self)
        self.unacknowledged: dict[int, Message] = {}
        self.changed: list[str] = []
        self.changed_places: list[str] = []
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
            on_place=self.changed_places.append,
            on_send=lambda _messages: None,
            on_commit=lambda: None,
        )

    async def open(self, world: Definition | None = None) -> Desk:
        await self.line.recover(world or definition())
        return self

    def drop(self) -> None:
        """Let go of the files as a kill would: nothing is written any more."""
        self.line._writing.close()
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

    def says(self, device: str, channel: str = "telemetry", *, retain: bool = False, **wire: Any) -> None:  # noqa: ANN401 JSON
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

    async def asks(
        self, kind: str, alert: str, name: str, /, *, key: str = "", by: str = "李敏", **data: str
    ) -> Answer:
        """A person does something about an alert or a place."""
        task = asyncio.ensure_future(
            self.line.command(kind=kind, alert=alert, by=by, data=data, command_id=name, key=key)
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
        wire = json.loads(message.payload) if message.topic.startswith("care/v1/s/") else {}
        if "boot" not in wire:
            return
        with closing(sqlite3.connect(self.journal.path)) as other:
            rows = other.execute("SELECT body FROM batch ORDER BY first DESC LIMIT 200").fetchall()
            held = other.execute("SELECT count(*) FROM quarantine WHERE payload = ?", (message.payload,))
            refused = held.fetchone()[0] > 0
        events: list[AnyEvent] = [event for (body,) in rows for event in self.journal._decoder.decode(body)]
        found: set[object] = {(getattr(e, "boot", ""), getattr(e, "seq", 0)) for e in events}
        found |= {e.id for e in events if isinstance(e, Occurrence) and e.id}
        known = (wire["boot"], wire["seq"]) in found or wire.get("id") in found
        assert refused or known, f"{wire} was acknowledged and is not in the journal"

    def alerts(self) -> list[Alert]:
        with Session(self.database, expire_on_commit=False) as session:
            return list(session.scalars(select(Alert).order_by(Alert.number)))

    def told(self) -> list[object]:
        """All alerts, steps, messages and what was held back, every column but the wall clock's."""
        found: list[object] = []
        with Session(self.database) as session:
            for table in (Alert.__table__, AlertStep.__table__, Outbox.__table__, HeldAlert.__table__):
                columns = [column for column in table.columns if column.name != "raised_wall_ms"]
                key = next(iter(table.primary_key))
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
