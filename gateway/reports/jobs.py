"""Has reports made in a process of their own, one order at a time in a hub; blocking, for a thread off the loop."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from gateway.reports.apart import BESIDE, LENGTH_BYTES
from gateway.reports.order import Failed, Made, Order

REPORT_S = 60  # within which one report is made, in all its forms; a large one takes five on a slow machine
START_S = 60  # of Python, its packages, and the fonts
_TURN = threading.Lock()


class BusyError(Exception):
    """Other reports are being made; ask again later."""


class ReportError(Exception):
    """The reports could not be made; the message says why and what to do."""


class NoPlaceError(ReportError):
    """There is no such place."""


@contextmanager
def turn() -> Iterator[None]:
    """A hub makes one order of reports at a time: its cores are for alarms. Raises ``BusyError``."""
    if not _TURN.acquire(blocking=False):
        raise BusyError
    try:
        yield
    finally:
        _TURN.release()


def made(database: Path, order: Order, *, beside: bool = True) -> Generator[Made, None, None]:
    """Each file as it is done; ``beside`` a hub at work the process steps back. Raises ``ReportError``.

    Where the caller turns away the process is ended.
    """
    command = [
        sys.executable,
        "-P",
        "-m",
        "gateway.reports.apart",
        str(database.resolve()),
        *([BESIDE] if beside else []),
    ]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        assert process.stdin is not None  # noqa: S101 it is a pipe
        assert process.stdout is not None  # noqa: S101 it is a pipe
        limit = threading.Timer(START_S + REPORT_S * len(order.asked), process.kill)
        limit.start()
        try:
            with process.stdin as question:
                question.write(msgspec.json.encode(order))
            yield from _heard(process.stdout)
            if process.wait() != 0:
                raise ReportError(
                    f"the process that makes reports ended with {process.returncode}{_last(errors)}"
                )
        except BrokenPipeError:
            raise ReportError(f"the process that makes reports has ended{_last(errors)}") from None
        finally:
            limit.cancel()
            process.kill()
            process.stdout.close()
            process.wait()


def _heard(said: IO[bytes]) -> Iterator[Made]:
    while head := said.read(LENGTH_BYTES):
        body = said.read(int.from_bytes(head))
        if len(body) < int.from_bytes(head):
            return  # it was ended amid a file: the exit code says so
        name, raw = msgspec.msgpack.decode(body, type=tuple[str, msgspec.Raw])
        if name == "Made":
            yield msgspec.msgpack.decode(raw, type=Made)
            continue
        failed = msgspec.msgpack.decode(raw, type=Failed)
        raise NoPlaceError(failed.words) if failed.what == "place" else ReportError(failed.words)


def _last(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return f": {lines[-1]}" if lines else ""
