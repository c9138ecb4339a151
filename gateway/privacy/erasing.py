"""Carries an erasure to its end, part by part beside the alarm path; what a kill cut off goes on at the next start.

The command itself has taken the resident out of the operational database, in one transaction. What follows is done in this
order, each part noted when it is done, and each may be done twice:

world     the rules judge without the home; behind that position of the journal nothing of it stands
store     readings and summaries, once the store has read the journal up to there; refused rows
archive   its readings in the archived days
messages  what its devices sent and nobody could read
journal   events of its devices and about it, once every consumer is behind them
database  then the operational database is written anew, so that no free page of it holds a name
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from gateway.archive import without_place
from gateway.journal.erasing import Gone
from gateway.operations.alert_log import FLOOR
from gateway.operations.database import checkpoint, wipe
from gateway.operations.erasing import PARTS, Pending, finish, note_done, pending
from gateway.store.readings import StoreUnavailable

if TYPE_CHECKING:
    from gateway.hub import Hub

log = logging.getLogger(__name__)

OF_OTHERS = (sqlite3.Error, DBAPIError, OSError, StoreUnavailable)
LOOK_EVERY_S = 10.0
PAUSE_S = 0.02  # between two steps: the line's commits go first
STEPS_MAX = 2_000  # a round
WIPED_BYTES_MAX = 64_000_000  # more would hold alerts up for over 0.8 s: the next start does it
FAR_MS = 1 << 62


class Eraser:
    """Carries on what ``pending`` has. ``trouble`` is why it cannot just now, '' when it can."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._asked = asyncio.Event()
        self.trouble = ""

    def soon(self) -> None:
        """Somebody has asked for an erasure."""
        self._asked.set()

    async def run(self) -> None:
        """Go round for ever. What a disk or a store refuses is tried in the next round."""
        while True:
            try:
                await self.round()
            except OF_OTHERS as error:
                self._note(error)
            except Exception:
                self.trouble = "a fault of the program: see the log"
                log.exception("an erasure cannot go on; it is tried again, and no alarm waits for it")
            self._asked.clear()
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._asked.wait()
            except TimeoutError:
                continue

    async def round(self) -> None:
        """Do of every erasure what can be done now; a part that fails keeps no other from being done."""
        database, before = self._hub.database, self.trouble
        self.trouble = ""
        for one in await asyncio.to_thread(pending, database):
            for part in PARTS:
                if part in one.done:
                    continue
                try:
                    await self._does(part, one)
                except OF_OTHERS as error:
                    self._note(error, known=before)
            if await asyncio.to_thread(finish, database, one.id, self._hub.clock.now(), PARTS):
                await asyncio.to_thread(checkpoint, database)
                log.info("an erasure is done: nothing of that home is left but its alerts without the person")

    def _note(self, error: Exception, known: str = "") -> None:
        self.trouble = str(error.orig if isinstance(error, DBAPIError) else error)
        if self.trouble != known:
            log.warning("an erasure cannot go on now: %s", self.trouble)

    async def _does(self, part: str, one: Pending) -> bool:
        """Do a part, if it can be done yet; whether it is done."""
        position = one.position
        if part == "world":
            position = await self._leave_world(one)
        elif position is None:  # known from the next round on
            position = await self._position(one)
            if position is None:
                return False
        match part:
            case "store":
                done = self._hub.writer.position >= position and await self._forget_readings(one)
            case "archive":
                done = await self._forget_archived(one)
            case "messages":
                await asyncio.to_thread(self._hub.journal.drop_messages, one.devices)
                done = True
            case "journal":
                done = await self._is_behind(position) and await self._blank_journal(one, position)
            case "database":
                done = await self._is_behind(position) and await asyncio.to_thread(
                    wipe, self._hub.database, bytes_max=WIPED_BYTES_MAX
                )
            case _:
                done = True
        if done:
            await asyncio.to_thread(note_done, self._hub.database, one.id, part, position=position)
        return done

    async def _position(self, one: Pending) -> int | None:
        found = await asyncio.to_thread(pending, self._hub.database)
        return next((each.position for each in found if each.id == one.id), None)

    async def _leave_world(self, one: Pending) -> int:
        if one.place_id in self._hub.engine.world.places:
            await self._hub.line.change_world(self._hub.definition())
        return self._hub.journal.position

    async def _forget_readings(self, one: Pending) -> bool:
        kept = self._hub.kept

        def forget() -> None:
            kept.keeping.erase_place(one.place_id)
            kept.dead.erase_place(one.place_id)

        await self._beside_the_keeper(forget)
        return True

    async def _forget_archived(self, one: Pending) -> bool:
        days = await asyncio.to_thread(lambda: [*self._hub.kept.archive.days(0, FAR_MS)])
        for day in days:
            if day.home:
                await self._beside_the_keeper(partial(_without, day.file, one.place_id))
        return True

    async def _beside_the_keeper(self, work: Callable[[], None]) -> None:
        """In the thread of the store's keeper: it must not write a summary or an archived day of what goes."""
        await asyncio.wrap_future(self._hub.kept.keeper.ask(work))

    async def _is_behind(self, position: int) -> bool:
        """Whether no start reads up to there again: every state was saved since."""
        hub = self._hub
        return (
            min(await asyncio.to_thread(hub.alert_log.cursor_on_disk, FLOOR), hub.writer.position) >= position
        )

    async def _blank_journal(self, one: Pending, position: int) -> bool:
        hub = self._hub
        gone = Gone(one.place_id, frozenset(one.devices), frozenset(one.names))
        after: int | None = 0
        while after is not None:
            after = await asyncio.to_thread(hub.journal.blank, gone, after=after, behind=position)
            await asyncio.sleep(PAUSE_S)
        for _ in range(STEPS_MAX):
            if not await asyncio.to_thread(hub.journal.give_all_back):
                return True
            await asyncio.sleep(PAUSE_S)
        return False


def _without(file: Path, place: str) -> None:
    if file.exists():  # it may have left for its age
        without_place(file, place)


def wipe_at_start(database: Engine) -> None:
    """Write a database anew that was too large for it at work, before anybody needs it."""
    try:
        for one in pending(database):
            if "journal" in one.done and "database" not in one.done and wipe(database):
                note_done(database, one.id, "database")
    except (sqlite3.Error, DBAPIError) as error:  # a full disk: the hub starts all the same
        log.warning("the operational database cannot be written anew now: %s", error)
