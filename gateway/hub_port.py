"""The hub as the web sees it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Container, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Engine

from gateway import duty_port
from gateway.audit.trail import Trail
from gateway.backtest.asked import Asked, RuleSet
from gateway.backtest.jobs import BusyError
from gateway.backtest.question import about_store
from gateway.clock import TownClock
from gateway.facility_port import FacilitiesOfHub
from gateway.figures import figures
from gateway.figures_port import FiguresOfHub
from gateway.fleet import devices
from gateway.health import reasons, warnings
from gateway.home_port import HomeAnswers
from gateway.install_port import InstallPort
from gateway.journal.quarantine import Held, Which
from gateway.mistakes import FileMistakes
from gateway.operations.links import Links
from gateway.parts import influx_source
from gateway.privacy.port import PrivacyAnswers
from gateway.registry import apply as registry
from gateway.registry.compare import Plan
from gateway.registry.csv_file import parse
from gateway.registry.values import RegistryErrors
from gateway.report_port import ReportAnswers
from gateway.rule_port import ConsoleRulePort
from gateway.store.readings import Query, StoreUnavailable
from gateway.web.changes import ChangeFeed
from gateway.web.port import (
    Act,
    Backtest,
    BacktestWanted,
    BackupState,
    ChannelList,
    ChannelTested,
    Chosen,
    DeskList,
    DevicePage,
    Figure,
    GivenAgain,
    Health,
    Imported,
    Outcome,
    OwnRule,
    Reading,
    ReadingQuery,
    UnavailableError,
    Unreadable,
    Unrecorded,
)
from rules.local_time import local_day, moment

COMMAND_WITHIN_S = 15.0
AGAIN_WITHIN_S = 60.0
QUALITY = {"good": 0, "late": 1, "clock": 2, "retained": 3}
PAYLOAD_SHOWN = 500


class WebPort(
    InstallPort, PrivacyAnswers, FacilitiesOfHub, HomeAnswers, ConsoleRulePort, FiguresOfHub, ReportAnswers
):
    """Answers what ``gateway.web`` asks, from the parts of a running hub."""

    @property
    def engine(self) -> Engine:
        """Engine of the operational database."""
        return self._hub.database

    @property
    def changes(self) -> ChangeFeed:
        """Where changes of alerts are told."""
        return self._hub.changes

    @property
    def links(self) -> Links:
        """Links for people without an account."""
        return self._hub.links

    @property
    def trail(self) -> Trail:
        """The audit."""
        return self._hub.trail

    def active_today(self, place_id: str) -> bool | None:
        """Whether somebody was active there since midnight; None where nothing is known, or may have been missed."""
        state = self._hub.engine.states.get(place_id)
        if state is None or not state.presence.active_at:
            return None
        zone = ZoneInfo(self._hub.settings.hub.zone)
        midnight = moment(local_day(self._hub.clock.now(), zone), 0, zone)
        if state.presence.active_at >= midnight:
            return True
        return None if self._hub.line.reader.feed.lost_at is not None else False

    def health(self) -> Health:
        """How the hub is right now."""
        hub, clock = self._hub, self._hub.clock
        found = reasons(hub)
        return Health(
            ready=not found,
            hub_now_ms=clock.now(),
            reasons=tuple(found),
            warnings=tuple(warnings(hub)),
            broker=repr(hub.address),
            store=hub.store.name,
            protocol=hub.settings.mqtt.protocol,
            speed=hub.speed,
            driven=isinstance(clock, TownClock) and clock.driven,
            feed_lost_since=hub.line.reader.feed.lost_at,
            unrecorded=tuple(
                Unrecorded(id=alert, text=hub.teller.told[alert])
                for alert in hub.line.unrecorded.told
                if alert in hub.teller.told
            ),
        )

    def figures(self) -> Sequence[Figure]:
        """Everything the hub tells of itself for /metrics."""
        return figures(self._hub)

    def begin_backup(self, *, archive: bool) -> str | None:
        """Begin a backup in a thread of its own."""
        return self._hub.backups.begin(archive=archive)

    def backup(self, backup_id: str) -> BackupState | None:
        """How far a backup is."""
        return self._hub.backups.find(backup_id)

    async def command(self, act: Act, *, id: str) -> Outcome:  # noqa: A002 the port's word
        """Journal what a person did and answer once it is applied."""
        try:
            async with asyncio.timeout(COMMAND_WITHIN_S):
                answer = await self._hub.line.command(
                    kind=act.kind, alert=act.alert, by=act.by, data=act.data, command_id=id, key=act.place
                )
        except TimeoutError:
            raise UnavailableError(self._hub.line.trouble or "the hub is busy; try again") from None
        return Outcome(answer.ok, answer.reason, answer.version)

    def desks(self) -> DeskList:
        """The desks of the duty plan as they are now."""
        return duty_port.desks(self._hub)

    async def reload_duty(self) -> Imported:
        """Read the duty plan again and tell people by it; where it has mistakes or gaps, go on as before."""
        return await duty_port.reload_duty(self._hub)

    def beat(self, desk: str) -> bool:
        """A console at that desk can be heard."""
        return self._hub.hearing.beat(desk)

    def channels(self) -> ChannelList:
        """The channels of the settings."""
        return duty_port.channels(self._hub)

    async def test_channel(self, name: str, *, to: str, by: str) -> ChannelTested:
        """Send a test message."""
        return await duty_port.test_channel(self._hub, name, to=to, by=by)

    def rule_titles(self) -> dict[str, dict[str, str]]:
        """The titles of the rules in force, by id and language."""
        return {
            rule.id: {"zh": rule.title.zh, "en": rule.title.en}
            for rule in self._hub.engine.world.definition.rules
        }

    def own_rules(self, place: str) -> Sequence[OwnRule]:
        """Which rules that place has otherwise than all others."""
        definition = self._hub.engine.world.definition
        titles = self.rule_titles()
        return [
            OwnRule(
                rule=own.rule,
                title=titles[own.rule],
                off=own.instead is None,
                rule_as_it_is=msgspec.to_builtins(own.instead) if own.instead else None,
            )
            for own in definition.overrides
            if own.key == place
        ]

    async def readings(self, query: ReadingQuery) -> Sequence[Reading]:
        """Read from the store, newest first."""
        wanted = Query(
            from_ms=query.from_ms,
            to_ms=query.to_ms,
            device=query.device or None,
            place=query.place or None,
            metric=query.metric or None,
            limit=query.limit,
            newest_first=True,
        )
        try:
            found = await asyncio.to_thread(self._hub.store.read, wanted)
        except StoreUnavailable as error:
            raise UnavailableError(str(error)) from error
        return [
            Reading(
                observed_at=row.observed_at,
                received_at=row.received_at,
                device=row.device,
                place=row.place,
                metric=row.metric,
                value=row.value,
                text=row.text or "",
                quality=QUALITY[row.quality],
                boot=row.boot or "",
                seq=row.seq or 0,
            )
            for row in found
        ]

    async def quarantine(
        self, chosen: Chosen, limit: int, *, before: int | None = None
    ) -> Sequence[Unreadable]:
        """Give the newest messages that could not be read or placed."""
        which, held = _which(chosen), self._hub.quarantine.held
        try:
            rows = await asyncio.to_thread(held, which, limit=limit, before=before, newest_first=True)
        except sqlite3.Error as error:
            raise UnavailableError(str(error)) from error
        return [_unreadable(row) for row in rows]

    async def give_again(self, chosen: Chosen, *, after: int) -> GivenAgain:
        """Read held messages again; what was begun when the time is up is carried to its end all the same."""
        try:
            async with asyncio.timeout(AGAIN_WITHIN_S):
                done = await self._hub.replays.replay(_which(chosen), after=after)
        except (ConnectionError, sqlite3.Error) as error:
            raise UnavailableError(str(error)) from error
        except TimeoutError:
            raise UnavailableError(self._hub.line.trouble or "the hub is busy; look again later") from None
        return GivenAgain(**asdict(done.given), last=done.last, more=done.more)

    async def drop(self, chosen: Chosen) -> int:
        """Remove held messages for good."""
        try:
            return await self._hub.replays.drop(_which(chosen))
        except sqlite3.Error as error:
            raise UnavailableError(str(error)) from error

    def devices(self, *, limit: int, after: str | None, places: Container[str] | None = None) -> DevicePage:
        """The devices of the registry by id."""
        return devices(self._hub, limit=limit, after=after, places=places)

    async def import_registry(self, text: str, *, dry_run: bool, over_hand: bool = False) -> Imported:
        """Replace the registry of the sites it names, or only say what that would do."""
        try:
            wanted = await asyncio.to_thread(parse, text, source="registry.csv")
            apply = partial(registry.apply, over_hand=over_hand)
            work: Callable[..., Plan] = registry.plan if dry_run else apply
            async with self._hub.registering:
                done = await asyncio.to_thread(work, self._hub.database, wanted, source="registry.csv")
                if not dry_run:
                    await self._hub.line.change_world(self._hub.definition())
        except RegistryErrors as errors:
            return Imported(ok=False, report={"errors": str(errors).splitlines()})
        return Imported(ok=True, report=_report(done, dry_run=dry_run))

    async def reload_rules(self) -> Imported:
        """Read the rule files again and judge by them from now on; where they hold mistakes, go on as before."""
        hub = self._hub
        try:
            async with asyncio.timeout(COMMAND_WITHIN_S):
                done = await hub.reloads.rules()
        except FileMistakes as errors:
            return Imported(ok=False, report={"errors": [str(mistake) for mistake in errors.mistakes]})
        except TimeoutError:
            raise UnavailableError(hub.line.trouble or "the hub is busy; try again") from None
        return Imported(ok=True, report=asdict(done) | {"warnings": warnings(hub)})

    async def begin_backtest(self, wanted: BacktestWanted) -> str | None:
        """Begin a backtest in a process of its own."""
        hub = self._hub

        def ask() -> Asked:
            given = RuleSet(wanted.rules, wanted.overrides) if wanted.rules is not None else None
            return about_store(
                hub.definition(), hub.database, rules=given, from_ms=wanted.from_ms, to_ms=wanted.to_ms,
                influx=influx_source(hub.settings),
            )  # fmt: skip

        try:
            return hub.backtests.begin(ask).id
        except BusyError:
            return None

    def backtest(self, backtest_id: str) -> Backtest | None:
        """How far a backtest is."""
        job = self._hub.backtests.find(backtest_id)
        if job is None:
            return None
        return Backtest(
            id=job.id, state=job.state, what=job.what, done=job.done, error=job.error, answer=job.answer
        )

    async def end_backtest(self, backtest_id: str) -> bool:
        """End and forget a backtest."""
        return await self._hub.backtests.end(backtest_id)

    async def play(self, scenario: str) -> None:
        """Ask the simulated town for a scenario."""
        try:
            self._hub.play(scenario)
        except ConnectionError as error:
            raise UnavailableError(str(error)) from error


def _report(done: Plan, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "counts": done.counts(),
        "changes": [{"zh": c.zh, "en": c.en} for c in done.changes if c.action != "unchanged"],
        "doubts": [str(doubt) for doubt in done.doubts],
        "over_hand": [{"zh": c.zh, "en": c.en} for c in done.over_hand],
    }


def _which(chosen: Chosen) -> Which:
    return Which(ids=chosen.ids, reason=chosen.reason, device=chosen.device, topic=chosen.topic)


def _unreadable(row: Held) -> Unreadable:
    return Unreadable(
        id=row.id,
        received_at=row.at,
        topic=row.topic,
        reason=f"{row.reason}: {row.detail}" + (" (repaired)" if row.repaired else ""),
        payload=row.payload[:PAYLOAD_SHOWN].decode(errors="replace"),
    )
