"""The part of the hub's port that is about a home: how it is there now, its devices, and what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from gateway.happenings import happened
from gateway.store.readings import Query, Reading, Store, StoreUnavailable
from gateway.web.home_port import CardRule, DeviceHealth, Happening, HomeNow
from rules.at_home import SEES, Seen, at_home, is_inactivity
from rules.conditions.learned import Learned
from rules.conditions.silent import HEARTBEATS
from rules.state import KeyState
from rules.world import Device, World

if TYPE_CHECKING:
    from gateway.hub import Hub

WITHIN_S = 2.0
READS_AT_ONCE = 2
ROWS_MAX = 20_000  # of a home's day there are a few thousand


class HomeAnswers:
    """Answers from the states of a running hub, and from its store."""

    _hub: Hub

    @cached_property
    def _patience(self) -> Patience:
        return Patience()

    def home_now(self, place_id: str, standing: Sequence[str]) -> HomeNow | None:
        """How a home is."""
        hub, world = self._hub, self._hub.engine.world
        place, state = world.places.get(place_id), hub.engine.states.get(place_id)
        if place is None or place.kind != "home" or state is None:
            return None
        now = hub.clock.now()
        devices = sorted(_devices(world, place_id), key=lambda device: (device.room, device.id))
        health = tuple(_health(device, state, now) for device in devices)
        seen = Seen(
            presence=state.presence,
            habit=state.habit,
            sensors=[one.alive for one in health if _sees(state, one)],
            mode=state.mode.kind if state.mode is not None else "",
            hears=hub.line.reader.feed.lost_at is None,
            alerts=[_says_inactive(world, place_id, rule) for rule in standing],
        )
        zone = ZoneInfo(hub.settings.hub.zone)
        return HomeNow(at_home(seen, now=now, zone=zone, rule=_rule_of(world, place_id)), health)

    def card_rules(self) -> Sequence[CardRule]:
        """The rules in force as cards show them."""
        return [
            CardRule(
                rule.id, rule.kind, {"zh": rule.title.zh, "en": rule.title.en}, msgspec.to_builtins(rule.todo)
            )
            for rule in self._hub.engine.world.definition.rules
        ]

    async def happenings(self, place_id: str, from_ms: int, to_ms: int) -> Sequence[Happening] | None:
        """What happened there; None where the store does not answer in time."""
        wanted = Query(from_ms, to_ms, place=place_id, limit=ROWS_MAX, newest_first=True)
        found = await self._patience.read(self._hub.store, wanted)
        if found is None:
            return None
        return happened(found, {one.id: one.room for one in _devices(self._hub.engine.world, place_id)})


class Patience:
    """Reads from a store for people who wait: two at once, each given up after two seconds.

    In threads of its own: a store that hangs takes none of those that alarms need.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(READS_AT_ONCE, thread_name_prefix="happenings")
        self._reading = 0

    async def read(self, store: Store, wanted: Query) -> Sequence[Reading] | None:
        """The readings; None where they do not come in time, or where what was asked before hangs still."""
        if self._reading >= READS_AT_ONCE:
            return None
        self._reading += 1
        work = asyncio.get_running_loop().run_in_executor(self._threads, _rows, store, wanted)
        work.add_done_callback(self._has_read)
        try:
            async with asyncio.timeout(WITHIN_S):
                return await asyncio.shield(work)
        except (TimeoutError, StoreUnavailable):
            return None

    def _has_read(self, work: asyncio.Future[list[Reading]]) -> None:
        self._reading -= 1
        if not work.cancelled():
            work.exception()  # it was answered, or came too late for anybody to ask


def _rows(store: Store, wanted: Query) -> list[Reading]:
    return list(store.read(wanted))


def _devices(world: World, place_id: str) -> list[Device]:
    if place_id not in world.places:
        return []
    return [world.devices[name] for name in world.plan(place_id).devices]


def _health(device: Device, state: KeyState, now: int) -> DeviceHealth:
    found = state.devices.get(device.id)
    if found is None:
        return DeviceHealth(
            id=device.id, kind=device.kind, room=device.room, alive=False, online=False, heard_at=None, battery=None
        )  # fmt: skip
    link = state.gateways.get(found.via)
    online = found.online and (link is None or link.online)
    silent = now - found.heard_at >= HEARTBEATS * device.heartbeat_s * 1000 + found.credit
    battery = found.latest.get("battery")
    return DeviceHealth(
        id=device.id,
        kind=device.kind,
        room=device.room,
        alive=online and not silent and not found.missing,
        online=online,
        heard_at=found.heard_at,
        battery=round(battery.value) if battery is not None and not isinstance(battery.value, str) else None,
    )


def _sees(state: KeyState, health: DeviceHealth) -> bool:
    """Whether it sees activity: by its kind, or because it has."""
    found = state.devices.get(health.id)
    return health.kind in SEES or (found is not None and bool(found.active_by))


def _says_inactive(world: World, place_id: str, rule_id: str) -> bool:
    try:
        rule = world.rule(place_id, rule_id)
    except KeyError:  # the hub's own, or of a rule that is gone
        return False
    return is_inactivity(rule.when.condition)


def _rule_of(world: World, place_id: str) -> Learned | None:
    """The rule by which a quiet is odd in that home, if there is one."""
    watched = (watch.condition for watch in list(world.plan(place_id).watches.values()) if not watch.whole)
    return next((condition for condition in watched if isinstance(condition, Learned)), None)
