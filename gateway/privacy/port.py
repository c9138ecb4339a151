"""The part of the hub's port that is about what is kept of residents."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.operations.erasing import OPEN, UNKNOWN
from gateway.operations.resident import has_open
from gateway.privacy.copying import Sources, write_copy
from gateway.store.readings import StoreUnavailable
from gateway.stored_port import StoredPort
from gateway.web.port import UnavailableError

REPORTING = "reporting"
WITHIN_S = 15.0
SLACK_MS = 600_000  # past its heartbeat a device that reports has been heard again


class PrivacyAnswers(StoredPort):
    """Answers for the pages of privacy, from the parts of a running hub."""

    def still_reporting(self, place_id: str) -> Sequence[str]:
        """The devices of a home that were heard so lately that they still report."""
        hub = self._hub
        state, world = hub.engine.states.get(place_id), hub.engine.world
        if state is None or place_id not in world.places:
            return ()
        now = hub.clock.now()
        found = ((name, world.devices.get(name), device) for name, device in state.devices.items())
        return sorted(
            name
            for name, known, device in found
            if known is not None
            and device.heard_at
            and now - device.heard_at < known.heartbeat_s * 1000 + SLACK_MS
        )

    async def copy_home(self, place_id: str) -> Path:
        """Write the copy in the thread of exports, which takes the least share."""
        hub = self._hub
        file = self._folder / f"{secrets.token_hex(8)}.zip"
        sources = Sources(
            database=hub.database,
            keeping=hub.kept.keeping,
            archive=hub.kept.archive,
            quarantine=hub.quarantine,
            trail=hub.trail,
            zone=ZoneInfo(hub.settings.hub.zone),
            kept_days=hub.web_settings.kept_days,
        )
        work = partial(write_copy, sources, place_id, file, at=hub.clock.now())
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (StoreUnavailable, OSError) as error:
            raise UnavailableError(str(error)) from error
        return file

    async def erase_home(self, place_id: str, *, by: str, id: str) -> str:  # noqa: A002 the port's word
        """Journal it, let the rules judge without the home, and have the rest done."""
        hub = self._hub
        if place_id not in hub.engine.world.places:
            return UNKNOWN
        if self.still_reporting(place_id):
            return REPORTING
        if await asyncio.to_thread(has_open, hub.database, place_id):
            return OPEN
        try:
            async with asyncio.timeout(WITHIN_S):
                answer = await hub.line.command(
                    kind="erase", alert="", by=by, data={"secret": secrets.token_hex(16)}, command_id=id, key=place_id
                )  # fmt: skip
                if answer.ok:
                    await hub.line.change_world(hub.definition())
        except TimeoutError:
            raise UnavailableError(hub.line.trouble or "the hub is busy; look again later") from None
        finally:
            hub.eraser.soon()
        return answer.reason
