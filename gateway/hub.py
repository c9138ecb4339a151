"""The wiring: the only module that knows every concretion. Everything else knows interfaces and values."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import json
import logging
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn

from gateway.alerts.escalation import Ladder, LadderError, Rung, ladder_of
from gateway.clock import Clock, LiveClock, TownClock
from gateway.demo.panel import panel
from gateway.engine.engine import Engine
from gateway.hub_port import WebPort
from gateway.ingest.mqtt5_session import Mqtt5Session
from gateway.ingest.mqtt311_session import Mqtt311Session
from gateway.ingest.source import BrokerAddress, Inbox, Source
from gateway.journal.journal import Journal
from gateway.line import Line
from gateway.listening import listen
from gateway.notify import outbox
from gateway.notify.channel import Channel
from gateway.notify.delivery import Delivery
from gateway.notify.http import ChannelError
from gateway.notify.opening import open_channel
from gateway.operations.alert_log import AlertLog
from gateway.operations.database import open_database
from gateway.registry import apply as registry
from gateway.rulebook.load import load_rules, unheeded_events
from gateway.settings import Settings, SettingsError
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Store
from gateway.store_writer import StoreWriter
from gateway.web.app import create_app
from gateway.web.changes import ChangeFeed
from gateway.web.settings import WebSettings
from rules.rule import Rule
from rules.world import Definition, Device, Place

log = logging.getLogger(__name__)
FAR_BEHIND = 100_000


class Hub:
    """A whole hub on one loop. ``run`` ends by SIGTERM, SIGINT or ``stop``."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        data = settings.hub.data
        data.mkdir(parents=True, exist_ok=True)
        self.rules: tuple[Rule, ...] = load_rules(Path(settings.hub.rules) if settings.hub.rules else None)
        self.web_settings = web_settings(settings)
        channels = open_channels(settings)
        ladder = read_ladder(settings)
        self._listener = listen(self.web_settings.host, self.web_settings.port)
        self.journal = Journal(data / "journal.sqlite")
        self.database = open_database(data / "operations.sqlite")
        self.store = open_store(settings)
        self.clock: Clock = (
            TownClock(max(self.journal.last_at, 1))
            if settings.simulation.enabled
            else LiveClock(self.journal.last_at)
        )
        self.changes = ChangeFeed(first_serial=_wall_ms())
        self.engine = Engine(self.journal.world)
        self.delivery = Delivery(
            self.database,
            channels,
            zone=ZoneInfo(settings.hub.zone),
            hub_now_ms=self.clock.now,
            settled=self.changes.publish,
        )
        self.alert_log = AlertLog(
            self.database,
            ladder=ladder,
            enqueue=lambda session, alert, rung, names: outbox.enqueue(
                session.connection(), alert, rung, names
            ),
            wall_ms=_wall_ms,
        )
        self.writer = StoreWriter(
            self.journal, self.store, world=lambda: self.engine.world, about_itself=self._about_itself
        )
        self.address = broker_address(settings)
        inbox = Inbox()
        session = Mqtt5Session if settings.mqtt.protocol == "5" else Mqtt311Session
        self.source: Source = session(self.address, inbox, self.clock.now)
        self.line = Line(
            inbox=inbox,
            source=self.source,
            clock=self.clock,
            journal=self.journal,
            engine=self.engine,
            alert_log=self.alert_log,
            fence_topic=self.address.fence_topic,
            on_change=self.changes.publish,
            on_send=self.delivery.wake,
            on_commit=self.writer.wake,
        )
        self._stop = asyncio.Event()
        self._plays = itertools.count(1)

    def stop(self) -> None:
        """End ``run``, orderly."""
        self._stop.set()

    async def run(self) -> None:
        """Recover, then live until told to stop."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stop)
        for event in unheeded_events(self.rules):
            log.warning("no rule raises an alert at %r; is the folder [hub] rules complete?", event)
        await self.line.recover(self.definition())
        _settle_memory()
        self.writer.start()
        web = _WebServer(self)
        tasks = {
            asyncio.create_task(work, name=name)
            for name, work in (
                ("line", self.line.run()),
                ("source", self.source.run()),
                ("delivery", self.delivery.run()),
                ("web", web.serve([self._listener])),
            )
        }
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        try:
            done, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()
                raise RuntimeError(f"{task.get_name()} ended by itself; this is a bug")
        finally:
            await self._end(web, tasks | {stopping})

    async def _end(self, web: _WebServer, tasks: set[asyncio.Task[object]]) -> None:
        web.should_exit = True
        self.changes.close()
        for task in tasks:
            if task.get_name() != "web":
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.line.close()
        await asyncio.to_thread(self.writer.stop)
        self.store.close()
        self.journal.close()
        self.database.dispose()
        gc.unfreeze()  # so that what the libraries left behind is collected at the end
        log.info("stopped at position %d", self.journal.position)

    def definition(self) -> Definition:
        """The world as the registry and the rule files have it now (its version is given by the line)."""
        found = registry.read(self.database)
        return Definition(
            version=0,
            zone=self.settings.hub.zone,
            places=tuple(Place(place.id, place.kind, place.capacity) for place in found.places),
            devices=tuple(
                Device(d.id, d.site, d.place_id, d.kind, d.room, d.heartbeat_s) for d in found.devices
            ),
            rules=self.rules,
        )

    def play(self, scenario: str) -> None:
        """Ask the town for a scenario; raises ``ConnectionError`` while the broker is away."""
        reference = f"panel-{next(self._plays)}"
        self.source.publish("care/v1/_sim/play", json.dumps({"play": scenario, "ref": reference}).encode())

    def reasons(self) -> list[str]:
        """Why the hub does not do its whole work right now; empty when it does."""
        line, found = self.line, []
        if not line.feed.whole:
            why = f": {line.unheard}" if line.unheard else ""
            found.append(f"the broker {self.address!r} cannot be heard{why}")
        if line.trouble:
            found.append(line.trouble)
        if self.writer.trouble:
            found.append(f"store: {self.writer.trouble}")
        elif self.writer.started and not self.writer.alive:
            found.append("store: its writer has ended; see the log")
        if self.journal.position - self.writer.position > FAR_BEHIND:
            found.append(f"store: {self.journal.position - self.writer.position} events behind")
        if line.dropped_first is not None and line.dropped > line.dropped_first:
            found.append(
                f"the broker dropped {line.dropped - line.dropped_first} messages; "
                "set max_queued_messages 0 and a larger max_queued_bytes"
            )
        return found

    def counters(self) -> dict[str, float]:
        """Figures for /metrics."""
        line = self.line
        named = {
            "messages_read_total": line.ingest.counts["read"],
            "messages_repeated_total": line.ingest.counts["repeated"],
            "messages_refused_total": sum(line.ingest.counts.values())
            - line.ingest.counts["read"]
            - line.ingest.counts["repeated"],
            "journal_position": self.journal.position,
            "store_position": self.writer.position,
            "store_behind": self.journal.position - self.writer.position,
            "rows_stored_total": self.writer.stored,
            "rows_refused_total": self.writer.refused,
            "alerts_raised_total": line.raised,
            "keys": len(self.engine.states),
            "broker_receive_maximum": line.receive_max,
            "broker_dropped_total": line.dropped,
        }
        tries = {f"deliveries_{state}_total": 0 for state in ("delivered", "failed", "waiting")}
        for (_, state), count in self.delivery.tries.items():
            tries[f"deliveries_{state}_total"] = tries.get(f"deliveries_{state}_total", 0) + count
        return {name: float(value) for name, value in (named | tries).items()}

    def _about_itself(self) -> Mapping[str, float]:
        counters = self.counters()
        return {
            "hub.received": counters["messages_read_total"],
            "hub.stored": counters["rows_stored_total"],
            "hub.quarantined": counters["messages_refused_total"],
            "hub.alerts_open": float(self.alert_log.count_open()),
            "hub.lag": (self.journal.last_at - self.writer.last_at) / 1000 if self.writer.last_at else 0.0,
        }


class _WebServer(uvicorn.Server):
    """uvicorn on the hub's loop; signals stay with the hub."""

    def __init__(self, hub: Hub) -> None:
        http = hub.web_settings
        app = create_app(WebPort(hub), http)
        super().__init__(
            uvicorn.Config(
                app, host=http.host, port=http.port, log_level="warning", access_log=False, lifespan="off",
                timeout_graceful_shutdown=2,
            )
        )  # fmt: skip

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the hub."""
        yield


def _settle_memory() -> None:
    """What recovery has built stays for good: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def broker_address(settings: Settings) -> BrokerAddress:
    """Where the broker is."""
    mqtt = settings.mqtt
    return BrokerAddress(
        host=mqtt.host,
        port=mqtt.port,
        client_id=mqtt.client_id,
        username=mqtt.username,
        password=mqtt.password.get_secret_value(),
        tls=mqtt.tls,
        ca_file=mqtt.ca_file,
    )


