"""Backtests that a running hub is asked for: one at a time, in a process of its own, the last answers kept."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import shutil
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar

import msgspec

from gateway.backtest.__main__ import ANSWER
from gateway.backtest.asked import WARM_UP_MS, Asked
from gateway.backtest.stored_copy import copy_in_slices
from gateway.store.readings import Copies, StoreUnavailable

log = logging.getLogger(__name__)
KEPT_MAX = 4
COPYING = "copying the store"
SAID_BYTES_MAX = 1 << 20

P = ParamSpec("P")
T = TypeVar("T")
State: TypeAlias = Literal["running", "done", "failed"]


class BusyError(Exception):
    """Another backtest is at work."""


@dataclass
class Job:
    """A backtest: what it is at and how much of that is done (0 to 1); its answer as JSON, or why there is none."""

    id: str
    state: State = "running"
    what: str = COPYING
    done: float = 0.0
    answer: bytes = b""
    error: str = ""
    task: asyncio.Task[None] | None = None


class Jobs:
    """The hub's backtests; ``folder`` is theirs alone and is emptied. ``store`` is None where the process reads it itself."""

    def __init__(self, folder: Path, store: Copies | None) -> None:
        self._folder = folder
        self._store = store
        self._jobs: dict[str, Job] = {}
        # A thread of its own: it is niced for good, and nothing else of the hub may be.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="backtest")

    def begin(self, ask: Callable[[], Asked]) -> Job:
        """Start one; ``ask`` is called in a thread. Raises ``BusyError`` while another is at work."""
        if any(job.state == "running" for job in self._jobs.values()):
            raise BusyError("another backtest is at work; ask again when it is done")
        while len(self._jobs) >= KEPT_MAX:
            del self._jobs[next(iter(self._jobs))]
        job = Job(secrets.token_hex(8))
        self._jobs[job.id] = job
        job.task = asyncio.create_task(self._run(job, ask), name=f"backtest {job.id}")
        return job

    def find(self, job_id: str) -> Job | None:
        """The backtest of that id, if it is still kept."""
        return self._jobs.get(job_id)

    async def end(self, job_id: str) -> bool:
        """End it if it is at work, and forget it; whether it was there."""
        job = self._jobs.pop(job_id, None)
        if job is None:
            return False
        if job.task is not None:
            job.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await job.task
        return True

    async def close(self) -> None:
        """End what is at work."""
        for job_id in list(self._jobs):
            await self.end(job_id)
        self._thread.shutdown(cancel_futures=True)

    async def _apart(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Do it in the niced thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *given, **named))

    async def _run(self, job: Job, ask: Callable[[], Asked]) -> None:
        folder = self._folder / job.id
        try:
            shutil.rmtree(self._folder, ignore_errors=True)  # of a hub that was killed
            folder.mkdir(parents=True)
            asked = await self._apart(self._with_copies, ask, folder, job)
            await self._in_process(asked, folder, job)
        except (OSError, StoreUnavailable) as error:
            job.state, job.error = "failed", str(error)
        except asyncio.CancelledError:
            job.state, job.error = "failed", "ended"
            raise
        except Exception:
            job.state, job.error = "failed", "it failed by a fault of the program; see the hub's log"
            log.exception("backtest %s", job.id)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _with_copies(self, ask: Callable[[], Asked], folder: Path, job: Job) -> Asked:
        asked = ask()
        if self._store is None:
            return asked

        def progress(done: float) -> None:
            if job.state != "running":
                raise StoreUnavailable("the backtest was ended")
            job.done = done

        files = copy_in_slices(self._store, folder, asked.from_ms - WARM_UP_MS, asked.to_ms, progress)
        return msgspec.structs.replace(asked, readings=files)

    async def _in_process(self, asked: Asked, folder: Path, job: Job) -> None:
        question = await self._apart(msgspec.json.encode, asked)
        errors = (folder / "errors.txt").open("w+b")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "gateway.backtest", str(folder),  # -P: not a rules/ of where it was started
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=errors,
            start_new_session=True, limit=SAID_BYTES_MAX,
        )  # fmt: skip
        assert process.stdin is not None  # noqa: S101 it is a pipe
        assert process.stdout is not None  # noqa: S101 it is a pipe
        try:
            process.stdin.write(question + b"\n")
            await process.stdin.drain()
            async for line in process.stdout:
                _hear(job, json.loads(line))
            code = await process.wait()
            if code == 0:
                job.answer = await self._apart((folder / ANSWER).read_bytes)
                job.state = "done"
            elif not job.error:
                errors.seek(0)
                log.error(
                    "backtest %s ended with %s: %s", job.id, code, errors.read().decode(errors="replace")
                )
                job.error = f"it ended with {code}; see the hub's log"
        finally:
            errors.close()
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # its workers with it
                await process.wait()
        if job.state != "done":
            job.state = "failed"


def _hear(job: Job, said: dict[str, Any]) -> None:
    job.error = said.get("error", "")
    job.what, job.done = said.get("what", job.what), said.get("done", job.done)
