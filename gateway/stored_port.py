"""The part of the hub's port that is about what is stored: summaries, exports, what the store refused."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.backtest.stored_copy import NICE
from gateway.export.slices import Wanted, write_slice
from gateway.store.readings import StoreUnavailable
from gateway.store.summaries import Series, Span
from gateway.summed import summed
from gateway.web.port import Export, ReadingQuery, RefusedRow, Retried, Summary, UnavailableError

if TYPE_CHECKING:
    from gateway.hub import Hub


class StoredPort:
    """Answers from the hub's store and what keeps it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._folder = hub.settings.hub.data / "export"
        shutil.rmtree(self._folder, ignore_errors=True)  # of a hub that was killed
        # A thread of its own: it takes the least share for good.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="export", initializer=_step_back)

    async def summaries(self, query: ReadingQuery, every: Span) -> Sequence[Summary]:
        """Hours or days that begin in that time, newest first."""
        kept = self._hub.kept
        series = Series(query.from_ms, query.to_ms, query.device, query.place, query.metric)
        zone = ZoneInfo(self._hub.settings.hub.zone)
        try:
            found = await asyncio.to_thread(summed, kept.keeping, kept.book, series, every, zone)
        except StoreUnavailable as error:
            raise UnavailableError(str(error)) from error
        return [
            Summary(
                begin=one.begin_ms, device=one.device, place=one.place, metric=one.metric, count=one.count,
                min=one.min, max=one.max, mean=one.mean, sum=one.sum, last=one.last, first_at=one.first_at,
                last_at=one.last_at, on_share=one.on_ms / one.known_ms if one.on_ms is not None and one.known_ms else None,
            )
            for one in reversed(found[-query.limit :])
        ]  # fmt: skip

    async def export(self, wanted: Export) -> Path:
        """Write a slice of what is kept into a Parquet file; who asked removes it."""
        kept, file = self._hub.kept, self._folder / f"{secrets.token_hex(8)}.parquet"
        of = Wanted(wanted.from_ms, wanted.to_ms, wanted.device, wanted.place, wanted.metric)
        work = partial(write_slice, of, file, copies=kept.copies, archive=kept.archive, book=kept.book)
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (StoreUnavailable, OSError) as error:
            raise UnavailableError(str(error)) from error
        return file

    async def refused_rows(self, limit: int, *, before: int | None = None) -> Sequence[RefusedRow]:
        """The newest rows that the store refused."""
        try:
            found = await asyncio.to_thread(self._hub.kept.dead.newest, limit, before=before)
        except sqlite3.Error as error:
            raise UnavailableError(str(error)) from error
        return [
            RefusedRow(
                id=each.id,
                at=each.at,
                reason=each.reason,
                device=each.reading.device,
                place=each.reading.place,
                metric=each.reading.metric,
                observed_at=each.reading.observed_at,
                value=str(each.reading.value),
                text=each.reading.text or "",
            )
            for each in found
        ]

    async def retry_refused(self) -> Retried:
        """Write them again."""
        try:
            stored, old = await asyncio.to_thread(self._hub.kept.store.retry)
        except (StoreUnavailable, sqlite3.Error) as error:
            raise UnavailableError(str(error)) from error
        return Retried(stored=stored, too_old=old, waiting=self._hub.kept.dead.waiting)

    async def drop_refused(self) -> int:
        """Forget them."""
        try:
            return await asyncio.to_thread(self._hub.kept.dead.forget)
        except sqlite3.Error as error:
            raise UnavailableError(str(error)) from error


def _step_back() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)  # on Linux a thread has its own
