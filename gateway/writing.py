"""Writes what the line decides on, in one thread, and does not give up: nothing that cannot be written now is forgotten.

A disk that refuses, or that does not answer, holds everything up; what of it concerns life safety is told from memory meanwhile
(``gateway.unrecorded``).
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from gateway.journal.journal import Entry
from gateway.operations.alert_log import Work
from gateway.unrecorded import Unrecorded

log = logging.getLogger(__name__)

RETRY_S = 1.0
HANGS_S = 1.0  # a memory card may take so long now and then; whoever has fallen does not wait for longer
SAID_EVERY = 60  # refusals between two lines in the log

T = TypeVar("T")


class Writing:
    """``trouble`` says why it cannot be written just now, '' when it can. ``ending``: refused once more, it is given up."""

    def __init__(self, unrecorded: Unrecorded) -> None:
        self._unrecorded = unrecorded
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._refusals = 0
        self._hung = False
        self.ending = False
        self.trouble = ""

    async def insist(self, work: Callable[..., T], argument: Entry | Work) -> T:
        """Do it in the thread, again and again. Raises what refused it only when ``ending``."""
        while True:
            try:
                result = await self._patiently(work, argument)
            except (sqlite3.Error, DBAPIError, OSError) as error:
                self._note_refusal(error)
                if self.ending:
                    raise
                await self._unrecorded.look(argument)
                await asyncio.sleep(RETRY_S)
            else:
                if self._refusals or self._hung:
                    self._note_over()
                return result

    async def _patiently(self, work: Callable[..., T], argument: Entry | Work) -> T:
        """Do it once, however long it takes; while it hangs, life safety does not wait for it."""
        doing = asyncio.get_running_loop().run_in_executor(self._thread, work, argument)
        while not (await asyncio.wait((doing,), timeout=HANGS_S))[0]:
            if not self._hung and not self._refusals:
                self._hung = True
                self.trouble = (
                    "the disk does not answer; nothing is acknowledged, life safety is told from memory"
                )
                log.error("%s", self.trouble)
            await self._unrecorded.look(argument)
        return doing.result()

    def close(self) -> None:
        """End the thread once it has done what it is at."""
        self._thread.shutdown()

    def _note_refusal(self, error: Exception) -> None:
        """Say it when it begins and now and then: a log that grows by the second fills the disk that is full."""
        cause = error.orig if isinstance(error, DBAPIError) else error  # without the statement's values
        self.trouble = (
            f"cannot write: {cause}; nothing is acknowledged, life safety is told from memory, not recorded"
        )
        if self._refusals % SAID_EVERY == 0:
            log.critical("%s", self.trouble)
        self._refusals += 1

    def _note_over(self) -> None:
        log.warning("it can be written again (refused %d times)", self._refusals)
        self._refusals, self._hung, self.trouble = 0, False, ""
        self._unrecorded.over()
