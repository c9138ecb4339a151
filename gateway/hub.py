"""The wiring: the only module that knows every concretion. Everything else knows interfaces and values."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

from gateway import systemd
from gateway.alerts.own import CLOCK, DESK_DEAF, DESK_HANDOVER, DISK, HUB_PLACE
from gateway.audit.trail import Trail
from gateway.audit_keeper import keep_audit
from gateway.backtest.jobs import Jobs
from gateway.backup.jobs import Backups
from gateway.clock import Clock, TownClock
from gateway.clock_watch import ClockWatch
from gateway.console_rules import ConsoleRules
from gateway.disk import DiskWatch
from gateway.duty_keeper import DutyKeeper
from gateway.engine.engine import Engine
from gateway.figures import about_itself
from gateway.figures_sampling import keep_figures
from gateway.health import reasons, warnings
from gateway.hearing import Hearing
from gateway.hub_parts import journal_limits, open_clock, open_source
from gateway.ingest.rate import RateLimit
from gateway.ingest.source import Inbox, Source
from gateway.journal.journal import Journal
from gateway.journal.quarantine import Quarantine
from gateway.keeping import keep
from gateway.line import Line
from gateway.link_secret import link_secret
from gateway.listening import listen
from gateway.lock import FolderLock
from gateway.memory import begin_memory, release_memory, settle_memory
from gateway.notify import outbox
from gateway.notify.delivery import Delivery
from gateway.notify.outbox_words import Wording
from gateway.operations import views
from gateway.operations.alert_log import FLOOR, AlertLog
from gateway.operations.database import open_database
from gateway.operations.duty_in_force import DutyInForce
from gateway.operations.facility_settings import facility_settings, places_of
from gateway.operations.links import Links
from gateway.operations.own_alerts import standing
from gateway.parts import (
    broker_address,
    open_channels,
    open_heartbeat,
    open_store,
    read_duty,
    read_followers,
    read_plan,
    read_rulebook,
    web_settings,
)
from gateway.point_watch import PointWatch
from gateway.privacy.erasing import Eraser, wipe_at_start
from gateway.pulse import Pulse
from gateway.record_keeper import RecordKeeper, days_of
from gateway.recovery import Recovery, ToldToEndError
from gateway.registry import apply as registry
from gateway.reloading import Reloads
from gateway.replaying import Replays
from gateway.report_files import NAME as REPORT_FILES
from gateway.report_files import ReportFiles
from gateway.report_keeper import ReportKeeper
from gateway.retention import Retention
from gateway.rule_tries import Tries
from gateway.rules_in_force import RulesInForce
from gateway.serving import WebServer
from gateway.settings import Settings
from gateway.standing import DeskAlerts
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Store
from gateway.store_writer import StoreWriter
from gateway.sweeping import Sweep
from gateway.unrecorded_teller import UnrecordedTeller
from gateway.waiting_room import WaitingRoom
from gateway.web.changes import ChangeFeed
from rules.world import Definition, Device

log = logging.getLogger(__name__)
JOURNAL = "journal.sqlite"


class Hub:
    """A whole hub on one loop. ``run`` ends by SIGTERM, SIGINT or ``stop``."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tasks: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._told = False
        self._plays = itertools.count(1)
        self.reloads = Reloads(self)
        settings.hub.data.mkdir(parents=True, exist_ok=True)
        self._heed_settings()
        self._open_files()
        self._make_alerting()
        self._make_storing()
        self._make_line()
        self._make_upkeep()

    def _heed_settings(self) -> None:
        """What can be wrong with them is found before anything is opened."""
        settings = self.settings
        is_first = not (settings.hub.data / JOURNAL).exists()
        self.rules = RulesInForce(lambda: read_rulebook(settings), is_first=is_first)
        self.web_settings = web_settings(settings)
        self.address = broker_address(settings)
        self.channels = open_channels(settings)
        self._plan = read_duty(settings, self.channels)
        self.heartbeat = open_heartbeat(settings, lambda: reasons(self))
        self.pulse = Pulse(lambda: reasons(self))

    def _open_files(self) -> None:
        """The folder is this hub's alone from here on, and the port its own."""
        data = self.settings.hub.data
        self._lock = FolderLock(data)
        self._listener = listen(self.web_settings.host, self.web_settings.port)
        self.links = Links(link_secret(data), self.settings.http.public_url)
        self.trail = Trail(data / "audit.sqlite")
        self.journal = Journal(data / JOURNAL)
        self.rules.go_on_from(self.journal.newest_world())
        self.database = open_database(data / "operations.sqlite")
        wipe_at_start(self.database)
        self.console_rules = ConsoleRules(self.database, self.rules)
        self.store: Store = open_store(self.settings)
        self.quarantine = Quarantine(data / JOURNAL)
        self.report_files = ReportFiles(data / REPORT_FILES)

    def _make_alerting(self) -> None:
        """From the journal to the people: engine, alerts, messages."""
        self.zone = zone = ZoneInfo(self.settings.hub.zone)
        self.clock: Clock = open_clock(self.settings, self.journal.last_at)
        self.changes = ChangeFeed(first_serial=self.wall_ms())
        self.engine = Engine(self.journal.world, heed=self._heed)
        self.duty = DutyInForce(self.database, self._plan, zone=zone, calendar=self.settings.hub.calendar)
        self.delivery = Delivery(
            self.database,
            self.channels,
            words=Wording(zone=zone, address_of=self.duty.address_of, link_of=self.links.link_of),
            hub_now_ms=self.clock.now,
            settled=self.changes.publish,
            followers=read_followers(self.settings),
            accepted=self._accept_for,
        )
        self.alert_log = AlertLog(
            self.database,
            duty=self.duty,
            enqueue=outbox.enqueue,
            wall_ms=self.wall_ms,
            compose=lambda session, ids: self.delivery.composed(session.connection(), ids),
        )
        self.teller = UnrecordedTeller(self.database, self.delivery, zone=zone, whom=self.duty.first_told)

    def _make_storing(self) -> None:
        """From the journal to the store."""
        self.kept = keep(self.settings, self.store, newest_ms=lambda: self.journal.last_at)
        self.writer = StoreWriter(
            self.journal,
            self.kept.store,
            world=lambda: self.engine.world,
            about_itself=lambda: about_itself(self),
            clock_skews=lambda: self.line.reader.ingest.skew.notable(),  # noqa: PLW0108 there is no line yet
        )
        begins, stored = self.journal.begins, self.writer.position
        self.not_stored = (stored + 1, begins) if stored < begins else None

    def _make_line(self) -> None:
        """From the broker into the journal, and on to the alerts."""
        self.inbox = Inbox()
        self.source: Source = open_source(self.settings, self.address, self.inbox, self.clock)
        self.line = Line(
            inbox=self.inbox,
            source=self.source,
            clock=self.clock,
            journal=self.journal,
            engine=self.engine,
            alert_log=self.alert_log,
            fence_topic=self.address.fence_topic,
            on_change=self._tell_change,
            on_place=self.changes.publish_place,
            on_send=self.delivery.take,
            on_commit=self.writer.wake,
            limit=RateLimit(self.settings.ingest.device_rate_per_s),
            tell_unrecorded=self.teller.tell,
        )

    async def _accept_for(self, alert: str, person: str, message: str) -> None:
        """Somebody of the duty plan accepted on the telephone."""
        found = await asyncio.to_thread(views.alert_view, self.database, alert)
        name = next((one.name for one in self.duty.plan.people if one.id == person), "")
        if found is not None and name:
            await self.line.command(
                kind="accept", alert=alert, by=name, data={"via": "voice"}, command_id=f"voice:{message}",
                key=found.place_id,
            )  # fmt: skip

    def _tell_change(self, alert: str) -> None:
        self.changes.publish(alert)
        self.delivery.heed()

    def _make_upkeep(self) -> None:
        """What is asked for now and then, and what keeps the hub in bounds."""
        hub = self.settings.hub
        own_store = self.store if isinstance(self.store, DuckDBStore) else None
        self.backtests = Jobs(hub.data / "backtest", own_store)
        self.tries = Tries(self.backtests, self.database)
        self.backups = Backups(hub.data, own_store, hub.zone)
        self.replays = Replays(self.quarantine, self.line.give_again)
        self.registering = (
            asyncio.Lock()
        )  # who changes the registry has the world follow before the next one does
        self.sweep = Sweep(self.database, self.replays.drop)
        self.point_watch = PointWatch(
            self.database,
            following=self.journal.following,
            newest=lambda: self.journal.position,
            engine=self.engine,
            now=self.clock.now,
        )
        self.disk = DiskWatch(
            hub.data,
            reserve_mb=hub.disk_reserve_mb,
            standing=standing(self.database, DISK).get(HUB_PLACE, ""),
            now=self.clock.now,
            can_write=lambda: not self.line.trouble,
            command=self.line.command,
        )
        self.retention = Retention(
            self.journal,
            journal_limits(self.settings),
            behind=lambda: min(self.alert_log.cursor_on_disk(FLOOR), self.writer.position),
            now=self.clock.now,
        )
        self.eraser = Eraser(self)
        self.report_thread = ThreadPoolExecutor(1, thread_name_prefix="reports")
        self.report_keeper = ReportKeeper(self)
        self.figures_keeper = keep_figures(self, self.kept)
        self.record_keeper = RecordKeeper(self.database, days_of(self.settings.retention), now=self.clock.now)
        self.hearing = Hearing(
            self.duty,
            now=self.clock.now,
            held=lambda: self.speed != 1,
            works=self.delivery.states.works,
            alerts=self._desk_alerts(DESK_DEAF),
            command=self.line.command,
        )
        self.duty_keeper = DutyKeeper(
            self.duty,
            read=lambda: read_plan(self.settings, self.channels),
            places=lambda: registry.read(self.database).places,
            now=self.clock.now,
            calendar=hub.calendar,
            alerts=self._desk_alerts(DESK_HANDOVER),
            command=self.line.command,
        )
        self.clock_watch = ClockWatch(
            self.clock, standing=standing(self.database, CLOCK).get(HUB_PLACE, ""), command=self.line.command
        )

    def _desk_alerts(self, rule: str) -> DeskAlerts:
        return DeskAlerts(rule, standing=standing(self.database, rule), command=self.line.command)

    @property
    def stopping(self) -> bool:
        """Whether it was told to end."""
        return self._stop.is_set()

    @property
    def speed(self) -> float:
        """Hub seconds a second."""
        return self.clock.speed if isinstance(self.clock, TownClock) else 1.0

    @staticmethod
    def wall_ms() -> int:
        """The wall clock, epoch ms."""
        return time.time_ns() // 1_000_000

    def stop(self) -> None:
        """End ``run``, orderly."""
        self._told = True
        systemd.tell("STOPPING=1", within_s=1.0)
        self._stop.set()

    async def run(self) -> None:
        """Recover, then live until told to stop."""
        begin_memory()
        self._hear_signals()
        try:
            await self._recover()
        except ToldToEndError:
            log.info("told to end amid its recovery; the next start does all of it")
            await self._close()
            return
        for warning in warnings(self):
            log.warning("%s", warning)
        self.writer.start()
        self.kept.keeper.start()
        web = WebServer(self)
        settle_memory()
        self.tasks = tasks = {
            asyncio.create_task(work, name=name)
            for name, work in (
                ("line", self.line.run()),
                ("source", self.source.run()),
                ("delivery", self.delivery.run()),
                ("pulse", self.pulse.run()),
                ("watchdog", self.heartbeat.run()),
                ("disk", self.disk.run()),
                ("clock", self.clock_watch.run()),
                ("hearing", self.hearing.run()),
                ("duty", self.duty_keeper.run()),
                ("retention", self.retention.run()),
                ("eraser", self.eraser.run()),
                ("records", self.record_keeper.run()),
                ("figures", self.figures_keeper.run()),
                ("audit", keep_audit(self.trail, self.settings.retention.audit_days, self.wall_ms)),
                ("points", self.point_watch.run()),
                ("reports", self.report_keeper.run()),
                ("sweep", self.sweep.run()),
                ("web", web.serve([self._listener])),
            )
        }
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        systemd.tell("READY=1", within_s=1.0)
        try:
            done, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()
                raise RuntimeError(f"{task.get_name()} ended by itself; this is a bug")
        finally:
            await self._end(web, tasks | {stopping})

    def _hear_signals(self) -> None:
        """Handlers of Python's own, not the loop's: they run between two steps of a replay, which holds the loop."""
        loop = asyncio.get_running_loop()

        def end(_signal: int, _frame: object) -> None:
            self._told = True
            if not loop.is_closed():  # told once more at the very end: it ends as it was about to
                loop.call_soon_threadsafe(self.stop)

        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, end)
        # The terminal hangs up when it closes: then the hub ends. Where there is none, HUP means "read your rules again".
        loop.add_signal_handler(signal.SIGHUP, self.stop if os.isatty(0) else self.reloads.soon)

    async def _recover(self) -> None:
        """Take up where the last run ended; meanwhile the port says how far that is. Raises ``ToldToEndError``."""
        recovery = Recovery(self.engine, self.journal, floor=self.alert_log.cursor(FLOOR))
        room = WaitingRoom(self._listener, recovery.share)
        room.open()
        try:
            definition = self.definition()
            recovery.devices = len(definition.devices)
            self._heed()
            await self.line.recover(definition, again=self.definition)
        finally:
            room.close()

    def _heed(self) -> None:
        """Leave off what the next start does again, once told to end."""
        if self._told:
            raise ToldToEndError

    async def _end(self, web: WebServer, tasks: set[asyncio.Task[object]]) -> None:
        web.should_exit = True
        self.changes.close()
        for task in tasks | self.reloads.tasks:
            if task.get_name() != "web":
                task.cancel()
        await asyncio.gather(*tasks, *self.reloads.tasks, return_exceptions=True)
        await self.replays.close()
        await self.line.close()
        await asyncio.to_thread(self.writer.stop)
        await self._close()

    async def _close(self) -> None:
        """Close what is open, once nobody writes any more."""
        await self.backtests.close()
        await asyncio.to_thread(self.backups.close)
        await asyncio.to_thread(self.kept.keeper.stop)
        await asyncio.to_thread(self.figures_keeper.close)
        await asyncio.to_thread(self.kept.stop)
        self.journal.close()
        self.database.dispose()
        self.trail.close()
        self.report_thread.shutdown(wait=False, cancel_futures=True)
        self.report_files.close()
        self._lock.release()
        release_memory()
        log.info("stopped at position %d", self.journal.position, extra={"position": self.journal.position})

    def definition(self) -> Definition:
        """The world as registry, rule files and console have it now (its version is given by the line)."""
        found = registry.read(self.database)
        places = places_of(found.places, facility_settings(self.database))
        laid = self.console_rules.laid({place.key: place for place in places})
        return Definition(
            version=0,
            zone=self.settings.hub.zone,
            places=places,
            devices=tuple(
                Device(d.id, d.site, d.place_id, d.kind, d.room, d.heartbeat_s) for d in found.devices
            ),
            rules=laid.rules,
            calendar=self.settings.hub.calendar,
            overrides=laid.overrides,
        )

    def play(self, scenario: str) -> None:
        """Ask the town for a scenario; raises ``ConnectionError`` while the broker is away."""
        reference = f"panel-{next(self._plays)}"
        self.source.publish("care/v1/_sim/play", json.dumps({"play": scenario, "ref": reference}).encode())
