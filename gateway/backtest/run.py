"""A whole backtest: the history is cut by home, judged by niced processes, and summed up."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from gateway.backtest.asked import WARM_UP_MS, Asked, BacktestError, Progress
from gateway.backtest.events_file import EventsFile, read_events
from gateway.backtest.fold import Judged, Work, judge
from gateway.backtest.history import History, split
from gateway.backtest.influx import copy_influx
from gateway.backtest.report import report
from gateway.backtest.scratch import number, open_scratch
from gateway.backtest.stored import losses_in, view_readings

NICE = 19  # the hub beside it comes first
READING, JUDGING = "reading the history", "judging"

encode_work, decode_work = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Work).decode
encode_judged, decode_judged = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Judged).decode


def run(asked: Asked, folder: Path, progress: Progress) -> dict[str, Any]:
    """Judge the history; ``folder`` takes the copies. The keys are those of ``carehub rules backtest --json``.

    Raises ``BacktestError``, or ``StoreUnavailable`` where an InfluxDB does not answer.
    """
    progress(READING, 0.0)
    folder.mkdir(parents=True, exist_ok=True)
    with open_scratch(folder, zone=asked.registered.zone, threads=asked.workers) as scratch:
        history, file = _history(scratch, asked, folder, progress)
    progress(READING, 1.0)
    judged = list(_judge_all(asked, history, progress))
    return report(asked, history, file, judged)


def _history(
    scratch: duckdb.DuckDBPyConnection, asked: Asked, folder: Path, progress: Progress
) -> tuple[History, EventsFile | None]:
    if asked.events:
        return _from_file(scratch, asked, folder)
    files = asked.readings
    if asked.influx is not None:
        begin = asked.from_ms - WARM_UP_MS
        files = copy_influx(
            asked.influx, folder, begin, asked.to_ms, lambda done: progress(READING, 0.8 * done)
        )
    view_readings(scratch, files)
    rows = number(scratch, "SELECT count(*) FROM history")
    if not rows:
        raise BacktestError("the store holds no reading of this time; choose another --from and --to")
    devices = asked.registered.devices
    shards, unplaced, quiet = split(
        scratch, "history", asked.registered, folder, where_it_was=True, shards_min=2 * asked.workers
    )
    return History(
        shards=shards, begin=asked.from_ms, until=asked.to_ms, end=asked.to_ms, heartbeats="registered",
        losses=losses_in(scratch, devices), rows=rows, unplaced=unplaced, quiet=quiet,
    ), None  # fmt: skip


def _from_file(scratch: duckdb.DuckDBPyConnection, asked: Asked, folder: Path) -> tuple[History, EventsFile]:
    known = asked.registered
    file = read_events(scratch, Path(asked.events), folder, zone=known.zone, calendar=known.calendar)
    registered = file.registered or known
    if not registered.devices:
        raise BacktestError(
            f"{asked.events}: it has no columns home and kind, and no device is registered; give it these columns, or import "
            "the registry first (carehub import)"
        )
    shards, unplaced, quiet = split(
        scratch, "history", registered, folder, where_it_was=False, shards_min=2 * asked.workers
    )
    begin, end = (number(scratch, f"SELECT {which}(heard_at) FROM history") for which in ("min", "max"))  # noqa: S608
    return History(
        shards=shards, begin=begin, until=None, end=end, heartbeats="unknown" if file.registered else "checked",
        losses=(), rows=file.count, unplaced=unplaced, quiet=quiet,
    ), file  # fmt: skip


def _judge_all(asked: Asked, history: History, progress: Progress) -> Iterator[Judged]:
    total, done = sum(shard.rows for shard in history.shards), 0
    progress(JUDGING, 0.0)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(asked.workers, mp_context=context, initializer=_begin_worker) as pool:
        try:
            waiting = {pool.submit(_judge, encode_work(work)): work for work in _works(asked, history)}
            for finished in as_completed(waiting):
                judged = decode_judged(finished.result())
                done += judged.rows
                progress(JUDGING, done / total)
                yield judged
        except BrokenProcessPool:
            raise BacktestError("a worker was ended, perhaps for want of memory; try --workers 1") from None
        finally:
            pool.shutdown(cancel_futures=True)


def _works(asked: Asked, history: History) -> Iterator[Work]:
    for shard in history.shards:
        keys = {place.key for place in shard.registered.places}
        yield Work(
            files=shard.files, registered=shard.registered, asked=asked.rules, current=asked.current,
            heartbeats=history.heartbeats, begin=history.begin, until=history.until, losses=history.losses,
            modes=tuple(command for command in asked.modes if command.key in keys),
        )  # fmt: skip


def _judge(work: bytes) -> bytes:
    return encode_judged(judge(decode_work(work)))


def _begin_worker() -> None:
    """A worker is niced, and ends when whoever started it has ended, however that came about."""
    os.nice(NICE)
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker has somebody who started it"  # noqa: S101 an invariant

    def follow() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, name="follow", daemon=True).start()
