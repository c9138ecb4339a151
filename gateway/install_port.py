"""The part of the hub's port that is about installing: the registry changed by hand, who was heard, what was set aside."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from gateway.fitting.service_hours import Hours, windows_of
from gateway.journal.quarantine import Group
from gateway.registry.by_hand import enter
from gateway.registry.edits import Edit
from gateway.registry.values import RegistryErrors
from gateway.web.install_port import EntryRefusedError, Heard, SetAside
from gateway.web.port import UnavailableError
from rules.state import DeviceState

if TYPE_CHECKING:
    from gateway.hub import Hub

APPLIED_WITHIN_S = 15.0
PAYLOAD_SHOWN = 160


class InstallPort:
    """Answers from the hub's registry, states and quarantine."""

    _hub: Hub

    async def enter(self, edit: Edit, *, by: str) -> str:
        """Change the registry by hand, and have the world follow before anybody else changes it."""
        hub = self._hub
        try:
            async with asyncio.timeout(APPLIED_WITHIN_S), hub.registering:
                done = await asyncio.to_thread(enter, hub.database, edit, by=by, at=hub.clock.now())
                definition = await asyncio.to_thread(hub.definition)
                await hub.line.change_world(definition)
        except RegistryErrors as errors:
            raise EntryRefusedError(errors.faults[0]) from errors
        except TimeoutError:
            raise UnavailableError(hub.line.trouble or "the hub is busy; look again later") from None
        return done.place_id

    def heard(self, devices: Collection[str]) -> Mapping[str, Heard]:
        """When these devices were last heard, as the rules know it."""
        engine = self._hub.engine
        found = {}
        for name in devices:
            device = engine.world.devices.get(name)
            state = engine.states.get(device.key) if device else None
            known = state.devices.get(name) if state else None
            if known is not None:
                ever = _was_heard(known)
                found[name] = (
                    Heard(known.heard_at, known.online and not known.missing) if ever else Heard(None, None)
                )
        return found

    def service_hours(self) -> Callable[[str, str], Hours]:
        """The service hours of a place, by the duty plan in force."""
        plan, zone, calendar = self._hub.duty.plan, self._hub.zone, self._hub.settings.hub.calendar
        return lambda place_id, path: Hours(windows_of(plan, place_id, path), zone, calendar)

    async def set_aside(self) -> Sequence[SetAside]:
        """What is held in quarantine, by topic and reason."""
        try:
            found = await asyncio.to_thread(self._hub.quarantine.groups)
        except sqlite3.Error as error:
            raise UnavailableError(str(error)) from error
        return [_set_aside(group) for group in found]


def _was_heard(known: DeviceState) -> bool:
    """Whether a device has ever spoken: one that is new counts as heard when it was registered, so that its silence is told."""
    return bool(known.boots or known.boot or known.ids or known.latest or known.changed_at or known.active_at)


def _set_aside(group: Group) -> SetAside:
    return SetAside(
        topic=group.topic, reason=group.reason, count=group.count, first_at=group.first_at, last_at=group.last_at,
        detail=group.detail, payload=group.payload[:PAYLOAD_SHOWN].decode(errors="replace"),
    )  # fmt: skip