def open_channels(settings: Settings) -> dict[str, Channel]:
    """The channels by name; raises ``SettingsError``."""
    found: dict[str, Channel] = {}
    for given in settings.channels:
        if given.name in found:
            raise SettingsError(f"channels: {given.name!r} stands twice; give each channel its own name")
        try:
            found[given.name] = open_channel(
                name=given.name,
                kind=given.kind,
                url=given.url.get_secret_value(),
                secret=given.secret.get_secret_value(),
            )
        except ChannelError as error:
            raise SettingsError(f"channels: {error}") from None
    return found


def read_ladder(settings: Settings) -> Ladder:
    """The escalation ladder; raises ``SettingsError``. Without one, every channel is told at once."""
    names = [channel.name for channel in settings.channels]
    rungs = [Rung(rung.after_s, rung.channels) for rung in settings.ladder] or [Rung(0, tuple(names))]
    try:
        return ladder_of(rungs, channels=names)
    except LadderError as error:
        raise SettingsError(str(error)) from None


def web_settings(settings: Settings) -> WebSettings:
    """How the web is served; raises ``SettingsError`` when it would be open to the network."""
    http = settings.http
    try:
        return WebSettings(
            host=http.host,
            port=http.port,
            token=http.token.get_secret_value(),
            zone=settings.hub.zone,
            language=settings.hub.language,
            demo=panel() if settings.simulation.enabled else None,
            public_url=http.public_url,
        )
    except ValueError as error:
        raise SettingsError(str(error)) from None


def open_store(settings: Settings) -> Store:
    """The store that is set; raises ``SettingsError``."""
    data, store = settings.hub.data, settings.store
    if store.kind == "duckdb":
        return DuckDBStore(data / "readings.duckdb")
    from gateway.store.influxdb import InfluxStore  # noqa: PLC0415 its client takes a second to import

    token = store.token.get_secret_value()
    if store.token_file:
        try:
            token = Path(store.token_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"store.token_file: {store.token_file}: {error.strerror}") from None
    if not store.url:
        raise SettingsError("store.url: needed for InfluxDB; write it like http://127.0.0.1:8086")
    return InfluxStore(url=store.url, org=store.org, token=token, cursor_file=data / "influxdb.cursor")
